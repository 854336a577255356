/**
 * A witness, per c2sp.org/tlog-witness: cosigns a member's checkpoint when it extends the last one
 * that it cosigned, and remembers the new one before it answers. Transport differs in one point: as
 * every request between nodes it is signed, so that strangers cost nothing. Any member may bring
 * any member's checkpoint.
 *
 * The adversary is the log's owner, who may sign two trees, bring them at once, in any order, or to
 * different witnesses. Two roots at one size are refused and kept: both are signed, so together they
 * convince anyone.
 */

import {
  type Bytes,
  equalBytes,
  fromUtf8,
  isProtocolError,
  ProtocolError,
  utf8,
} from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  cosigner,
  encodeCosignatures,
  openCheckpoint,
  parseAddCheckpoint,
  parseNote,
  unverifiedCheckpoint,
  verifyConsistency,
} from '@drempel/protocol/log'
import type { WitnessedHead } from '../../store/index.ts'
import { fail } from '../errors.ts'
import { perMinute } from '../limit.ts'
import { readBody } from '../parse.ts'
import { journalConflict, journalWitnessRefusal } from './journal.ts'
import { type KnownLog, knownLog } from './policy.ts'
import type { World } from './world.ts'

const REFUSALS_PER_MINUTE = 10

export type AddAnswer =
  | { readonly status: 200; readonly lines: string }
  /** Another size was cosigned last, or another tree of this size. */
  | { readonly status: 409; readonly size: number }

export type Witness = {
  /**
   * @param body as sent by `from`
   * @throws ProtocolError `BAD_REQUEST`, `BAD_NOTE`, `BAD_CHECKPOINT` (400), `UNTRUSTED_CHECKPOINT`
   * (403), `UNKNOWN_LOG` (404), `BAD_CONSISTENCY_PROOF` (422), `LOG_FORKED` for a log that was caught
   */
  add(from: string, body: Bytes): Promise<AddAnswer>
  /** The checkpoint that was cosigned last, as its owner signed it. @throws ProtocolError `UNKNOWN_LOG` */
  held(origin: string): Promise<string>
}

export function createWitness(ctx: World): Witness {
  const budget = perMinute(REFUSALS_PER_MINUTE, ctx.clock)

  async function add(from: string, body: Bytes): Promise<AddAnswer> {
    const {
      oldSize,
      proof,
      checkpoint: note,
    } = readBody(from, () => parseAddCheckpoint(fromUtf8(body)))
    const log = find(unverifiedCheckpoint(note).origin)
    const checkpoint = trusted(log, note, from)
    const { size, root } = checkpoint
    if (oldSize > size) fail('BAD_REQUEST', { culprit: from, at: 'old' })
    if ((await ctx.store.witness.conflict(log.name)) !== null) {
      fail('LOG_FORKED', { culprit: log.owner })
    }
    const held = await ctx.store.witness.head(log.name)
    await contradict(held, log, checkpoint, note)
    if (oldSize !== (held?.size ?? 0) || isOther(held, checkpoint)) return conflict(held)
    try {
      extend(held, checkpoint, proof)
    } catch (error) {
      if (isProtocolError(error) && budget(from)) {
        await journalWitnessRefusal(ctx, from, checkpoint, error.code, fromUtf8(body))
      }
      throw error
    }
    const at = ctx.clock()
    // Compared again inside: another request may have passed the same check in between.
    if (!(await ctx.store.witness.advance(log.name, oldSize, { size, root, note, at }))) {
      const other = await ctx.store.witness.head(log.name)
      await contradict(other, log, checkpoint, note)
      return conflict(other)
    }
    return { status: 200, lines: cosign(note, at) }
  }

  function find(origin: string): KnownLog {
    const inForce = ctx.inForce()
    if (!inForce.convenant.witnesses.includes(ctx.self)) fail('UNKNOWN_LOG', { at: 'witness' })
    const log = knownLog(inForce, origin, ctx.clock())
    return log === undefined || log.owner === ctx.self ? fail('UNKNOWN_LOG', { at: 'origin' }) : log
  }

  async function contradict(
    held: WitnessedHead | null,
    log: KnownLog,
    checkpoint: Checkpoint,
    note: string,
  ): Promise<void> {
    if (held === null || !isOther(held, checkpoint)) return
    await journalConflict(ctx, log, 'LOG_FORKED', held.note, note)
  }

  function cosign(note: string, now: number): string {
    const name = `drempel/${ctx.inForce().convenant.id}/${ctx.self}`
    const { key, sign } = cosigner(name, ctx.signer, Math.floor(now / 1000))
    const bytes = sign(parseNote(note).text)
    return encodeCosignatures([{ name: key.name, id: key.id, bytes }])
  }

  return {
    add,
    held: async (origin) =>
      (await ctx.store.witness.head(find(origin).name))?.note ??
      fail('UNKNOWN_LOG', { at: 'origin' }),
  }
}

function trusted(log: KnownLog, note: string, from: string): Checkpoint {
  try {
    return openCheckpoint(note, log.key)
  } catch {
    return fail('UNTRUSTED_CHECKPOINT', { culprit: from, evidence: utf8(note) })
  }
}

function isOther(held: WitnessedHead | null, { size, root }: Checkpoint): boolean {
  return held !== null && held.size === size && !equalBytes(held.root, root)
}

/** From size 0 nothing can be proven, and no log of a member signs an empty tree. */
function extend(
  held: WitnessedHead | null,
  { size, root }: Checkpoint,
  proof: readonly Bytes[],
): void {
  if (held !== null) verifyConsistency(held.size, held.root, size, root, proof)
  else if (size === 0 || proof.length > 0) throw new ProtocolError('BAD_CONSISTENCY_PROOF')
}

function conflict(held: WitnessedHead | null): AddAnswer {
  return { status: 409, size: held?.size ?? 0 }
}
