/** A complete convenant to start from, for the members at hand; they change what they want and sign. */

import type { FormVersions, IdentifierKind } from '../identifiers/index.ts'
import { thresholdOf } from './conditions.ts'
import { fail } from './errors.ts'
import { templateIntersections } from './intersectionDraft.ts'
import { parseConvenant } from './parse.ts'
import { templatePurposes } from './purposes.ts'
import type { Convenant, MemberDescriptor, Purpose, Rule, Text } from './schema.ts'
import { FRAUD_TAXONOMY } from './taxonomy.ts'

export type RuleChoice = {
  readonly kind: IdentifierKind
  readonly t: number
  readonly minSectors?: number
  readonly reports?: number
  readonly output?: Rule['output']
  /** With output `aggregates`; both from ten on, every four weeks, unless given. */
  readonly aggregates?: NonNullable<Rule['aggregates']>
  readonly keys?: Rule['keys']
}

export type DraftOptions = {
  readonly id: string
  readonly members: readonly MemberDescriptor[]
  /** Of the identifiers layer, or of other software that writes the same forms. */
  readonly formVersions: FormVersions
  /** First moment, e.g. 2027-01-01T00:00:00Z. */
  readonly validFrom: string
  /** Default: a year later. */
  readonly validUntil?: string
  readonly title?: Text
  /** Default: host alone. */
  readonly kinds?: readonly IdentifierKind[]
  /** Default: for each kind a list from t = 2 and from t = 3, as far as there are members enough. */
  readonly rules?: readonly RuleChoice[]
  /** Default: three members, of different sectors where possible. */
  readonly computeNodes?: readonly string[]
  /** Default: all members, and the least quorum above a half and above two. */
  readonly keyHolders?: Convenant['keyHolders']
  readonly witnesses?: readonly string[]
  readonly outsideWitnesses?: Convenant['outsideWitnesses']
  /** Flags that one member may bring, per kind. Default 100,000. */
  readonly listCap?: number
  readonly minList?: number
  /** Queries of one asker per day and purpose. Default 10,000. */
  readonly quotaPerDay?: number
  readonly maxBatch?: number
  readonly maxAgeHours?: number
  readonly keyEpochDays?: Convenant['round']['keyEpochDays']
  readonly schedule?: Convenant['round']['schedule']
  /** Proposes a basis for flags of one sector to answer another's questions. Default false. */
  readonly crossSector?: boolean
  /** Allows rounds with other contributors than the last. Default false. */
  readonly contributorsMayChange?: boolean
  /** base64url SHA-256 of the impact assessment; needed as soon as a member is not on loopback. */
  readonly dpia?: string | null
  readonly criminalData?: Purpose['criminalData']
  /** Proposes terms on which two members may intersect their lists. Default false. */
  readonly intersections?: boolean
}

const QUOTA_PER_DAY = 10_000

/** What a draft's rule of aggregates shows, unless given. */
export const DRAFTED_COUNTS = { show: 'both', minCell: 10, everyDays: 28 } as const

/**
 * A drafter: version 1 of a convenant, valid but unsigned. It acknowledges the weaknesses that its
 * own rules have; who signs must read them.
 * @throws ProtocolError `CONVENANT_INVALID`, naming every field to change
 */
export function draftConvenant(options: DraftOptions): Convenant {
  const { members } = options
  if (members.length < 3) fail('CONVENANT_INVALID', { at: 'members', hint: 'at least three' })
  const kinds = options.kinds ?? ['host']
  const keyHolders = options.keyHolders ?? {
    members: members.map((member) => member.id),
    quorum: Math.max(3, Math.floor(members.length / 2) + 1),
  }
  const rules = draftRules(options.rules ?? defaultRules(kinds, members.length), options)
  return parseConvenant({
    format: 'drempel-convenant/1',
    id: options.id,
    version: 1,
    previous: null,
    title: options.title ?? {
      nl: 'Convenant over het delen van fraudesignalen boven een drempel',
      en: 'Convenant on sharing signals of fraud above a threshold',
    },
    validFrom: options.validFrom,
    validUntil: options.validUntil ?? yearAfter(options.validFrom),
    members,
    suspended: [],
    computeNodes: options.computeNodes ?? spreadOverSectors(members),
    keyHolders,
    witnesses: options.witnesses ?? [],
    ...(options.outsideWitnesses === undefined
      ? {}
      : { outsideWitnesses: options.outsideWitnesses }),
    kinds: kinds.map((kind) => draftKind(kind, options, keyHolders)),
    formVersions: options.formVersions,
    taxonomy: { id: FRAUD_TAXONOMY.id, version: FRAUD_TAXONOMY.version },
    rules,
    purposes: templatePurposes({
      members,
      rules: rules.filter((rule) => rule.output === 'list'),
      dpia: options.dpia ?? null,
      criminalData: options.criminalData ?? null,
      crossSector: options.crossSector ?? false,
      quotaPerDay: options.quotaPerDay ?? QUOTA_PER_DAY,
      maxBatch: options.maxBatch ?? 1_000,
    }),
    ...draftIntersections(kinds, options),
    round: {
      schedule: options.schedule ?? 'manual',
      keyEpochDays: options.keyEpochDays ?? 7,
    },
    acknowledgements: {
      semiHonestList: rules.some((rule) => rule.output !== 'owners'),
      severalThresholds: kinds.some(
        (kind) => new Set(rules.filter((r) => r.kind === kind).map(thresholdOf)).size > 1,
      ),
      contributorsMayChange: options.contributorsMayChange ?? false,
    },
  })
}

function draftIntersections(
  kinds: readonly IdentifierKind[],
  options: DraftOptions,
): Pick<Convenant, 'intersections'> {
  if (options.intersections !== true) return {}
  const { members, dpia = null, criminalData = null, minList = 10, listCap = 100_000 } = options
  const setting = { members, kinds, dpia, criminalData, minList, listCap }
  const intersections = templateIntersections(setting)
  return intersections.length === 0 ? {} : { intersections }
}

/** t = 3 asks for four contributors, so that three members get the rule for t = 2 alone. */
function defaultRules(kinds: readonly IdentifierKind[], members: number): RuleChoice[] {
  const thresholds = [2, 3].filter((t) => leastContributors(t) <= members)
  return kinds.flatMap((kind) => thresholds.map((t) => ({ kind, t })))
}

function draftRules(choices: readonly RuleChoice[], options: DraftOptions): Rule[] {
  return choices.map(
    ({
      kind,
      t,
      minSectors,
      reports,
      output = 'list',
      aggregates = DRAFTED_COUNTS,
      keys = 'tag',
    }) => ({
      id: [
        ...[kind, `t${t}`],
        ...(minSectors === undefined ? [] : [`s${minSectors}`]),
        ...(reports === undefined ? [] : [`r${reports}`]),
        ...(output === 'list' ? [] : [output]),
      ].join('-'),
      kind,
      t,
      ...(minSectors === undefined ? {} : { minSectors }),
      ...(reports === undefined ? {} : { reports }),
      output,
      ...(output === 'aggregates' ? { aggregates } : {}),
      keys,
      minContributors: leastContributors(t),
      maxAgeHours: options.maxAgeHours ?? 7 * 24,
      consumers: 'all',
    }),
  )
}

function leastContributors(t: number): number {
  return Math.max(3, t + 1)
}

function draftKind(
  kind: IdentifierKind,
  { listCap = 100_000, minList = 10, quotaPerDay = QUOTA_PER_DAY }: DraftOptions,
  { members, quorum }: Convenant['keyHolders'],
): Convenant['kinds'][number] {
  return {
    kind,
    defaultRegion: kind === 'phone' ? 'NL' : null,
    minList,
    listCap,
    newPerRound: Math.ceil(listCap / 4),
    withdrawnPerRound: Math.ceil(listCap / 4),
    // A quorum of holders, each granting budget·q/n, tags a full list, what comes new, and padding.
    epochBudget: Math.ceil((2 * listCap * members.length) / quorum),
    // Numbers can be tried one after the other; names can't. Three days of a whole quota in an epoch.
    ...(['iban', 'phone', 'device'].includes(kind)
      ? { queryBudget: Math.min(1_000_000_000, 3 * quotaPerDay) }
      : {}),
    exceptions: [],
  }
}

/** The first member of each sector, then the others: two of one sector collude more easily. */
function spreadOverSectors(members: readonly MemberDescriptor[]): string[] {
  const isFirst = (member: MemberDescriptor) =>
    members.find((other) => other.sector === member.sector) === member
  const order = [...members.filter(isFirst), ...members.filter((member) => !isFirst(member))]
  return order.slice(0, 3).map((member) => member.id)
}

function yearAfter(instant: string): string {
  const date = new Date(instant)
  if (Number.isNaN(date.getTime())) return fail('CONVENANT_INVALID', { at: 'validFrom' })
  date.setUTCFullYear(date.getUTCFullYear() + 1)
  return date.toISOString().replace('.000Z', 'Z')
}
