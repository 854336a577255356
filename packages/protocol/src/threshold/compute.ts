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
import {
  openSession,
  type PartyContext,
  reveal,
  type Session,
  type SessionStats,
  type Share,
  verify,
  zeroShare,
} from '../mpc/index.ts'
import { type Aggregates, newTally, openTally, type Tally, tallyGroup } from './aggregates.ts'
import { agreeOnInputs, type LeftOut } from './agree.ts'
import { hasConditions } from './conditions.ts'
import { fail } from './errors.ts'
import { type Group, groupsOf, loadGroup, PLANE_BYTES, stacked } from './group.ts'
import { sharedBits } from './labels.ts'
import { fillTable, newTable, openLists, type Table } from './list.ts'
import { type Controls, mergeLists, unmerge } from './merge.ts'
import { networkInTurns } from './network.ts'
import { fillOwnerPart, newOwnerPart } from './owners.ts'
import type { RoundPlan } from './plan.ts'
import { checkRules, countedBy, labelsFor, type RoundRule } from './rules.ts'
import { type Carried, scanRules } from './scan.ts'
import { comparators, type Schedule, scheduleInTurns } from './schedule.ts'
import type { InputShare } from './share.ts'
import { estimateComparators, mergeTree } from './tree.ts'
import { inTurns } from './turns.ts'
import { type Checks, validateGroup } from './validate.ts'

/** Planes of labels, and of what is made of them. */
const CONDITION_BITS = 16
const COUNTING_BITS = 64
// Of a session: what any takes for masks and messages; and beyond what is known, at most so much.
const [LEAST_BYTES, SPARE_BYTES] = [1 << 22, 1 << 26]

/** Partner index to this node's share of its list. */
export type RoundInputs = ReadonlyMap<number, InputShare>

export type RoundOptions = {
  /** Fewer valid lists than this: no result. */
  readonly minContributors: number
  /**
   * Bytes of one bit of all rows that are computed together, 256 KiB unless given: less takes less
   * memory and more messages. Equal on all nodes.
   */
  readonly planeBytes?: number
  /** The sector of every partner of the plan, for rules that ask for some. Public. */
  readonly sectors?: readonly string[]
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
 * @throws ProtocolError `TOO_FEW_CONTRIBUTORS`, `TOO_MANY_OVER`, `BAD_RULE`; from the session
 *   `SESSION_MISMATCH` (other arguments at the culprit), `WRONG_LENGTH`, `UNEXPECTED_STEP`,
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
  const groups = groupsOf(plan, options.planeBytes ?? PLANE_BYTES)
  const id = bindArguments(sessionId, plan, rules, options)
  const session = await openSession(ctx, id, memoryBytes(plan, rules, groups))
  const absent = await agreeOnInputs(session, plan, inputs)
  const present = without(plan, absent)
  need(plan, present, options, absent)
  const invalid = await validate(session, ctx, plan, groups, present, inputs, options)
  const leftOut = [...absent, ...invalid].sort((a, b) => a.partner - b.partner)
  const included = without(plan, leftOut)
  need(plan, included, options, leftOut)

  const pause = () => session.pause()
  const network = await inTurns(networkInTurns(plan, included), pause)
  const schedule = await inTurns(scheduleInTurns(network), pause)
  const outputs = newOutputs(plan, rules, included, schedule, session)
  const carried = {
    labels: labelsFor(plan, rules, included, options.sectors),
    longest: included.length,
  }
  const work = groups.length * comparators(schedule)
  let done = 0
  const onStep = (pairs: number) => {
    done += pairs
    session.progress(done / work)
  }
  for (const [i, group] of groups.entries()) {
    const mark = session.arena.mark()
    const here = session.narrow(`group${i}`)
    await computeGroup(here, ctx, plan, rules, inputs, group, schedule, carried, outputs, onStep)
    session.arena.release(mark)
  }

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
  return { leftOut, lists, owners: owners.value, aggregates, stats: { ...session.stats } }
}

type Outputs = {
  readonly table: Table | undefined
  readonly owners: ReadonlyMap<string, ReadonlyMap<number, Bytes>>
  readonly tally: Tally | undefined
}

function newOutputs(
  plan: RoundPlan,
  rules: readonly RoundRule[],
  included: readonly number[],
  { ones }: Schedule,
  session: Session,
): Outputs {
  const listed = rules.filter((rule) => rule.output === 'list').map(({ t }) => t)
  const owned = rules.filter((rule) => rule.output === 'owners')
  const terms = countedBy(rules)
  const parts = () =>
    new Map(included.map((partner) => [partner, newOwnerPart(plan, partner, session.party)]))
  return {
    table: listed.length === 0 ? undefined : newTable(plan, ones, listed),
    owners: new Map(owned.map((rule) => [rule.id, parts()])),
    tally: terms === undefined ? undefined : newTally(plan, terms, included),
  }
}

async function computeGroup(
  session: Session,
  ctx: PartyContext,
  plan: RoundPlan,
  rules: readonly RoundRule[],
  inputs: RoundInputs,
  group: Group,
  schedule: Schedule,
  carried: Carried,
  outputs: Outputs,
  onStep: (pairs: number) => void,
): Promise<void> {
  const planes = await loadGroup(session, plan, group, schedule, inputs, ctx.prg, carried.labels)
  const owned = rules.filter(({ output }) => output === 'owners')
  const listed = rules.filter(({ output }) => output === 'list')
  const controls: Controls | undefined = owned.length === 0 ? undefined : []
  await mergeLists(session.narrow('merge'), plan, schedule, planes, controls, onStep)
  if (outputs.tally !== undefined) {
    const { labels, longest } = carried
    const here = session.narrow('tally')
    await tallyGroup(here, plan, planes, schedule, labels, longest, outputs.tally)
    return
  }
  const scanned = [...owned, ...listed]
  const here = session.narrow('scan')
  const found = await scanRules(here, plan, planes, schedule, scanned, carried)
  if (outputs.table !== undefined) {
    const marks = listed.map((_, i) => owned.length + i)
    await fillTable(session, plan, outputs.table, group, schedule, planes, found, marks)
  }
  if (controls === undefined) return
  const flags = { ...found, bits: owned.length }
  await unmerge(session.narrow('unmerge'), flags, controls)
  owned.forEach(({ id }, bit) => {
    for (const [partner, part] of outputs.owners.get(id)!)
      fillOwnerPart(plan, partner, part, group, flags, schedule.starts.get(partner)!, bit)
  })
}

async function validate(
  session: Session,
  ctx: PartyContext,
  plan: RoundPlan,
  groups: readonly Group[],
  present: readonly number[],
  inputs: RoundInputs,
  options: RoundOptions,
): Promise<readonly LeftOut[]> {
  const places = stacked(plan, present)
  const shares: Share[] = []
  for (const [i, group] of groups.entries()) {
    const here = session.narrow(`validate${i}`)
    const mark = session.arena.mark()
    const planes = await loadGroup(here, plan, group, places, inputs, ctx.prg)
    const ok = await validateGroup(here, plan, planes, places, options.checks)
    shares.push({ first: ok.first.slice(), second: ok.second.slice() })
    session.arena.release(mark)
  }
  const here = session.narrow('validity')
  const opened = await reveal(here, await verify(here, join(shares)))
  const invalid = new Set<number>()
  let at = 0
  for (const group of groups) {
    for (const partner of present) {
      for (let word = 0; word < 4 * group.shards; word++) {
        if (opened[at++] !== -1) invalid.add(partner)
      }
    }
  }
  return [...invalid].map((partner) => ({ partner, reason: 'INVALID_LIST' }))
}

/** Planes, control bits, as much again for the work on them, and masks; from public sizes. */
function memoryBytes(
  plan: RoundPlan,
  rules: readonly RoundRule[],
  groups: readonly Group[],
): number {
  const everyone = plan.partners.map((_, partner) => partner)
  const pairs = estimateComparators(plan.window, mergeTree(plan, everyone))
  const rowBytes = 32 * Math.max(...groups.map(({ shards }) => shards))
  const counted = countedBy(rules) !== undefined
  const extra = counted ? COUNTING_BITS + plan.partners.length : CONDITION_BITS
  const bits = sharedBits(plan) + (counted || rules.some(hasConditions) ? extra : 0)
  const work = rowBytes * (3 * bits * plan.rows + 2 * pairs)
  return LEAST_BYTES + work + Math.min(SPARE_BYTES, 4 * work)
}

function join(shares: readonly Share[]): Share {
  const whole = zeroShare(shares.reduce((sum, share) => sum + share.first.length, 0))
  let at = 0
  for (const { first, second } of shares) {
    whole.first.set(first, at)
    whole.second.set(second, at)
    at += first.length
  }
  return whole
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
  const { minContributors, planeBytes = PLANE_BYTES, checks = { bounds: true } } = options
  const sectors = options.sectors === undefined ? null : [...options.sectors]
  const partners = plan.partners.map((partner) => ({ ...partner }))
  const bound = { ...plan, partners }
  return hashParts(
    'drempel/v1/threshold/session',
    sessionId,
    jcs({
      plan: bound,
      rules: rules.map((rule) => ({ ...rule }) as Json),
      minContributors,
      planeBytes,
      sectors,
      checks,
    }),
  )
}
