/** A threshold list as three compute nodes sign it, made without a round; or as liars would. */

import { evaluateInputs, type SignedList } from '@drempel/node/internal/sessions'
import {
  type Bytes,
  ByteWriter,
  compareBytes,
  concat,
  hashParts,
  hex,
  type Json,
  jcs,
  signStatement,
} from '@drempel/protocol/encoding'
import { type IdentifierKind, oprfInput } from '@drempel/protocol/identifiers'
import { tagOf } from '@drempel/protocol/oprf'
import { recordKey } from '@drempel/protocol/threshold'
import { type Federation, random } from './federation.ts'
import type { Member } from './member.ts'

export type Body = SignedList['body']
export type Publication = { readonly statements: readonly Json[]; readonly keys: Bytes }

export const KEY_BITS = 72

export function bodyOf(federation: Federation, keys: Bytes, change: Partial<Body> = {}): Body {
  return {
    announcement: hex(random(32)),
    convenant: federation.member('bank-a').ctx.inForce().digest,
    round: hex(random(16)),
    kind: 'host',
    epoch: 1,
    rule: 'host-t2',
    threshold: 2,
    salt: hex(random(32)),
    keyBits: KEY_BITS,
    size: keys.length / (KEY_BITS / 8),
    keys: hex(hashParts('drempel/v1/round/keys', keys)),
    contributors: federation.members.map(({ id }) => id).sort(),
    leftOut: [],
    createdAt: new Date(Date.now() + federation.clock.ahead).toISOString(),
    ...change,
  }
}

export function signList(body: Body, member: Member): Json {
  return signStatement('round.list', body, member.id, member.ctx.signer) as unknown as Json
}

export function publicationOf(
  federation: Federation,
  keys: Bytes,
  change: Partial<Body> = {},
): Publication {
  const body = bodyOf(federation, keys, change)
  const { computeNodes } = federation.convenant
  return { statements: computeNodes.map((id) => signList(body, federation.member(id))), keys }
}

export function encodePublication(...publications: readonly Publication[]): Bytes {
  const writer = new ByteWriter().u16(publications.length)
  for (const { statements, keys } of publications) writer.block(jcs(statements)).block(keys)
  return writer.finish()
}

/** Keys of values, by the evaluation that tags go through, sorted. */
async function keysOf(
  member: Member,
  salt: Bytes,
  values: readonly string[],
  kind: IdentifierKind = 'host',
  epoch = 1,
): Promise<Bytes> {
  const { outputs } = await evaluateInputs(member.ctx, {
    protocol: 'tag',
    kind,
    epoch: String(epoch),
    inputs: values.map((value) => oprfInput(kind, value)),
    count: values.length,
    record: {},
  })
  const keys = outputs.map((output) => recordKey(salt, tagOf(output), KEY_BITS))
  return concat(...keys.sort(compareBytes))
}

/** Puts a list with these values in force at every member, as if a round had ended. */
export async function publish(
  federation: Federation,
  values: readonly string[],
  epoch = 1,
): Promise<void> {
  const [first] = federation.members
  const salt = random(32)
  const keys = await keysOf(first!, salt, values, 'host', epoch)
  const body = encodePublication(publicationOf(federation, keys, { salt: hex(salt), epoch }))
  for (const member of federation.members) {
    await first!.ctx.call(member.id, 'rounds/publish', body)
  }
}
