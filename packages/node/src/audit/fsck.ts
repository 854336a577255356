/**
 * Every row of the node's logs, recomputed: what `verifySelf` takes on trust at a start, an auditor's
 * `log verify` can't see (sealed records, the index of transactions), or would blame on the way.
 */

import { type Bytes, equalBytes, isProtocolError } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  emptyTree,
  leafHashes,
  parseEvent,
  type TreeState,
} from '@drempel/protocol/log'
import { purposeDayName } from '../config/index.ts'
import type { LogEvent, LogStore } from '../store/index.ts'
import { isOwnEnd, type LogKeys } from './end.ts'
import { isKept } from './hashes.ts'
import { type RecordOpener, recordOpener } from './record.ts'
import { type KeptKeys, loadRecordKeys } from './recordkey.ts'

/** What is wrong with a log, and where. */
export type Damage = {
  readonly what:
    | 'END' // there is none, or it is not where this node left the log, with these entries
    | 'LOST' // the home knows the log; it is gone, shorter, or has another end than a node of this release leaves
    | 'MISSING' // an entry before the end
    | 'BEYOND' // an entry or hash after it
    | 'LEAF' // no event in canonical form
    | 'HASH' // a stored hash is not that of its entries
    | 'EVENT' // what is indexed of the entry is not what the leaf says
    | 'RECORD' // a sealed record that its key does not open, or that the leaf does not bind
    | 'TXID' // the transaction does not lead to the entry, or another one does
  readonly index: number | null
}

export type Checked = {
  readonly origin: string
  readonly entries: number
  /** Sealed records that opened, and those whose period's key is gone. */
  readonly records: number
  readonly erased: number
  readonly damage: readonly Damage[]
}

const PAGE = 256
/** What is told of one log: a thousandth place says no more than the first. */
const TOLD = 1_000

/** @param progress entries done, of one log after the other */
export async function checkLogs(
  log: LogStore,
  own: LogKeys,
  keys: KeptKeys,
  progress: (done: number) => void = () => {},
): Promise<Checked[]> {
  const checked: Checked[] = []
  for (const origin of await log.origins()) {
    checked.push(await checkLog(log, origin, own, remembering(keys), progress))
  }
  return checked
}

async function checkLog(
  log: LogStore,
  origin: string,
  own: LogKeys,
  keys: KeptKeys,
  progress: (done: number) => void,
): Promise<Checked> {
  const damage: Damage[] = []
  const found = (what: Damage['what'], index: number | null = null) => {
    if (damage.length < TOLD) damage.push({ what, index })
  }
  const end = await log.end(origin)
  if (end === null) {
    return { origin, entries: 0, records: 0, erased: 0, damage: [{ what: 'END', index: null }] }
  }
  const { size } = end
  let [records, erased] = [0, 0]
  let tree = emptyTree()
  const within: Within = {
    ...{ log, origin, keys },
    quartered: await log.quartered(origin),
    openerOf: batchByBatch(log, origin),
  }
  while (tree.size < size) {
    const at = tree.size
    const to = Math.min(size, at + PAGE)
    const leaves = await log.leaves(origin, at, to)
    // Without it no hash above can be computed.
    if (leaves.length !== to - at) {
      found('MISSING', await firstMissing(log, origin, at))
      break
    }
    const events = new Map((await log.events(origin, at, to)).map((event) => [event.index, event]))
    for (const [i, leaf] of leaves.entries()) {
      const told = await checkEntry(within, at + i, leaf, events.get(at + i))
      told.damage.forEach((what) => void found(what, at + i))
      if (told.opened) records++
      if (told.erased) erased++
    }
    tree = await checkHashes(log, origin, tree, leaves, found)
    progress(tree.size)
  }
  // Entries that are missing are told; a size below 0 has none.
  if (tree.size >= size && !isOwnEnd(own, origin, end, tree)) found('END')
  if ((await log.leaves(origin, size, size + 1)).length > 0) found('BEYOND', size)
  if ((await log.hashes(origin, 0, size, size + 1)).length > 0) found('BEYOND', size)
  for (const index of await log.strays(origin)) found('TXID', index)
  return { origin, entries: tree.size, records, erased, damage }
}

/** Each key is read once: entries of one day follow each other. */
function remembering({ periodKeys, purposeKeys }: KeptKeys): KeptKeys {
  return { periodKeys: once(periodKeys, String), purposeKeys: once(purposeKeys, purposeDayName) }
}

function once<Of>(keys: { load(of: Of): Promise<Bytes | null> }, nameOf: (of: Of) => string) {
  const read = new Map<string, Promise<Bytes | null>>()
  return {
    load: (of: Of) => {
      const name = nameOf(of)
      const key = read.get(name) ?? keys.load(of)
      read.set(name, key)
      return key
    },
  }
}

type OpenerOf = (index: number) => Promise<RecordOpener | null>

/** Each batch is read once: its entries follow each other. */
function batchByBatch(log: LogStore, origin: string): OpenerOf {
  let last: RecordOpener | null = null
  return async (index) => {
    if (last !== null && index < last.batch.first + last.batch.count) return last
    const batch = await log.sealed(origin, index)
    last = batch === null ? null : recordOpener(origin, batch)
    return last
  }
}

async function firstMissing(log: LogStore, origin: string, from: number): Promise<number> {
  let at = from
  while ((await log.leaves(origin, at, at + 1)).length === 1) at++
  return at
}

/** What each entry of a log is checked with. */
type Within = {
  readonly log: LogStore
  readonly origin: string
  readonly keys: KeptKeys
  readonly quartered: number
  readonly openerOf: OpenerOf
}

async function checkEntry(
  { log, origin, keys, quartered, openerOf }: Within,
  index: number,
  leaf: Bytes,
  indexed: LogEvent | undefined,
): Promise<{ readonly damage: Damage['what'][]; opened: boolean; erased: boolean }> {
  let event: ReturnType<typeof parseEvent>
  try {
    event = parseEvent(leaf)
  } catch {
    return { damage: ['LEAF'], opened: false, erased: false }
  }
  const damage: Damage['what'][] = []
  const txid = 'txid' in event ? (event.txid ?? null) : null
  if (indexed?.type !== event.type || indexed.txid !== txid) damage.push('EVENT')
  if (txid !== null && !(await log.leadsTo(origin, index, txid))) damage.push('TXID')
  const opener = await openerOf(index)
  const mayBeOlder = index < quartered && opener?.batch.count === 1
  const own = await loadRecordKeys(keys, origin, event, mayBeOlder)
  if (own.length === 0) return { damage, opened: false, erased: true }
  try {
    if (opener === null) return { damage: [...damage, 'RECORD'], opened: false, erased: false }
    opener.open(index, own, event.commit)
    return { damage, opened: true, erased: false }
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return { damage: [...damage, 'RECORD'], opened: false, erased: false }
  }
}

async function checkHashes(
  log: LogStore,
  origin: string,
  tree: TreeState,
  leaves: readonly Bytes[],
  found: (what: Damage['what'], index: number) => void,
): Promise<TreeState> {
  const { state, stored } = appendLeaves(tree, leafHashes(leaves))
  for (const { level, index, hash } of stored.filter(isKept)) {
    const [one] = await log.hashes(origin, level, index, index + 1)
    // Where the subtree ends: the entry whose append wrote it.
    if (one === undefined || !equalBytes(one, hash)) found('HASH', (index + 1) * 2 ** level - 1)
  }
  return state
}
