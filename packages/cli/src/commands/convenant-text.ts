/** A convenant as its signers read it: everything that decides what may come out, and for whom. */

import {
  ACKNOWLEDGEMENTS,
  type Convenant,
  convenantDigest,
  missingSignatures,
  type Rule,
  type SignedConvenant,
  unfittingSignatures,
} from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { clean, pairs, table } from '../output/render.ts'
import type { Context } from './context.ts'

export function convenantText(ctx: Context, signed: SignedConvenant): string {
  const { convenant } = signed
  const heading = (nl: string, en: string) => ctx.paint('bold', ctx.say({ nl, en }))
  const parts = [
    ctx.paint('bold', clean(convenant.title[ctx.lang])),
    summary(ctx, signed),
    heading('Deelnemers', 'Members'),
    members(ctx, convenant),
    heading('Regels', 'Rules'),
    rules(ctx, convenant),
    heading('Soorten en plafonds', 'Kinds and caps'),
    kinds(ctx, convenant),
    heading('Doelen', 'Purposes'),
    purposes(ctx, convenant),
    ...intersections(ctx, convenant),
    heading('Wat de ondertekenaars aanvaarden', 'What the signers accept'),
    acknowledgements(ctx, convenant),
  ]
  return `${parts.join('\n\n')}\n`
}

function summary(ctx: Context, signed: SignedConvenant): string {
  const { convenant } = signed
  const { keyHolders, round } = convenant
  const missing = missingSignatures(signed)
  const unfitting = unfittingSignatures(signed)
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const days = round.keyEpochDays
  return pairs([
    ['id', `${convenant.id} v${convenant.version}`],
    ['digest', hex(convenantDigest(convenant))],
    [label('geldig', 'valid'), `${convenant.validFrom} - ${convenant.validUntil}`],
    [label('rekennodes', 'compute nodes'), convenant.computeNodes.join(', ')],
    [
      label('sleutelhouders', 'key holders'),
      `${keyHolders.members.join(', ')} (${keyHolders.quorum}/${keyHolders.members.length})`,
    ],
    [label('getuigen', 'witnesses'), witnesses(ctx, convenant)],
    [
      label('rondes', 'rounds'),
      round.schedule === 'manual'
        ? label('handmatig', 'by hand')
        : `${round.schedule.everyHours} h`,
    ],
    [
      label('sleutelperiode', 'key epoch'),
      days === 'round' ? label('één ronde', 'one round') : `${days} ${label('dagen', 'days')}`,
    ],
    [label('geschorst', 'suspended'), convenant.suspended.join(', ') || null],
    [
      label('ontbrekende handtekeningen', 'signatures missing'),
      missing.join(', ') || label('geen', 'none'),
    ],
    ...(unfitting.length === 0
      ? []
      : ([[label('van een andere tekst', 'of another text'), unfitting.join(', ')]] as const)),
  ])
}

/** For who signs next, or wonders why one who signed is named as missing; undefined where all fit. */
export function unfittingText(ctx: Context, signed: SignedConvenant): string | undefined {
  const who = unfittingSignatures(signed)
  if (who.length === 0) return undefined
  const names = who.join(', ')
  return ctx.say({
    nl: `De handtekening van ${names} hoort niet bij deze tekst: vergelijk met wat zij ondertekenden (drempel convenant diff).`,
    en: `The signature of ${names} is not of this text: compare with what they signed (drempel convenant diff).`,
  })
}

function witnesses(ctx: Context, { witnesses: members, ...rest }: Convenant): string | null {
  const { outsideWitnesses = [], witnessing } = rest
  const ids = [...members, ...outsideWitnesses.map(({ id, url }) => `${id} (${url})`)]
  if (ids.length === 0) return null
  if (witnessing === undefined) return ids.join(', ')
  const { quorum, graceMinutes, groups = [] } = witnessing
  const grace = ctx.say({ nl: `${graceMinutes} min respijt`, en: `${graceMinutes} min grace` })
  const each = groups.map((group) => {
    return `${group.quorum}/${group.witnesses.length} ${group.id}: ${group.witnesses.join(' ')}`
  })
  return `${ids.join(', ')} (${[`${quorum}/${ids.length}`, ...each, grace].join(', ')})`
}

function members(ctx: Context, convenant: Convenant): string {
  const head = ctx.say({
    nl: 'id,naam,sector,adres,sleutel,contact',
    en: 'id,name,sector,address,key,contact',
  })
  return table(
    head.split(','),
    convenant.members.map(({ id, name, sector, url, signingKey, contact }) => [
      ...[id, name, sector, url, signingKey, contact],
    ]),
  )
}

function rules(ctx: Context, convenant: Convenant): string {
  const head = ctx.say({
    nl: 'regel,soort,drempel,sectoren,meldingen,uitkomst,sleutels,minstens,veroudert,voor',
    en: 'rule,kind,threshold,sectors,reports,output,keys,at least,stale after,for',
  })
  return table(
    head.split(','),
    convenant.rules.map((rule) => [
      ...[rule.id, rule.kind, rule.t, rule.minSectors ?? null, rule.reports ?? null],
      ...[outputOf(ctx, rule), rule.keys, rule.minContributors],
      `${rule.maxAgeHours} h`,
      rule.consumers === 'all' ? ctx.say({ nl: 'allen', en: 'all' }) : rule.consumers.join(', '),
    ]),
  )
}

function outputOf(ctx: Context, { output, aggregates }: Rule): string {
  if (aggregates === undefined) return output
  const { show, minCell, from = 2, upTo, everyDays } = aggregates
  const classes = upTo === undefined && from === 2 ? '' : ` ${from}..${upTo ?? ''}`
  return ctx.say({
    nl: `${output}: ${show}${classes}, vanaf ${minCell}, hooguit eens per ${everyDays} d`,
    en: `${output}: ${show}${classes}, from ${minCell}, once in ${everyDays} d at most`,
  })
}

function kinds(ctx: Context, convenant: Convenant): string {
  const head = ctx.say({
    nl: 'soort,deelnemer,minimum,lijst,nieuw/ronde,ingetrokken/ronde,taggen/sleutel,vragen/sleutel',
    en: 'kind,member,minimum,list,new/round,withdrawn/round,tags/key,questions/key',
  })
  const everyone = ctx.say({ nl: 'ieder', en: 'each' })
  return table(
    head.split(','),
    convenant.kinds.flatMap((kind) =>
      [{ member: everyone, ...caps(kind) }, ...kind.exceptions].map((cap) => [
        ...[kind.kind, cap.member, kind.minList, cap.listCap, cap.newPerRound],
        ...[cap.withdrawnPerRound, cap.epochBudget, kind.queryBudget ?? null],
      ]),
    ),
  )
}

function caps({
  listCap,
  newPerRound,
  withdrawnPerRound,
  epochBudget,
}: Convenant['kinds'][number]) {
  return { listCap, newPerRound, withdrawnPerRound, epochBudget }
}

function purposes(ctx: Context, convenant: Convenant): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  if (convenant.purposes.length === 0)
    return label(
      'Geen doelen: naar geen enkele identificator kan worden gevraagd.',
      'No purposes: no identifier can be asked about.',
    )
  return convenant.purposes
    .map((purpose) => {
      const facts = pairs([
        [label('grondslag', 'legal basis'), purpose.grondslag.law],
        [
          label('tussen sectoren', 'between sectors'),
          purpose.crossSector
            .map(({ from, to, grondslag }) => `${from} > ${to} (${grondslag.law})`)
            .join(', ') || label('niet', 'no'),
        ],
        [label('wie', 'who'), purpose.askers.join(', ')],
        [label('regels', 'rules'), purpose.rules.join(', ')],
        [
          label('hoe', 'how'),
          `${purpose.protocol}, ${purpose.answer}, ${purpose.quotaPerDay}/${label('dag', 'day')}, ${label('per vraag', 'a query')} ${purpose.maxBatch}`,
        ],
        [
          label('twee personen', 'two people'),
          purpose.fourEyes ? label('ja', 'yes') : label('nee', 'no'),
        ],
        ['DPIA', purpose.dpia],
      ])
      const indented = facts.replaceAll(/^/gm, '  ')
      return `${ctx.paint('bold', purpose.id)}: ${clean(purpose.text[ctx.lang])}\n${indented}`
    })
    .join('\n')
}

function intersections(ctx: Context, { intersections: all = [] }: Convenant): string[] {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  if (all.length === 0) return []
  const views = all.map((terms) => {
    const { proposer, partner } = terms.sizes
    const facts = pairs([
      [label('grondslag', 'legal basis'), terms.grondslag.law],
      [label('wie', 'who'), terms.proposers.join(', ')],
      [label('met wie', 'with whom'), terms.partners.join(', ')],
      [label('soorten', 'kinds'), terms.kinds.join(', ')],
      [label('wat', 'what'), terms.outputs.join(', ')],
      [label('wie het hoort', 'who learns it'), terms.to.join(', ')],
      [
        label('lijsten', 'lists'),
        `${proposer.least}-${proposer.most}, ${label('van de ander', "the other's")} ${partner.least}-${partner.most}`,
      ],
      [label('getoond tot', 'shown up to'), terms.maxResult],
      [
        label('hoe vaak', 'how often'),
        `${terms.quota.perPair} ${label('per paar', 'a pair')}, ${terms.quota.perList} ${label('per lijst', 'a list')}, ${label('in', 'within')} ${terms.quota.days} ${label('dagen', 'days')}`,
      ],
      [
        label('vooraf gemaskeerd', 'masked ahead'),
        terms.preparedDays === undefined
          ? label('nee', 'no')
          : `${label('tot', 'up to')} ${terms.preparedDays} ${label('dagen', 'days')}`,
      ],
      [label('instemming', 'consent'), terms.consent],
      [
        label('twee personen', 'two people'),
        terms.fourEyes ? label('ja', 'yes') : label('nee', 'no'),
      ],
      ['DPIA', terms.dpia],
    ])
    const indented = facts.replaceAll(/^/gm, '  ')
    return `${ctx.paint('bold', terms.id)}: ${clean(terms.text[ctx.lang])}\n${indented}`
  })
  return [
    ctx.paint('bold', label('Doorsneden van twee lijsten', 'Intersections of two lists')),
    ...views,
  ]
}

function acknowledgements(ctx: Context, { acknowledgements: given }: Convenant): string {
  const names = Object.keys(ACKNOWLEDGEMENTS) as (keyof typeof ACKNOWLEDGEMENTS)[]
  const accepted = names.filter((name) => given[name])
  if (accepted.length === 0) return ctx.say({ nl: 'niets', en: 'nothing' })
  return accepted.map((name) => `- ${ACKNOWLEDGEMENTS[name][ctx.lang]}`).join('\n')
}
