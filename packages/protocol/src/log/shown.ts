/** What all intents have in common that one member shows another of its own log. */

import { type Bytes, isProtocolError, ProtocolError, utf8 } from '../encoding/index.ts'
import { claimedOrigin, type OpenCheckpoint, parseOrigin, quarterOf } from './checkpoint.ts'
import { fail } from './errors.ts'
import { parseEvent } from './event.ts'
import { timeOf } from './fields.ts'
import { verifierKey } from './key.ts'
import { parseReceipt, verifyParsed } from './receipt.ts'

/** What any intent is held against, whatever it intends. */
export type ExpectedEntry = {
  /** The key in the convenant of who shows it. */
  readonly signingKey: Bytes
  readonly convenant: { readonly id: string; readonly version: number; readonly digest: string }
  /** The verifier's clock, and how far the leaf's minute may lie from it; milliseconds. */
  readonly now: number
  readonly maxAge: number
}

/** An entry that a member shows of its own log under this convenant, its proof and signature verified. */
export function shownEntry(
  receipt: string,
  member: string,
  { signingKey, convenant }: ExpectedEntry,
  open: OpenCheckpoint,
) {
  const parsed = parseReceipt(receipt)
  const note = parsed.checkpoint
  const origin = claimedOrigin(note)
  const named = parseOrigin(origin)
  if (named.convenant !== convenant.id || named.member !== member) mismatch('origin')
  const { leaf, checkpoint } = verifyParsed(parsed, verifierKey(origin, signingKey), open)
  return { event: parseEvent(leaf), quarter: named.quarter, checkpoint, note }
}

export function sameTerms(
  event: { readonly convenant: { readonly version: number; readonly digest: string } },
  { convenant }: ExpectedEntry,
): void {
  if (event.convenant.version !== convenant.version) mismatch('convenant.version')
  if (event.convenant.digest !== convenant.digest) mismatch('convenant.digest')
}

export function assertRecent(
  event: { readonly time: string; readonly period: string },
  quarter: string,
  { now, maxAge }: ExpectedEntry,
): void {
  const age = Math.abs(timeOf(event.time) - now)
  // Written so that a clock that is no number makes every intent stale.
  if (!(age <= maxAge)) fail('INTENT_STALE')
  // The log of now: an old quarter's, or one of the asker's own making, is where nobody looks.
  const quarters = [quarterOf(now - maxAge), quarterOf(now + maxAge)]
  if (!quarters.includes(quarter) || event.period !== quarter) mismatch('period')
}

export function mismatch(at: string): never {
  return fail('INTENT_MISMATCH', { at })
}

/** Runs a check of an intent; whoever showed it answers for what is wrong with it. */
export function blamed<Value>(receipt: string, member: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    if (!isProtocolError(error)) throw error
    const at = error.at === undefined ? {} : { at: error.at }
    throw new ProtocolError(error.code, { culprit: member, evidence: utf8(receipt), ...at })
  }
}
