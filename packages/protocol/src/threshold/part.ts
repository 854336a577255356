/**
 * One part of a round's bins, from uploads to outputs that are still shared. The bins of a round never
 * meet before the outputs are opened, so parts can be computed beside each other, each by a session of
 * its own with keys of its own; what they give is put together by the session that opens it.
 */

import type { Bytes } from '../encoding/index.ts'
import {
  openSession,
  type PartyContext,
  type Planes,
  reveal,
  type Session,
  type SessionStats,
  type Share,
  verify,
  zeroShare,
} from '../mpc/index.ts'
import { newTally, type Tally, tallyGroup } from './aggregates.ts'
import { hasConditions } from './conditions.ts'
import { type Group, groupsOf, loadGroup, stacked } from './group.ts'
import { sharedBits } from './labels.ts'
import { fillTable, newTable, type Table } from './list.ts'
import { type Controls, mergeLists, unmerge } from './merge.ts'
import { networkInTurns } from './network.ts'
import { fillOwnerPart, newOwnerPart } from './owners.ts'
import type { RoundPlan } from './plan.ts'
import { countedBy, labelsFor, type RoundRule } from './rules.ts'
import { type Carried, scanRules } from './scan.ts'
import { comparators, type Schedule, scheduleInTurns } from './schedule.ts'
import type { InputShare } from './share.ts'
import { givingWay } from './steps.ts'
import { estimateComparators, mergeTree } from './tree.ts'
import { type Checks, validateGroup } from './validate.ts'

/** Planes of labels, and of what is made of them. */
const CONDITION_BITS = 16
const COUNTING_BITS = 64
// Of a session: what any takes for masks and messages; and beyond what is known, at most so much.
const [LEAST_BYTES, SPARE_BYTES] = [1 << 22, 1 << 26]

/** Partner index to this node's share of its list. */
export type RoundInputs = ReadonlyMap<number, InputShare>

/** What a part is computed from, equal on all three nodes but for the inputs. */
export type PartWork = {
  readonly plan: RoundPlan
  readonly rules: readonly RoundRule[]
  readonly inputs: RoundInputs
  readonly part: Group
  readonly planeBytes: number
  readonly sectors: readonly string[] | undefined
  readonly checks: Checks | undefined
}

/** Still shared. A part's share of partners' answers is zero outside its bins. */
export type PartOutputs = {
  readonly table: Table | undefined
  readonly owners: ReadonlyMap<string, ReadonlyMap<number, Bytes>>
  readonly tally: Tally | undefined
}

/** What a thread is given; all of it can be copied to one. */
export type PartTask = PartWork & {
  /** Binds round, attempt, part and step; of one session alone. */
  readonly sessionId: Bytes
  /** Which of the lists of `partners` are invalid, or what the rules ask of them. */
  readonly step: 'validate' | 'merge'
  readonly partners: readonly number[]
  /** What the round's session goes by. */
  readonly roundTripMs: number
}

export type PartResult = {
  /** Partners whose list is invalid in this part's bins. */
  readonly invalid: readonly number[]
  readonly outputs: PartOutputs | null
  readonly stats: SessionStats
}

/**
 * A thread: its part, in a session of its own with the same part's threads at the two others. What was
 * said is compared before anything leaves.
 * @throws ProtocolError as `computeRound`
 */
export async function runPart(ctx: PartyContext, task: PartTask): Promise<PartResult> {
  const { sessionId, step, partners, roundTripMs } = task
  const session = await openSession(ctx, sessionId, memoryBytes(task), roundTripMs)
  if (step === 'validate') {
    const invalid = await validatePart(session, ctx, task, partners)
    return { invalid, outputs: null, stats: session.stats }
  }
  const made = await mergePart(session, ctx, task, partners)
  const { value: outputs } = await verify(session.narrow('part'), made)
  return { invalid: [], outputs, stats: session.stats }
}

/** @returns the partners whose list is no honest one in these bins, in ascending order */
export async function validatePart(
  session: Session,
  { prg }: PartyContext,
  { plan, inputs, part, planeBytes, checks }: PartWork,
  present: readonly number[],
): Promise<readonly number[]> {
  const places = stacked(plan, present)
  const groups = groupsOf(plan, planeBytes, part)
  const shares: Share[] = []
  for (const [i, group] of groups.entries()) {
    const here = session.narrow(`validate${i}`)
    const mark = session.arena.mark()
    const planes = await loadGroup(here, plan, group, places, inputs, prg)
    const ok = await validateGroup(here, plan, planes, places, checks)
    shares.push({ first: ok.first.slice(), second: ok.second.slice() })
    session.arena.release(mark)
  }
  const here = session.narrow('validity')
  const opened = await reveal(here, await verify(here, join(shares)))
  const invalid = new Set<number>()
  let at = 0
  for (const group of groups) {
    for (const partner of present) {
      for (let word = 0; word < group.words; word++) {
        if (opened[at++] !== -1) invalid.add(partner)
      }
    }
  }
  return [...invalid].sort((a, b) => a - b)
}

/** Merges the lists and finds what the rules ask for. */
export async function mergePart(
  session: Session,
  { prg }: PartyContext,
  work: PartWork,
  included: readonly number[],
): Promise<PartOutputs> {
  const { plan, rules, part, planeBytes, sectors } = work
  const pause = () => session.pause()
  const network = await givingWay(networkInTurns(plan, included), pause)
  const schedule = await givingWay(scheduleInTurns(network), pause)
  const outputs = newOutputs(work, included, schedule, session)
  const labels = labelsFor(plan, rules, included, sectors)
  const carried = { labels, longest: included.length }
  const groups = groupsOf(plan, planeBytes, part)
  const all = groups.length * comparators(schedule)
  let done = 0
  const onStep = (pairs: number) => {
    done += pairs
    session.progress(done / all)
  }
  for (const [i, group] of groups.entries()) {
    const mark = session.arena.mark()
    const here = session.narrow(`group${i}`)
    const planes = await loadGroup(here, plan, group, schedule, work.inputs, prg, labels)
    await mergeGroup(here, work, group, planes, schedule, carried, outputs, onStep)
    session.arena.release(mark)
  }
  return outputs
}

function newOutputs(
  { plan, rules, part }: PartWork,
  included: readonly number[],
  { ones }: Pick<Schedule, 'ones'>,
  session: Session,
): PartOutputs {
  const listed = rules.filter((rule) => rule.output === 'list').map(({ t }) => t)
  const owned = rules.filter((rule) => rule.output === 'owners')
  const terms = countedBy(rules)
  const parts = () =>
    new Map(included.map((partner) => [partner, newOwnerPart(plan, partner, session.party)]))
  return {
    table: listed.length === 0 ? undefined : newTable(plan, part, ones, listed),
    owners: new Map(owned.map((rule) => [rule.id, parts()])),
    tally: terms === undefined ? undefined : newTally(plan, terms, included),
  }
}

async function mergeGroup(
  session: Session,
  { plan, rules }: PartWork,
  group: Group,
  planes: Planes,
  schedule: Schedule,
  carried: Carried,
  outputs: PartOutputs,
  onStep: (pairs: number) => void,
): Promise<void> {
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

/** Planes, control bits, as much again for the work on them, and masks; from public sizes. */
export function memoryBytes({
  plan,
  rules,
  part,
  planeBytes,
}: Pick<PartWork, 'plan' | 'rules' | 'part' | 'planeBytes'>): number {
  const everyone = plan.partners.map((_, partner) => partner)
  const pairs = estimateComparators(plan.window, mergeTree(plan, everyone))
  const rowBytes = 8 * Math.max(...groupsOf(plan, planeBytes, part).map(({ words }) => words))
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
