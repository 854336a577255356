/** Operator API: intersections with one other member, from proposal to result. */

import { z } from 'zod'
import { count, id16, kind, slug, time } from './common.ts'
import { IMPORT_CHUNK } from './flags.ts'

const output = z.enum(['items', 'size'])
const to = z.enum(['proposer', 'partner', 'both'])
/** `prepared`: `ecdh` with a list of the partner's that was masked ahead. */
const protocol = z.enum(['ecdh', 'ot', 'prepared'])

/** A part of a list from a file; `list` groups the parts and is any id that the client draws. */
export const psiListRequest = z.strictObject({
  kind,
  list: slug,
  rows: z.array(z.strictObject({ row: count, value: z.string().max(2_000) })).max(IMPORT_CHUNK),
})
export const psiListResponse = z.strictObject({
  accepted: count,
  rejected: z.array(z.strictObject({ row: count, code: z.string() })),
})

/** The node's own active flags of the kind, or a list that was brought before. */
const input = z.union([z.literal('flags'), z.strictObject({ list: slug })])

export const psiProposalRequest = z.strictObject({
  partner: slug,
  purpose: slug,
  kind,
  output,
  to,
  /** Left out: whichever suits output and sizes. */
  protocol: protocol.optional(),
  input,
  case: z.string().max(200).optional(),
})

/** Without input by the second of two people. */
export const psiAcceptRequest = z.strictObject({
  input: z.union([input, z.literal('prepared')]).optional(),
})
export const psiRefuseRequest = z.strictObject({})
/** Without input: the list that the one before had. */
export const psiRepeatRequest = z.strictObject({ input: input.optional() })

export const psiState = z.enum([
  'drafted',
  'proposed',
  'committed',
  'running',
  'done',
  'refused',
  'failed',
])

/** Why the protocol: a person asked for it, the convenant has no other, or what the chooser says. */
export const psiWhy = z.enum([
  'ASKED',
  'AGREED',
  'SIZE_ONLY',
  'PREPARED',
  'SMALL_LISTS',
  'LARGE_LISTS',
  'BEYOND_OT',
])

/** What this side learned: items or their number, of too many a bucket that holds it, or nothing. */
export const psiResult = z.union([
  z.strictObject({ learned: z.literal('items'), size: count }),
  z.strictObject({ learned: z.literal('size'), size: count }),
  z.strictObject({ learned: z.literal('bucket'), atMost: count }),
  z.strictObject({ learned: z.literal('nothing') }),
])

export const psi = z.strictObject({
  id: id16,
  side: z.enum(['proposer', 'partner']),
  peer: slug,
  state: psiState,
  purpose: slug,
  kind,
  output,
  to,
  /** Null until both sizes are known. */
  protocol: protocol.nullable(),
  why: psiWhy.nullable(),
  /** Padded; null while not known. */
  sizes: z.strictObject({ proposer: count.nullable(), partner: count.nullable() }),
  /** Where the own list came from. */
  source: z.enum(['flags', 'list']).nullable(),
  /** Distinct items of the own list. */
  own: count.nullable(),
  /** Since when the own list is as it is, where it was masked ahead. */
  prepared: z.strictObject({ id: id16, createdAt: time, expiresAt: time }).optional(),
  case: z.string().nullable(),
  /** Who of this side consented, in order. */
  people: z.array(z.string()),
  createdAt: time,
  updatedAt: time,
  /** Of a proposal that waits. */
  expiresAt: time.optional(),
  done: count.optional(),
  total: count.optional(),
  /** Each way, of frames of the protocol. */
  sent: count.optional(),
  received: count.optional(),
  result: psiResult.optional(),
  reason: z.string().optional(),
  /** Of `PSI_ENDED`: why, by the other side's word. */
  cause: z.string().optional(),
  culprit: slug.optional(),
})

/** A list that is masked ahead of one member's questions. */
export const psiPrepareRequest = z.strictObject({
  /** Whose questions. */
  partner: slug,
  purpose: slug,
  kind,
  input,
  /** How long its key lives; left out: as long as the convenant has it. */
  days: z.int().min(1).max(31).optional(),
})
export const psiPrepared = z.strictObject({
  id: id16,
  /** Of an own list, or of one that the peer gave for questions of this node. */
  side: z.enum(['owner', 'asker']),
  peer: slug,
  purpose: slug,
  kind,
  state: z.enum(['masking', 'ready', 'ended']),
  /** Padded. */
  size: count,
  source: z.enum(['flags', 'list']).nullable(),
  /** Distinct items of an own list. */
  own: count.nullable(),
  createdAt: time,
  expiresAt: time,
  /** While it is masked here. */
  done: count.optional(),
  total: count.optional(),
  reason: z.string().optional(),
})
export const psiPreparedLists = z.strictObject({ lists: z.array(psiPrepared) })

export const psiSessions = z.strictObject({ sessions: z.array(psi) })

/** In order of the own list; `row` is that of the file, 0 for flags. */
export const psiRows = z.strictObject({
  rows: z.array(z.strictObject({ row: count, value: z.string() })),
  next: count.nullable(),
})
export const psiRowsQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0) })

export type Psi = z.infer<typeof psi>
export type PsiPrepared = z.infer<typeof psiPrepared>
export type PsiRows = z.infer<typeof psiRows>
