/**
 * The evaluation request between asker and key holder: binary, since a batch is megabytes.
 * Request: block(header, JCS) ‖ block(receipt of the intent) ‖ block(blinded elements).
 * Answer: block(evaluated elements) ‖ block(proof) ‖ block(the holder's checkpoint).
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
const ELEMENTS = 65_535 * 32
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
