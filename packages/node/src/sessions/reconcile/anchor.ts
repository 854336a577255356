/**
 * Heads of the members' logs, entered in the own log once a day where they grew: what a log says
 * today stands in the logs of all others tomorrow, also when nobody asks anything.
 *
 * An entry like this makes the own log grow too, so two nodes at rest would go on for ever. A member
 * therefore shows the entries since the last head, when all of them are of this kind: that growth
 * needs no anchor.
 */

import { type Bytes, fromBase64, isProtocolError, utf8 } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  encodeOrigin,
  openCheckpoint,
  parseEvent,
  parseReceipt,
  verifyConsistency,
  verifyReceipt,
} from '@drempel/protocol/log'
import type { AnchoredHead } from '../../store/index.ts'
import { logKey } from '../checkpoints.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import type { PeerCheckpoint } from '../journal.ts'
import { logName, quartersAbout } from '../witness/index.ts'
import { fetchHead, type ShownHead } from './heads.ts'

/** What one entry takes. */
const MAX_HEADS = 16

/** A head that has to be entered, and what to remember then. */
export type Grown = {
  readonly member: string
  readonly log: string
  readonly head: AnchoredHead
  readonly entry: PeerCheckpoint
}

/**
 * Of this quarter's log and the last one's, which may have grown since it was looked at.
 * @throws ProtocolError `LOG_FORKED`, `LOG_ROLLED_BACK`, culprit = member; of peers
 */
export async function grownHeads(ctx: NodeContext, member: string): Promise<readonly Grown[]> {
  const { id: convenant } = ctx.inForce().convenant
  const [last, current] = quartersAbout(ctx.clock())
  const grown: Grown[] = []
  for (const quarter of [last, current]) {
    const found = await grownHead(ctx, member, encodeOrigin({ convenant, member, quarter }))
    if (found !== undefined) grown.push(found)
  }
  return grown
}

/** At most one entry for all members, or one for each 16 logs; remembered when it is durable. */
export async function anchor(ctx: NodeContext, grown: readonly Grown[]): Promise<void> {
  for (let from = 0; from < grown.length; from += MAX_HEADS) {
    const some = grown.slice(from, from + MAX_HEADS)
    const peerCheckpoints = some
      .map(({ entry }) => entry)
      .sort((a, b) => (a.origin < b.origin ? -1 : 1))
    const parties = [...new Set(some.map(({ member }) => member))].sort()
    const notes = some.map(({ head }) => head.note)
    // The signatures are what shows a fork of those logs later.
    await ctx.audit.append({ type: 'witness.anchored', parties, peerCheckpoints }, { notes })
    for (const { log, head } of some) await ctx.store.comparisons.setAnchored(log, head)
  }
}

async function grownHead(
  ctx: NodeContext,
  member: string,
  origin: string,
): Promise<Grown | undefined> {
  const key = logKey(ctx, member, origin)
  const log = logName(key)
  const known = await ctx.store.comparisons.anchored(log)
  const last = known === null ? undefined : openCheckpoint(known.note, key)
  const size = last?.size ?? 0
  const shown = await fetchHead(ctx, member, origin, size)
  if (shown === undefined) {
    return last === undefined ? undefined : fail('LOG_ROLLED_BACK', { culprit: member, at: origin })
  }
  const { checkpoint, note, quiet, entry } = shown
  if (last !== undefined && !extended(member, last, shown)) return undefined
  const head = { size: checkpoint.size, note }
  if (quiet !== null && isQuiet(quiet, size, checkpoint, note, key)) {
    await ctx.store.comparisons.setAnchored(log, head)
    return undefined
  }
  return { member, log, head, entry }
}

/** @returns false when it is as it was */
function extended(
  member: string,
  last: Checkpoint,
  { checkpoint: now, proof, note }: ShownHead,
): boolean {
  const refuse = (): never =>
    fail('LOG_ROLLED_BACK', { culprit: member, at: now.origin, evidence: utf8(note) })
  if (now.size < last.size) refuse()
  const hashes: readonly Bytes[] = proof.map(fromBase64)
  try {
    verifyConsistency(last.size, last.root, now.size, now.root, hashes)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    refuse()
  }
  return now.size > last.size
}

/** Whether the receipts are of all entries since, under this very head, and each only anchors. */
function isQuiet(
  quiet: readonly string[],
  from: number,
  { size }: Checkpoint,
  note: string,
  key: ReturnType<typeof logKey>,
): boolean {
  if (quiet.length !== size - from) return false
  try {
    return quiet.every((text, i) => {
      if (parseReceipt(text).checkpoint !== note) return false
      const { index, leaf } = verifyReceipt(text, key)
      return index === from + i && parseEvent(leaf).type === 'witness.anchored'
    })
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return false
  }
}
