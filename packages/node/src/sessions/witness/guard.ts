/**
 * At a witness that holds keys or serves anything else: what it knows of a member's log decides
 * whether it serves that member. A log that was forked, or shows a tree that is no part of the one it
 * showed before, or is not brought for cosigning, stops its owner's queries here.
 */

import { equalBytes, isProtocolError, utf8 } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  consistencyProof,
  encodeTilePath,
  type FetchTile,
  tileReader,
  type VerifierKey,
  verifyConsistency,
} from '@drempel/protocol/log'
import type { WitnessedHead } from '../../store/index.ts'
import { codeOf, fail } from '../errors.ts'
import { journalConflict } from './journal.ts'
import { GRACE_MS, logName, PROMPT_MS } from './policy.ts'
import type { World } from './world.ts'

const MAX_TILE = 16 * 1024
const TILE_MS = 5_000

export type Guard = {
  /**
   * @param checkpoint of `member`'s log, its signature verified
   * @throws ProtocolError `LOG_FORKED`, `LOG_ROLLED_BACK`, `NOT_WITNESSED`, culprit = member
   */
  admit(member: string, key: VerifierKey, checkpoint: Checkpoint, note: string): Promise<void>
}

export function createGuard(ctx: World): Guard {
  /** Trees seen in queries that their owner has yet to bring here for cosigning. */
  const waiting = new Map<string, { readonly size: number; readonly since: number }>()

  async function admit(
    member: string,
    key: VerifierKey,
    checkpoint: Checkpoint,
    note: string,
  ): Promise<void> {
    const name = logName(key)
    const conflict = await ctx.store.witness.conflict(name)
    if (conflict !== null) fail('LOG_FORKED', { culprit: member })
    if (member === ctx.self || !ctx.inForce().convenant.witnesses.includes(ctx.self)) return
    const held = await ctx.store.witness.head(name)
    if (held !== null && checkpoint.size === held.size && !equalBytes(checkpoint.root, held.root)) {
      await journalConflict(ctx, { owner: member, key, name }, 'LOG_FORKED', held.note, note)
      fail('LOG_FORKED', { culprit: member, evidence: utf8(note) })
    }
    if (held !== null && checkpoint.size < held.size) await partOf(held, checkpoint, member)
    waitFor(name, member, checkpoint.size, held?.size ?? 0)
  }

  /** Requests overtake each other, so an older tree is in order if it is a part of the newer one. */
  async function partOf(held: WitnessedHead, checkpoint: Checkpoint, member: string) {
    const fetch: FetchTile = async (tile) => {
      const path = `/peer/v1/log/${checkpoint.origin}/${encodeTilePath(tile)}`
      const options = { maxResponse: MAX_TILE, timeoutMs: TILE_MS, allowProblem: true }
      const { status, body } = await ctx.peers.get(member, path, options)
      return status === 200 ? body : undefined
    }
    try {
      const read = tileReader(held.size, fetch)
      const proof = await consistencyProof(checkpoint.size, held.size, read)
      verifyConsistency(checkpoint.size, checkpoint.root, held.size, held.root, proof)
    } catch (error) {
      if (!isProtocolError(error)) throw error
      ctx.log('warn', 'log.rolled-back', { member, code: codeOf(error) })
      fail('LOG_ROLLED_BACK', { culprit: member })
    }
  }

  /** What was seen in a query has to come here for cosigning within the time and the grace. */
  function waitFor(name: string, member: string, seen: number, cosigned: number): void {
    const now = ctx.clock()
    const earlier = waiting.get(name)
    if (earlier !== undefined && earlier.size > cosigned) {
      if (now - earlier.since > PROMPT_MS + GRACE_MS) fail('NOT_WITNESSED', { culprit: member })
      return
    }
    if (seen > cosigned) waiting.set(name, { size: seen, since: now })
    else waiting.delete(name)
  }

  return { admit }
}
