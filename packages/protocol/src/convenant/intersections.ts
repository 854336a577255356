/**
 * What two members may intersect, alone with each other: for which purpose, who may propose it to
 * whom, who learns what, from how large lists, how often. Both nodes hold the other to these terms;
 * what only the node that they bind can apply is said with the field.
 */

import { z } from 'zod'
import { basisFields, ids } from './basis.ts'
import { count } from './fields.ts'

export const PSI_OUTPUTS = ['items', 'size'] as const
export const PSI_TO = ['proposer', 'partner', 'both'] as const
export const PSI_PROTOCOLS = ['ecdh', 'ot'] as const

/** Of a list, its duplicates left out. `least` binds the node whose list it is: others see sizes padded. */
const bounds = z.strictObject({ least: count(1, 100_000_000), most: count(1, 100_000_000) })

export const intersectionSchema = z.strictObject({
  /** `id` is a purpose like any other: what it is called in requests, logs and quotas. */
  ...basisFields,
  /** Who may propose, and to whom: any of the one with any of the other. */
  proposers: ids.min(1),
  partners: ids.min(1),
  /** Which items are in common, or only how many. */
  outputs: z.array(z.enum(PSI_OUTPUTS)).min(1),
  /** Who learns it. */
  to: z.array(z.enum(PSI_TO)).min(1),
  protocols: z.array(z.enum(PSI_PROTOCOLS)).min(1),
  sizes: z.strictObject({ proposer: bounds, partner: bounds }),
  /** Sizes are rounded up to one of so many a doubling: more hides less and costs less. */
  stepsPerDoubling: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(8)]),
  /**
   * A larger intersection is given as a bucket of its size, and nothing of it is kept or shown. Binds
   * the node that learns it. Null: none is too large.
   */
  maxResult: count(1).nullable(),
  /** Runs within so many days, the present included: of the two members, and of one list of either's with the other. */
  quota: z.strictObject({ perPair: count(1), perList: count(1), days: count(1, 366) }),
  /**
   * A list may be masked ahead of the questions, under a key that lives for so many days; left out: no
   * list may. Until then it answers as it was.
   */
  preparedDays: z.exactOptional(count(1, 31)),
  /** Whether a node may consent by itself, as its own configuration says. */
  consent: z.enum(['operator', 'policy']),
})
