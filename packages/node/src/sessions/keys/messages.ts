/**
 * Messages of a key generation. The leading holder carries them; each is a statement signed by its
 * holder, so that a false one names its author, whoever brings it.
 */

import { fromBase64, statementSchema } from '@drempel/protocol/encoding'
import { IDENTIFIER_KINDS } from '@drempel/protocol/identifiers'
import type { FromHolder } from '@drempel/protocol/oprf'
import { z } from 'zod'
import { hex32 } from '../round/messages.ts'

const member = z.string().max(64)
const bytes = z.base64().max(200_000)

export const session = z.strictObject({
  convenant: hex32,
  session: hex32,
  kind: z.enum(IDENTIFIER_KINDS),
  epoch: z.string().regex(/^[1-9][0-9]{0,5}$/),
})
export type Session = z.infer<typeof session>

/** `to` is null for a broadcast. */
const holderMessage = z.strictObject({ session: hex32, to: member.nullable(), message: bytes })
export const signedMessage = statementSchema(holderMessage)
export type SignedMessage = z.infer<typeof signedMessage>

export const sharesRequest = z.strictObject({ session, broadcasts: z.array(signedMessage).max(64) })
export const sharesReply = z.strictObject({ shares: z.array(signedMessage).max(64) })
export const finishRequest = z.strictObject({
  session,
  broadcasts: z.array(signedMessage).max(64),
  shares: z.array(signedMessage).max(64),
})
export const transcriptStatement = statementSchema(z.strictObject({ digest: hex32 }))
export const finishReply = z.strictObject({ transcript: bytes, statement: transcriptStatement })
export const installRequest = z.strictObject({
  kind: session.shape.kind,
  epoch: session.shape.epoch,
  transcript: bytes,
  statements: z.array(transcriptStatement).max(64),
})
export type InstallRequest = z.infer<typeof installRequest>

export const MESSAGE = { round1: 'dkg.round1', share: 'dkg.share' } as const

export function fromHolder({ member, body }: SignedMessage): FromHolder {
  return { from: member, message: fromBase64(body.message) }
}
