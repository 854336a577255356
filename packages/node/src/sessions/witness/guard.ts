/**
 * At a witness that holds keys or serves anything else: what it knows of a member's log decides
 * whether it serves that member. A log that was forked, or shows a tree that is no part of the one it
 * showed before, or is not brought for cosigning, stops its owner's queries here.
 */

import { witnessTerms } from '@drempel/protocol/convenant'
import { equalBytes, utf8 } from '@drempel/protocol/encoding'
import type { Checkpoint, VerifierKey } from '@drempel/protocol/log'
import type { WitnessedHead } from '../../store/index.ts'
import { codeOf, fail } from '../errors.ts'
import { grew, type Head } from './growth.ts'
import { journalConflict } from './journal.ts'
import { logName, PROMPT_MS } from './policy.ts'
import type { World } from './world.ts'

export type Guard = {
  /**
   * @param checkpoint of `member`'s log, its signature verified
   * @throws ProtocolError `LOG_FORKED`, `LOG_ROLLED_BACK`, `NOT_WITNESSED`, culprit = member
   */
  admit(member: string, key: VerifierKey, checkpoint: Checkpoint, note: string): Promise<void>
}

/** An owner brings a tree within seconds; one that did not is compared by the next query. */
const COMPARE_MS = 15_000

/** A tree seen in a query that its owner has yet to bring here for cosigning. */
type Waiting = {
  readonly size: number
  readonly since: number
  compared: boolean
  denied: boolean
}

export function createGuard(ctx: World): Guard {
  const waiting = new Map<string, Waiting>()

  async function admit(
    member: string,
    key: VerifierKey,
    checkpoint: Checkpoint,
    note: string,
  ): Promise<void> {
    const name = logName(key)
    const conflict = await ctx.store.witness.conflict(name)
    if (conflict !== null) fail('LOG_FORKED', { culprit: member })
    const { witnesses, graceMinutes } = witnessTerms(ctx.inForce().convenant, member)
    if (!witnesses.some(({ id }) => id === ctx.self)) return
    const held = await ctx.store.witness.head(name)
    if (held !== null && checkpoint.size === held.size && !equalBytes(checkpoint.root, held.root)) {
      await journalConflict(ctx, { owner: member, key, name }, 'LOG_FORKED', held.note, note)
      fail('LOG_FORKED', { culprit: member, evidence: utf8(note) })
    }
    // Requests overtake each other, so an older tree is in order if it is a part of the newer one.
    if (
      held !== null &&
      checkpoint.size < held.size &&
      !(await grew(ctx, member, checkpoint.origin, checkpoint, held))
    ) {
      fail('LOG_ROLLED_BACK', { culprit: member })
    }
    follow(name, member, checkpoint, held, PROMPT_MS + graceMinutes * 60_000)
  }

  /** What is seen in a query has to come here for cosigning within the time and the grace. */
  function follow(
    name: string,
    member: string,
    seen: Checkpoint,
    held: WitnessedHead | null,
    patienceMs: number,
  ): void {
    const now = ctx.clock()
    const earlier = waiting.get(name)
    if (earlier !== undefined && earlier.size > (held?.size ?? 0)) {
      if (earlier.denied) fail('LOG_ROLLED_BACK', { culprit: member })
      if (now - earlier.since > patienceMs) fail('NOT_WITNESSED', { culprit: member })
      // Behind the query, which need not wait for it.
      if (held !== null && !earlier.compared && now - earlier.since > COMPARE_MS) {
        void compare(earlier, member, held, seen)
      }
      return
    }
    waiting.delete(name)
    if (held !== null && seen.size <= held.size) return
    waiting.set(name, { size: seen.size, since: now, compared: false, denied: false })
  }

  async function compare(
    tree: Waiting,
    member: string,
    held: Head,
    seen: Checkpoint,
  ): Promise<void> {
    tree.compared = true
    try {
      tree.denied = !(await grew(ctx, member, seen.origin, held, seen))
    } catch (error) {
      ctx.log('warn', 'log.not-compared', { peer: member, code: codeOf(error) })
    }
  }

  return { admit }
}
