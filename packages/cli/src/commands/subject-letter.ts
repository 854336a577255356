/**
 * The answer to a request for access as a letter, in the language of the command: what AVG (GDPR)
 * art. 15 asks for, in Markdown, to be read over and sent. A confidential node's letter is the same
 * whatever it knows.
 */

import type { SubjectAccess } from '@drempel/protocol/api'
import {
  type Convenant,
  CRIMINAL_EVIDENCE,
  EVIDENCE_CLASSES,
  intersectionOf,
  mayBeCriminal,
  memberOf,
  purposeOf,
  ruleOf,
  taxonomyEntry,
} from '@drempel/protocol/convenant'
import type { Lang, Text } from '../output/language.ts'
import { clean } from '../output/render.ts'
import { versionsOf } from './subject-versions.ts'

/**
 * Ends with a line feed. What was asked is told by the version of the convenant under which it was asked.
 * @param versions oldest first; who receives data is told by the last one
 */
export function accessLetter(
  access: SubjectAccess,
  versions: readonly Convenant[],
  lang: Lang,
): string {
  const say = (text: Text) => text[lang]
  const { member, case: of, kind, value } = access
  const parts = [
    `# ${say({ nl: 'Inzage in uw gegevens', en: 'Access to your data' })}`,
    `${clean(member.name)}  \n${say({ nl: 'Zaak', en: 'Case' })} ${of.case}, ${access.time.slice(0, 10)}`,
    say({
      nl: `U vroeg op ${of.receivedAt.slice(0, 10)} welke gegevens wij in Drempel verwerken over ${KINDS[kind].nl} \`${value}\`. Dit is ons antwoord (artikel 15 AVG).`,
      en: `On ${of.receivedAt.slice(0, 10)} you asked which data we process in Drempel about ${KINDS[kind].en} \`${value}\`. This is our answer (article 15 GDPR).`,
    }),
    ...(access.confidential
      ? [confidentialIn(member.id, versions.at(-1)!, lang)]
      : disclosed(access, versions, lang)),
    `## ${say({ nl: 'Uw rechten', en: 'Your rights' })}`,
    rightsIn(member.fg, lang),
  ]
  return `${parts.join('\n\n')}\n`
}

/** @param fg how the data-protection officer is reached */
export function rightsIn(fg: string, lang: Lang): string {
  return {
    nl: `U kunt ons vragen gegevens te verbeteren (artikel 16), te wissen (17) of de verwerking te beperken (18), en u kunt bezwaar maken (21). Onze functionaris gegevensbescherming bereikt u via ${clean(fg)}. U kunt een klacht indienen bij de Autoriteit Persoonsgegevens (autoriteitpersoonsgegevens.nl).`,
    en: `You can ask us to correct data (article 16), to erase them (17) or to restrict processing (18), and you can object (21). You reach our data-protection officer at ${clean(fg)}. You can lodge a complaint with the Autoriteit Persoonsgegevens, the Dutch supervisory authority (autoriteitpersoonsgegevens.nl).`,
  }[lang]
}

/** @param member its sector says under which law it may keep silent */
function confidentialIn(member: string, convenant: Convenant, lang: Lang): string {
  const police = memberOf(convenant, member)?.sector === 'police'
  const law = police ? POLICE_LAW : OTHERS_LAW
  return {
    nl: `Wij bevestigen noch ontkennen dat wij gegevens hierover verwerken. Dat antwoord krijgt ieder die ons dit vraagt, of er gegevens zijn of niet, omdat een ander antwoord onderzoek kan schaden (${law.nl}). De Autoriteit Persoonsgegevens kan op uw verzoek nagaan of wij ons aan de wet houden.`,
    en: `We neither confirm nor deny that we process data about it. Everybody who asks gets this answer, whether there are data or not, since another one could harm investigations (${law.en}). At your request the Autoriteit Persoonsgegevens can establish whether we keep to the law.`,
  }[lang]
}

const POLICE_LAW: Text = {
  nl: 'artikel 27 Wet politiegegevens',
  en: 'article 27 of the Dutch Police Data Act',
}
const OTHERS_LAW: Text = {
  nl: 'artikel 23 AVG en artikel 41 UAVG',
  en: 'article 23 GDPR and article 41 of the Dutch act that implements it (UAVG)',
}

const COMPARED: Text = {
  nl: ', behalve wat bij een vergelijking van lijsten op beide staat',
  en: ', but for what stands on both where lists are compared',
}
const NOT_COMPARED: Text = { nl: '', en: '' }

function disclosed(access: SubjectAccess, versions: readonly Convenant[], lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const convenant = versions.at(-1)!
  const under = versionsOf(versions)
  const compared = convenant.intersections === undefined ? NOT_COMPARED : COMPARED
  return [
    `## ${say({ nl: 'Onze melding', en: 'Our flag' })}`,
    ...flagParts(access, convenant, lang),
    `## ${say({ nl: 'Wat wij hebben gevraagd', en: 'What we asked' })}`,
    ...queryParts(access, under, lang),
    ...intersectionParts(access, convenant, under, lang),
    `## ${say({ nl: 'Wie deze gegevens krijgen', en: 'Who receives these data' })}`,
    say({
      nl: `Niemand krijgt onze meldingen of vragen te zien${compared.nl}. De ${convenant.members.length} deelnemers aan het convenant "${clean(convenant.title.nl)}" berekenen samen, onder versleuteling, wat genoeg van hen hebben gemeld; wie vraagt, hoort alleen ja of nee. Vragen van anderen die onze node helpt beantwoorden, zijn versleuteld: of er een over u ging, kunnen wij niet zien. Een mens beslist altijd; er zijn geen geautomatiseerde besluiten (artikel 22).`,
      en: `Nobody is shown our flags or questions${compared.en}. The ${convenant.members.length} members of the agreement "${clean(convenant.title.en)}" compute together, under encryption, what enough of them have flagged; who asks hears yes or no and nothing else. Questions of others that our node helps to answer are encrypted: whether one was about you we can't see. A person always decides; there are no automated decisions (article 22).`,
    }),
    `## ${say({ nl: 'Bewijs', en: 'Proof' })}`,
    say({
      nl: `Bij deze brief hoort een bestand met bewijzen dat elke vraag in ons logboek staat. Wie ons convenant heeft, controleert het met \`drempel subject verify\`. Doorzocht: ${periodsOf(access)}. Een vraag waarvan de bewaartermijn voorbij is, is niet meer terug te vinden.`,
      en: `With this letter comes a file that proves that each question stands in our log. Who has our agreement checks it with \`drempel subject verify\`. Searched: ${periodsOf(access)}. A question whose retention has ended can no longer be found.`,
    }),
  ]
}

function flagParts(
  { kind, flag, lists }: SubjectAccess,
  convenant: Convenant,
  lang: Lang,
): string[] {
  const say = (text: Text) => text[lang]
  if (flag === null) {
    return [say({ nl: 'Wij hebben dit niet gemeld.', en: 'We have not flagged this.' })]
  }
  const evidence = EVIDENCE_CLASSES.find(({ code }) => code === flag.evidence)
  const facts: (readonly [Text, string])[] = [
    [{ nl: 'Toestand', en: 'State' }, say(stateOf(kind, flag, convenant))],
    [{ nl: 'Soort fraude', en: 'Kind of fraud' }, taxonomyEntry(flag.taxonomy)?.name[lang] ?? '-'],
    [{ nl: 'Bron', en: 'Source' }, evidence?.name[lang] ?? '-'],
    [{ nl: 'Aantal meldingen', en: 'Number of reports' }, String(flag.reports)],
    [{ nl: 'Sinds', en: 'Since' }, flag.since.slice(0, 10)],
    [{ nl: 'Vastgelegd', en: 'Recorded' }, flag.importedAt.slice(0, 10)],
    [{ nl: 'Vervalt', en: 'Expires' }, flag.expires?.slice(0, 10) ?? say(NO_EXPIRY)],
    ...(flag.withdrawnAt === null
      ? []
      : ([[{ nl: 'Ingetrokken', en: 'Withdrawn' }, withdrawnIn(flag, lang)]] as const)),
  ]
  const over = lists.map(({ rule, listTime, answer }) =>
    say({
      nl: `- regel \`${rule}\`, lijst van ${listTime.slice(0, 10)}: ${ANSWERS[answer].nl}`,
      en: `- rule \`${rule}\`, list of ${listTime.slice(0, 10)}: ${ANSWERS[answer].en}`,
    }),
  )
  return [
    facts.map(([name, text]) => `- ${name[lang]}: ${text}`).join('\n'),
    ...flagPurposes(kind, convenant, lang),
    ...(over.length === 0
      ? []
      : [
          `${say({
            nl: 'Of genoeg deelnemers het melden, voor zover onze node dat weet:',
            en: 'Whether enough members flag it, as far as our node knows:',
          })}\n\n${over.join('\n')}`,
        ]),
  ]
}

/** A court's decision that no purpose has a licence for any more takes part in nothing. */
function stateOf(
  kind: SubjectAccess['kind'],
  { state, evidence }: NonNullable<SubjectAccess['flag']>,
  convenant: Convenant,
): Text {
  const idle = evidence === CRIMINAL_EVIDENCE && !mayBeCriminal(convenant, kind)
  return state === 'active' && idle ? UNLICENSED : STATES[state]
}

function withdrawnIn(
  { withdrawnAt, withdrawnReason }: NonNullable<SubjectAccess['flag']>,
  lang: Lang,
): string {
  const day = withdrawnAt!.slice(0, 10)
  return withdrawnReason === null ? day : `${day}, ${WITHDRAWN[withdrawnReason][lang]}`
}

/** What a flag is processed for, and on which basis: that of who may ask about its kind. */
function flagPurposes(kind: SubjectAccess['kind'], convenant: Convenant, lang: Lang): string[] {
  const purposes = convenant.purposes.filter(({ kinds }) => kinds.some((used) => used === kind))
  if (purposes.length === 0) return []
  const begin = {
    nl: 'Wij legden dit vast opdat deelnemers die voor deze doelen vragen, horen of genoeg van hen het melden:',
    en: 'We recorded this so that members who ask for these purposes hear whether enough of them flag it:',
  }[lang]
  const lines = purposes.map(({ id, text, grondslag }) => {
    const basis = { nl: 'Grondslag', en: 'Legal basis' }[lang]
    return `- **${id}**: ${clean(text[lang])} ${basis}: ${clean(grondslag.explanation[lang])}`
  })
  return [`${begin}\n\n${lines.join('\n')}`]
}

type Under = ReturnType<typeof versionsOf>

function queryParts({ queries }: SubjectAccess, under: Under, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  if (queries.length === 0) {
    return [
      say({ nl: 'Wij hebben hier niets over gevraagd.', en: 'We have asked nothing about this.' }),
    ]
  }
  const rows = queries.map((query) => {
    const { time, purpose, rule, answer, status } = query
    const t = ruleOf(under(query), rule)?.t
    const asked =
      t === undefined ? `\`${rule}\`` : say({ nl: `door ${t} of meer`, en: `by ${t} or more` })
    const told = answer === null ? STATUSES[status][lang] : ANSWERS[answer][lang]
    return `| ${time.slice(0, 10)} | ${purpose} | ${asked} | ${told} |`
  })
  const head = say({
    nl: '| dag | doel | gemeld | antwoord |',
    en: '| day | purpose | flagged | answer |',
  })
  const purposes = queries.map((query) => {
    const id = query.purpose
    const purpose = purposeOf(under(query), id)
    if (purpose === undefined) return `- ${id}`
    const { text, grondslag, retentionDays } = purpose
    return say({
      nl: `- **${id}**: ${clean(text.nl)} Grondslag: ${clean(grondslag.explanation.nl)} Antwoorden bewaren wij ${retentionDays} dagen.`,
      en: `- **${id}**: ${clean(text.en)} Legal basis: ${clean(grondslag.explanation.en)} We keep answers for ${retentionDays} days.`,
    })
  })
  return [`${head}\n| --- | --- | --- | --- |\n${rows.join('\n')}`, once(purposes)]
}

/** None where the convenant has none and there were none. */
function intersectionParts(
  { intersections }: SubjectAccess,
  convenant: Convenant,
  under: Under,
  lang: Lang,
): string[] {
  const say = (text: Text) => text[lang]
  if (intersections.length === 0 && convenant.intersections === undefined) return []
  const heading = `## ${say({ nl: 'Lijsten die wij vergeleken', en: 'Lists that we compared' })}`
  const others = say({
    nl: 'Een deelnemer met wie wij lijsten vergelijken, kan daaruit horen wat op beide staat. Wat alleen de ander hoorde, weten wij niet; vraag het die deelnemer.',
    en: 'A member with whom we compare lists can learn from it what stands on both. What only the other learned we do not know; ask that member.',
  })
  if (intersections.length === 0) {
    const none = say({
      nl: 'In geen vergelijking waarvan wij de uitkomst hoorden, kwam dit voor.',
      en: 'In no comparison whose result we learned did this come out.',
    })
    return [heading, `${none} ${others}`]
  }
  const rows = intersections.map((one) => {
    const name = memberOf(under(one), one.with)?.name ?? one.with
    return `| ${one.time.slice(0, 10)} | ${one.purpose} | ${clean(name)} |`
  })
  const head = say({
    nl: '| dag | doel | staat ook op de lijst van |',
    en: '| day | purpose | also on the list of |',
  })
  const purposes = intersections.map((one) => {
    const id = one.purpose
    const terms = intersectionOf(under(one), id)
    if (terms === undefined) return `- ${id}`
    const { text, grondslag, retentionDays } = terms
    return say({
      nl: `- **${id}**: ${clean(text.nl)} Grondslag: ${clean(grondslag.explanation.nl)} Uitkomsten bewaren wij ${retentionDays} dagen.`,
      en: `- **${id}**: ${clean(text.en)} Legal basis: ${clean(grondslag.explanation.en)} We keep results for ${retentionDays} days.`,
    })
  })
  return [heading, `${head}\n| --- | --- | --- |\n${rows.join('\n')}`, once(purposes), others]
}

/** Each text once: a purpose twice where its terms were others before. */
function once(lines: readonly string[]): string {
  return [...new Set(lines)].join('\n')
}

function periodsOf({ periods }: SubjectAccess): string {
  return periods.length === 0 ? '-' : periods.join(', ')
}

export const KINDS: Readonly<Record<SubjectAccess['kind'], Text>> = {
  iban: { nl: 'rekeningnummer', en: 'account number' },
  phone: { nl: 'telefoonnummer', en: 'telephone number' },
  device: { nl: 'toestel', en: 'device' },
  host: { nl: 'hostnaam', en: 'host name' },
  domain: { nl: 'domeinnaam', en: 'domain name' },
  email: { nl: 'e-mailadres', en: 'e-mail address' },
}

const WITHDRAWN: Readonly<
  Record<NonNullable<NonNullable<SubjectAccess['flag']>['withdrawnReason']>, Text>
> = {
  unfounded: { nl: 'omdat zij ongegrond was', en: 'since it was unfounded' },
  'mistaken-identity': { nl: 'omdat het om iets anders ging', en: 'since it was mistaken' },
  retracted: { nl: 'omdat de melder erop terugkwam', en: 'since who reported it took it back' },
  settled: { nl: 'omdat de zaak is afgedaan', en: 'since the matter is settled' },
  rectified: {
    nl: 'omdat een ander gegeven was bedoeld',
    en: 'since another identifier was meant',
  },
  'gone-from-source': {
    nl: 'omdat onze bron het niet meer noemt',
    en: 'since our source no longer has it',
  },
  other: { nl: 'om een andere reden', en: 'for another reason' },
}

const NO_EXPIRY: Text = {
  nl: 'geen datum; tot wij haar intrekken of wissen',
  en: 'no date; until we withdraw or erase it',
}

const STATES: Readonly<Record<NonNullable<SubjectAccess['flag']>['state'], Text>> = {
  active: { nl: 'van kracht', en: 'in force' },
  withdrawn: { nl: 'ingetrokken', en: 'withdrawn' },
  bezwaar: { nl: 'onder bezwaar; telt niet mee', en: 'under objection; not counted' },
}

const UNLICENSED: Text = {
  nl: 'vastgelegd, maar niet van kracht: het convenant noemt geen vergunning voor een uitspraak van een rechter, en de melding telt nergens mee',
  en: "recorded, but not in force: the convenant names no licence for a court's decision, and the flag counts for nothing",
}

const ANSWERS: Readonly<Record<'over' | 'not-over', Text>> = {
  over: { nl: 'ja, boven de drempel', en: 'yes, over the threshold' },
  'not-over': { nl: 'nee', en: 'no' },
}

const STATUSES: Readonly<Record<SubjectAccess['queries'][number]['status'], Text>> = {
  answered: { nl: 'gegeven; niet meer bewaard', en: 'given; no longer kept' },
  refused: { nl: 'geweigerd', en: 'refused' },
  suppressed: { nl: 'niet gegeven', en: 'not given' },
  failed: { nl: 'geen: mislukt', en: 'none: it failed' },
  open: { nl: 'geen', en: 'none' },
}
