/**
 * What follows from a data subject's request: objection (AVG art. 21), rectification (16), erasure
 * (17). Each is entered in the log whether or not there was a flag, before anything changes.
 *
 * A flag under bezwaar, withdrawn or erased is out of the next round. Of an erased flag remains its
 * keyed index, so that no import brings it back, and the log: that somebody asked for an erasure, of
 * which kind of identifier. Lists of rounds before hold salted keys, and are replaced by the next. Copies of
 * the flags for intersections, masked ahead or waiting, end at once: psi/rights.ts.
 */

import { type Bytes, equalBytes } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { CaseRecord, FlagFields } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { canonical, checkGround, sealFlag } from '../flags.ts'
import type { Intersections } from '../psi/runs.ts'
import { caseAbout, caseFor, nameOf, type Request } from './cases.ts'
import { carryOut, effectOf, rectification } from './effects.ts'
import { journalHandled } from './journal.ts'

export type About = Omit<Request, 'type' | 'kind' | 'index'> & {
  readonly kind: IdentifierKind
  readonly value: string
}

export type Acted = {
  readonly case: CaseRecord
  /** Whether the node had such a flag. */
  readonly found: boolean
}

/** @throws ProtocolError of the identifiers layer, and as `caseFor` */
export async function objectTo(
  ctx: NodeContext,
  runs: Intersections,
  about: About,
): Promise<Acted> {
  const index = indexOf(ctx, about)
  const found = await caseFor(ctx, { ...about, index, type: 'objection' })
  const enter = () => journalHandled(ctx, 'bezwaar', found, 'objection', sealedOf(about, found))
  const object = effectOf('object', index)
  return { case: found, found: await carryOut(ctx, runs, found, object, enter) }
}

/** Ends a bezwaar, or lets an erased identifier be flagged again. @throws as `objectTo` */
export async function liftObjection(
  ctx: NodeContext,
  runs: Intersections,
  about: About & { readonly case: string },
): Promise<Acted> {
  const index = indexOf(ctx, about)
  const found = await caseAbout(ctx, about.case, about.kind, index)
  const enter = () => journalHandled(ctx, 'bezwaar', found, 'lift', sealedOf(about, found))
  const lift = effectOf('lift', index)
  return { case: found, found: await carryOut(ctx, runs, found, lift, enter) }
}

/** @throws as `objectTo` */
export async function eraseFlag(
  ctx: NodeContext,
  runs: Intersections,
  about: About,
): Promise<Acted> {
  const index = indexOf(ctx, about)
  const found = await caseFor(ctx, { ...about, index, type: 'erasure' })
  const enter = () => journalHandled(ctx, 'correction', found, 'erasure', sealedOf(about, found))
  const erase = effectOf('erase', index)
  return { case: found, found: await carryOut(ctx, runs, found, erase, enter) }
}

/**
 * @param replacement the identifier that was meant: it takes over the flag, which is withdrawn
 * @throws as `objectTo`; `BAD_FLAG`, `CRIMINAL_DATA`; `BAD_REQUEST` when nothing is corrected
 */
export async function rectifyFlag(
  ctx: NodeContext,
  runs: Intersections,
  about: About,
  fields: FlagFields,
  replacement: string | undefined,
): Promise<Acted> {
  const { kind } = about
  const index = indexOf(ctx, about)
  checkGround(ctx, kind, fields)
  const instead = replacement === undefined ? undefined : sealFlag(ctx, kind, replacement)
  if (instead !== undefined && equalBytes(instead.index, index)) {
    fail('BAD_REQUEST', { at: 'replacement', hint: 'it is the same identifier' })
  }
  if (instead === undefined && Object.keys(fields).length === 0) {
    fail('BAD_REQUEST', { at: 'replacement', hint: 'name what is to be corrected' })
  }
  const found = await caseFor(ctx, { ...about, index, type: 'rectification' })
  // Which fields, not to what: codes and dates of a flag are in no log.
  const corrected = [...Object.keys(fields), ...(instead === undefined ? [] : ['value'])].sort()
  const record = { ...sealedOf(about, found), corrected }
  const enter = () => journalHandled(ctx, 'correction', found, 'rectification', record)
  const rectify = rectification(index, fields, instead)
  return { case: found, found: await carryOut(ctx, runs, found, rectify, enter) }
}

function indexOf(ctx: NodeContext, { kind, value }: About): Bytes {
  return ctx.vault.blindIndex(kind, canonical(ctx, kind, value))
}

function sealedOf({ operator }: About, found: CaseRecord) {
  return { operator, case: nameOf(found) }
}
