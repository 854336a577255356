/** Names of rules, sectors and kinds, as people say them. */

import type { Sector } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { Lang, Text } from '../../output/language.ts'
import type { Audience, CountRule, Rule } from '../model.ts'

export const SECTOR_NAMES: Readonly<Record<Sector, Text>> = {
  bank: { nl: 'banken', en: 'banks' },
  telecom: { nl: 'telecomaanbieders', en: 'telecom operators' },
  platform: { nl: 'platforms', en: 'platforms' },
  police: { nl: 'politie', en: 'police' },
  helpdesk: { nl: 'helpdesks', en: 'helpdesks' },
}

export const KIND_NAMES: Readonly<Record<IdentifierKind, Text>> = {
  iban: { nl: 'rekeningnummers (IBAN)', en: 'account numbers (IBAN)' },
  phone: { nl: 'telefoonnummers', en: 'telephone numbers' },
  device: { nl: 'toestellen', en: 'devices' },
  host: { nl: 'hostnamen', en: 'host names' },
  domain: { nl: 'domeinnamen', en: 'domain names' },
  email: { nl: 'e-mailadressen', en: 'e-mail addresses' },
}

/** As short as a chart wants it: "2 partners, 2 sectors, 3 reports, 90 days". */
export function ruleName(rule: Rule, lang: Lang): string {
  const parts = [
    `${rule.t} ${lang === 'nl' ? 'deelnemers' : 'partners'}`,
    ...(rule.sectors > 1
      ? [lang === 'nl' ? `${rule.sectors} sectoren` : `${rule.sectors} sectors`]
      : []),
    ...(rule.reports > 0
      ? [lang === 'nl' ? `${rule.reports} meldingen` : `${rule.reports} reports`]
      : []),
    ...(rule.listAgeDays > 0
      ? [lang === 'nl' ? `${rule.listAgeDays} dagen` : `${rule.listAgeDays} days`]
      : []),
    ...(rule.output === 'owners' ? [lang === 'nl' ? 'alleen melders' : 'flaggers only'] : []),
    ...(rule.only === undefined
      ? []
      : [`${lang === 'nl' ? 'voor' : 'for'} ${audience(rule.only, ' + ', lang)}`]),
  ]
  return parts.join(', ')
}

function audience(only: Audience, joined: string, lang: Lang): string {
  const names = 'names' in only ? only.names : only.sectors.map((name) => SECTOR_NAMES[name][lang])
  return names.join(joined)
}

/** A whole phrase: "at least 2 partners from at least 2 sectors". */
export function ruleSentence(rule: Rule, lang: Lang): string {
  const nl = lang === 'nl'
  const least = nl ? 'minstens' : 'at least'
  const sectors =
    rule.sectors > 1
      ? nl
        ? ` uit minstens ${rule.sectors} sectoren`
        : ` from at least ${rule.sectors} sectors`
      : ''
  const reports =
    rule.reports > 0
      ? nl
        ? ` met samen minstens ${rule.reports} meldingen`
        : ` with at least ${rule.reports} reports together`
      : ''
  const age =
    rule.listAgeDays > 0
      ? nl
        ? `, niet ouder dan ${rule.listAgeDays} dagen`
        : `, not older than ${rule.listAgeDays} days`
      : ''
  const owners =
    rule.output === 'owners' ? (nl ? ', bekend bij wie zelf meldde' : ', told to flaggers') : ''
  const who = rule.only === undefined ? '' : audience(rule.only, nl ? ' en ' : ' and ', lang)
  const only = who === '' ? '' : nl ? `, alleen bekend bij ${who}` : `, told to ${who} only`
  const partners = nl ? 'deelnemers' : 'partners'
  return `${least} ${rule.t} ${partners}${sectors}${reports}${age}${owners}${only}`
}

/** "Flagged by how many partners and flagged by which pair; closed below 10". */
export function countRuleSentence(rule: CountRule, lang: Lang): string {
  const { show, minCell, from, listAgeDays } = rule
  const nl = lang === 'nl'
  const holders = nl ? 'door hoeveel deelnemers gemeld' : 'flagged by how many partners'
  const pairs = nl ? 'door welk tweetal gemeld' : 'flagged by which pair'
  const what = [...(show === 'overlaps' ? [] : [holders]), ...(show === 'histogram' ? [] : [pairs])]
  const alone = from === 1 ? (nl ? ', ook door één alleen' : ', by one alone as well') : ''
  const limit = nl ? `; dicht onder de ${minCell}` : `; closed below ${minCell}`
  const age =
    listAgeDays > 0
      ? nl
        ? `, niet ouder dan ${listAgeDays} dagen`
        : `, not older than ${listAgeDays} days`
      : ''
  const text = `${what.join(nl ? ' en ' : ' and ')}${alone}${limit}${age}`
  return text.charAt(0).toUpperCase() + text.slice(1)
}
