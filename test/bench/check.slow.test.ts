import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { bench, lastObject } from './command.ts'

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('drempel-bench-'))

it('checks at four nodes, finds every check in their logs, and leaves nothing behind', async () => {
  const before = left()
  const finished = await bench('check', '--smoke', '--json')
  expect(finished.code, finished.err).toBe(0)
  expect(finished.err).toContain('checks stand in')
  const { results } = lastObject(finished)
  const named = (name: string) => results.find((one: { name: string }) => one.name === name)
  expect(named('check 3 of 4')).toMatchObject({ unit: 'ms', goal: 12 })
  expect(named('checks, 32 in flight')).toMatchObject({ unit: '1/s', goal: 400 })
  expect(named('check, asker: group').value).toBeGreaterThan(0)
  expect(left().filter((name) => !before.includes(name))).toEqual([])
})
