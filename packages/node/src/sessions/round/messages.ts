/**
 * What nodes say to each other in a round. The coordinator carries every message, but each is signed
 * by its author and bound to the announcement's digest, so that it can only pass them on or withhold
 * them.
 */

import {
  type Bytes,
  hashParts,
  hex,
  jcs,
  PartsHash,
  statementSchema,
  utf8,
} from '@drempel/protocol/encoding'
import { IDENTIFIER_KINDS } from '@drempel/protocol/identifiers'
import { z } from 'zod'

export const hex16 = z.string().regex(/^[0-9a-f]{32}$/)
export const hex32 = z.string().regex(/^[0-9a-f]{64}$/)
const member = z.string().max(64)
const size = z.int().min(0)

/** Fixes what the round is about; its digest names the round in all that follows. */
export const announcement = z.strictObject({
  convenant: hex32,
  round: hex16,
  kind: z.enum(IDENTIFIER_KINDS),
  epoch: z.int().min(1),
  /** Digest of the key's transcript, so that all tag under one key; null where no tags are used. */
  key: hex32.nullable(),
  rules: z.array(z.string().max(64)).min(1),
  coordinator: member,
  createdAt: z.iso.datetime(),
})
export type Announcement = z.infer<typeof announcement>

/** A partner's commitment to its list, and a compute node's to its nonce; sizes are padded to buckets. */
export const commitment = z.strictObject({
  announcement: hex32,
  round: hex16,
  /** Null: this member stays out of the round. */
  paddedSize: size.nullable(),
  list: hex32,
  nonce: hex32.nullable(),
})
export const signedCommitment = statementSchema(commitment)
export type SignedCommitment = z.infer<typeof signedCommitment>

/** A compute node opens its nonce only for one set of commitments, which it names. */
export const opening = z.strictObject({
  announcement: hex32,
  round: hex16,
  commitments: hex32,
  nonce: hex32,
})
export const signedOpening = statementSchema(opening)
export type SignedOpening = z.infer<typeof signedOpening>

/** What fixes salt and plan: every node derives the same from it. */
export const terms = z.strictObject({
  announcement: announcement,
  commitments: z.array(signedCommitment).min(1).max(1_000),
  openings: z.array(signedOpening).length(3),
})
export type Terms = z.infer<typeof terms>

/** A threshold list as its three compute nodes sign it; the keys travel beside it. */
export const listStatement = z.strictObject({
  announcement: hex32,
  convenant: hex32,
  round: hex16,
  kind: z.enum(IDENTIFIER_KINDS),
  epoch: z.int().min(1),
  rule: z.string().max(64),
  threshold: z.int().min(2),
  salt: hex32,
  keyBits: z.int().min(1).max(256),
  size,
  keys: hex32,
  /** Of a rule of aggregates, which has no keys; null is a closed count. */
  aggregates: z.exactOptional(
    z.strictObject({
      /** Of how many holders the first class is, where that is not two. */
      from: z.exactOptional(z.literal(1)),
      histogram: z.array(size.nullable()).max(64),
      overlaps: z
        .array(z.strictObject({ members: z.tuple([member, member]), count: size.nullable() }))
        .max(2_016),
    }),
  ),
  contributors: z.array(member),
  leftOut: z.array(z.strictObject({ member, reason: z.string().max(64) })),
  createdAt: z.iso.datetime(),
})
export type ListStatement = z.infer<typeof listStatement>
export const signedList = statementSchema(listStatement)
export type SignedList = z.infer<typeof signedList>

export const STATEMENT = {
  commitment: 'round.commitment',
  opening: 'round.opening',
  list: 'round.list',
} as const

export function announcementDigest(value: Announcement): string {
  return hex(hashParts('drempel/v1/round/announcement', jcs(value)))
}

export function commitmentsDigest(commitments: readonly SignedCommitment[]): string {
  return hex(hashParts('drempel/v1/round/commitments', jcs(commitments)))
}

/** Some milliseconds of hashing. */
const VALUES_A_TURN = 4_096

/**
 * @param reports what each value counts for, where a rule asks
 * @param pause called now and then: a list may have a million values
 */
export async function listCommitment(
  salt: Bytes,
  round: string,
  values: readonly Bytes[],
  reports: readonly number[],
  pause: () => Promise<void>,
): Promise<string> {
  const hash = new PartsHash('drempel/v1/round/list')
  hash.add(salt)
  hash.add(utf8(round))
  for (const [i, value] of values.entries()) {
    hash.add(value)
    if (i % VALUES_A_TURN === VALUES_A_TURN - 1) await pause()
  }
  if (reports.length > 0) hash.add(Uint8Array.from(reports))
  return hex(hash.digest())
}

export function nonceCommitment(nonce: Bytes, round: string, member: string): string {
  return hex(hashParts('drempel/v1/round/nonce', nonce, utf8(round), utf8(member)))
}

export function keysDigest(keys: Bytes): string {
  return hex(hashParts('drempel/v1/round/keys', keys))
}

export function listDigest(statement: ListStatement): string {
  return hex(hashParts('drempel/v1/round/published', jcs(statement)))
}
