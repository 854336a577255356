/**
 * Group commit: appends that wait together become one transaction with one fsync. No tree is signed
 * before it is durable. When the store fails, nobody knows whether the batch was written: its callers
 * are refused, and the tree is read back before the next batch.
 */

import type { Bytes, Json } from '@drempel/protocol/encoding'
import { isProtocolError } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  emptyTree,
  encodeFramed,
  encodeOrigin,
  type LeafFrame,
  leafHashes,
  minuteOf,
  parseOrigin,
  type TreeState,
} from '@drempel/protocol/log'
import { sha256 } from '../bulk/index.ts'
import { type PurposeDay, recordKeyOf } from '../config/index.ts'
import type { LogEntry } from '../store/index.ts'
import { endOf, loadOwn } from './end.ts'
import { fail } from './errors.ts'
import { type ConvenantRef, frameOf, type NewEvent, periodAt } from './event.ts'
import { isKept } from './hashes.ts'
import { keepKnown } from './known.ts'
import type { Memory } from './reader.ts'
import {
  commitsTo,
  type KeyedRecord,
  type PlainRecord,
  paddedLength,
  sealRecords,
  writeRecord,
} from './record.ts'
import { dayKey, purposeDay, purposeIn, refuseDay } from './recordkey.ts'
import type { Appended, AuditOptions } from './types.ts'

/** Bounds how long one transaction holds the store, in entries and in bytes of their records. */
const MAX_BATCH = 512
const MAX_BYTES = 8 * 1024 * 1024
const PURPOSE = /^[a-z0-9][a-z0-9-]{0,63}$/

type Pending = {
  readonly event: NewEvent
  readonly record: Json
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

type Begun = { readonly pending: Pending; readonly key: Bytes; readonly plain: PlainRecord }
type Prepared = KeyedRecord & { readonly pending: Pending; readonly leaf: Bytes }

/** What every entry of a batch needs. */
type Setting = {
  readonly log: Current
  readonly frame: LeafFrame
  /** Of the batch's purposes; null for a day that had a key and has none. */
  readonly keys: ReadonlyMap<string, Bytes | null>
}

/** The log that is written to now. */
type Current = {
  readonly origin: string
  readonly period: string
  /** Of what has no purpose. */
  readonly key: Bytes
  readonly tree: TreeState
}

type Moment = {
  readonly minute: number
  readonly convenant: ConvenantRef
  /** The period that was written to last. */
  readonly last: string | undefined
  readonly period: string
  readonly origin: string
  /** The leaves' minute, and its day. */
  readonly time: string
  readonly day: string
  readonly frame: LeafFrame
}

export type Writer = {
  append(event: NewEvent, record: Json): Promise<Appended>
  origin(): Promise<string | null>
  close(): Promise<void>
}

/** @param memory is told of every append */
export function createWriter(
  options: AuditOptions,
  memory: Pick<Memory, 'appended' | 'doubted'>,
): Writer {
  const { store, clock, knownLogs } = options
  const queue: Pending[] = []
  let busy = false
  const closing: (() => void)[] = []
  let current: Current | undefined
  let ofToday: (Omit<PurposeDay, 'purpose'> & { keys: Map<string, Bytes | null> }) | undefined
  let moment: Moment | undefined
  let closed = false

  const append = (event: NewEvent, record: Json) =>
    new Promise<Appended>((resolve, reject) => {
      if (closed) return reject(refusal('closed'))
      queue.push({ event, record, resolve, reject })
      if (!busy) next()
    })

  function next(): void {
    busy = queue.length > 0
    // All that others write in this turn of the event loop shares the transaction and its fsync.
    if (busy) store.log.gather(commitNext)
    else for (const close of closing) close()
  }

  async function commitNext(): Promise<void> {
    const batch = queue.splice(0, MAX_BATCH)
    try {
      const convenant = options.convenant() ?? fail('LOG_UNAVAILABLE', { at: 'convenant' })
      const now = clock()
      // Without a wait where all is at hand: a wait would be a transaction too late.
      await commit(batch, atHand(batch, convenant, now) ?? (await find(batch, convenant, now)))
    } catch (error) {
      current = undefined
      memory.doubted()
      for (const { reject } of batch) reject(refusal(codeOf(error)))
    }
    next()
  }

  async function commit(batch: Pending[], setting: Setting): Promise<void> {
    const { origin, tree } = setting.log
    const begun: Begun[] = []
    let [taken, bytes] = [0, 0]
    for (; taken < batch.length && bytes < MAX_BYTES; taken++) {
      const one = begin(options, batch[taken]!, setting)
      if (one === undefined) continue
      begun.push(one)
      bytes += paddedLength(one.plain)
    }
    queue.unshift(...batch.splice(taken))
    const prepared = prepare(begun, setting)
    if (prepared.length === 0) return
    const first = tree.size
    const hashes = leafHashes(
      prepared.map(({ leaf }) => leaf),
      sha256,
    )
    const entries = prepared.map((one, i) => entryOf(one, hashes[i]!))
    const { state, stored } = appendLeaves(tree, hashes, sha256)
    const { size } = state
    const sealed = sealRecords(origin, first, prepared, options.random)
    const above = stored.filter((node) => node.level > 0 && isKept(node))
    const end = endOf(options, origin, state)
    if (!(await store.log.append(origin, { entries, sealed }, above, end, first))) {
      fail('LOG_UNAVAILABLE', { at: 'size' })
    }
    // Before anybody is told of its first entries.
    if (!knownLogs.has(origin)) await knownLogs.keep([{ origin, size }])
    current = { ...setting.log, tree: state }
    memory.appended(origin, state, stored)
    for (const [i, { pending, leaf }] of prepared.entries()) {
      pending.resolve({ origin, index: first + i, leaf, size })
    }
  }

  function atHand(
    batch: readonly Pending[],
    convenant: ConvenantRef,
    now: number,
  ): Setting | undefined {
    if (current === undefined) return undefined
    const { origin, day, frame } = momentOf(convenant, now, current.period)
    if (origin !== current.origin || ofToday?.period !== current.period) return undefined
    if (ofToday.day !== day) return undefined
    const { keys } = ofToday
    const isMissing = (purpose: string) => !keys.get(purpose) && PURPOSE.test(purpose)
    if (batch.some(({ event }) => isMissing(purposeIn(event) ?? ''))) return undefined
    return { log: current, frame, keys }
  }

  /** Worked out once for each minute. */
  function momentOf(convenant: ConvenantRef, now: number, last: string | undefined): Moment {
    const minute = Math.floor(now / 60_000)
    if (moment?.minute === minute && moment.last === last && isSame(moment.convenant, convenant)) {
      return moment
    }
    const period = periodAt(now, last)
    const [origin, time] = [originOf(options, convenant, period), minuteOf(now)]
    const frame = frameOf(time, period, options.software, convenant)
    const { day } = purposeDay(period, '', time)
    moment = { minute, convenant: { ...convenant }, last, period, origin, time, day, frame }
    return moment
  }

  async function find(
    batch: readonly Pending[],
    convenant: ConvenantRef,
    now: number,
  ): Promise<Setting> {
    const last = current?.period ?? (await lastPeriod(options))
    const { period, origin, day, frame } = momentOf(convenant, now, last)
    const log = await open(period, origin)
    return { log, frame, keys: await keysOf(batch, log, day) }
  }

  async function open(period: string, origin: string): Promise<Current> {
    if (current?.origin === origin) return current
    const end = await store.log.end(origin)
    const tree = end === null ? emptyTree() : await loadOwn(store.log, options, origin, end)
    // No entry is added where one before could not be acknowledged for want of this.
    if (!knownLogs.has(origin)) await keepKnown(store.log, knownLogs, options, [origin])
    // Only a log without entries may get a new key: else the old one was erased, or is lost.
    const key =
      (await options.periodKeys.load(period)) ??
      (end === null ? await options.periodKeys.create(period) : null) ??
      fail('RECORD_ERASED', { at: period })
    current = { origin, period, key, tree }
    return current
  }

  /** Keys of the purposes of a batch, by purpose; those of a day before are not kept in memory. */
  async function keysOf(
    batch: readonly Pending[],
    { period, key: periodKey }: Current,
    day: string,
  ): Promise<Setting['keys']> {
    if (ofToday?.day !== day || ofToday.period !== period) {
      ofToday = { period, day, keys: new Map() }
    }
    const { keys } = ofToday
    for (const purpose of purposesOf(batch)) {
      // Null is looked for again: who runs the node may have put it back.
      if (keys.get(purpose)) continue
      const key = await keyOfDay({ period, purpose, day })
      keys.set(purpose, key && recordKeyOf(periodKey, key))
    }
    return keys
  }

  async function keyOfDay(of: PurposeDay): Promise<Bytes | null> {
    try {
      return await dayKey(store.log, options.purposeKeys, of)
    } catch (error) {
      if (codeOf(error) !== 'RECORD_ERASED') throw error
      return null
    }
  }

  return {
    append,
    origin: async () => {
      const convenant = options.convenant()
      if (convenant === null) return null
      const last = current?.period ?? (await lastPeriod(options))
      return originOf(options, convenant, periodAt(clock(), last))
    },
    close: async () => {
      closed = true
      if (busy) await new Promise<void>((resolve) => closing.push(resolve))
    },
  }
}

/** A bad event is its caller's fault alone: the others of the batch go on. */
function begin({ random }: AuditOptions, pending: Pending, setting: Setting): Begun | undefined {
  const { event, record, reject } = pending
  const { log, keys } = setting
  try {
    const ofPurpose = keys.get(purposeIn(event) ?? '')
    if (ofPurpose === null) return refuseDay()
    return { pending, key: ofPurpose ?? log.key, plain: writeRecord(record, random) }
  } catch (error) {
    reject(error)
    return undefined
  }
}

/** Those whose event is good. */
function prepare(begun: readonly Begun[], { frame }: Setting): Prepared[] {
  const prepared: Prepared[] = []
  const commits = commitsTo(begun.map(({ plain }) => plain))
  for (const [i, { pending, plain, key }] of begun.entries()) {
    const commit = commits[i]!
    try {
      prepared.push({
        pending,
        leaf: encodeFramed(pending.event, frame, commit),
        commit,
        plain,
        key,
      })
    } catch (error) {
      pending.reject(error)
    }
  }
  return prepared
}

function entryOf({ pending: { event }, leaf }: Prepared, hash: Bytes): LogEntry {
  const txid = 'txid' in event ? (event.txid ?? null) : null
  return { leaf, hash, txid, type: event.type }
}

/** What can't be a purpose is refused with its event, and with nobody else's. */
function purposesOf(batch: readonly Pending[]): readonly string[] {
  const purposes = new Set<string>()
  for (const { event } of batch) {
    const purpose = purposeIn(event)
    if (purpose !== undefined) purposes.add(purpose)
  }
  return [...purposes].filter((purpose) => PURPOSE.test(purpose))
}

async function lastPeriod({ store, member }: AuditOptions): Promise<string | undefined> {
  const own = (await store.log.origins()).map(parseOrigin).filter((log) => log.member === member)
  return own
    .map(({ quarter }) => quarter)
    .sort()
    .at(-1)
}

function isSame(a: ConvenantRef, b: ConvenantRef): boolean {
  return a.id === b.id && a.version === b.version && a.digest === b.digest
}

function originOf({ member }: AuditOptions, { id }: ConvenantRef, quarter: string): string {
  return encodeOrigin({ convenant: id, member, quarter })
}

function refusal(at: string): unknown {
  try {
    return fail('LOG_UNAVAILABLE', { at, hint: 'nothing is asked or answered without a log' })
  } catch (error) {
    return error
  }
}

/** Never the message: it may quote what could not be written. */
function codeOf(error: unknown): string {
  if (!isProtocolError(error)) return 'INTERNAL'
  return error.code === 'LOG_UNAVAILABLE' ? (error.at ?? error.code) : error.code
}
