import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { bench, lastObject } from './command.ts'
import { WORKLOADS } from './psi/workloads.ts'

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('drempel-bench-'))

it('intersects in two processes beside psi.js, exact, and leaves nothing behind', async () => {
  const before = left()
  const finished = await bench('psi', '--smoke', '--json')
  expect(finished.code, finished.err).toBe(0)
  const { results } = lastObject(finished) as { results: { name: string; value: number }[] }
  const ending = (end: string) => results.filter(({ name }) => name.endsWith(end))
  const contenders = WORKLOADS.smoke.flatMap(({ contenders }) => contenders)
  expect(ending(': wall clock')).toHaveLength(contenders.length)
  expect(ending(': from CSV to CSV')).toHaveLength(WORKLOADS.smoke.length)
  expect(ending(' / psi.js')).not.toHaveLength(0)
  expect(results.every(({ value }) => value > 0)).toBe(true)
  expect(left().filter((name) => !before.includes(name))).toEqual([])
})
