import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { bench, lastObject } from './command.ts'

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('drempel-bench-'))

it('runs rounds in three processes, exact, and leaves nothing behind', async () => {
  const before = left()
  const finished = await bench('round', '--smoke', '--json')
  expect(finished.code, finished.err).toBe(0)
  const { results } = lastObject(finished)
  const wall = results.filter(({ name }: { name: string }) => name.endsWith(': wall clock'))
  // Two workloads, the second with both outputs.
  expect(wall).toHaveLength(3)
  expect(wall.every(({ value }: { value: number }) => value > 0)).toBe(true)
  expect(left().filter((name) => !before.includes(name))).toEqual([])
})

it('runs a workload of the caller', async () => {
  const args = ['--lists', '150,150,20', '--t', '3', '--output', 'list', '--smoke', '--json']
  const finished = await bench('round', ...args)
  expect(finished.code, finished.err).toBe(0)
  expect(lastObject(finished).results[0].name).toBe('round 150 + 150 + 20, t = 3, list: wall clock')
})
