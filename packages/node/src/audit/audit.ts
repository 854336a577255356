import type { Json } from '@drempel/protocol/encoding'
import { parseEvent } from '@drempel/protocol/log'
import { fail } from './errors.ts'
import { keepKnown, refuseLost } from './known.ts'
import {
  createMemory,
  makeReceipt,
  proveConsistency,
  proveInclusion,
  readLeaf,
  readTile,
} from './reader.ts'
import { recordOpener } from './record.ts'
import { loadRecordKeys } from './recordkey.ts'
import { verifyLogs } from './selfcheck.ts'
import type { Audit, AuditOptions } from './types.ts'
import { createWriter } from './writer.ts'

/** Hashes. */
const REMEMBERED = 2048

/** The node's log over its store. Call `verifySelf` before the first append, then `remember`. */
export function createAudit(options: AuditOptions): Audit {
  const { store, knownLogs } = options
  const { log } = store
  const keep = (origins: readonly string[]) => keepKnown(log, knownLogs, options, origins)
  const memory = createMemory(log, options, REMEMBERED, async (origin) => {
    if (!knownLogs.has(origin)) await keep([origin])
  })
  const writer = createWriter(options, memory)
  const head = async (origin?: string) => {
    const asked = origin ?? (await writer.origin())
    return asked === null ? null : memory.head(asked)
  }

  const remember = async () => keep(await log.origins())

  async function readRecord(origin: string, index: number): Promise<Json> {
    const event = parseEvent(await readLeaf(log, origin, index))
    const batch = (await log.sealed(origin, index)) ?? fail('RECORD_DAMAGED')
    const quartered = batch.count === 1 && index < (await log.quartered(origin))
    const keys = await loadRecordKeys(options, origin, event, quartered)
    if (keys.length === 0) return fail('RECORD_ERASED')
    return recordOpener(origin, batch).open(index, keys, event.commit)
  }

  return {
    append: writer.append,
    origin: writer.origin,
    origins: () => log.origins(),
    head,
    size: memory.size,
    checkpoint: async (origin) => (await head(origin))?.note ?? null,
    leaf: (origin, index) => readLeaf(log, origin, index),
    proof: (origin, index, size) => proveInclusion(log, origin, index, size),
    consistency: (origin, size1, size2) => proveConsistency(log, origin, size1, size2),
    receipt: (origin, index, leaf) => makeReceipt(log, memory, origin, index, leaf),
    tile: (origin, path) => readTile(log, origin, path),
    openRecord: readRecord,
    find: (txid) => log.findTxid(txid),
    verifySelf: async () => {
      // Another process may have been the node until the store was free.
      await knownLogs.refresh()
      await refuseLost(log, knownLogs)
      await verifyLogs(log, options)
    },
    remember,
    close: async () => {
      await writer.close()
      // What can't be kept now is at the next start.
      await remember().catch(() => {})
    },
  }
}
