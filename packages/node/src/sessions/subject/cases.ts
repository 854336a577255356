/**
 * The clock of a data subject's request (AVG art. 12(3)): one month from receipt, and two more once,
 * said so within the first. A month ends on the day of the same number, or on the last of a shorter
 * month; the days that Regulation 1182/71 adds for weekends and holidays are not counted on.
 */

import { type Bytes, base64, fromUtf8, hex, jcs } from '@drempel/protocol/encoding'
import { type EventOf, parseEvent, timeOf } from '@drempel/protocol/log'
import type { CaseOutcome, CaseRecord, CaseType, LogPosition } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { fail, isUnreadable } from '../errors.ts'
import { allInTurn } from '../inturn.ts'
import { journalClosed, journalHandled } from './journal.ts'
import { finishOpening, openEntered } from './opening.ts'

const DAY = 86_400_000
const LISTED = 1_000
/** A request cannot have come in longer ago than this, nor after now. */
const OLDEST = 366 * DAY

export type Request = {
  readonly type: CaseType
  readonly kind: string
  /** Blind index of the identifier: a case is about one, and its proof is of that one. */
  readonly index: Bytes
  readonly operator: string
  /** An open case to go on with. */
  readonly case?: string | undefined
  /** Of a new case: how control over the identifier was shown. */
  readonly proof?: string | undefined
  readonly received?: string | undefined
}

/**
 * The open case that a request names, or a new one, entered in the log.
 * @throws ProtocolError `BAD_REQUEST`, `CASE_UNKNOWN`, `CASE_CLOSED`
 */
export async function caseFor(ctx: NodeContext, request: Request): Promise<CaseRecord> {
  const { type, kind, index, operator, proof } = request
  if (request.case !== undefined) {
    if (proof !== undefined || request.received !== undefined) {
      fail('BAD_REQUEST', { at: 'case', hint: 'a case has its proof and its date already' })
    }
    const known = await caseAbout(ctx, request.case, kind, index)
    // What is disclosed again is entered again; other acts have entries of their own.
    if (type === 'access') {
      await journalHandled(ctx, 'subject.opened', known, type, { operator, case: request.case })
    }
    return known
  }
  if (proof === undefined) {
    fail('BAD_REQUEST', { at: 'proof', hint: 'how was control over the identifier shown?' })
  }
  const now = ctx.clock()
  const receivedAt = request.received === undefined ? now : Date.parse(request.received)
  if (receivedAt > now || receivedAt < now - OLDEST) {
    fail('BAD_REQUEST', { at: 'received', hint: 'a day of the past year, not one to come' })
  }
  const id = hex(ctx.random(16))
  const sealed = seal(ctx, id, { proof, about: base64(index) })
  const entry = { id, type, kind, receivedAt, dueAt: addMonths(receivedAt, 1), sealed }
  const enter = () => journalHandled(ctx, 'subject.opened', entry, type, { operator, proof })
  const number = await openEntered(ctx, entry, enter)
  return { ...entry, number, extendedAt: null, closedAt: null, outcome: null }
}

/** The open case of that name, if it is about that identifier. @throws ProtocolError `CASE_UNKNOWN`, `CASE_CLOSED`, `BAD_REQUEST` */
export async function caseAbout(
  ctx: NodeContext,
  name: string,
  kind: string,
  index: Bytes,
): Promise<CaseRecord> {
  const known = await openCase(ctx, name)
  if (known.kind !== kind || sealedOf(ctx, known).about !== base64(index)) {
    fail('BAD_REQUEST', { at: 'case', hint: 'that case is about another identifier' })
  }
  return known
}

/** @throws ProtocolError `CASE_UNKNOWN` */
async function knownCase(ctx: NodeContext, name: string): Promise<CaseRecord> {
  const found = await ctx.store.cases.get(Number(name.slice(5)))
  return found === null || nameOf(found) !== name ? fail('CASE_UNKNOWN') : asEntered(ctx, found)
}

/** At start: cases of which begin or end was entered, and a crash or a full disk came before the rest of it. */
export async function finishCases(ctx: NodeContext): Promise<void> {
  await finishOpening(ctx)
  const open = await ctx.store.cases.list({ open: true, limit: LISTED })
  await allInTurn(open.map((one) => () => asEntered(ctx, one)))
}

/** What the log says of a case's end is true before the store says it. */
async function asEntered(ctx: NodeContext, found: CaseRecord): Promise<CaseRecord> {
  if (found.closedAt !== null) return found
  const entry = (await ctx.audit.find(found.id)).find(({ type }) => type === 'subject.closed')
  if (entry === undefined) return found
  const { time, status } = parseEvent(
    await ctx.audit.leaf(entry.origin, entry.index),
  ) as EventOf<'subject.closed'>
  const stated = status === 'refused' ? 'refused' : 'granted'
  const outcome = (await enteredOutcome(ctx, entry)) ?? stated
  return close(ctx, found, outcome, Math.max(found.receivedAt, timeOf(time)))
}

/** Null where its term is over, or its record was damaged. */
async function enteredOutcome(
  ctx: NodeContext,
  { origin, index }: LogPosition,
): Promise<CaseOutcome | null> {
  try {
    const record = await ctx.audit.openRecord(origin, index)
    return (record as { readonly outcome: CaseOutcome }).outcome
  } catch (error) {
    if (isUnreadable(error)) return null
    throw error
  }
}

async function close(
  ctx: NodeContext,
  found: CaseRecord,
  outcome: CaseOutcome,
  closedAt: number,
): Promise<CaseRecord> {
  // Which identifier it was about ends with it.
  const sealed = seal(ctx, found.id, { proof: proofOf(ctx, found) })
  if (await ctx.store.cases.close(found.number, outcome, closedAt, sealed)) {
    return { ...found, closedAt, outcome, sealed }
  }
  // By who looked at it behind the entry.
  const known = await ctx.store.cases.get(found.number)
  return known?.outcome === outcome ? known : fail('CASE_CLOSED')
}

/** @throws ProtocolError `CASE_UNKNOWN`, `CASE_CLOSED` */
async function openCase(ctx: NodeContext, name: string): Promise<CaseRecord> {
  const found = await knownCase(ctx, name)
  return found.closedAt === null ? found : fail('CASE_CLOSED')
}

/**
 * A case, open or closed, and what the log has of it, oldest first. That depends on what was done in
 * it alone, not on what the node knew.
 * @throws ProtocolError `CASE_UNKNOWN`
 */
export async function caseWithEntries(
  ctx: NodeContext,
  name: string,
): Promise<{ readonly case: CaseRecord; readonly entries: readonly ProvedEntry[] }> {
  const found = await knownCase(ctx, name)
  const entries: ProvedEntry[] = []
  for (const { origin, index, type } of await ctx.audit.find(found.id)) {
    entries.push({ type, origin, index, receipt: await ctx.audit.receipt(origin, index) })
  }
  return { case: found, entries }
}

/** An entry of the own log, and the receipt that proves it. */
export type ProvedEntry = {
  readonly type: string
  readonly origin: string
  readonly index: number
  readonly receipt: string
}

/** @throws ProtocolError `CASE_UNKNOWN`, `CASE_CLOSED`, `CASE_EXTENDED` when it was before, or the month is over */
export async function extendCase(
  ctx: NodeContext,
  name: string,
  operator: string,
  reason: string,
): Promise<CaseRecord> {
  const found = await openCase(ctx, name)
  const now = ctx.clock()
  // Entered, and cut off before the case had it: it was in time, and the log says so.
  const entered = (await ctx.audit.find(found.id)).some(({ type }) => type === 'subject.extended')
  if (found.extendedAt !== null || (now > found.dueAt && !entered)) fail('CASE_EXTENDED')
  const record = { operator, case: name, reason }
  if (!entered) await journalHandled(ctx, 'subject.extended', found, found.type, record)
  const dueAt = addMonths(found.receivedAt, 3)
  if (!(await ctx.store.cases.extend(found.number, dueAt, now))) fail('CASE_EXTENDED')
  return { ...found, dueAt, extendedAt: now }
}

/** @throws ProtocolError `CASE_UNKNOWN`, `CASE_CLOSED` */
export async function closeCase(
  ctx: NodeContext,
  name: string,
  operator: string,
  outcome: CaseOutcome,
  reason: string,
): Promise<CaseRecord> {
  const found = await openCase(ctx, name)
  await journalClosed(ctx, found, outcome, { operator, case: name, outcome, reason })
  return close(ctx, found, outcome, ctx.clock())
}

export function listCases(ctx: NodeContext, open: boolean): Promise<readonly CaseRecord[]> {
  return ctx.store.cases.list({ open, limit: LISTED })
}

/** `2026-0007`: the year of receipt, and the number. */
export function nameOf({ receivedAt, number }: Pick<CaseRecord, 'receivedAt' | 'number'>): string {
  return `${new Date(receivedAt).getUTCFullYear()}-${String(number).padStart(4, '0')}`
}

export function proofOf(ctx: NodeContext, of: CaseRecord): string {
  return sealedOf(ctx, of).proof
}

/** Whole days until the term ends, fewer than none after it. */
export function daysLeft({ dueAt }: CaseRecord, now: number): number {
  return Math.floor((dueAt - now) / DAY)
}

/** The end (UTC) of the day of the same number so many months on, or of that month's last day. */
export function addMonths(time: number, months: number): number {
  const from = new Date(time)
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months]
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(from.getUTCDate(), last) + 1) - 1
}

type Sealed = { readonly proof: string; readonly about?: string }

function seal(ctx: NodeContext, id: string, text: Sealed): Bytes {
  return ctx.vault.seal(placeOf(id), jcs(text), ctx.random)
}

function sealedOf(ctx: NodeContext, { id, sealed }: CaseRecord): Sealed {
  return JSON.parse(fromUtf8(ctx.vault.open(placeOf(id), sealed))) as Sealed
}

function placeOf(id: string): string {
  return `case/${id}`
}
