/** fsck: each way in which a row can be wrong is found, named and placed; a sound log has none. */

import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { checkLogs } from '@drempel/node/internal/audit'
import { openPeriodKeys, openPurposeKeys } from '@drempel/node/internal/config'
import { openSqliteStore } from '@drempel/node/internal/store'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, intent, own, random, type World } from './world.ts'

const Q4 = 'drempel/demo/bank-a/2026Q4'
const BATCHES = [3, 1, 196, 1, 98, 1]
const ENTRIES = 300
/** The row that begins with an entry, of the first log. */
const at = (index: number) => `id = (1 << 40) + ${index}`
let world: World

beforeEach(async () => {
  world = await createWorld()
  let next = 0
  const append = () => {
    const i = next++
    return world.audit.append(intent(String(i).padStart(32, '0')), { i })
  }
  // Rows that hold many entries, and rows of one.
  for (const count of BATCHES) await Promise.all(Array.from({ length: count }, append))
})
afterEach(() => world.end())

it('finds nothing in a sound log', async () => {
  const seen: number[] = []
  expect(await check((done) => seen.push(done))).toEqual([
    { origin: Q4, entries: ENTRIES, records: ENTRIES, erased: 0, damage: [] },
  ])
  expect(seen).toEqual([256, 300])
})

it('counts records whose key was erased', async () => {
  await unlink(join(world.folder, 'periods', '2026Q4.key'))
  expect(await check()).toMatchObject([{ records: 0, erased: ENTRIES, damage: [] }])
})

describe('finds', () => {
  it.each<[string, string, object[]]>([
    [
      'a leaf with one bit flipped, and every hash above it',
      `UPDATE log_batches SET leaves = CAST(replace(CAST(leaves AS TEXT), '0007","type"', '0017","type"') AS BLOB) WHERE ${at(4)}`,
      [
        { what: 'HASH', index: 7 },
        { what: 'END', index: null },
      ],
    ],
    [
      'an entry missing in between',
      `DELETE FROM log_batches WHERE ${at(200)}`,
      [{ what: 'MISSING', index: 200 }],
    ],
    [
      'a hash that is another',
      'UPDATE log_hashes SET hash = zeroblob(32) WHERE level = 8 AND position = 0',
      [{ what: 'HASH', index: 255 }],
    ],
    [
      'a hash of an entry that is another',
      `UPDATE log_batches SET hashes = CAST(substr(hashes, 1, 160) || zeroblob(32) || substr(hashes, 193) AS BLOB) WHERE ${at(4)}`,
      [{ what: 'HASH', index: 9 }],
    ],
    [
      'a hash that is gone',
      'DELETE FROM log_hashes WHERE level = 8',
      [{ what: 'HASH', index: 255 }],
    ],
    [
      'entries of a batch that have no hash',
      `UPDATE log_batches SET hashes = substr(hashes, 1, 160) WHERE ${at(4)}`,
      [{ what: 'MISSING', index: 9 }],
    ],
    [
      'a leaf that is none',
      `UPDATE log_batches SET leaves = x'7b7d' WHERE ${at(299)}`,
      [{ what: 'LEAF', index: 299 }],
    ],
    [
      'the last entry missing',
      `DELETE FROM log_batches WHERE ${at(299)}`,
      [{ what: 'MISSING', index: 299 }],
    ],
    [
      'a record of another entry',
      `UPDATE log_batches SET sealed = (SELECT sealed FROM log_batches WHERE ${at(3)}) WHERE ${at(200)}`,
      [{ what: 'RECORD', index: 200 }],
    ],
    [
      'records of another batch',
      `UPDATE log_batches SET sealed = (SELECT sealed FROM log_batches WHERE ${at(0)}) WHERE ${at(4)}`,
      [4, 5, 199].map((index) => ({ what: 'RECORD', index })),
    ],
    [
      'a transaction that leads elsewhere',
      `UPDATE log_batches SET events = replace(events, '00000000000000000000000000000005', 'ffffffffffffffffffffffffffffffff')`,
      [
        { what: 'TXID', index: 5 },
        { what: 'EVENT', index: 5 },
      ],
    ],
    [
      "a type that is not the leaf's",
      `UPDATE log_batches SET events = json_set(events, '$[2][0]', 'query.intenu') WHERE ${at(4)}`,
      [{ what: 'EVENT', index: 6 }],
    ],
    [
      'records that are gone while their keys are there',
      `UPDATE log_batches SET sealed = x'' WHERE ${at(4)} OR ${at(200)}`,
      [4, 5, 199, 200].map((index) => ({ what: 'RECORD', index })),
    ],
    [
      'an end under another key',
      `UPDATE logs SET seal = zeroblob(32)`,
      [{ what: 'END', index: null }],
    ],
    [
      'an end cut short',
      'UPDATE logs SET size = 299',
      [
        { what: 'BEYOND', index: 299 },
        { what: 'END', index: null },
      ],
    ],
    ['an end before the first entry', 'UPDATE logs SET size = -1', [{ what: 'END', index: null }]],
    [
      'an end without a key, and no checkpoint in its place',
      `UPDATE logs SET seal = x'', note = 'x'`,
      [{ what: 'END', index: null }],
    ],
  ])('%s', async (_, sql, expected) => {
    await change(sql)
    const [checked] = await check()
    expect(checked!.damage).toEqual(expect.arrayContaining(expected))
  })
})

describe('in entries that are indexed for good, finds', () => {
  const name = (i: number) => String(i).padStart(32, '0')
  it.each<[string, string, object[]]>([
    ['nothing', 'UPDATE log_runs SET id = id', []],
    [
      "a txid that is not the leaf's",
      `UPDATE log_batches SET events = json_set(events, '$[1][1]', '${name(999)}') WHERE ${at(4)}`,
      [
        { what: 'EVENT', index: 5 },
        { what: 'TXID', index: 5 },
      ],
    ],
    [
      'a place too many',
      `UPDATE log_txids SET names = replace(names, '"${name(1)}",1]', '"${name(1)}",1,3]')`,
      [{ what: 'TXID', index: 3 }],
    ],
    [
      'a name that no entry has',
      `UPDATE log_txids SET names = json_insert(names, '$[#]', json_array('${name(999)}', 7))`,
      [{ what: 'TXID', index: 7 }],
    ],
    [
      'a place that is none',
      `UPDATE log_txids SET names = replace(names, '"${name(1)}",1]', '"${name(1)}",1,0.5]')`,
      [{ what: 'TXID', index: 0 }],
    ],
    [
      'a place that is gone',
      `UPDATE log_txids SET names = replace(names, '"${name(1)}",1]', '"${name(1)}"]')`,
      [{ what: 'TXID', index: 1 }],
    ],
  ])('%s', async (_, sql, expected) => {
    world.now = Date.UTC(2027, 0, 5)
    await world.audit.append(intent(), {})
    await change(sql)
    const { damage } = (await check())[0]!
    expect(damage.slice(0, 9)).toEqual(expect.arrayContaining(expected))
    expect(damage.length > 0).toBe(expected.length > 0)
  })
})

it('tells the sound log from the damaged one beside it', async () => {
  world.now = Date.UTC(2027, 0, 5)
  await world.audit.append(intent(), {})
  await change(`UPDATE log_batches SET leaves = x'7b7d' WHERE ${at(0)}`)
  const checked = await check()
  expect(checked.map(({ damage }) => damage.length > 0)).toEqual([true, false])
})

function check(progress?: (done: number) => void) {
  const periods = join(world.folder, 'periods')
  const keys = {
    periodKeys: openPeriodKeys(periods, random),
    purposeKeys: openPurposeKeys(periods, random),
  }
  return checkLogs(world.store.log, own, keys, progress)
}

async function change(sql: string): Promise<void> {
  const path = join(world.folder, 'node.db')
  await world.audit.close()
  await world.store.close()
  const db = new Database(path)
  db.exec(sql)
  db.close()
  world.store = await openSqliteStore({ path, clock: () => world.now })
}
