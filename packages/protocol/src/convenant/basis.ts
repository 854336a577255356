/**
 * What a purpose rests on, whether questions are asked for it or lists intersected: its words, its
 * basis in law, and what its drafters weighed.
 */

import { z } from 'zod'
import type { IdentifierKind } from '../identifiers/index.ts'
import { bytes32, count, line, slug, text } from './fields.ts'

export const SECTORS = ['bank', 'telecom', 'platform', 'police', 'helpdesk'] as const
export type Sector = (typeof SECTORS)[number]

/** Spelled out here, so that a verifier of convenants need not load the tables of identifiers. */
export const KINDS = [
  'iban',
  'phone',
  'device',
  'host',
  'domain',
  'email',
] as const satisfies readonly IdentifierKind[]

export const kind = z.enum(KINDS)
export const ids = z.array(slug).max(64)

/** A ground of AVG (GDPR) art. 6(1), or the Wet politiegegevens. */
const grondslag = z.strictObject({
  law: z.enum([
    'avg-6-1-a',
    'avg-6-1-b',
    'avg-6-1-c',
    'avg-6-1-d',
    'avg-6-1-e',
    'avg-6-1-f',
    'wpg',
  ]),
  explanation: text,
})

export const basisFields = {
  id: slug,
  text,
  /** The basis in law of asking, and of answers from flags of the asker's own sector. */
  grondslag,
  /**
   * On which basis data of another sector may answer: `from` has it, `to` learns. A purpose without the
   * pair of two members' sectors is none that these members can have.
   */
  crossSector: z
    .array(z.strictObject({ from: z.enum(SECTORS), to: z.enum(SECTORS), grondslag }))
    .max(SECTORS.length * SECTORS.length),
  /**
   * When flags are personal data relating to criminal offences (AVG art. 10): the basis in UAVG
   * art. 31-33 and the reference of the licence or of the exception; null when they are not.
   */
  criminalData: z.strictObject({ basis: text, reference: line }).nullable(),
  /** Why less would not do, and how the data subject's interest was weighed. */
  proportionality: text,
  /** SHA-256 of the data-protection impact assessment; null only among loopback nodes. */
  dpia: bytes32.nullable(),
  kinds: z.array(kind).min(1),
  /** Two different people of a member stand behind what it asks or takes part in. */
  fourEyes: z.boolean(),
  /** How long an answer is kept by who got it. */
  retentionDays: count(0, 3660),
}
