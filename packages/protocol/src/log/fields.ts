/**
 * The fields of an audit leaf. Each is a closed set, a digest, a date, or a short name without a run
 * of five digits, so that no free text, account, telephone or case number fits.
 */

import { z } from 'zod'
import { decodeBase64 } from './key.ts'

export const ROLES = ['asker', 'key-holder', 'compute', 'partner', 'witness', 'peer'] as const
export const KINDS = ['iban', 'phone', 'device', 'host', 'domain', 'email'] as const
export const PROTOCOLS = ['check', 'screen', 'tag', 'psi-ecdh', 'psi-ot', 'psi-prepared'] as const
export const STATUSES = ['answered', 'refused', 'suppressed', 'failed'] as const
/** In which capacity a person acts; those of an analyst decide on nothing. */
export const CAPACITIES = ['admin', 'auditor', 'fg', 'operator'] as const

/** A name that the convenant or the house gives: purpose, rule, member, class. */
const name = z
  .string()
  .max(48)
  .regex(/^(?!.*[0-9]{5})[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
/** SHA-256, lower-case hexadecimal. */
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const bucket = z.int().refine(isBucket)
/**
 * A code of a closed union, as in ProtocolError and in the refusals of the convenant; no number is one. Of
 * a peer's codes no others may be taken in, or what they are the reason of could not be entered.
 */
export const CODE = /^(?!.*[0-9]{5})[A-Z][A-Z0-9_]{0,47}$/
const code = z.string().regex(CODE)
const convenant = z.strictObject({ version: z.int().min(1).max(99_999), digest })

const origin = z.string().regex(/^drempel\/[a-z0-9-]{1,64}\/[a-z0-9-]{1,64}\/[0-9]{4}Q[1-4]$/)

const peerCheckpoint = z.strictObject({
  origin,
  size: z.int().min(0),
  /** As in the checkpoint's third line. */
  root: z.string().refine(isBase64Hash),
})

const period = z.string().regex(/^[0-9]{4}(Q[1-4]|-(0[1-9]|1[0-2]))$/)

export const fields = {
  v: z.literal(1),
  /** UTC, by the minute: `2026-10-07T14:05Z`. */
  time: z.string().refine(isMinute),
  software: z
    .string()
    .regex(/^drempel\/[0-9]{1,3}\.[0-9]{1,4}\.[0-9]{1,4}(-[a-z]{1,8}(\.[0-9]{1,3})?)?$/),
  retentionClass: name,
  /** Whose key seals the record that `commit` binds: `2026Q4` or `2026-10`. */
  period,
  /** 16 random bytes of the asker, lower-case hexadecimal; the same on every node that takes part. */
  txid: z.string().regex(/^[0-9a-f]{32}$/),
  role: z.enum(ROLES),
  /** The other members concerned: recipients, the asker, the culprit. Ascending, no duplicates. */
  parties: z.array(name).min(1).max(64).refine(isAscending),
  convenant,
  previousConvenant: convenant,
  /** What a new version changes that its members have to see: threshold, quota, purpose and the like. */
  alerts: z.array(name).min(1).max(16).refine(isAscending),
  purpose: name,
  kind: z.enum(KINDS),
  rule: name,
  rules: z.array(name).min(1).max(64).refine(isAscending),
  /** 16 or 32 bytes, lower-case hexadecimal. */
  round: z.string().regex(/^[0-9a-f]{32}([0-9a-f]{32})?$/),
  /** The key epoch: a number, or a name under the rule for names. */
  epoch: z.string().regex(/^([1-9][0-9]{0,5}|(?!.*[0-9]{5})[a-z0-9][a-z0-9-]{0,31})$/),
  protocol: z.enum(PROTOCOLS),
  sizeBucket: bucket,
  counts: z.strictObject({ live: bucket, added: bucket, withdrawn: bucket, expired: bucket }),
  /** SHA-256 of the blinded batch, byte for byte as sent. */
  batch: digest,
  /** SHA-256 of the public object the event is about: announcement, commitment, list, transcript. */
  digest,
  status: z.enum(STATUSES),
  quotaClass: name,
  reason: code,
  approvalCommit: digest,
  /** The capacities in which two people decided, ascending; who they are is in the sealed record. */
  capacities: z.array(z.enum(CAPACITIES)).length(2).refine(isAscending),
  /** Which entry of an own log the event is about: its place and what binds its record. */
  entry: z.strictObject({ origin, index: z.int().min(0), commit: digest }),
  /** Whose key was erased. */
  shredded: period,
  /** The last day whose key was erased, UTC. */
  through: z.string().refine(isDay),
  /** Binds the sealed record. Every leaf has one, so that none shows whether there is more to know. */
  commit: digest,
  /** The latest checkpoints seen of the parties, by ascending origin. */
  peerCheckpoints: z
    .array(peerCheckpoint)
    .min(1)
    .max(16)
    .refine((list) => isAscending(list.map(({ origin }) => origin))),
}

/** The upper end of a number's bucket: 16, 64, 256, 1024 and so on; 0 to 16 are one. */
export function sizeBucket(count: number): number {
  let bucket = 16
  while (bucket < count) bucket *= 4
  return bucket
}

/** The leaf's time for a clock in milliseconds since 1970. */
export function minuteOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`
}

/** Milliseconds since 1970 of a leaf's time. */
export function timeOf(minute: string): number {
  return Date.parse(`${minute.slice(0, 16)}:00Z`)
}

const MINUTE =
  /^([1-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]Z$/

export function isMinute(text: string): boolean {
  const match = MINUTE.exec(text)
  if (match === null) return false
  const day = Number(match[3])
  // The last day of a month is the day before the first of the next.
  return day <= 28 || day <= new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate()
}

export function isDay(text: string): boolean {
  return text.length === 10 && isMinute(`${text}T00:00Z`)
}

function isBucket(value: number): boolean {
  return sizeBucket(value) === value
}

function isBase64Hash(text: string): boolean {
  try {
    return decodeBase64(text, 'BAD_EVENT').length === 32
  } catch {
    return false
  }
}

export function isAscending(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if (!(names[i - 1]! < names[i]!)) return false
  return true
}
