/** Messages by which two members compare their logs. */

import { z } from 'zod'

/** Transactions in one request. */
export const MAX_SHARED = 128
/** Entries that a member shows to be heads of others' logs and nothing else. */
export const MAX_QUIET = 64

const receipt = z.string().max(16 * 1024)

export const sharedRequest = z.strictObject({
  txids: z
    .array(z.string().regex(/^[0-9a-f]{32}$/))
    .min(1)
    .max(MAX_SHARED),
})
/** For each transaction the receipts of the entries that name who asks. */
export const sharedAnswer = z.strictObject({
  entries: z.array(z.array(receipt).max(8)).max(MAX_SHARED),
})

export const headRequest = z.strictObject({
  origin: z.string().max(200),
  /** Of the last head that the asker has; 0 for none. */
  size: z.int().min(0),
})
/** `quiet`: receipts of all entries since, when each of them only anchors others' logs. */
export const headAnswer = z.strictObject({
  checkpoint: z
    .string()
    .max(8 * 1024)
    .nullable(),
  proof: z.array(z.base64()).max(64),
  quiet: z.array(receipt).max(MAX_QUIET).nullable(),
})

/** Bytes; a receipt of a leaf at its longest is 24 KiB, of a usual one 3. */
export const MAX_ANSWER = 8 * 1024 * 1024
