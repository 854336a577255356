/**
 * A signed exchange as bytes that a third party can check with the two public keys alone: what was
 * asked (method, target URI, digest, nonce) and what was answered (status, body). The request's
 * body is left out unless its sender adds it: it may hold shares.
 */

import {
  type Bytes,
  base64,
  fromBase64,
  fromUtf8,
  jcs,
  parseJcs,
  verifySignature,
} from '@drempel/protocol/encoding'
import { z } from 'zod'
import { fail } from './errors.ts'
import { contentDigest } from './signatures.ts'
import type { SignedMessage } from './types.ts'

const signedMessage = z.strictObject({
  signer: z.string(),
  base: z.string(),
  signature: z.string(),
})
const exchange = z.strictObject({
  v: z.literal(1),
  request: signedMessage,
  requestBody: z.string().optional(),
  response: signedMessage,
  responseBody: z.string(),
})

export function encodeEvidence(input: {
  request: SignedMessage
  requestBody?: Bytes
  response: SignedMessage
  responseBody: Bytes
}): Bytes {
  return jcs({
    v: 1,
    request: textOf(input.request),
    ...(input.requestBody === undefined ? {} : { requestBody: base64(input.requestBody) }),
    response: textOf(input.response),
    responseBody: base64(input.responseBody),
  })
}

export type Evidence = {
  readonly asker: string
  readonly answerer: string
  readonly method: string
  readonly targetUri: string
  readonly requestBody: Bytes | undefined
  readonly status: number
  readonly responseBody: Bytes
}

/**
 * Third party: checks both signatures, that the answer is to this request, and the bodies.
 * @throws ProtocolError `BAD_EVIDENCE`, `SIGNATURE_INVALID`, `DIGEST_MISMATCH`, `UNKNOWN_PEER`; the codes of JCS
 */
export function verifyEvidence(
  bytes: Bytes,
  keyOf: (member: string) => Bytes | undefined,
): Evidence {
  const parsed = exchange.safeParse(parseJcs(bytes))
  if (!parsed.success) return fail('BAD_EVIDENCE')
  const { request, response } = parsed.data
  for (const message of [request, response]) {
    const key = keyOf(message.signer)
    if (key === undefined) return fail('UNKNOWN_PEER')
    const { base, signature } = bytesOf(message)
    if (!verifySignature(signature, base, key)) fail('SIGNATURE_INVALID')
  }
  const asked = linesOf(request.base)
  const answered = linesOf(response.base)
  const bound =
    answered.get('"@method";req') === asked.get('"@method"') &&
    answered.get('"@target-uri";req') === asked.get('"@target-uri"') &&
    answered.get('"content-digest";req') === asked.get('"content-digest"') &&
    answered.get('"signature";req;key="drempel"') === `:${request.signature}:`
  const method = asked.get('"@method"')
  const targetUri = asked.get('"@target-uri"')
  const status = answered.get('"@status"')
  if (!bound || method === undefined || targetUri === undefined || status === undefined) {
    return fail('BAD_EVIDENCE')
  }
  const responseBody = fromBase64(parsed.data.responseBody)
  if (contentDigest(responseBody) !== answered.get('"content-digest"')) fail('DIGEST_MISMATCH')
  const requestBody =
    parsed.data.requestBody === undefined ? undefined : fromBase64(parsed.data.requestBody)
  if (requestBody !== undefined && contentDigest(requestBody) !== asked.get('"content-digest"')) {
    fail('DIGEST_MISMATCH')
  }
  return {
    asker: request.signer,
    answerer: response.signer,
    method,
    targetUri,
    requestBody,
    status: Number(status),
    responseBody,
  }
}

function textOf({ signer, base, signature }: SignedMessage) {
  return { signer, base: fromUtf8(base), signature: base64(signature) }
}

function bytesOf(message: { base: string; signature: string }) {
  return { base: new TextEncoder().encode(message.base), signature: fromBase64(message.signature) }
}

/** The lines of a signature base by component identifier; a value holds no newline (RFC 9421, section 2.5). */
function linesOf(base: string): Map<string, string> {
  const lines = new Map<string, string>()
  for (const line of base.split('\n')) {
    const at = line.indexOf(': ')
    const name = line.slice(0, at)
    if (at < 0 || lines.has(name)) fail('BAD_EVIDENCE')
    lines.set(name, line.slice(at + 2))
  }
  return lines
}
