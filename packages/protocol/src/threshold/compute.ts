/**
 * The round at a compute node: which record keys occur in at least t of the partners' lists.
 *
 * Adversary: one semi-honest compute node, with any partners besides t - 1 holders of the same
 * identifier. It learns list sizes (padded), which lists are invalid, and the outputs that are meant to
 * be opened: per `list` rule the salted keys over the threshold. All messages have lengths that follow
 * from public sizes and the size of the result.
 *
 * Secret sharing after Araki, Furukawa, Lindell, Nof, Ohara (CCS 2016); merge by Batcher's odd-even
 * network, cut short; shuffle after Laur, Willemson, Zhang (ISC 2011).
 */

import { type Bytes, hashParts, type Json, jcs } from '../encoding/index.ts'
import { openSession, type PartyContext, type SessionStats, verify } from '../mpc/index.ts'
import { type Aggregates, openTally } from './aggregates.ts'
import { type LeftOut, settle } from './agree.ts'
import { fail } from './errors.ts'
import { PLANE_BYTES, wholeOf } from './group.ts'
import { openLists } from './list.ts'
import { memoryBytes, type RoundInputs } from './part.ts'
import type { RoundPlan } from './plan.ts'
import { checkRules, type RoundRule } from './rules.ts'
import { openParts, PART_ANDS, partsOf, type Threads } from './threads.ts'
import type { Checks } from './validate.ts'
import { beside, here } from './work.ts'

export type RoundOptions = {
  /** Fewer valid lists than this: no result. Each node goes by its own, and the strictest ends a round. */
  readonly minContributors: number
  /**
   * Bytes of one bit of all rows that are computed together, 256 KiB unless given: less takes less
   * memory and more messages. Equal on all nodes.
   */
  readonly planeBytes?: number
  /** The sector of every partner of the plan, for rules that ask for some. Public. */
  readonly sectors?: readonly string[]
  /** ANDs that make a part worth a thread of its own. Equal on all nodes. */
  readonly partAnds?: number
  /** Threads for parts of the round; none: all is computed where it is called. */
  readonly threads?: Threads
  /** All checks unless an experiment shows what goes wrong without one. */
  readonly checks?: Checks
  /**
   * Called before anything of the result is opened, with the partners whose lists it is of; what it
   * throws ends the round.
   */
  readonly beforeOpening?: (included: readonly number[]) => Promise<void>
}

export type RoundResult = {
  readonly leftOut: readonly LeftOut[]
  /** Rule id to opened keys, ceil(h/8) bytes each, sorted. */
  readonly lists: ReadonlyMap<string, readonly Bytes[]>
  /** Rule id to partner index to this node's part, for that partner's eyes only. */
  readonly owners: ReadonlyMap<string, ReadonlyMap<number, Bytes>>
  /** Rule id to what was let out. */
  readonly aggregates: ReadonlyMap<string, Aggregates>
  readonly stats: SessionStats
}

/**
 * Compute node: runs one attempt of a round with the two others, who call it with equal arguments.
 * When it rejects, the host closes both channels, so that the others stop too.
 * @param sessionId binds round and attempt; never used twice
 * @throws ProtocolError `TOO_FEW_CONTRIBUTORS`, `TOO_MANY_OVER`, `BAD_RULE`, `NODES_DISAGREE`; from
 *   the session `SESSION_MISMATCH` (other arguments at the culprit), `WRONG_LENGTH`, `UNEXPECTED_STEP`,
 *   `PEER_GONE`, `TRANSCRIPT_MISMATCH` with the neighbour as culprit, `REVEAL_MISMATCH`, `ABORTED`
 */
export async function computeRound(
  ctx: PartyContext,
  sessionId: Bytes,
  plan: RoundPlan,
  rules: readonly RoundRule[],
  inputs: RoundInputs,
  options: RoundOptions,
): Promise<RoundResult> {
  checkRules(plan, rules, options.sectors)
  const { planeBytes = PLANE_BYTES, partAnds = PART_ANDS, threads, sectors, checks } = options
  const id = bindArguments(sessionId, plan, rules, options)
  const whole = { plan, rules, inputs, part: wholeOf(plan), planeBytes, sectors, checks }
  const session = await openSession(ctx, id, memoryBytes(whole))
  const { absent, most } = await settle(session, plan, inputs, threads?.most ?? 1)
  const present = without(plan, absent)
  need(plan, present, options, absent)
  const parts = partsOf(plan, rules, most, partAnds)
  const work =
    parts.length === 1 || threads === undefined
      ? here(session, ctx, whole)
      : beside(session, id, whole, parts, await openParts(session, threads, parts.length))
  const invalid = await work.validate(present)
  const leftOut = [...absent, ...invalid.map(asInvalid)].sort((a, b) => a.partner - b.partner)
  const included = without(plan, leftOut)
  need(plan, included, options, leftOut)
  const outputs = await work.merge(included)

  await options.beforeOpening?.(included)
  const lists = new Map<string, readonly Bytes[]>()
  if (outputs.table !== undefined) {
    const total = included.reduce((sum, i) => sum + plan.partners[i]!.paddedSize, 0)
    const listed = rules.filter((rule) => rule.output === 'list')
    const most = listed.map((rule) => Math.floor(total / rule.t))
    const opened = await openLists(session.narrow('open'), plan, outputs.table, most)
    listed.forEach((rule, i) => {
      lists.set(rule.id, opened[i]!)
    })
  }
  const owners = await verify(session.narrow('owners'), outputs.owners)
  const aggregates = new Map<string, Aggregates>()
  for (const { id, aggregates: terms } of rules) {
    if (terms === undefined) continue
    aggregates.set(id, await openTally(session.narrow('aggregates'), outputs.tally!, terms))
  }
  return { leftOut, lists, owners: owners.value, aggregates, stats: work.stats() }
}

function asInvalid(partner: number): LeftOut {
  return { partner, reason: 'INVALID_LIST' }
}

function without(plan: RoundPlan, leftOut: readonly LeftOut[]): readonly number[] {
  const out = new Set(leftOut.map(({ partner }) => partner))
  return plan.partners.map((_, partner) => partner).filter((partner) => !out.has(partner))
}

/** Names the first that was left out, and why: without it there would have been enough. */
function need(
  plan: RoundPlan,
  partners: readonly number[],
  { minContributors }: RoundOptions,
  leftOut: readonly LeftOut[],
): void {
  if (partners.length >= Math.max(1, minContributors)) return
  const [first] = leftOut
  if (first === undefined) fail('TOO_FEW_CONTRIBUTORS')
  else fail('TOO_FEW_CONTRIBUTORS', { culprit: plan.partners[first.partner]!.id, at: first.reason })
}

// Nodes that disagree on any of these would open garbage: the session refuses to start.
function bindArguments(
  sessionId: Bytes,
  plan: RoundPlan,
  rules: readonly RoundRule[],
  options: RoundOptions,
): Bytes {
  const { planeBytes = PLANE_BYTES, partAnds = PART_ANDS, checks = { bounds: true } } = options
  const sectors = options.sectors === undefined ? null : [...options.sectors]
  const partners = plan.partners.map((partner) => ({ ...partner }))
  const bound = { ...plan, partners }
  return hashParts(
    'drempel/v1/threshold/session',
    sessionId,
    jcs({
      plan: bound,
      rules: rules.map((rule) => ({ ...rule }) as Json),
      planeBytes,
      partAnds,
      sectors,
      checks,
    }),
  )
}
