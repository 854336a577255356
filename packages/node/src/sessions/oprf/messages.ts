/**
 * The evaluation request between asker and key holder: binary, since a batch is megabytes.
 * Request: block(header, JCS) ‖ block(receipt of the intent) ‖ block(blinded elements).
 * Answer: block(evaluated elements) ‖ block(proof) ‖ block(the holder's checkpoint).
 * Checks of one moment go together: u8 count ‖ block(request) for each, and before the answer
 * block(what each was refused for, JCS); elements and proof are of those that were not.
 */

import {
  ByteReader,
  type Bytes,
  ByteWriter,
  fromUtf8,
  jcs,
  parseJcs,
  utf8,
} from '@drempel/protocol/encoding'
import { IDENTIFIER_KINDS } from '@drempel/protocol/identifiers'
import { CODE } from '@drempel/protocol/log'
import { z } from 'zod'
import { fail } from '../errors.ts'
import { readBody } from '../parse.ts'
import { hex16 } from '../round/messages.ts'

const header = z.strictObject({
  txid: hex16,
  kind: z.enum(IDENTIFIER_KINDS),
  epoch: z.string().regex(/^[1-9][0-9]{0,5}$/),
  protocol: z.enum(['check', 'screen', 'tag']),
  purpose: z.exactOptional(z.string().max(64)),
  rule: z.exactOptional(z.string().max(64)),
})
export type EvaluationHeader = z.infer<typeof header>

export type EvaluationRequest = {
  readonly header: EvaluationHeader
  /** tlog-proof of the asker's `query.intent`, the leaf in its extra data. */
  readonly receipt: string
  readonly blinded: Bytes
}

const SMALL = 64 * 1024
const ELEMENT = 32
const ELEMENTS = 65_535 * ELEMENT
/** Bytes; what the largest batch needs. */
export const MAX_EVALUATION = ELEMENTS + 4 * SMALL

export function encodeRequest({ header, receipt, blinded }: EvaluationRequest): Bytes {
  return new ByteWriter().block(jcs(header)).block(utf8(receipt)).block(blinded).finish()
}

/** @throws ProtocolError `BAD_REQUEST`, culprit = from */
export function decodeRequest(from: string, body: Bytes): EvaluationRequest {
  return readBody(from, () => {
    const reader = new ByteReader(body)
    const parsed = header.safeParse(parseJcs(reader.block(SMALL)))
    if (!parsed.success) return fail('BAD_REQUEST', { culprit: from, at: 'header' })
    const request = {
      header: parsed.data,
      receipt: fromUtf8(reader.block(SMALL)),
      blinded: reader.block(ELEMENTS),
    }
    reader.finish()
    return request
  })
}

export type EvaluationAnswer = {
  readonly evaluated: Bytes
  readonly proof: Bytes
  readonly checkpoint: string
}

export function encodeAnswer({ evaluated, proof, checkpoint }: EvaluationAnswer): Bytes {
  return new ByteWriter().block(evaluated).block(proof).block(utf8(checkpoint)).finish()
}

/** @throws ProtocolError `BAD_REQUEST`, culprit = from */
export function decodeAnswer(from: string, body: Bytes): EvaluationAnswer {
  return readBody(from, () => {
    const reader = new ByteReader(body)
    const answer = {
      evaluated: reader.block(ELEMENTS),
      proof: reader.block(SMALL),
      checkpoint: fromUtf8(reader.block(SMALL)),
    }
    reader.finish()
    return answer
  })
}

/** Elements that are evaluated without a thread of their own, so that none of the checks waits long. */
export const MAX_TOGETHER = 16
/** Bytes; a receipt is some 2 KiB. */
export const MAX_TOGETHER_BODY = MAX_TOGETHER * 16 * 1024

/** @param requests as `encodeRequest` wrote them */
export function encodeTogether(requests: readonly Bytes[]): Bytes {
  const writer = new ByteWriter().u8(requests.length)
  for (const request of requests) writer.block(request)
  return writer.finish()
}

/** Checks under one key, an element each. @throws ProtocolError `BAD_REQUEST`, culprit = from */
export function decodeTogether(from: string, body: Bytes): readonly EvaluationRequest[] {
  const requests = readBody(from, () => {
    const reader = new ByteReader(body)
    const blocks = Array.from({ length: reader.u8() }, () => reader.block(MAX_TOGETHER_BODY))
    reader.finish()
    return blocks.map((block) => decodeRequest(from, block))
  })
  const first = requests[0]?.header
  const fits = requests.every(
    ({ header: { protocol, kind, epoch }, blinded }) =>
      protocol === 'check' &&
      kind === first?.kind &&
      epoch === first.epoch &&
      blinded.length === ELEMENT,
  )
  if (!fits || requests.length === 0 || requests.length > MAX_TOGETHER) {
    fail('BAD_REQUEST', { culprit: from, at: 'requests' })
  }
  return requests
}

const refusals = z.array(z.string().regex(CODE).nullable()).max(MAX_TOGETHER)

export type AnswerTogether = EvaluationAnswer & {
  /** The code of a refusal, or null where an element was evaluated; in the order of the requests. */
  readonly refused: readonly (string | null)[]
}

export function encodeAnswerTogether({ refused, ...answer }: AnswerTogether): Bytes {
  return new ByteWriter().block(jcs(refused)).bytes(encodeAnswer(answer)).finish()
}

/** @throws ProtocolError `BAD_REQUEST`, culprit = from */
export function decodeAnswerTogether(from: string, body: Bytes, count: number): AnswerTogether {
  return readBody(from, () => {
    const reader = new ByteReader(body)
    const parsed = refusals.safeParse(parseJcs(reader.block(SMALL)))
    if (!parsed.success || parsed.data.length !== count) {
      return fail('BAD_REQUEST', { culprit: from, at: 'refused' })
    }
    return { ...decodeAnswer(from, reader.bytes(reader.remaining)), refused: parsed.data }
  })
}
