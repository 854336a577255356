/**
 * Group commit: appends that wait together become one transaction, with one checkpoint and one fsync.
 *
 * A checkpoint is signed before it is stored, and leaves this file only after. When the store fails,
 * nobody knows whether the batch was written: its callers are refused, and the tree is read back
 * before the next batch. A checkpoint that got lost so was never shown, so signing another one of the
 * same size is no split view.
 */

import type { Bytes, Json } from '@drempel/protocol/encoding'
import { equalBytes, isProtocolError } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  emptyTree,
  encodeOrigin,
  leafHashBy,
  loadTree,
  minuteOf,
  type NoteSigner,
  noteSigner,
  parseOrigin,
  rootOf,
  signCheckpoint,
  type TreeState,
} from '@drempel/protocol/log'
import { sha256 } from '../bulk/index.ts'
import { type PurposeDay, recordKeyOf } from '../config/index.ts'
import type { LogEntry } from '../store/index.ts'
import { fail } from './errors.ts'
import { type ConvenantRef, leafOf, type NewEvent, periodAt } from './event.ts'
import { isKept, type Memory, readHashes } from './reader.ts'
import { sealRecord } from './record.ts'
import { purposeDay, purposeIn } from './recordkey.ts'
import type { Appended, AuditOptions } from './types.ts'

/** Bounds how long one transaction holds the store. */
const MAX_BATCH = 512
const PURPOSE = /^[a-z0-9][a-z0-9-]{0,63}$/

type Pending = {
  readonly event: NewEvent
  readonly record: Json
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

type Prepared = { readonly pending: Pending; readonly entry: LogEntry }

/** The log that is written to now. */
type Current = {
  readonly origin: string
  readonly period: string
  /** Of what has no purpose. */
  readonly key: Bytes
  readonly tree: TreeState
  readonly signer: NoteSigner
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
  const { store, clock } = options
  let queue: Pending[] = []
  let running: Promise<void> | undefined
  let current: Current | undefined
  let ofToday: (Omit<PurposeDay, 'purpose'> & { keys: Map<string, Bytes> }) | undefined
  let closed = false

  const append = (event: NewEvent, record: Json) =>
    new Promise<Appended>((resolve, reject) => {
      if (closed) return reject(refusal('closed'))
      queue.push({ event, record, resolve, reject })
      running ??= drain()
    })

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      // One turn of the event loop: what arrives in it shares the fsync.
      await new Promise((resolve) => setImmediate(resolve))
      const batch = queue.slice(0, MAX_BATCH)
      queue = queue.slice(MAX_BATCH)
      try {
        await commit(batch)
      } catch (error) {
        current = undefined
        memory.doubted()
        for (const { reject } of batch) reject(refusal(codeOf(error)))
      }
    }
    running = undefined
  }

  async function commit(batch: readonly Pending[]): Promise<void> {
    const convenant = options.convenant() ?? fail('LOG_UNAVAILABLE', { at: 'convenant' })
    const now = clock()
    const log = await open(convenant, now)
    const time = minuteOf(now)
    const keys = await keysOf(batch, log, time)
    const prepared = batch.flatMap((pending) =>
      prepare(options, pending, log, keys, convenant, time),
    )
    if (prepared.length === 0) return
    const entries = prepared.map(({ entry }) => entry)
    const expected = log.tree.size
    const hashes = entries.map(({ leaf }) => leafHashBy(sha256, leaf))
    const { state, stored } = appendLeaves(log.tree, hashes, sha256)
    const [size, root] = [state.size, rootOf(state)]
    const note = signCheckpoint({ origin: log.origin, size, root }, [log.signer])
    const head = { size, root, note }
    if (!(await store.log.append(log.origin, entries, stored.filter(isKept), head, expected))) {
      fail('LOG_UNAVAILABLE', { at: 'size' })
    }
    current = { ...log, tree: state }
    memory.appended(log.origin, head, stored)
    prepared.forEach(({ pending, entry }, i) => {
      pending.resolve({ origin: log.origin, index: expected + i, leaf: entry.leaf, size })
    })
  }

  async function open(convenant: ConvenantRef, now: number): Promise<Current> {
    const period = periodAt(now, current?.period ?? (await lastPeriod(options)))
    const origin = originOf(options, convenant, period)
    if (current?.origin === origin) return current
    const head = await store.log.head(origin)
    const tree =
      head === null ? emptyTree() : await loadTree(head.size, readHashes(store.log, origin))
    if (head !== null && !equalBytes(head.root, rootOf(tree))) fail('LOG_DAMAGED', { at: origin })
    // Only a log without entries may get a new key: else the old one was erased, or is lost.
    const key =
      (await options.periodKeys.load(period)) ??
      (head === null ? await options.periodKeys.create(period) : null) ??
      fail('RECORD_ERASED', { at: period })
    current = { origin, period, key, tree, signer: noteSigner(origin, options.signer) }
    return current
  }

  /** Keys of the purposes of a batch, by purpose; those of a day before are not kept in memory. */
  async function keysOf(
    batch: readonly Pending[],
    { period, key: periodKey }: Current,
    time: string,
  ): Promise<ReadonlyMap<string, Bytes>> {
    const { day } = purposeDay(period, '', time)
    if (ofToday?.day !== day || ofToday.period !== period) {
      ofToday = { period, day, keys: new Map() }
    }
    const { keys } = ofToday
    for (const { event } of batch) {
      const purpose = purposeIn(event)
      // What can't be a purpose is refused with its event, and with nobody else's.
      if (purpose === undefined || keys.has(purpose) || !PURPOSE.test(purpose)) continue
      const key = await options.purposeKeys.create({ period, purpose, day })
      keys.set(purpose, recordKeyOf(periodKey, key))
    }
    return keys
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
      await running
    },
  }
}

/** A bad event is its caller's fault alone: the others of the batch go on. */
function prepare(
  options: AuditOptions,
  pending: Pending,
  { origin, period, key: withoutPurpose }: Current,
  keys: ReadonlyMap<string, Bytes>,
  convenant: ConvenantRef,
  time: string,
): readonly Prepared[] {
  const { event, record, reject } = pending
  try {
    const key = keys.get(purposeIn(event) ?? '') ?? withoutPurpose
    const { commit, sealed } = sealRecord(key, origin, record, options.random)
    const { software } = options
    const leaf = leafOf(event, { time, period, software, convenant, commit })
    const txid = 'txid' in event ? (event.txid ?? null) : null
    return [{ pending, entry: { leaf, sealed, txid, type: event.type } }]
  } catch (error) {
    reject(error)
    return []
  }
}

async function lastPeriod({ store, member }: AuditOptions): Promise<string | undefined> {
  const own = (await store.log.origins()).map(parseOrigin).filter((log) => log.member === member)
  return own
    .map(({ quarter }) => quarter)
    .sort()
    .at(-1)
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
