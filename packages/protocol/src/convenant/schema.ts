/**
 * The convenant as a JSON document (I-JSON, canonicalised by RFC 8785): who takes part, what may be
 * asked for which purpose, from which threshold on, and how much. Unknown fields are refused, since
 * a term that a node does not know is a term that it would not keep. What must hold between fields
 * is in checks.ts.
 */

import { z } from 'zod'
import type { FormVersions } from '../identifiers/index.ts'
import { basisFields, ids, KINDS, kind, SECTORS } from './basis.ts'
import {
  bytes32,
  bytes64,
  count,
  instant,
  keyName,
  line,
  origin,
  prefix,
  slug,
  text,
} from './fields.ts'
import { intersectionSchema } from './intersections.ts'

export { KINDS, SECTORS, type Sector } from './basis.ts'
export { PSI_OUTPUTS, PSI_PROTOCOLS, PSI_TO } from './intersections.ts'

/** Who a member is, and the keys by which its node is known. */
export const memberSchema = z.strictObject({
  id: slug,
  name: line,
  sector: z.enum(SECTORS),
  url: origin,
  /** Ed25519: signs the convenant and every message of the node. */
  signingKey: bytes32,
  /** SHA-256 of the TLS key's SubjectPublicKeyInfo; null for plain http on loopback. */
  tlsPin: bytes32.nullable(),
  contact: line,
  /** How to reach the functionaris gegevensbescherming (data-protection officer). */
  fg: line,
})

/**
 * A witness that is no member, such as an independent auditor's: it cosigns, and is given nothing but
 * checkpoints and consistency proofs.
 */
export const outsideWitnessSchema = z.strictObject({
  id: slug,
  name: line,
  /** Where `add-checkpoint` of c2sp.org/tlog-witness lies. */
  url: prefix,
  /** Under which it cosigns. */
  keyName,
  /** Ed25519: of its cosignatures alone. */
  signingKey: bytes32,
  contact: line,
})

const capFields = {
  /** Flags that one member may bring into a round. */
  listCap: count(1),
  /** Flags that may be new since the member's last round; its first list is bound by listCap. */
  newPerRound: count(0),
  withdrawnPerRound: count(0),
  /** Elements that one member may have tagged in one key epoch, padding included. */
  epochBudget: count(1),
}

const kindSchema = z.strictObject({
  kind,
  /** Region of phone numbers without a country code; null for every other kind. */
  defaultRegion: z
    .string()
    .regex(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2')
    .nullable(),
  /** A list below this size stays out of the round. */
  minList: count(0),
  ...capFields,
  /**
   * Identifiers that one member may ask about in one key epoch, for all purposes together: what bounds
   * who tries all numbers. Telephone numbers, so few that this is possible, must have one.
   */
  queryBudget: z.exactOptional(count(1)),
  /** Members with caps of their own. */
  exceptions: z.array(z.strictObject({ member: slug, ...capFields })).max(64),
})

const ruleSchema = z.strictObject({
  id: slug,
  kind,
  /** An identifier meets the rule when at least t members flagged it. */
  t: count(2, 64),
  /** And they are from at least so many sectors. */
  minSectors: z.exactOptional(count(2, SECTORS.length)),
  /** And have so many reports together; one flag counts for its own reports, up to three. */
  reports: z.exactOptional(count(3, 192)),
  /**
   * `list`: the salted keys of what met the rule; `owners`: each contributor learns of its own flags;
   * `aggregates`: counts alone, and no identifier.
   */
  output: z.enum(['list', 'owners', 'aggregates']),
  /** Which counts, with output `aggregates`. */
  aggregates: z.exactOptional(
    z.strictObject({
      /** How many are held by exactly m members, and how many by each pair of them. */
      show: z.enum(['histogram', 'overlaps', 'both']),
      /** A count below it stays closed; the others are rounded to tens. */
      minCell: count(10, 1_000_000),
      /** The histogram's first class is of one member, not two; then it opens as a whole or not at all. */
      from: z.exactOptional(z.literal(1)),
      /** The histogram's last class is of so many members or more. */
      upTo: z.exactOptional(count(2, 64)),
      /** No release within so many days of the last. */
      everyDays: count(1, 366),
    }),
  ),
  /** What keys are made of: the tag, or the identifier itself (see checks.ts). */
  keys: z.enum(['tag', 'plain']),
  minContributors: count(3, 64),
  /** From this age on a list is stale. */
  maxAgeHours: count(1, 24 * 366),
  /** Who may hold the list and ask it. */
  consumers: z.union([z.literal('all'), ids.min(1)]),
})

const purposeSchema = z.strictObject({
  ...basisFields,
  askers: ids.min(1),
  rules: ids.min(1),
  /** `check`: one identifier a query; `screen`: up to maxBatch, a single check included. */
  protocol: z.enum(['check', 'screen']),
  /** Identifiers per asker and UTC day. */
  quotaPerDay: count(1),
  maxBatch: count(1, 1_000_000),
  /** `strict`: no answer from a stale list, none before the witnesses signed; `prompt`: answered at once, marked. */
  answer: z.enum(['strict', 'prompt']),
})

export const convenantSchema = z.strictObject({
  format: z.literal('drempel-convenant/1'),
  id: slug,
  version: count(1),
  /** Digest of the version that this one replaces; null in version 1. */
  previous: bytes32.nullable(),
  title: text,
  validFrom: instant,
  /** First moment at which it no longer holds. */
  validUntil: instant,
  members: z.array(memberSchema).min(3).max(64),
  /** Members whose rights are suspended. */
  suspended: ids,
  computeNodes: z.array(slug).length(3),
  /** In the order of the key shares' indices 1, 2, .... */
  keyHolders: z.strictObject({ members: ids.min(1), quorum: count(1, 64) }),
  witnesses: ids,
  outsideWitnesses: z.exactOptional(z.array(outsideWitnessSchema).min(1).max(16)),
  /** Left out: the smallest quorum that bears a third of them lying, and 15 minutes. */
  witnessing: z.exactOptional(
    z.strictObject({
      /** Cosignatures that a checkpoint needs; nobody's own counts for its own log. */
      quorum: count(1, 63),
      /** How long the federation goes on when they fail to come. */
      graceMinutes: count(1, 24 * 60),
      /** Of each of these it needs so many besides: one of an auditor's, say, and two of the banks'. */
      groups: z.exactOptional(
        z
          .array(z.strictObject({ id: slug, witnesses: ids.min(1), quorum: count(1, 63) }))
          .min(1)
          .max(8),
      ),
    }),
  ),
  kinds: z.array(kindSchema).min(1).max(KINDS.length),
  /** Versions of what canonical forms depend on; nodes with others would miss matches in silence. */
  formVersions: z.strictObject({
    publicSuffixList: line,
    phoneMetadata: line,
    ibanRegistry: line,
    unicode: line,
  } satisfies Record<keyof FormVersions, typeof line>),
  taxonomy: z.strictObject({ id: slug, version: count(1) }),
  rules: z.array(ruleSchema).min(1).max(100),
  /** Empty where no rule has a list that could be asked. */
  purposes: z.array(purposeSchema).max(100),
  /** Purposes for which two members may intersect their lists. */
  intersections: z.exactOptional(z.array(intersectionSchema).min(1).max(100)),
  round: z.strictObject({
    schedule: z.union([z.literal('manual'), z.strictObject({ everyHours: count(1, 24 * 31) })]),
    /** Days that one OPRF key lives, or `round`: a fresh key for every round. */
    keyEpochDays: z.union([z.literal('round'), count(1, 92)]),
  }),
  /** Weaknesses that the members accept in so many words; the sentences are in acknowledgements.ts. */
  acknowledgements: z.strictObject({
    semiHonestList: z.boolean(),
    severalThresholds: z.boolean(),
    contributorsMayChange: z.boolean(),
  }),
})

const signatureSchema = z.strictObject({ member: slug, signature: bytes64 })

export const signedConvenantSchema = z.strictObject({
  convenant: convenantSchema,
  signatures: z.array(signatureSchema).max(128),
})

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T

export type Convenant = ReadonlyDeep<z.infer<typeof convenantSchema>>
export type MemberDescriptor = ReadonlyDeep<z.infer<typeof memberSchema>>
export type OutsideWitness = ReadonlyDeep<z.infer<typeof outsideWitnessSchema>>
export type ConvenantKind = Convenant['kinds'][number]
export type Rule = Convenant['rules'][number]
export type Purpose = Convenant['purposes'][number]
export type Intersection = NonNullable<Convenant['intersections']>[number]
export type Grondslag = Purpose['grondslag']
export type ConvenantSignature = ReadonlyDeep<z.infer<typeof signatureSchema>>
/** The body and, beside it, who signed it; the digest covers the body alone. */
export type SignedConvenant = ReadonlyDeep<z.infer<typeof signedConvenantSchema>>
export type Text = ReadonlyDeep<z.infer<typeof text>>
