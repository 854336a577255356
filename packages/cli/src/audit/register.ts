/**
 * The record of processing activities (AVG art. 30) as far as the convenant and the log know it: one
 * activity a purpose, of questions or of intersections, and one for the rounds. Who keeps the register adds what is the organisation's
 * own, such as its security measures in full.
 */

import {
  type Convenant,
  type Intersection,
  memberOf,
  type Purpose,
} from '@drempel/protocol/convenant'
import type { Lang, Text } from '../output/language.ts'
import { fieldsOf, roundsIn, type VerifiedLog } from './entry.ts'

export type Activity = {
  readonly activity: string
  readonly purpose: string
  readonly basis: string
  readonly criminalData: string
  readonly proportionality: string
  /** AVG art. 30(1)(a): the controller and its data-protection officer. */
  readonly controller: string
  readonly contact: string
  readonly officer: string
  readonly dataSubjects: string
  readonly personalData: string
  readonly recipients: string
  readonly transfers: string
  readonly retention: string
  readonly security: string
  readonly dpia: string
  /** In the period, by the verified log. */
  readonly queries: number
  readonly answered: number
  readonly refused: number
}

/** What each column is called in a register. */
export const HEADS: Readonly<Record<keyof Activity, Text>> = {
  activity: { nl: 'verwerking', en: 'activity' },
  purpose: { nl: 'doel', en: 'purpose' },
  basis: { nl: 'grondslag', en: 'basis' },
  criminalData: { nl: 'strafrechtelijke gegevens', en: 'criminalData' },
  proportionality: { nl: 'evenredigheid', en: 'proportionality' },
  controller: { nl: 'verwerkingsverantwoordelijke', en: 'controller' },
  contact: { nl: 'contact', en: 'contact' },
  officer: { nl: 'functionaris gegevensbescherming', en: 'officer' },
  dataSubjects: { nl: 'betrokkenen', en: 'dataSubjects' },
  personalData: { nl: 'persoonsgegevens', en: 'personalData' },
  recipients: { nl: 'ontvangers', en: 'recipients' },
  transfers: { nl: 'doorgiften', en: 'transfers' },
  retention: { nl: 'bewaartermijn', en: 'retention' },
  security: { nl: 'beveiliging', en: 'security' },
  dpia: { nl: 'DPIA', en: 'dpia' },
  queries: { nl: 'vragen', en: 'queries' },
  answered: { nl: 'beantwoord', en: 'answered' },
  refused: { nl: 'geweigerd', en: 'refused' },
}

/** @param member whose register it is */
export function registerOf(
  convenant: Convenant,
  member: string,
  logs: readonly VerifiedLog[],
  lang: Lang,
): Activity[] {
  const own = memberOf(convenant, member)
  if (own === undefined) return []
  const say = (text: Text) => text[lang]
  const others = convenant.members.filter(({ id }) => id !== member).map(({ name }) => name)
  const common = {
    controller: own.name,
    contact: own.contact,
    officer: own.fg,
    dataSubjects: say(DATA_SUBJECTS),
    transfers: say(TRANSFERS),
    security: say(SECURITY),
  }
  const asked = convenant.purposes.filter(({ askers }) => askers.includes(member))
  return [
    ...asked.map((purpose) => ({
      activity: purpose.id,
      ...common,
      ...termsOf(purpose, lang),
      recipients: say(NOBODY),
      ...countsOf(logs, purpose.id),
    })),
    ...intersecting(convenant, member).map((terms) => ({
      activity: terms.id,
      ...common,
      ...termsOf(terms, lang),
      recipients: [...new Set([...terms.proposers, ...terms.partners])]
        .flatMap((id) => (id === member ? [] : (memberOf(convenant, id)?.name ?? [])))
        .join(', '),
      ...runsOf(logs, terms.id),
    })),
    {
      activity: say({ nl: 'rondes', en: 'rounds' }),
      ...common,
      purpose: convenant.title[lang],
      basis: [...new Set(asked.map(({ grondslag }) => grondslag.law))].join(', '),
      criminalData: [
        ...new Set(asked.map(({ criminalData }) => criminalReference(criminalData, lang))),
      ]
        .filter((text) => text !== '')
        .join('; '),
      proportionality: say(ROUNDS),
      personalData: convenant.kinds.map(({ kind }) => kind).join(', '),
      recipients: others.join(', '),
      retention: say(UNTIL_WITHDRAWN),
      dpia: '',
      ...roundsOf(logs),
    },
  ]
}

function intersecting({ intersections = [] }: Convenant, member: string): readonly Intersection[] {
  return intersections.filter(
    ({ proposers, partners }) => proposers.includes(member) || partners.includes(member),
  )
}

function termsOf(purpose: Purpose | Intersection, lang: Lang) {
  const {
    text,
    grondslag,
    crossSector,
    criminalData,
    proportionality,
    kinds,
    retentionDays,
    dpia,
  } = purpose
  const days = { nl: 'dagen', en: 'days' }[lang]
  return {
    purpose: text[lang],
    basis: [
      `${grondslag.law}: ${grondslag.explanation[lang]}`,
      ...crossSector.map(
        ({ from, to, grondslag: { law, explanation } }) =>
          `${from} > ${to}: ${law}: ${explanation[lang]}`,
      ),
    ].join('; '),
    criminalData: criminalReference(criminalData, lang),
    proportionality: proportionality[lang],
    personalData: kinds.join(', '),
    retention: `${retentionDays} ${days}`,
    dpia: dpia ?? '',
  }
}

function criminalReference(criminal: Purpose['criminalData'], lang: Lang): string {
  return criminal === null ? '' : `${criminal.basis[lang]} (${criminal.reference})`
}

function countsOf(logs: readonly VerifiedLog[], purpose: string) {
  const count = counter(logs, purpose)
  return {
    queries: count('query.intent'),
    answered: count('query.result', 'answered'),
    refused: count('query.refused'),
  }
}

function runsOf(logs: readonly VerifiedLog[], purpose: string) {
  const count = counter(logs, purpose)
  return {
    queries: count('psi.intent'),
    answered: count('psi.result', 'answered') + count('psi.result', 'suppressed'),
    refused: count('psi.refused') + count('psi.result', 'refused'),
  }
}

function counter(logs: readonly VerifiedLog[], purpose: string) {
  const events = logs.flatMap(({ entries }) =>
    entries.filter(({ event }) => fieldsOf(event).purpose === purpose).map(({ event }) => event),
  )
  return (type: string, status?: string) =>
    events.filter(
      (event) => event.type === type && (status === undefined || fieldsOf(event).status === status),
    ).length
}

function roundsOf(logs: readonly VerifiedLog[]) {
  const all = logs.flatMap(({ entries }) => entries)
  return {
    queries: roundsIn(all, ['round.announced']),
    answered: roundsIn(all, ['round.published']),
    refused: roundsIn(all, ['round.refused', 'round.failed']),
  }
}

const DATA_SUBJECTS: Text = {
  nl: 'Personen die met online fraude in verband zijn gebracht, en personen over wie de vraag gaat',
  en: 'Persons connected with online fraud, and persons whom a question is about',
}
const TRANSFERS: Text = {
  nl: 'Geen, zolang alle nodes in de EER staan',
  en: 'None, as long as all nodes are in the EEA',
}
const SECURITY: Text = {
  nl: 'Blinde evaluatie door een quorum van sleutelhouders, driepartijenberekening, verzegelde records, controleerbaar logboek, rollen per token',
  en: 'Oblivious evaluation by a quorum of key holders, three-party computation, sealed records, verifiable log, a token for each role',
}
const NOBODY: Text = {
  nl: 'Geen: sleutelhouders zien wie vraagt en hoeveel, niet wat',
  en: 'None: key holders see who asks and how many, not what',
}
const ROUNDS: Text = {
  nl: 'Partijen delen geen lijsten; alleen wat de drempel haalt, wordt bekend',
  en: 'Members share no lists; only what reaches the threshold becomes known',
}
const UNTIL_WITHDRAWN: Text = {
  nl: 'Tot de melding vervalt of is ingetrokken',
  en: 'Until the flag expires or is withdrawn',
}
