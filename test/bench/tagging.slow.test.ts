import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { bench, lastObject } from './command.ts'

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('drempel-bench-'))

it('imports a list, tags it, finds the tags right in a round, and leaves nothing behind', async () => {
  const before = left()
  const finished = await bench('tagging', '--smoke', '--json')
  expect(finished.code, finished.err).toBe(0)
  expect(finished.err).toContain('the round computes')
  const { results } = lastObject(finished)
  const named = (name: string) => results.find((one: { name: string }) => one.name === name)
  expect(named('tagging 300: wall / (kernel / 2)')).toMatchObject({ unit: 'times', goal: 1.3 })
  // Less than the curve arithmetic on two cores is no tagging.
  const cores = named('tagging 300: all processes').value / named('tagging 300: kernel').value
  expect(cores).toBeGreaterThan(0.5)
  expect(named('import of 300 flags').value).toBeGreaterThan(0)
  expect(named('a check meanwhile').value).toBeGreaterThan(0)
  expect(left().filter((name) => !before.includes(name))).toEqual([])
})
