/**
 * A statement: a JSON body that one member signed, so that others can pass it on and check it.
 * Ed25519 over `drempel/v1/statement/<type>` LF JCS(body): a statement of one type never passes for
 * one of another.
 */

import { z } from 'zod'
import { base64, concat, fromBase64, utf8 } from './bytes.ts'
import { type Signer, verifySignature } from './ed25519.ts'
import { fail } from './errors.ts'
import { type Json, jcs } from './json.ts'

export type Statement<Body extends Json = Json> = {
  readonly member: string
  readonly body: Body
  readonly signature: string
}

/** For schemas of messages that carry statements. */
export function statementSchema<Body extends z.ZodType>(body: Body) {
  return z.strictObject({ member: z.string().max(64), body, signature: z.string().max(100) })
}

export function signStatement<Body extends Json>(
  type: string,
  body: Body,
  member: string,
  signer: Signer,
): Statement<Body> {
  return { member, body, signature: base64(signer.sign(signedBytes(type, body))) }
}

/**
 * @param publicKey the member's key, or undefined where the member is not known
 * @throws ProtocolError `BAD_STATEMENT`, culprit = the member named
 */
export function verifyStatement(
  type: string,
  statement: Statement,
  publicKey: Uint8Array | undefined,
): void {
  const message = signedBytes(type, statement.body)
  const signed =
    publicKey !== undefined && verifySignature(fromBase64(statement.signature), message, publicKey)
  if (!signed) fail('BAD_STATEMENT', { culprit: statement.member, at: type, evidence: message })
}

function signedBytes(type: string, body: Json): Uint8Array {
  return concat(utf8(`drempel/v1/statement/${type}\n`), jcs(body))
}
