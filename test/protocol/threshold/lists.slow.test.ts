import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NPM_LISTS, npmList } from '@drempel/examples/lists'
import { canonicalize } from '@drempel/protocol/identifiers'
import type { RoundRule } from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
import { expectExact } from '../worlds/exactness.ts'
import { runRound } from '../worlds/round.ts'

/**
 * Whole real lists through the three-party computation in one process: the four of the demo, and the
 * larger ones of a folder `shared/data` beside the repository, or where DREMPEL_DATA says, if any.
 */

const beside = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../shared/data')
const DATA = process.env.DREMPEL_DATA ?? beside

const RULES: readonly RoundRule[] = [
  { id: 't2', t: 2, output: 'list' },
  { id: 't3', t: 3, output: 'list' },
]

/** Distinct identifiers, and how many are on at least two and three lists, exactly those. */
async function counted(raw: readonly (readonly string[])[]): Promise<number[]> {
  const lists = raw.map((list) => [...new Set(list.map((name) => canonicalize('host', name)))])
  const started = performance.now()
  const outcome = await runRound({ seed: 'lists', lists, rules: RULES })
  const seconds = Math.round((performance.now() - started) / 100) / 10
  const mebibytes = Math.round(process.resourceUsage().maxRSS / 1024)
  console.log(JSON.stringify({ sizes: lists.map(({ length }) => length), seconds, mebibytes }))
  expectExact(outcome, lists, RULES, 'lists')
  const sizes = RULES.map(({ id }) => outcome.lists.get(id)!.length)
  return [new Set(lists.flat()).size, ...sizes]
}

function csvFolder(name: string): string[][] {
  const folder = join(DATA, name)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.csv'))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n').slice(1))
}

describe('whole lists', () => {
  test('of four npm packages', async () => {
    const lists = NPM_LISTS.map((name) => npmList(name))
    expect(await counted(lists)).toEqual([105_534, 18_566, 2_594])
  })

  test.runIf(existsSync(join(DATA, 'demo')))('of five organisations: throw-away mail', async () => {
    expect(await counted(csvFolder('demo'))).toEqual([109_049, 19_847, 3_037])
  })

  test.runIf(existsSync(join(DATA, 'phish')))('of seven organisations: phishing', async () => {
    expect(await counted(csvFolder('phish'))).toEqual([384_253, 22_616, 72])
  })
})
