import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Result, resultOf } from './harness/results.ts'
import { writePlots } from './plots/write.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drempel-plots-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function grown(chart: string, series: string, x: number, value: number): Result {
  const point = { chart, series, x }
  return resultOf({ name: `growth, ${x}: ${series}`, unit: 's', better: 'lower', point }, [value])
}

describe('plots', () => {
  it('draw what the results have points for, and nothing else', () => {
    const results = [
      grown('records', 'wall clock', 1000, 0.1),
      grown('records', 'wall clock', 4000, 0.4),
      grown('records', 'payload a node', 4000, 9),
    ]
    expect(writePlots(folder, results)).toEqual(['round-records.svg'])
    const svg = readFileSync(join(folder, 'round-records.svg'), 'utf8')
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /)
    expect(svg).toContain('linear in records')
    expect(svg).toContain('>4,000<')
    expect(svg).toContain('>wall clock<')
    expect(svg).not.toContain('payload')
    expect(svg.match(/<circle /g) ?? svg.match(/marker-/g)).not.toBeNull()
  })

  it('draw ratios of the group with their goals', () => {
    const ratio = (name: string, value: number, goal?: number) =>
      resultOf({ name, unit: 'times', better: 'higher', ...(goal === undefined ? {} : { goal }) }, [
        value,
      ])
    const results = [
      ratio('group evaluate, relaxed / libsodium', 3.45, 3.3),
      ratio('group generator times scalar, baseline / libsodium', 2.5),
      ratio('oprf evaluate / libsodium', 9.87),
    ]
    expect(writePlots(folder, results)).toEqual(['group.svg'])
    const svg = readFileSync(join(folder, 'group.svg'), 'utf8')
    expect(svg).toContain('>3.45<')
    expect(svg).toContain('>evaluate, relaxed<')
    // Names end at the axis and begin inside the figure: a narrow font's letter has more than 5 pixels.
    const name = 'generator times scalar, baseline'
    expect(svg).toContain(`>${name}<`)
    const bars = Number(/<rect [^>]*\bx="([\d.]+)"/.exec(svg)?.[1])
    expect(bars).toBeGreaterThan(5.5 * name.length)
    expect(svg).not.toContain('>9.87<')
  })

  it('are none where there is nothing to draw', () => {
    expect(writePlots(folder, [])).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })
})
