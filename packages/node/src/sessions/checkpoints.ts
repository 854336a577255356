/** Heads of other members' logs, as they hand them over with their messages. */

import { base64, equalBytes, utf8 } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  claimedOrigin,
  type OpenCheckpoint,
  parseOrigin,
  rememberingOpener,
  type VerifierKey,
  verifierKey,
} from '@drempel/protocol/log'
import type { NodeContext } from './context.ts'
import { fail } from './errors.ts'
import { memberKey } from './federation.ts'
import type { PeerCheckpoint } from './journal.ts'
import { journalConflict, logName } from './witness/index.ts'

/**
 * The key under which a member signs the log of one origin.
 * @throws ProtocolError `BAD_REQUEST` when the origin is not the member's under this convenant
 */
export function logKey(ctx: NodeContext, member: string, origin: string): VerifierKey {
  const inForce = ctx.inForce()
  const key = memberKey(inForce, member)
  const named = parseOrigin(origin)
  const its = named.member === member && named.convenant === inForce.convenant.id
  return key !== undefined && its
    ? verifierKey(origin, key)
    : fail('BAD_REQUEST', { culprit: member, at: 'origin' })
}

const REMEMBERED = 64
const openers = new WeakMap<NodeContext, OpenCheckpoint>()

/** Remembers the latest notes: with many queries under way, most come under a head that was seen. */
export function openerOf(ctx: NodeContext): OpenCheckpoint {
  const open = openers.get(ctx) ?? rememberingOpener(REMEMBERED)
  openers.set(ctx, open)
  return open
}

/** @throws ProtocolError of the log layer, or `BAD_REQUEST`, for a note that is not the member's */
export function memberCheckpoint(ctx: NodeContext, member: string, note: string): PeerCheckpoint {
  const key = logKey(ctx, member, claimedOrigin(note))
  return checkpointEntry(openerOf(ctx)(note, key))
}

/**
 * A member's checkpoint, its signature verified, against the largest tree seen of that log, and at a
 * witness of it against what was cosigned.
 * @returns `remember` keeps this one, if it is larger
 * @throws ProtocolError `LOG_FORKED`, culprit = member, when it ever signed two trees of one size;
 * `LOG_ROLLED_BACK`, `NOT_WITNESSED`
 */
export async function followLog(
  ctx: NodeContext,
  member: string,
  checkpoint: Checkpoint,
  note: string,
): Promise<{ readonly seen: PeerCheckpoint; readonly remember: () => Promise<void> }> {
  const key = logKey(ctx, member, checkpoint.origin)
  await ctx.witnessing.guard.admit(member, key, checkpoint, note)
  const { size, root } = checkpoint
  const name = logName(key)
  const known = await largestOf(ctx, name, key)
  // No wait from here to the end: of two trees that come at once, one is the second.
  const { last } = known
  if (last?.size === size && !equalBytes(last.root, root)) {
    await journalConflict(ctx, { owner: member, key, name }, 'LOG_FORKED', last.note, note)
    fail('LOG_FORKED', { culprit: member, evidence: utf8(note) })
  }
  // Requests overtake each other, so an older tree is no fault by itself.
  if (last === null || last.size < size) known.last = { size, root, note }
  return {
    seen: checkpointEntry(checkpoint),
    async remember() {
      // What the store has may be of a request that was refused, or that failed before this.
      if (known.last !== known.kept) await keep(ctx, name, known)
    },
  }
}

type Seen = Pick<Checkpoint, 'size' | 'root'> & { readonly note: string }
/** The largest tree seen of a log, and the one of it that is durable. */
type Largest = { last: Seen | null; kept: Seen | null }
const largest = new WeakMap<NodeContext, Map<string, Promise<Largest>>>()

function largestOf(ctx: NodeContext, name: string, key: VerifierKey): Promise<Largest> {
  const logs = largest.get(ctx) ?? new Map<string, Promise<Largest>>()
  largest.set(ctx, logs)
  const known = logs.get(name) ?? readLargest(ctx, name, key)
  logs.set(name, known)
  known.catch(() => logs.delete(name))
  return known
}

async function readLargest(ctx: NodeContext, name: string, key: VerifierKey): Promise<Largest> {
  const note = await ctx.store.meta.get(`seen/${name}`)
  const kept = note === null ? null : { ...openerOf(ctx)(note, key), note }
  return { last: kept, kept }
}

const keeping = new WeakMap<NodeContext, Map<string, Promise<void>>>()

/** Requests that came together show one note, which is written once for all of them. */
function keep(ctx: NodeContext, log: string, known: Largest): Promise<void> {
  const under = keeping.get(ctx) ?? new Map<string, Promise<void>>()
  keeping.set(ctx, under)
  const kept = known.last!
  const name = `${log}\n${kept.note}`
  const before = under.get(name)
  if (before !== undefined) return before
  const written = ctx.store.meta
    .set(`seen/${log}`, kept.note)
    .then(() => {
      // Two may be written at once, the larger one last.
      if (known.kept === null || known.kept.size < kept.size) known.kept = kept
    })
    .finally(() => under.delete(name))
  under.set(name, written)
  return written
}

/** As entries of the log name it. */
export function checkpointEntry({ origin, size, root }: Checkpoint): PeerCheckpoint {
  return { origin, size, root: base64(root) }
}
