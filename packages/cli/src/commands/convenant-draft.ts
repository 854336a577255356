/** convenant draft: a complete convenant from members' descriptions and a few choices. */

import {
  type Convenant,
  DRAFTED_COUNTS,
  type DraftOptions,
  draftConvenant,
  formatSignedConvenant,
  type MemberDescriptor,
  memberSchema,
  type RuleChoice,
} from '@drempel/protocol/convenant'
import { isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import { formVersions, IDENTIFIER_KINDS, type IdentifierKind } from '@drempel/protocol/identifiers'
import { z } from 'zod'
import { fileDigest, readText, readTextIfThere, writeText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import type { Text } from '../output/language.ts'
import { pairs } from '../output/render.ts'
import type { Context } from './context.ts'
import { type CommandSpec, OUT_OPTION, usage } from './define.ts'

type Options = {
  readonly member: readonly string[]
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
  readonly output?: string
  readonly force?: boolean
}

export const convenantDraft: CommandSpec<Options> = {
  usage: 'convenant draft',
  about: {
    nl: 'maak een convenant om te ondertekenen',
    en: 'make a convenant to sign',
  },
  options: [
    {
      flags: '--member <file...>',
      about: {
        nl: 'member.json van elke deelnemer',
        en: 'member.json of each member',
      },
      required: true,
      many: true,
    },
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
    OUT_OPTION,
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
    {
      flags: '--force',
      about: {
        nl: 'een ondertekend convenant overschrijven',
        en: 'overwrite a signed convenant',
      },
    },
  ],
  examples: [
    'convenant draft --member */member.json --rule host:2 --rule host:3 --cross-sector -o convenant.json',
    'convenant draft --member a.json b.json c.json d.json --rule phone:2 iban:3:owners --list-cap 500000 --cross-sector -o c.json',
  ],
  async run(ctx, options) {
    const members = await Promise.all(options.member.map((file) => readMember(ctx.path(file))))
    const rules = options.rule?.map((text) => parseRule(text, ctx))
    const kinds = options.kind ?? (rules && [...new Set(rules.map(({ kind }) => kind))])
    const convenant = drafted(ctx, {
      id: options.id ?? 'drempel',
      members,
      formVersions: formVersions(),
      validFrom: options.validFrom ?? startOfDay(ctx.world.clock()),
      ...choices(options, members),
      ...(await outsideWitnesses(ctx, options.outsideWitness)),
      ...(kinds === undefined ? {} : { kinds }),
      ...(rules === undefined ? {} : { rules }),
      crossSector: options.crossSector ?? false,
      intersections: options.intersections ?? false,
      ...(options.dpia === undefined ? {} : { dpia: await fileDigest(ctx.path(options.dpia)) }),
    })
    const text = formatSignedConvenant({ convenant, signatures: [] })
    if (options.output === undefined) return { json: { convenant, signatures: [] }, text }
    const file = ctx.path(options.output)
    if (options.force !== true) await keepSigned(ctx, file)
    await writeText(file, text, ctx.world.random)
    return {
      json: { file, id: convenant.id, version: convenant.version },
      text: told(ctx, file, convenant),
    }
  },
}

/** What a draft lacks is an option that was not given, more often than not. */
function drafted({ lang }: Context, options: DraftOptions): Convenant {
  try {
    return draftConvenant(options)
  } catch (error) {
    if (!isProtocolError(error, 'CONVENANT_INVALID')) throw error
    const { at, hint = '' } = error
    const told = REMEDIES.flatMap(([code, text]) => (hint.includes(code) ? [text[lang]] : []))
    throw new ProtocolError('CONVENANT_INVALID', {
      ...(at === undefined ? {} : { at }),
      hint: [...told, hint].join('; '),
    })
  }
}

const REMEDIES: readonly (readonly [string, Text])[] = [
  [
    'CROSS_SECTOR',
    {
      nl: 'er zijn meer sectoren: --cross-sector stelt een grondslag voor',
      en: 'there are several sectors: --cross-sector proposes a basis',
    },
  ],
  [
    'TOO_FEW_CONTRIBUTORS',
    {
      nl: 'een regel voor t deelnemers vraagt er minstens één meer: --member, of een kleinere t',
      en: 'a rule for t members takes at least one more: --member, or a smaller t',
    },
  ],
]

/** Signatures were asked of people; they are not thrown away unasked. */
async function keepSigned({ lang }: Context, file: string): Promise<void> {
  const signers = signersOf((await readTextIfThere(file)) ?? '')
  if (signers.length === 0) return
  const who = signers.join(', ')
  const hint: Text = {
    nl: `ondertekend door ${who}; geef een andere -o, of --force`,
    en: `signed by ${who}; give another -o, or --force`,
  }
  fail('FILE_EXISTS', { at: file, hint: hint[lang] })
}

/** Also of a file that was edited since, and is no valid convenant now. */
function signersOf(text: string): string[] {
  try {
    return SIGNED.parse(JSON.parse(text)).signatures.map(({ member }) => member)
  } catch {
    return []
  }
}

const SIGNED = z.object({ signatures: z.array(z.object({ member: z.string() })) })

function choices(options: Options, members: readonly MemberDescriptor[]): Partial<DraftOptions> {
  const given = {
    validUntil: options.validUntil,
    computeNodes: options.compute,
    keyHolders: keyHolders(options, members),
    witnesses: options.witness ?? members.map(({ id }) => id),
    listCap: options.listCap,
    minList: options.minList,
    quotaPerDay: options.quota,
    maxBatch: options.maxBatch,
    maxAgeHours: options.maxAgeHours,
    keyEpochDays: keyEpoch(options.keyEpochDays),
    schedule: options.everyHours && { everyHours: options.everyHours },
    contributorsMayChange: options.contributorsMayChange,
  }
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
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

function keyHolders({ holder, quorum }: Options, members: readonly MemberDescriptor[]) {
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
        nl: 'SOORT:t[:sN][:rN][:owners|:aggregates[:alone]][:plain], bijvoorbeeld host:2 of phone:2:r3',
        en: 'KIND:t[:sN][:rN][:owners|:aggregates[:alone]][:plain], for example host:2 or phone:2:r3',
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

async function readMember(path: string): Promise<MemberDescriptor> {
  let value: unknown
  try {
    value = JSON.parse(await readText(path))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const parsed = memberSchema.safeParse(value)
  return parsed.success ? parsed.data : fail('MEMBER_FILE', { at: path })
}

function startOfDay(now: number): string {
  return `${new Date(now).toISOString().slice(0, 10)}T00:00:00Z`
}

function told(ctx: Context, file: string, { id, members, rules }: Convenant): string {
  const rows = pairs([
    [ctx.say({ nl: 'convenant', en: 'convenant' }), id],
    [ctx.say({ nl: 'deelnemers', en: 'members' }), members.map((member) => member.id).join(', ')],
    [ctx.say({ nl: 'regels', en: 'rules' }), rules.map((rule) => rule.id).join(', ')],
    [ctx.say({ nl: 'bestand', en: 'file' }), file],
  ])
  return `${rows}\n${ctx.say({
    nl: `Onderteken het bij elke node: drempel convenant sign ${file}\nLees het eerst, en pas het aan: drempel convenant show ${file}`,
    en: `Sign it at each node: drempel convenant sign ${file}\nRead it first, and change it: drempel convenant show ${file}`,
  })}`
}
