/**
 * Two members' logs of one quarter compared by transaction. Both sides of a query enter it: the asker
 * its intent and its result, each key holder that answered its evaluation, all under one txid. So what
 * one of them leaves out, alters or writes later shows in what the other has.
 *
 * The adversary is one of the two, who writes its own log as it likes; the leaves come from logs that
 * were verified. What both leave out together nobody finds here.
 */

import { type Bytes, equalBytes, fromBase64, hex, jcs } from '../encoding/index.ts'
import { parseOrigin } from './checkpoint.ts'
import type { EventOf, LeafFields } from './event.ts'
import { timeOf } from './fields.ts'
import { type ReadHashes, rootAt } from './merkle.ts'
import { reconcilePsi } from './reconcilePsi.ts'

/** All of one member's log of the quarter, in order. */
export type ReconciledSide = {
  readonly origin: string
  readonly leaves: readonly LeafFields[]
  /** Entries from this one on are not judged: their other side may be younger than what is at hand. */
  readonly settled: number
  /** The other log was taken before this one, so that what it speaks of must be here. */
  readonly complete: boolean
}

export type Place = { readonly member: string; readonly index: number }

export type Finding = {
  /**
   * `one-sided`: one member entered it, the other did not. `mismatch`: they entered different things.
   * `late`: entered when it was over. `repeated`: one holder evaluated twice under one txid.
   * `denied`: a tree head that one member entered is no part of the other's log.
   */
  readonly kind: 'one-sided' | 'mismatch' | 'late' | 'repeated' | 'denied'
  readonly txid: string | null
  /** The entries that show it. */
  readonly places: readonly Place[]
  /** Whose log it is that lacks the entry, has it late or twice, or denies the head; none of a mismatch. */
  readonly member: string | null
  /** Of a mismatch. */
  readonly fields: readonly string[]
  /** Of what is late. */
  readonly minutes: number | null
}

export type Reconciliation = {
  readonly matched: number
  /** Entries whose other side may lie beyond what was compared. */
  readonly undecided: number
  readonly findings: readonly Finding[]
  /**
   * Queries that failed, of which the holder that was to be asked has nothing: it may have been down,
   * or its disk full, or not have been asked at all. No fault by itself; where an asker shows many, ask.
   */
  readonly unanswered: readonly Unanswered[]
}

export type Unanswered = { readonly txid: string; readonly place: Place; readonly member: string }

/** Clocks of nodes may differ by a minute, and a leaf has no seconds. */
export const TOLERANCE_MINUTES = 2
/** A query without an answer, or at the edge of a quarter, whose other side may be in the next log. */
const QUERY_MINUTES = 15
const MINUTE = 60_000

type Intent = EventOf<'query.intent'>
type Evaluated = EventOf<'oprf.evaluated'>

type Entry<Event> = {
  readonly index: number
  readonly event: Event
  /** As it says, but not before any entry before it: a time set back among later ones gains nothing. */
  readonly time: number
}

type Log = ReconciledSide & {
  readonly member: string
  readonly entries: readonly Entry<LeafFields>[]
}

/** Whether an entry is of the part of the quarter that is asked about. */
export type IsAsked = (event: LeafFields) => boolean

/**
 * Findings in the order of the first log, then of the second.
 * @param isAsked left out: about the whole quarter. A transaction is asked about when one of its entries is,
 * and both logs are compared whole: what came late across the edge is late, and not lacking
 */
export function reconcile(
  one: ReconciledSide,
  other: ReconciledSide,
  toleranceMinutes = TOLERANCE_MINUTES,
  isAsked?: IsAsked,
): Reconciliation {
  const [a, b] = [logOf(one), logOf(other)]
  const isOf = isAsked === undefined ? () => true : transactions(a, b, isAsked)
  const parts = [
    ...[queries(a, b, toleranceMinutes, isOf), queries(b, a, toleranceMinutes, isOf)],
    reconcilePsi(a, b, isBeyond, isOf),
  ]
  return {
    matched: parts.reduce((sum, { matched }) => sum + matched, 0),
    undecided: parts.reduce((sum, { undecided }) => sum + undecided, 0),
    findings: parts.flatMap(({ findings }) => findings),
    unanswered: parts.flatMap(({ unanswered }) => unanswered),
  }
}

/**
 * Whether an evaluation agrees with the intent that it answers.
 * @returns the fields that differ, none of them shown: both leaves are at hand
 */
export function differences(intent: Intent, evaluated: Evaluated): string[] {
  const fields = ['kind', 'protocol', 'purpose', 'rule', 'epoch', 'sizeBucket', 'batch'] as const
  const differing = fields.filter((field) => intent[field] !== evaluated[field])
  return hex(jcs(intent.convenant)) === hex(jcs(evaluated.convenant))
    ? differing
    : [...differing, 'convenant']
}

/**
 * By how many minutes an entry was written outside the time of its query; of the asker when its intent
 * came after the evaluation, of the holder when the evaluation came after the result.
 * @param times milliseconds since 1970; `result` null when there is none that names the holder
 */
export function lateness(
  times: { readonly intent: number; readonly evaluated: number; readonly result: number | null },
  toleranceMinutes = TOLERANCE_MINUTES,
): { readonly side: 'asker' | 'holder'; readonly minutes: number } | null {
  const over = times.result ?? times.intent + QUERY_MINUTES * MINUTE
  const holder = Math.round((times.evaluated - over) / MINUTE)
  const asker = Math.round((times.intent - times.evaluated) / MINUTE)
  if (holder > toleranceMinutes) return { side: 'holder', minutes: holder }
  return asker > toleranceMinutes ? { side: 'asker', minutes: asker } : null
}

/**
 * Tree heads of one member that stand in the other's entries, against the tree that the member shows:
 * a log that was exchanged, cut or never so long as it told one asker.
 * @param hashes of the tree whose heads they are
 */
export async function reconcileHeads(
  told: ReconciledSide,
  tree: { readonly origin: string; readonly size: number; readonly complete: boolean },
  hashes: ReadHashes,
  isAsked: IsAsked = () => true,
): Promise<Pick<Reconciliation, 'undecided' | 'findings'>> {
  const [{ member }, owner] = [parseOrigin(told.origin), parseOrigin(tree.origin).member]
  const known = new Map<number, Bytes>()
  const findings: Finding[] = []
  let undecided = 0
  for (const [index, event] of told.leaves.entries()) {
    const head = headsIn(event).find(({ origin }) => origin === tree.origin)
    if (head === undefined || !isAsked(event)) continue
    if (head.size > tree.size && !tree.complete) {
      undecided++
      continue
    }
    if (head.size <= tree.size) {
      const root = known.get(head.size) ?? (await rootAt(head.size, hashes))
      known.set(head.size, root)
      if (equalBytes(root, fromBase64(head.root))) continue
    }
    const txid = 'txid' in event ? (event.txid ?? null) : null
    findings.push({ ...NOTHING, kind: 'denied', txid, places: [{ member, index }], member: owner })
  }
  return { undecided, findings }
}

const NOTHING = { fields: [], minutes: null } as const

/** @returns which transactions have an entry that is asked about, in either log */
function transactions(a: Log, b: Log, isAsked: IsAsked): (txid: string) => boolean {
  const asked = new Set<string | undefined>()
  for (const event of [...a.leaves, ...b.leaves]) {
    if ('txid' in event && isAsked(event)) asked.add(event.txid)
  }
  return (txid) => asked.has(txid)
}

/** What one asked of the other, as far as that is asked about. */
function queries(
  asker: Log,
  holder: Log,
  tolerance: number,
  isOf: (txid: string) => boolean,
): Reconciliation {
  const intents = new Map(
    asker.entries.filter(isType('query.intent')).map((entry) => [entry.event.txid, entry]),
  )
  const named = asker.entries
    .filter(isType('query.result'))
    .filter(({ event: { parties, txid } }) => parties.includes(holder.member) && isOf(txid))
  const results = new Map(
    named
      .filter(({ event }) => event.status === 'answered')
      .map((entry) => [entry.event.txid, entry]),
  )
  const ofAsker = ({ event }: Entry<{ readonly parties?: readonly string[] }>) =>
    event.parties?.length === 1 && event.parties[0] === asker.member
  const evaluations = holder.entries.filter(isType('oprf.evaluated')).filter(ofAsker)
  const refusals = holder.entries.filter(isType('oprf.refused')).filter(ofAsker)

  let [matched, undecided] = [0, 0]
  const findings: Finding[] = []
  const at = (log: Log, { index }: { readonly index: number }): Place => ({
    member: log.member,
    index,
  })
  const lacking = (log: Log, entry: Entry<{ readonly txid: string }>, by: Log) => {
    if (isBeyond(log, entry, by)) undecided++
    else {
      const places = [at(log, entry)]
      const { txid } = entry.event
      findings.push({ ...NOTHING, kind: 'one-sided', txid, places, member: by.member })
    }
  }

  const seen = new Set<string>()
  for (const evaluated of evaluations) {
    const { txid } = evaluated.event
    if (!isOf(txid)) continue
    if (seen.has(txid)) {
      const places = [at(holder, evaluated)]
      findings.push({ ...NOTHING, kind: 'repeated', txid, places, member: holder.member })
      continue
    }
    seen.add(txid)
    const intent = intents.get(txid)
    if (intent === undefined) {
      if (evaluated.index < holder.settled) lacking(holder, evaluated, asker)
      continue
    }
    const places = [at(asker, intent), at(holder, evaluated)]
    const asked = intent.event.parties.includes(holder.member) ? [] : ['parties']
    const fields = [...asked, ...differences(intent.event, evaluated.event)]
    const late = lateness(
      { intent: intent.time, evaluated: evaluated.time, result: results.get(txid)?.time ?? null },
      tolerance,
    )
    if (fields.length > 0) {
      findings.push({ kind: 'mismatch', txid, places, member: null, fields, minutes: null })
    }
    if (late !== null) {
      const member = late.side === 'asker' ? asker.member : holder.member
      findings.push({ kind: 'late', txid, places, member, fields: [], minutes: late.minutes })
    }
    if (fields.length === 0 && late === null) matched++
  }
  for (const result of results.values()) {
    if (!seen.has(result.event.txid) && result.index < asker.settled) {
      lacking(asker, result, holder)
    }
  }
  for (const refused of refusals) {
    const { txid } = refused.event
    if (txid === undefined || seen.has(txid) || !isOf(txid)) continue
    seen.add(txid)
    if (intents.has(txid)) matched++
    else if (refused.index < holder.settled) {
      lacking(holder, { ...refused, event: { txid } }, asker)
    }
  }
  const unanswered = named
    .filter(({ event }) => event.status === 'failed' && !seen.has(event.txid))
    .map((entry) => ({
      ...{ txid: entry.event.txid, place: at(asker, entry), member: holder.member },
    }))
  return { matched, undecided, findings, unanswered }
}

/** The other side may stand in the log of the quarter beside, or behind what was taken of the other. */
function isBeyond(log: Log, { index, time }: Entry<unknown>, by: Log): boolean {
  const { quarter } = parseOrigin(log.origin)
  const [year, number] = [Number(quarter.slice(0, 4)), Number(quarter.slice(5))]
  const [from, until] = [Date.UTC(year, 3 * number - 3), Date.UTC(year, 3 * number)]
  const edge = QUERY_MINUTES * MINUTE
  if (time < from + edge || time >= until - edge) return true
  if (by.complete) return false
  const head = headsIn(log.leaves[index]!).find(({ origin }) => origin === by.origin)
  return head !== undefined && head.size > by.leaves.length
}

function headsIn(event: LeafFields) {
  return 'peerCheckpoints' in event ? (event.peerCheckpoints ?? []) : []
}

function logOf(side: ReconciledSide): Log {
  let last = 0
  const entries = side.leaves.map((event, index) => {
    last = Math.max(last, timeOf(event.time))
    return { index, event, time: last }
  })
  return { ...side, member: parseOrigin(side.origin).member, entries }
}

function isType<Type extends LeafFields['type']>(type: Type) {
  return (entry: Entry<LeafFields>): entry is Entry<EventOf<Type>> => entry.event.type === type
}
