/** An evaluation request, honest unless told otherwise: intent in the asker's own log, then the batch. */

import type { NewEvent } from '@drempel/node/internal/audit'
import { type Bytes, ByteWriter, hex, type Json, jcs, utf8 } from '@drempel/protocol/encoding'
import { libsodiumGroup } from '@drempel/protocol/group'
import { batchDigest, sizeBucket } from '@drempel/protocol/log'
import { randomBlinded } from '@drempel/protocol/oprf'
import { random } from './federation.ts'
import type { Member } from './member.ts'

export type Question = {
  readonly txid: string
  readonly kind: string
  readonly epoch: string
  readonly protocol: string
  readonly purpose?: string
  readonly rule?: string
}

export function elements(count: number): Bytes {
  return randomBlinded(libsodiumGroup, count, random)
}

export function questionOf(change: Partial<Question> = {}): Question {
  return {
    txid: hex(random(16)),
    kind: 'host',
    epoch: '1',
    protocol: 'screen',
    purpose: 'fraude-onderzoek',
    rule: 'host-t2',
    ...change,
  }
}

/** Writes the intent into the asker's log, with `change` to what an honest one says. */
export async function intend(
  asker: Member,
  question: Question,
  blinded: Bytes,
  change: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { keyHolders, suspended } = asker.ctx.inForce().convenant
  const event = {
    type: 'query.intent',
    role: 'asker',
    ...question,
    parties: keyHolders.members.filter((id) => !suspended.includes(id)).sort(),
    sizeBucket: sizeBucket(Math.max(1, Math.floor(blinded.length / 32))),
    batch: batchDigest(blinded),
    ...change,
  }
  const { origin, index } = await asker.ctx.audit.append(event as unknown as NewEvent, {})
  return asker.ctx.audit.receipt(origin, index)
}

export function encodeQuestion(question: Json, receipt: string, blinded: Bytes): Bytes {
  return new ByteWriter().block(jcs(question)).block(utf8(receipt)).block(blinded).finish()
}

/** Intent and request in one. */
export async function ask(
  asker: Member,
  blinded: Bytes,
  options: {
    readonly question?: Partial<Question>
    readonly intent?: Readonly<Record<string, unknown>>
  } = {},
): Promise<Bytes> {
  const question = questionOf(options.question)
  const receipt = await intend(asker, question, blinded, options.intent)
  return encodeQuestion(question, receipt, blinded)
}
