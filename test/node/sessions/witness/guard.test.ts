/** A key holder that witnesses a log, against an owner that keeps two of them side by side. */

import { ProtocolError, signerFromSeed } from '@drempel/protocol/encoding'
import {
  encodeHashTile,
  leafHash,
  openCheckpoint,
  parseTilePath,
  verifierKey,
} from '@drempel/protocol/log'
import { beforeEach, expect, test } from 'vitest'
import { createGuard } from '../../../../packages/node/src/sessions/witness/guard.ts'
import { leaves, Tree } from '../../kit/tree.ts'

const SECOND = 1_000
const SHARED = 10
const origin = 'drempel/proef/bank-a/2027Q2'
const signer = signerFromSeed(new Uint8Array(32).fill(1))
const key = verifierKey(origin, signer.publicKey)

/** The log of the quarter after that. */
const nextOrigin = 'drempel/proef/bank-a/2027Q3'
const next = new Tree(nextOrigin, signer, leaves(3, 'next'))

/** The log that is brought to the witness, and one that leaves it after some entries. */
const honest = leaves(250)
const forked = [...honest.slice(0, SHARED), ...leaves(240, 'other')]
const logs = { honest: logOf(honest), forked: logOf(forked) }
type Which = keyof typeof logs

function logOf(entries: readonly Uint8Array[]) {
  return { tree: new Tree(origin, signer, entries), hashes: entries.map(leafHash) }
}

let now: number
/** What was brought: this many entries of the honest log. */
let brought: number
/** Whose tiles the owner serves; none where it says so. */
let serves: Which | 'nothing'
let tiles: number
let draws: number[]
let conflicts: object[]
let guard: ReturnType<typeof createGuard>

beforeEach(() => {
  ;[now, brought, serves, tiles, draws, conflicts] = [0, SHARED, 'honest', 0, [], []]
  guard = createGuard({
    self: 'telecom',
    clock: () => now,
    // Draws the tree that was seen last where the test does not say.
    random: () => new Uint8Array([0, 0, 0, draws.shift() ?? 0]),
    log: () => {},
    inForce: () => ({ convenant }),
    audit: { append: async () => ({}) },
    peers: { get: async (_: string, path: string, options: object) => answer(path, options) },
    store: {
      witness: {
        head: async (name: string) => {
          if (!name.startsWith(origin)) return null
          const { root } = await checkpointOf('honest', brought)
          return { size: brought, root, note: await logs.honest.tree.checkpoint(brought), at: 0 }
        },
        conflict: async () => conflicts[0] ?? null,
        keepConflict: async (one: object) => conflicts.push(one) === 1,
        unenteredConflicts: async () => [],
      },
    },
  } as never)
})

const convenant = {
  id: 'proef',
  members: ['bank-a', 'telecom'].map((id) => ({ id, signingKey: '' })),
  ...{ witnesses: ['telecom'], suspended: [] },
}

/** As peers answer: a problem is thrown unless the asker wants to see it. */
function answer(path: string, { allowProblem = false }: { readonly allowProblem?: boolean }) {
  tiles++
  if (serves === 'nothing') {
    if (allowProblem) return { status: 503, body: new Uint8Array(0) }
    throw new ProtocolError('PEER_PROBLEM', { culprit: 'bank-a', at: 'STORE_FAILED' })
  }
  const { width } = parseTilePath(path.slice(path.indexOf('tile/')))
  return { status: 200, body: encodeHashTile(logs[serves].hashes.slice(0, width)) }
}

async function checkpointOf(which: Which, size: number) {
  return openCheckpoint(await logs[which].tree.checkpoint(size), key)
}

/** A query under that tree. @returns why it is refused */
async function query(which: Which, size: number): Promise<string | undefined> {
  const note = await logs[which].tree.checkpoint(size)
  const refused = await guard
    .admit('bank-a', key, openCheckpoint(note, key), note)
    .then(() => undefined)
    .catch((error: ProtocolError) => error.code)
  // What goes on behind the query.
  for (let turns = 0; turns < 50; turns++) await Promise.resolve()
  return refused
}

/** Every four seconds a query under a tree one larger than was brought, which the next bringing overtakes. */
async function bothGrow(which: (nth: number) => Which, times: number) {
  const refused: (string | undefined)[] = []
  for (let nth = 0; nth < times; nth++) {
    refused.push(await query(which(nth), brought + 1))
    now += 4 * SECOND
    brought += 2
  }
  return refused
}

test('an owner that brings one log and asks under the other is refused, whichever is larger', async () => {
  serves = 'forked'
  const refused = await bothGrow(() => 'forked', 8)
  expect(refused.slice(0, 5)).toEqual(Array(5).fill(undefined))
  expect(refused.slice(5)).toEqual(Array(3).fill('LOG_ROLLED_BACK'))
  // Nor does it help to serve the tiles of the other one, or to go back to it.
  serves = 'honest'
  expect(await query('honest', brought + 1)).toBe('LOG_ROLLED_BACK')
})

test('one that asks under both is, once a tree of the second is drawn', async () => {
  // The third of those before the one that is compared anyway.
  draws = [0, 1, 0, 1]
  const refused = await bothGrow((nth) => (nth === 2 ? 'forked' : 'honest'), 6)
  expect(refused).toEqual([...Array(5).fill(undefined), 'LOG_ROLLED_BACK'])
})

test('two trees of one size are kept where the second is met when the first was brought', async () => {
  const [size, later] = [brought + 2, brought + 3]
  expect(await query('forked', size)).toBeUndefined()
  draws = [1]
  expect(await query('honest', later)).toBeUndefined()
  ;[brought, now] = [size, 16 * SECOND]
  expect(await query('honest', later)).toBeUndefined()
  const [first, second] = await Promise.all(
    (['honest', 'forked'] as const).map((which) => logs[which].tree.checkpoint(size)),
  )
  expect(conflicts).toMatchObject([{ code: 'LOG_FORKED', first, second }])
  expect(await query('honest', later)).toBe('LOG_FORKED')
})

test('the end of a quarter that is kept from the witness stops queries under the next log too', async () => {
  const underNext = async () => {
    const nextKey = verifierKey(nextOrigin, signer.publicKey)
    const note = await next.checkpoint(3)
    now += SECOND
    return guard
      .admit('bank-a', nextKey, openCheckpoint(note, nextKey), note)
      .then(() => undefined)
      .catch((error: ProtocolError) => error.code)
  }
  now = Date.UTC(2027, 5, 30, 23, 50)
  expect(await query('honest', brought + 1)).toBeUndefined()
  now = Date.UTC(2027, 6, 1)
  expect(await underNext()).toBeUndefined()
  now = Date.UTC(2027, 6, 1, 0, 7)
  expect(await underNext()).toBe('NOT_WITNESSED')
  brought++
  expect(await underNext()).toBeUndefined()
})

test('an honest one never is, and is asked for tiles now and then', async () => {
  const refused = await bothGrow(() => 'honest', 100)
  expect(refused).toEqual(Array(100).fill(undefined))
  // Two comparisons in 20 seconds, of one tile each or of two with the other log's edge.
  expect(tiles).toBeGreaterThan(20)
  expect(tiles).toBeLessThanOrEqual(80)
})

test('one whose disk can not be read just now is not either', async () => {
  serves = 'nothing'
  expect(await bothGrow(() => 'honest', 20)).toEqual(Array(20).fill(undefined))
  serves = 'honest'
  // Of a tree that was overtaken the proof has to be there at once.
  expect(await query('honest', brought - 1)).toBeUndefined()
  serves = 'nothing'
  expect(await query('honest', brought - 1)).toBe('PEER_PROBLEM')
})
