/** What is chosen of a draft on the command line: its rules, who does what, and how often and how long. */

import {
  type Convenant,
  DRAFTED_COUNTS,
  type DraftOptions,
  type MemberDescriptor,
  type RuleChoice,
} from '@drempel/protocol/convenant'
import { IDENTIFIER_KINDS, type IdentifierKind } from '@drempel/protocol/identifiers'
import { fileDigest, readText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import type { Context } from './context.ts'
import { type OptionSpec, usage } from './define.ts'

export type Choices = {
  readonly id?: string
  readonly kind?: readonly IdentifierKind[]
  readonly rule?: readonly string[]
  readonly compute?: readonly string[]
  readonly holder?: readonly string[]
  readonly quorum?: number
  readonly witness?: readonly string[]
  readonly outsideWitness?: readonly string[]
  readonly listCap?: number
  readonly minList?: number
  readonly quota?: number
  readonly maxBatch?: number
  readonly maxAgeHours?: number
  readonly keyEpochDays?: string
  readonly everyHours?: number
  readonly validFrom?: string
  readonly validUntil?: string
  readonly dpia?: string
  readonly crossSector?: boolean
  readonly intersections?: boolean
  readonly contributorsMayChange?: boolean
}

export const CHOICES: readonly OptionSpec[] = [
  { flags: '--id <id>', about: { nl: 'naam van het convenant', en: "the convenant's name" } },
  {
    flags: '--kind <kind...>',
    about: {
      nl: 'soorten (anders die van de regels, of host)',
      en: "kinds (else the rules', or host)",
    },
    choices: IDENTIFIER_KINDS,
    many: true,
  },
  {
    flags: '--rule <rule...>',
    about: {
      nl: 'SOORT:t, met :s2 (sectoren), :r3 (meldingen), :owners, :aggregates, :alone (tellen vanaf één) en :plain naar keuze',
      en: 'KIND:t, with :s2 (sectors), :r3 (reports), :owners, :aggregates, :alone (count from one) and :plain as wanted',
    },
    many: true,
  },
  {
    flags: '--compute <id...>',
    about: { nl: 'de drie rekennodes', en: 'the three compute nodes' },
    many: true,
  },
  {
    flags: '--holder <id...>',
    about: { nl: 'de sleutelhouders (anders allen)', en: 'the key holders (else all)' },
    many: true,
  },
  {
    flags: '--quorum <n>',
    about: { nl: 'zoveel sleutelhouders zijn nodig', en: 'so many key holders are needed' },
    number: { least: 1, most: 64 },
  },
  {
    flags: '--witness <id...>',
    about: {
      nl: 'wie elkaars logboeken meetekenen (anders allen)',
      en: "who cosign each other's logs (else all)",
    },
    many: true,
  },
  {
    flags: '--outside-witness <file...>',
    about: {
      nl: 'getuigen die geen deelnemer zijn, zoals een auditor (JSON: id, name, url, keyName, signingKey, contact)',
      en: 'witnesses that are no members, such as an auditor (JSON: id, name, url, keyName, signingKey, contact)',
    },
    many: true,
  },
  {
    flags: '--list-cap <n>',
    about: { nl: 'meldingen per deelnemer en soort', en: 'flags per member and kind' },
    number: { least: 1 },
  },
  {
    flags: '--min-list <n>',
    about: { nl: 'kleinere lijsten doen niet mee', en: 'smaller lists stay out' },
    number: { least: 0 },
  },
  {
    flags: '--quota <n>',
    about: {
      nl: 'vragen per deelnemer, doel en dag',
      en: 'questions per member, purpose and day',
    },
    number: { least: 1 },
  },
  {
    flags: '--max-batch <n>',
    about: { nl: 'identificatoren per screening', en: 'identifiers per screen' },
    number: { least: 1, most: 1_000_000 },
  },
  {
    flags: '--max-age-hours <n>',
    about: { nl: 'daarna is een lijst verouderd', en: 'after that a list is stale' },
    number: { least: 1 },
  },
  {
    flags: '--key-epoch-days <n>',
    about: { nl: 'levensduur van een sleutel, of "round"', en: 'life of a key, or "round"' },
  },
  {
    flags: '--every-hours <n>',
    about: {
      nl: 'rondes op vaste tijden (anders handmatig)',
      en: 'rounds on a schedule (else by hand)',
    },
    number: { least: 1 },
  },
  {
    flags: '--valid-from <time>',
    about: { nl: 'begin (anders vandaag)', en: 'begin (else today)' },
  },
  {
    flags: '--valid-until <time>',
    about: { nl: 'einde (anders een jaar later)', en: 'end (else a year later)' },
  },
  {
    flags: '--dpia <file>',
    about: {
      nl: 'gegevensbeschermingseffectbeoordeling; haar digest komt erin',
      en: 'data-protection impact assessment; its digest is put in',
    },
  },
  {
    flags: '--contributors-may-change',
    about: {
      nl: 'rondes met wisselende deelnemers toestaan',
      en: 'allow rounds with changing contributors',
    },
  },
  {
    flags: '--cross-sector',
    about: {
      nl: 'stel een grondslag voor waarop meldingen van de ene sector een andere mogen antwoorden',
      en: "propose a basis on which one sector's flags may answer another",
    },
  },
  {
    flags: '--intersections',
    about: {
      nl: 'stel voorwaarden voor waarop twee deelnemers hun lijsten mogen vergelijken',
      en: 'propose terms on which two members may intersect their lists',
    },
  },
]

export async function choicesOf(
  ctx: Context,
  choices: Choices,
  members: readonly MemberDescriptor[],
): Promise<Omit<DraftOptions, 'members' | 'formVersions'>> {
  const rules = choices.rule?.map((text) => parseRule(text, ctx))
  const kinds = choices.kind ?? (rules && [...new Set(rules.map(({ kind }) => kind))])
  return {
    id: choices.id ?? 'drempel',
    validFrom: choices.validFrom ?? startOfDay(ctx.world.clock()),
    ...given(choices, members),
    ...(await outsideWitnesses(ctx, choices.outsideWitness)),
    ...(kinds === undefined ? {} : { kinds }),
    ...(rules === undefined ? {} : { rules }),
    crossSector: choices.crossSector ?? false,
    intersections: choices.intersections ?? false,
    ...(choices.dpia === undefined ? {} : { dpia: await fileDigest(ctx.path(choices.dpia)) }),
  }
}

function given(choices: Choices, members: readonly MemberDescriptor[]): Partial<DraftOptions> {
  const all = {
    validUntil: choices.validUntil,
    computeNodes: choices.compute,
    keyHolders: keyHolders(choices, members),
    witnesses: choices.witness ?? members.map(({ id }) => id),
    listCap: choices.listCap,
    minList: choices.minList,
    quotaPerDay: choices.quota,
    maxBatch: choices.maxBatch,
    maxAgeHours: choices.maxAgeHours,
    keyEpochDays: keyEpoch(choices.keyEpochDays),
    schedule: choices.everyHours && { everyHours: choices.everyHours },
    contributorsMayChange: choices.contributorsMayChange,
  }
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as Partial<DraftOptions>
}

/** What they say is checked with the whole draft. */
async function outsideWitnesses(
  ctx: Context,
  files: readonly string[] | undefined,
): Promise<Pick<DraftOptions, 'outsideWitnesses'>> {
  if (files === undefined) return {}
  const read = async (file: string) => {
    const text = await readText(ctx.path(file))
    try {
      return JSON.parse(text)
    } catch {
      return fail('USAGE', { at: '--outside-witness', hint: file })
    }
  }
  return { outsideWitnesses: await Promise.all(files.map(read)) }
}

function keyHolders({ holder, quorum }: Choices, members: readonly MemberDescriptor[]) {
  if (holder === undefined && quorum === undefined) return undefined
  const ids = holder ?? members.map(({ id }) => id)
  return { members: ids, quorum: quorum ?? Math.max(3, Math.floor(ids.length / 2) + 1) }
}

function keyEpoch(text: string | undefined): Convenant['round']['keyEpochDays'] | undefined {
  if (text === undefined || text === 'round') return text
  return /^[1-9][0-9]?$/.test(text) ? Number(text) : fail('USAGE', { at: '--key-epoch-days' })
}

function parseRule(text: string, { lang }: Context): RuleChoice {
  const [kind, t, ...rest] = text.split(':')
  const kindOf = IDENTIFIER_KINDS.find((name) => name === kind)
  const words = new Set(rest)
  const known = [...words].every((word) =>
    /^(owners|aggregates|alone|plain|[sr][1-9][0-9]{0,2})$/.test(word),
  )
  const fits = known && (words.has('aggregates') || !words.has('alone'))
  const least = (letter: 's' | 'r') => {
    const word = rest.find((word) => word.startsWith(letter))
    return word === undefined ? undefined : Number(word.slice(1))
  }
  const [minSectors, reports] = [least('s'), least('r')]
  if (kindOf === undefined || !/^[1-9][0-9]?$/.test(t ?? '') || !fits) {
    usage(
      '--rule',
      {
        nl: `SOORT:t[:sN][:rN][:owners|:aggregates[:alone]][:plain], bijvoorbeeld host:2 of phone:2:r3; SOORT is ${IDENTIFIER_KINDS.join(', ')}`,
        en: `KIND:t[:sN][:rN][:owners|:aggregates[:alone]][:plain], for example host:2 or phone:2:r3; KIND is ${IDENTIFIER_KINDS.join(', ')}`,
      },
      lang,
    )
  }
  return {
    kind: kindOf,
    t: Number(t),
    ...(minSectors === undefined ? {} : { minSectors }),
    ...(reports === undefined ? {} : { reports }),
    ...(words.has('owners') ? { output: 'owners' as const } : {}),
    ...(words.has('aggregates') ? { output: 'aggregates' as const } : {}),
    ...(words.has('alone') ? { aggregates: { ...DRAFTED_COUNTS, from: 1 as const } } : {}),
    ...(words.has('plain') ? { keys: 'plain' as const } : {}),
  }
}

function startOfDay(now: number): string {
  return `${new Date(now).toISOString().slice(0, 10)}T00:00:00Z`
}
