/** What a report calls the events that it tells one by one, or counts as refusals and failures. */

import type { EventType } from '@drempel/protocol/log'
import type { Text } from '../output/language.ts'

const WORDS: Partial<Record<EventType, Text>> = {
  'query.result': { nl: 'vraag mislukt', en: 'query failed' },
  'query.refused': { nl: 'vraag geweigerd', en: 'query refused' },
  'oprf.refused': { nl: 'berekening geweigerd', en: 'evaluation refused' },
  'oprf.fault': {
    nl: 'onjuist antwoord van een sleutelhouder',
    en: 'false answer of a key holder',
  },
  'peer.refused': { nl: 'verzoek van een node geweigerd', en: 'request of a node refused' },
  'round.refused': { nl: 'ronde geweigerd', en: 'round refused' },
  'round.excluded': { nl: 'lijst uit een ronde gelaten', en: 'list left out of a round' },
  'round.failed': { nl: 'ronde mislukt', en: 'round failed' },
  'list.refused': { nl: 'drempellijst geweigerd', en: 'threshold list refused' },
  'key.epoch': { nl: 'nieuwe sleutel', en: 'new key' },
  'key.failed': { nl: 'sleutel maken mislukt', en: 'key generation failed' },
  'key.erased': { nl: 'sleuteldeel gewist', en: 'key share erased' },
  'convenant.changed': { nl: 'convenant gewijzigd', en: 'convenant changed' },
  'psi.result': { nl: 'doorsnede mislukt', en: 'intersection failed' },
  'psi.refused': { nl: 'doorsnede geweigerd', en: 'intersection refused' },
  'psi.prepared': { nl: 'lijst vooraf gemaskeerd', en: 'list masked ahead' },
  'psi.erased': { nl: 'vooraf gemaskeerde lijst gewist', en: 'list masked ahead erased' },
  'subject.opened': { nl: 'verzoek van een betrokkene', en: 'request of a data subject' },
  'subject.extended': {
    nl: 'termijn van een betrokkene verlengd',
    en: "data subject's term extended",
  },
  // Told where it was refused.
  'subject.closed': {
    nl: 'verzoek van een betrokkene geweigerd',
    en: 'request of a data subject refused',
  },
  correction: { nl: 'rectificatie of verwijdering', en: 'rectification or erasure' },
  bezwaar: { nl: 'bezwaar', en: 'objection' },
  'record.opened': { nl: 'record geopend', en: 'record opened' },
  shred: { nl: 'sleutel van een kwartaal gewist', en: 'key of a quarter erased' },
  'records.ended': { nl: 'bewaartermijn van records voorbij', en: 'retention of records ended' },
  'alert.raised': { nl: 'signaal', en: 'alert' },
  'witness.refused': { nl: 'log van een ander geweigerd', en: 'log of another refused' },
  'witness.grace': { nl: 'wachten op getuigen', en: 'waiting for witnesses' },
  'log.discrepancy': { nl: 'logboeken verschillen', en: 'logs differ' },
}

export function eventWords(type: string): Text {
  return WORDS[type as EventType] ?? { nl: type, en: type }
}
