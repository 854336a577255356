import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  PARAMETER_NAMES,
  PARAMETERS,
  parameterValues,
  rangeOf,
} from '@drempel/cli/internal/experiment/parameters'
import { describe, expect, it } from 'vitest'

describe('what an experiment rests on', () => {
  it('has a source or is varied, but for its size', () => {
    const neither = PARAMETER_NAMES.filter((name) => {
      const { source, range } = PARAMETERS[name]
      return source === null && range === null
    })
    expect(neither.sort()).toEqual(['campaigns', 'days', 'people'])
  })

  it.each(PARAMETER_NAMES)('%s is varied around its value, within its bounds', (name) => {
    const { value, range, least, most } = PARAMETERS[name]
    expect(value >= least && value <= most).toBe(true)
    if (range === null) return
    const [low, high] = range
    expect(low < value && value < high && low >= least && high <= most).toBe(true)
  })

  it('is varied around what an experiment chose itself', () => {
    expect(rangeOf('ownDetection', 0.1)).toEqual(PARAMETERS.ownDetection.range)
    // The usual range, 0 to 0.2, says nothing of a world of 0.25.
    expect(rangeOf('ownDetection', 0.25)).toEqual([0.125, 0.5])
    expect(rangeOf('mentioned', 0.15)).toEqual([0.075, 0.3])
    expect(rangeOf('reportPlatform', 0.9)).toEqual([0.45, 1])
    expect(rangeOf('busyHolders', 5)).toEqual([3, 10])
    expect(rangeOf('people', 5)).toBeNull()
  })

  it('has the published figures', () => {
    const values = parameterValues({})
    expect(values.reportPolice).toBe(0.118)
    expect(values.reportWithdrawn).toBeCloseTo(7_190 / 43_779, 3)
    expect(values.reportUnusable).toBeCloseTo(13_174 / 43_779, 3)
  })

  it('has measured times that README still gives, by a third at most', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
    const line = (start: string) => readme.split('\n').find((one) => one.includes(start))!
    const figure = (text: string, unit: string) => {
      return Number(new RegExp(`([\\d.]+) ${unit}`).exec(text)![1])
    }
    // Two cores; an asker and the three that it asks, of which one may be its own.
    const tags = figure(line('tags for 1,000,000 identifiers'), 's ')
    const each = (2 * tags) / 3
    expect(each / PARAMETERS.microsecondsPerTag.value).toBeGreaterThan(2 / 3)
    expect(each / PARAMETERS.microsecondsPerTag.value).toBeLessThan(4 / 3)
    const round = line('a round over 33 lists')
    const perGigabyte = figure(round, 's of processor time') / figure(round, 'GB sent')
    expect(perGigabyte / PARAMETERS.secondsPerGigabyte.value).toBeGreaterThan(2 / 3)
    expect(perGigabyte / PARAMETERS.secondsPerGigabyte.value).toBeLessThan(4 / 3)
  })
})
