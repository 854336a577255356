/** A false message, entered: as a list that was refused where it brought one, else as a message. */

import { isProtocolError, type ProtocolError } from '@drempel/protocol/encoding'
import type { NodeContext } from './context.ts'
import { evidenceOf } from './errors.ts'
import { journalFalseMessage } from './journal.ts'
import { journalListRefused } from './round/journal.ts'
import type { SignedList } from './round/messages.ts'

const ofList = new WeakMap<ProtocolError, SignedList['body']>()

/** Runs a check of a list, and remembers of which list its refusal speaks. */
export function checkingList<T>(list: SignedList['body'], check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (isProtocolError(error) && !ofList.has(error)) ofList.set(error, list)
    throw error
  }
}

export function refusesList(error: ProtocolError): boolean {
  return ofList.has(error)
}

export async function enterFalse(
  ctx: NodeContext,
  from: string,
  error: ProtocolError,
): Promise<void> {
  const list = ofList.get(error)
  const evidence = evidenceOf(error)
  if (list === undefined) await journalFalseMessage(ctx, from, error.code, evidence)
  else await journalListRefused(ctx, from, list, error.code, evidence)
}
