/**
 * The letter about a case: that a request came in, that its term is longer, or how it was settled and
 * what was done (AVG (GDPR) art. 12(3) and (4)). It tells what the log has of the case, so that the
 * letter of a node that had no such flag, and of a confidential one, is the same.
 */

import type { SubjectCase, SubjectCaseFile } from '@drempel/protocol/api'
import type { LeafFields } from '@drempel/protocol/log'
import type { Lang, Text } from '../output/language.ts'
import { clean } from '../output/render.ts'
import { KINDS, rightsIn } from './subject-letter.ts'

/**
 * Ends with a line feed.
 * @param events of the case's entries, verified, oldest first
 * @param explanation in the FG's words; the node keeps its own sealed and does not give them back
 */
export function caseLetter(
  { case: of, member, time, confidential }: SubjectCaseFile,
  events: readonly LeafFields[],
  explanation: string | undefined,
  lang: Lang,
): string {
  const say = (text: Text) => text[lang]
  const acts = actsIn(events)
  const parts = [
    `# ${say(TITLES[of.type])}`,
    `${clean(member.name)}  \n${say({ nl: 'Zaak', en: 'Case' })} ${of.case}, ${time.slice(0, 10)}`,
    say({
      nl: `Op ${of.receivedAt.slice(0, 10)} ontvingen wij uw ${REQUESTS[of.type].nl}, over een ${KINDS[of.kind].nl}. ${STATES[stateOf(of)](of).nl}`,
      en: `On ${of.receivedAt.slice(0, 10)} we received your ${REQUESTS[of.type].en}, about ${aOrAn(KINDS[of.kind].en)}. ${STATES[stateOf(of)](of).en}`,
    }),
    ...(explanation === undefined
      ? []
      : [`${say({ nl: 'Toelichting:', en: 'Explanation:' })} ${clean(explanation)}`]),
    ...(acts.length === 0
      ? []
      : [
          `## ${say({ nl: 'Wat wij deden', en: 'What we did' })}`,
          acts.map(({ day, did }) => `- ${day}: ${say(did)}.`).join('\n'),
        ]),
    ...(acts.some(({ changes }) => changes) ? [say(FOLLOWS)] : []),
    ...(confidential ? [say(CONFIDENTIAL)] : []),
    `## ${say({ nl: 'Uw rechten', en: 'Your rights' })}`,
    rightsIn(member.fg, lang),
    say(COURT),
    `## ${say({ nl: 'Bewijs', en: 'Proof' })}`,
    say(PROOF),
  ]
  return `${parts.join('\n\n')}\n`
}

/** Whether the law asks for reasons: a longer term (art. 12(3)), or nothing done (art. 12(4)). */
export function needsExplanation(of: SubjectCase): boolean {
  return stateOf(of) === 'extended' || stateOf(of) === 'refused'
}

type Act = {
  readonly day: string
  readonly did: Text
  /** The flag, if there was one. */
  readonly changes: boolean
}

/** What was done for the data subject, beside the case's own administration. */
export function actsIn(events: readonly LeafFields[]): Act[] {
  return events.flatMap((event) => {
    const reason = 'reason' in event ? event.reason : undefined
    const did = ACTS[`${event.type} ${reason}`]
    const changes = event.type !== 'subject.opened'
    return did === undefined ? [] : [{ day: event.time.slice(0, 10), did, changes }]
  })
}

type State = 'open' | 'extended' | 'granted' | 'refused' | 'withdrawn'

function stateOf({ outcome, extended }: SubjectCase): State {
  return outcome ?? (extended ? 'extended' : 'open')
}

function aOrAn(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

const TITLES: Readonly<Record<SubjectCase['type'], Text>> = {
  access: { nl: 'Uw verzoek om inzage', en: 'Your request for access' },
  rectification: { nl: 'Uw verzoek om rectificatie', en: 'Your request for rectification' },
  erasure: { nl: 'Uw verzoek om wissing', en: 'Your request for erasure' },
  objection: { nl: 'Uw bezwaar', en: 'Your objection' },
}

const REQUESTS: Readonly<Record<SubjectCase['type'], Text>> = {
  access: { nl: 'verzoek om inzage (artikel 15 AVG)', en: 'request for access (article 15 GDPR)' },
  rectification: {
    nl: 'verzoek om rectificatie (artikel 16 AVG)',
    en: 'request for rectification (article 16 GDPR)',
  },
  erasure: {
    nl: 'verzoek om wissing (artikel 17 AVG)',
    en: 'request for erasure (article 17 GDPR)',
  },
  objection: { nl: 'bezwaar (artikel 21 AVG)', en: 'objection (article 21 GDPR)' },
}

const STATES: Readonly<Record<State, (of: SubjectCase) => Text>> = {
  open: ({ dueAt }) => ({
    nl: `U krijgt uiterlijk op ${dueAt.slice(0, 10)} antwoord.`,
    en: `You will have an answer by ${dueAt.slice(0, 10)}.`,
  }),
  extended: ({ dueAt }) => ({
    nl: `Wij hebben meer tijd nodig: u krijgt uiterlijk op ${dueAt.slice(0, 10)} antwoord (artikel 12, lid 3).`,
    en: `We need more time: you will have an answer by ${dueAt.slice(0, 10)} (article 12(3)).`,
  }),
  granted: ({ closedAt }) => ({
    nl: `Op ${dayOf(closedAt)} hebben wij het ingewilligd.`,
    en: `On ${dayOf(closedAt)} we granted it.`,
  }),
  refused: ({ closedAt }) => ({
    nl: `Op ${dayOf(closedAt)} hebben wij besloten er geen gevolg aan te geven (artikel 12, lid 4).`,
    en: `On ${dayOf(closedAt)} we decided to take no action on it (article 12(4)).`,
  }),
  withdrawn: ({ closedAt }) => ({
    nl: `Op ${dayOf(closedAt)} hebben wij de zaak gesloten, omdat u het introk.`,
    en: `On ${dayOf(closedAt)} we closed the case, since you withdrew it.`,
  }),
}

function dayOf(time: string | null): string {
  return time?.slice(0, 10) ?? '-'
}

const ACTS: Readonly<Record<string, Text>> = {
  'subject.opened ACCESS': {
    nl: 'inzage gegeven; daarover kreeg u een brief apart',
    en: 'access given; about that you had a letter of its own',
  },
  'bezwaar OBJECTION': {
    nl: 'onze melding hierover, als die er was, onder bezwaar gezet: zij telt in geen volgende ronde mee, en geen import brengt haar terug',
    en: 'our flag about it, if there was one, put under objection: it counts in no later round, and no import brings it back',
  },
  'bezwaar LIFTED': {
    nl: 'dat bezwaar, of het verbod op een gewiste melding, opgeheven',
    en: 'that objection, or the ban on an erased flag, lifted',
  },
  'correction RECTIFICATION': {
    nl: 'onze melding hierover, als die er was, verbeterd',
    en: 'our flag about it, if there was one, corrected',
  },
  'correction ERASURE': {
    nl: 'onze melding hierover, als die er was, gewist; wat blijft is een kenmerk onder een geheime sleutel, zodat geen import haar terugbrengt',
    en: 'our flag about it, if there was one, erased; what remains is a mark under a secret key, so that no import brings it back',
  },
}

const FOLLOWS: Text = {
  nl: 'Wat wij wijzigden geldt vanaf de volgende ronde. Wie eerder een ja kreeg dat daardoor niet meer klopt, krijgt daar bericht van zolang dat antwoord en de sleutel van die tijd bewaard worden; uw gegeven wordt daarbij niet genoemd (artikel 19).',
  en: 'What we changed holds from the next round on. Whoever was told yes before, which is then no longer true, hears so as long as that answer and the key of that time are kept; your identifier is not named (article 19).',
}
const CONFIDENTIAL: Text = {
  nl: 'Wij bevestigen noch ontkennen dat wij hierover gegevens verwerken. Ieder die ons dit vraagt, krijgt deze brief.',
  en: 'We neither confirm nor deny that we process data about it. Everybody who asks us this gets this letter.',
}
const COURT: Text = {
  nl: 'U kunt zich ook tot de rechter wenden (artikel 79).',
  en: 'You can also go to court (article 79).',
}
const PROOF: Text = {
  nl: 'Bij deze brief hoort een bestand met bewijzen dat elke stap in ons logboek staat. Wie ons convenant heeft, controleert het met `drempel subject verify`.',
  en: 'With this letter comes a file that proves that each step stands in our log. Who has our agreement checks it with `drempel subject verify`.',
}
