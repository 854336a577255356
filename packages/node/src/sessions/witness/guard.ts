/**
 * At a witness that holds keys or serves anything else: what it knows of a member's log decides
 * whether it serves that member. A log that was forked, or shows a tree that is no part of the one it
 * showed before, or is not brought for cosigning, stops its owner's queries here.
 */

import { witnessTerms } from '@drempel/protocol/convenant'
import { ByteReader, equalBytes, utf8 } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  encodeOrigin,
  parseOrigin,
  type VerifierKey,
  verifierKey,
} from '@drempel/protocol/log'
import type { WitnessedHead } from '../../store/index.ts'
import { codeOf, fail } from '../errors.ts'
import { grew } from './growth.ts'
import { journalConflict } from './journal.ts'
import { type KnownLog, logName, PROMPT_MS, quartersAbout } from './policy.ts'
import type { World } from './world.ts'

export type Guard = {
  /**
   * @param checkpoint of `member`'s log, its signature verified
   * @throws ProtocolError `LOG_FORKED`, `LOG_ROLLED_BACK`, `NOT_WITNESSED`, culprit = member
   */
  admit(member: string, key: VerifierKey, checkpoint: Checkpoint, note: string): Promise<void>
}

/** An owner brings a tree within seconds. Of those that were seen before that, some are compared so often. */
const COMPARE_MS = 15_000

type Seen = Checkpoint & { readonly note: string }

/** A tree seen in a query that its owner has yet to bring here for cosigning. */
type Waiting = { readonly size: number; readonly since: number }

/** The trees that were seen since, one of which is drawn, each as likely. */
type Sample = { readonly since: number; readonly trees: number; readonly drawn: Seen }

export function createGuard(ctx: World): Guard {
  const waiting = new Map<string, Waiting>()
  const samples = new Map<string, Sample>()
  /** Logs that showed a tree which is no part of what they brought here, or lacks that. */
  const denied = new Set<string>()

  async function admit(
    member: string,
    key: VerifierKey,
    checkpoint: Checkpoint,
    note: string,
  ): Promise<void> {
    const log = { owner: member, key, name: logName(key) }
    const conflict = await ctx.store.witness.conflict(log.name)
    if (conflict !== null) fail('LOG_FORKED', { culprit: member })
    const { witnesses, graceMinutes } = witnessTerms(ctx.inForce().convenant, member)
    if (!witnesses.some(({ id }) => id === ctx.self)) return
    const held = await ctx.store.witness.head(log.name)
    if (held !== null && checkpoint.size === held.size && !equalBytes(checkpoint.root, held.root)) {
      await journalConflict(ctx, log, 'LOG_FORKED', held.note, note)
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
    if (denied.has(log.name)) fail('LOG_ROLLED_BACK', { culprit: member })
    const patienceMs = PROMPT_MS + graceMinutes * 60_000
    await followOthers(log, patienceMs)
    follow(log, checkpoint, held, patienceMs)
    if (checkpoint.size > (held?.size ?? 0)) sample(log, { ...checkpoint, note }, held)
  }

  /** What is seen in a query has to come here for cosigning within the time and the grace. */
  function follow(
    log: KnownLog,
    seen: Checkpoint,
    held: WitnessedHead | null,
    patienceMs: number,
  ): void {
    if (isAwaited(log, held, patienceMs) || seen.size <= (held?.size ?? 0)) return
    waiting.set(log.name, { size: seen.size, since: ctx.clock() })
  }

  /** A new quarter's log does not let the end of the last one's be forgotten. */
  async function followOthers(log: KnownLog, patienceMs: number): Promise<void> {
    const { key } = log
    const origin = parseOrigin(key.name)
    for (const quarter of quartersAbout(ctx.clock())) {
      const name = logName(verifierKey(encodeOrigin({ ...origin, quarter }), key.publicKey))
      if (name === log.name || !waiting.has(name)) continue
      isAwaited({ ...log, name }, await ctx.store.witness.head(name), patienceMs)
    }
  }

  /** @throws ProtocolError `NOT_WITNESSED` */
  function isAwaited(
    { name, owner }: KnownLog,
    held: WitnessedHead | null,
    patienceMs: number,
  ): boolean {
    const earlier = waiting.get(name)
    if (earlier === undefined || earlier.size <= (held?.size ?? 0)) {
      waiting.delete(name)
      return false
    }
    if (ctx.clock() - earlier.since > patienceMs) fail('NOT_WITNESSED', { culprit: owner })
    return true
  }

  /**
   * Two logs that are kept side by side, each the larger one in turn, are not found by their sizes. So
   * trees are compared with what was brought: the last one, and one of all that were seen before it,
   * which their owner can't know.
   */
  function sample(log: KnownLog, seen: Seen, held: WitnessedHead | null): void {
    const now = ctx.clock()
    const { since, trees, drawn } = samples.get(log.name) ?? { since: now, trees: 0, drawn: seen }
    if (held !== null && now - since > COMPARE_MS) {
      samples.delete(log.name)
      // Behind the query, which need not wait for it.
      void compare(log, [drawn, seen], held)
      return
    }
    const count = trees + 1
    const isDrawn = new ByteReader(ctx.random(4)).u32() % count === 0
    samples.set(log.name, { since, trees: count, drawn: isDrawn ? seen : drawn })
  }

  async function compare(
    log: KnownLog,
    trees: readonly Seen[],
    held: WitnessedHead,
  ): Promise<void> {
    try {
      for (const tree of trees) if (!(await isOneWith(log, tree, held))) denied.add(log.name)
    } catch (error) {
      ctx.log('warn', 'log.not-compared', { peer: log.owner, code: codeOf(error) })
    }
  }

  async function isOneWith(log: KnownLog, tree: Seen, held: WitnessedHead): Promise<boolean> {
    const { owner } = log
    if (tree.size < held.size) return grew(ctx, owner, tree.origin, tree, held)
    if (tree.size > held.size) return grew(ctx, owner, tree.origin, held, tree)
    if (equalBytes(tree.root, held.root)) return true
    await journalConflict(ctx, log, 'LOG_FORKED', held.note, tree.note)
    return false
  }

  return { admit }
}
