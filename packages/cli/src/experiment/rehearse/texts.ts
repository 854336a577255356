/** What the checklist says: of each check what was shown, of each code what to do next. */

import type { Text } from '../../output/language.ts'
import type { Check, State } from './sheet.ts'

export const STATE_NAMES: Readonly<Record<State, Text>> = {
  passed: { nl: 'gelukt', en: 'passed' },
  failed: { nl: 'mislukt', en: 'failed' },
  waiting: { nl: 'wacht', en: 'waiting' },
  absent: { nl: 'n.v.t.', en: 'not here' },
}

export const CHECK_NAMES: Readonly<Record<Check, Text>> = {
  reachable: { nl: 'bereikbaar, met ondertekend antwoord', en: 'reachable, with a signed answer' },
  pinned: { nl: 'TLS met de sleutel uit het convenant', en: 'TLS with the key in the convenant' },
  clock: { nl: 'klok gelijk', en: 'clock in time' },
  convenant: { nl: 'hetzelfde convenant', en: 'the same convenant' },
  ready: { nl: 'doet mee aan de repetitie', en: 'rehearses too' },
  import: { nl: 'meldingen geladen', en: 'flags loaded' },
  key: { nl: 'sleutel gemaakt met alle sleutelhouders', en: 'key made with all key holders' },
  round: {
    nl: 'ronde gedraaid, uitkomst zoals verwacht',
    en: 'round ran, outcome as expected',
  },
  yes: {
    nl: 'bevraging met antwoord “boven de drempel”',
    en: 'a check answered “over the threshold”',
  },
  no: { nl: 'bevraging met antwoord “niet”', en: 'a check answered “not over”' },
  refused: {
    nl: 'bevraging die niet mag is geweigerd',
    en: 'a check that is not allowed was refused',
  },
  'four-eyes': {
    nl: 'zonder tweede persoon geen antwoord',
    en: 'no answer without a second person',
  },
  intersection: {
    nl: 'lijsten vergeleken, uitkomst zoals verwacht',
    en: 'lists intersected, outcome as expected',
  },
  recall: {
    nl: 'ingetrokken melding leidt tot herroeping',
    en: 'a withdrawn flag leads to a recall',
  },
  subject: { nl: 'inzageverzoek vindt wat er is', en: 'subject access finds what there is' },
  log: {
    nl: 'logboek klopt, is te lezen, noemt de repetitie',
    en: 'log verifies, reads, names the rehearsal',
  },
  witness: { nl: 'logboek meegetekend door getuigen', en: 'log cosigned by witnesses' },
  compared: {
    nl: 'logboek klopt met dat van de ander',
    en: 'log agrees with the other’s',
  },
  register: {
    nl: 'register van verwerkingen (AVG art. 30) noemt het doel',
    en: 'record of processing (GDPR art. 30) names the purpose',
  },
  clean: { nl: 'alles van de repetitie gewist', en: 'all of the rehearsal erased' },
}

/** By code; `round` and the like where a code says the same of all. */
export const NEXT: Readonly<Record<string, Text>> = {
  PEER_UNREACHABLE: {
    nl: 'vraag die deelnemer of de node draait en op het adres in het convenant te bereiken is (firewall)',
    en: 'ask that member whether the node runs and can be reached at the address in the convenant (firewall)',
  },
  TLS_PIN_MISMATCH: {
    nl: 'het adres antwoordt met een andere TLS-sleutel dan in het convenant: verkeerde node, of iets ertussen',
    en: 'the address answers with another TLS key than in the convenant: the wrong node, or something between',
  },
  PEER_TIMEOUT: {
    nl: 'die node antwoordt niet op tijd: vraag die deelnemer of zij overbelast is, of wat ertussen staat',
    en: 'that node does not answer in time: ask that member whether it is overloaded, or what stands between',
  },
  UNKNOWN_PEER: {
    nl: 'die node kent u niet: zij heeft een ander convenant',
    en: 'that node does not know you: it has another convenant',
  },
  SIGNATURE_INVALID: {
    nl: 'die node kent een andere sleutel van u: zij heeft een ander convenant, of uw node een andere sleutel',
    en: 'that node knows another key of yours: it has another convenant, or your node another key',
  },
  CLOCK_SKEW: { nl: 'zet de klokken gelijk (NTP)', en: 'set the clocks right (NTP)' },
  CONVENANT_DIFFERS: {
    nl: 'die node heeft een andere versie: drempel convenant install met het document dat allen tekenden',
    en: 'that node has another version: drempel convenant install with the document that all signed',
  },
  NO_CONVENANT: {
    nl: 'die node heeft nog geen convenant: drempel convenant install',
    en: 'that node has no convenant yet: drempel convenant install',
  },
  NOT_REHEARSING: {
    nl: 'vraag die deelnemer mee te doen: drempel experiment rehearse, met hetzelfde --word',
    en: 'ask that member to rehearse too: drempel experiment rehearse, with the same --word',
  },
  OTHER_WORD: {
    nl: 'spreek hetzelfde --word af; begin na --end opnieuw',
    en: 'agree on one --word; begin again after --end',
  },
  LATE: {
    nl: 'wacht op die deelnemer en geef dezelfde opdracht opnieuw',
    en: 'wait for that member and give the same command again',
  },
  NO_KEY: {
    nl: 'een sleutelhouder maakt de sleutel; alle sleutelhouders moeten er zijn',
    en: 'a key holder makes the key; all key holders must be up',
  },
  NO_LIST: {
    nl: 'de ronde is er nog niet; geef dezelfde opdracht opnieuw',
    en: 'the round has not been yet; give the same command again',
  },
  MEMBER_LEFT_OUT: {
    nl: 'een deelnemer bleef buiten de ronde: zie drempel round status',
    en: 'a member was left out of the round: see drempel round status',
  },
  OUTCOME_DIFFERS: {
    nl: 'de lijst is anders dan het plan voorspelt: ga niet verder, en zoek dit met de andere deelnemers uit',
    en: 'the list is other than the plan foretells: do not go on, and find out with the other members',
  },
  IMPORT_DIFFERS: {
    nl: 'niet alle verzonnen meldingen staan in de node: begin na --end opnieuw',
    en: 'not all made-up flags are in the node: begin again after --end',
  },
  ANSWER_DIFFERS: {
    nl: 'het antwoord is anders dan het plan voorspelt: ga niet verder, en zoek dit uit',
    en: 'the answer is other than the plan foretells: do not go on, and find out',
  },
  NOT_REFUSED: {
    nl: 'de node antwoordde waar zij moest weigeren: ga niet verder, en vergelijk het convenant',
    en: 'the node answered where it had to refuse: do not go on, and compare the convenant',
  },
  NOT_RECALLED: {
    nl: 'de herroeping bleef uit: zie drempel recall list',
    en: 'no recall was raised: see drempel recall list',
  },
  NOT_FOUND: {
    nl: 'het inzageverzoek vond niets: zie drempel subject access',
    en: 'subject access found nothing: see drempel subject access',
  },
  NOT_IN_LOG: {
    nl: 'de regels van de repetitie staan niet in het logboek: drempel log verify',
    en: 'the entries of the rehearsal are not in the log: drempel log verify',
  },
  NOT_WITNESSED: {
    nl: 'te weinig getuigen tekenen mee: zie de regels van de getuigen hieronder',
    en: 'too few witnesses cosign: see the lines of the witnesses below',
  },
  ONE_SIDED: {
    nl: 'in een van beide logboeken ontbreekt wat in het andere staat: ga niet verder, en zoek het samen uit met drempel log reconcile',
    en: 'one of the two logs lacks what the other has: do not go on, and find out together with drempel log reconcile',
  },
  FIELD_MISMATCH: {
    nl: 'beide logboeken zeggen iets anders over dezelfde vraag: ga niet verder, en zoek het samen uit met drempel log reconcile',
    en: 'the two logs say different things of one question: do not go on, and find out together with drempel log reconcile',
  },
  LOGGED_LATE: {
    nl: 'een van beide schreef een regel pas toen de vraag al voorbij was: zet de klokken gelijk (NTP), en zie drempel log reconcile',
    en: 'one of the two wrote an entry when the question was over: set the clocks right (NTP), and see drempel log reconcile',
  },
  LOG_FORKED: {
    nl: 'die deelnemer tekende twee verschillende logboeken: ga niet verder; het bewijs staat in drempel log conflicts',
    en: 'that member signed two different logs: do not go on; the evidence is in drempel log conflicts',
  },
  LOG_ROLLED_BACK: {
    nl: 'het logboek van die deelnemer mist regels die er eerder in stonden: ga niet verder, en vraag die deelnemer of de node is teruggezet',
    en: 'the log of that member lacks entries that it had before: do not go on, and ask that member whether the node was set back',
  },
  NOT_IN_REGISTER: {
    nl: 'het register dat uit het logboek volgt mist dit doel, zijn grondslag of de vragen van de repetitie: zie drempel log export --format register',
    en: 'the record that follows from the log lacks this purpose, its basis or the questions of the rehearsal: see drempel log export --format register',
  },
  ENDED_BEFORE: {
    nl: 'die deelnemer had alles al gedaan en gewist, uw node nu ook; doe de repetitie samen opnieuw als u een volledige lijst wilt',
    en: 'that member had done and erased all of it, and now your node has too; rehearse together again if you want a whole checklist',
  },
  FORBIDDEN: {
    nl: 'dit token mag dat niet: gebruik er een met de rollen analyst, operator, auditor, fg en admin',
    en: 'this token may not: use one with the roles analyst, operator, auditor, fg and admin',
  },
  QUOTA_EXCEEDED: {
    nl: 'het quotum van vandaag is op: morgen opnieuw',
    en: "today's quota is used up: again tomorrow",
  },
  REHEARSING: {
    nl: 'de repetitie is hier nog bezig: dezelfde opdracht gaat verder waar zij was, met --end is zij voorbij en alles ervan gewist',
    en: 'the rehearsal is still on here: the same command goes on where it was, --end ends it and erases all of it',
  },
  NODE_IN_USE: {
    nl: 'er bleef iets achter: drempel status laat zien wat',
    en: 'something stayed behind: drempel status shows what',
  },
}

/** Of codes that have no words of their own. */
export const NEXT_OTHERWISE: Text = {
  nl: 'de code staat in de handleiding; drempel doctor zegt meer',
  en: 'the code is in the manual; drempel doctor says more',
}

export const TEXTS = {
  drempel: { nl: 'Drempel, generale repetitie', en: 'Drempel, rehearsal' },
  title: { nl: 'Generale repetitie van', en: 'Rehearsal of' },
  version: { nl: 'versie', en: 'version' },
  about: {
    nl: 'Het convenant is op de nodes van de deelnemers zelf beproefd, met verzonnen nummers en namen die van niemand zijn, voordat er een echte melding in stond. Hieronder staat wat elke node heeft laten zien.',
    en: 'The convenant was tried on the members’ own nodes, with made-up numbers and names that are nobody’s, before there was a real flag. Below is what each node has shown.',
  },
  ok: {
    nl: 'Alles wat in dit convenant staat is gelukt.',
    en: 'All that is in this convenant passed.',
  },
  okSome: {
    nl: 'Alles wat hier staat is gelukt.',
    en: 'All that stands here passed.',
  },
  start: {
    nl: 'Klaar voor de start: ieder laadt de eigen, echte meldingen (drempel flag import), en een sleutelhouder maakt een nieuwe sleutel (drempel keys generate), want die van de repetitie is gewist.',
    en: 'Ready to start: each loads its own, real flags (drempel flag import), and a key holder makes a new key (drempel keys generate), as that of the rehearsal is erased.',
  },
  files: { nl: 'Om te bewaren of af te drukken:', en: 'To keep or to print:' },
  absent: {
    nl: '“n.v.t.”: het staat niet in dit convenant, of niet voor deze deelnemer. “-”: nog niet aan toegekomen.',
    en: '“not here”: it is not in this convenant, or not for this member. “-”: not reached yet.',
  },
  notOk: { nl: 'Dit is nog niet gelukt:', en: 'This has not passed yet:' },
  missing: {
    nl: 'Van deze deelnemers is er geen blad:',
    en: 'There is no sheet of these members:',
  },
  open: {
    nl: 'De repetitie is hier nog bezig: de node neemt niets echts aan tot zij is afgelopen.',
    en: 'The rehearsal is still on here: the node takes nothing real until it has ended.',
  },
  head: {
    nl: ['wat', 'waarover', 'uitkomst', 'wat nu'],
    en: ['what', 'about', 'outcome', 'what next'],
  },
  matrixHead: { nl: 'wat', en: 'what' },
  matrix: { nl: 'Alle deelnemers', en: 'All members' },
  member: { nl: 'Deelnemer', en: 'Member' },
  when: { nl: 'wanneer (UTC)', en: 'when (UTC)' },
  digest: { nl: 'digest van het convenant', en: 'digest of the convenant' },
  rehearsal: { nl: 'digest van de repetitie', en: 'digest of the rehearsal' },
  word: { nl: 'woord', en: 'word' },
  after: {
    nl: 'Wat dit niet laat zien: of meldingen juist zijn, of mensen met een “ja” doen wat is afgesproken, en of de nodes echte omvang aankunnen. De regels van de repetitie blijven in het logboek; zij noemen de digest van de repetitie. De bevragingen telden mee voor het quotum van die dag.',
    en: 'What this does not show: whether flags are right, whether people do with a “yes” what was agreed, and whether the nodes can bear real sizes. The entries of the rehearsal stay in the log; they name its digest. The checks counted for the quota of that day.',
  },
} as const
