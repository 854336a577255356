/** Every reason for which a convenant refuses a request, each with the sentence that a person gets. */

import type { Text } from './schema.ts'

export const REFUSALS = {
  CONVENANT_NOT_YET_VALID: {
    nl: 'Het convenant is nog niet ingegaan.',
    en: 'The convenant is not yet in force.',
  },
  CONVENANT_EXPIRED: {
    nl: 'Het convenant is verlopen.',
    en: 'The convenant has expired.',
  },
  NOT_A_MEMBER: {
    nl: 'De aanvrager, of wie hij noemt, is geen partij bij het convenant.',
    en: 'The requester, or whom it names, is not a member of the convenant.',
  },
  MEMBER_SUSPENDED: {
    nl: 'De rechten van deze partij zijn geschorst.',
    en: 'The rights of this member are suspended.',
  },
  UNKNOWN_PURPOSE: {
    nl: 'Het convenant kent dit doel niet.',
    en: 'The convenant has no such purpose.',
  },
  ASKER_NOT_ALLOWED: {
    nl: 'Deze partij mag voor dit doel niets vragen.',
    en: 'This member may not ask for this purpose.',
  },
  UNKNOWN_KIND: {
    nl: 'Het convenant gaat niet over dit soort identificator.',
    en: 'The convenant does not cover this kind of identifier.',
  },
  KIND_NOT_ALLOWED: {
    nl: 'Voor dit doel mag dit soort identificator niet worden gevraagd.',
    en: 'This kind of identifier may not be asked for this purpose.',
  },
  UNKNOWN_RULE: {
    nl: 'Het convenant kent deze regel niet.',
    en: 'The convenant has no such rule.',
  },
  RULE_OF_OTHER_KIND: {
    nl: 'Deze regel geldt voor een ander soort identificator.',
    en: 'This rule is for another kind of identifier.',
  },
  RULE_NOT_ALLOWED: {
    nl: 'Voor dit doel mag deze regel niet worden gebruikt.',
    en: 'This rule may not be used for this purpose.',
  },
  RULE_HAS_NO_LIST: {
    nl: 'Deze regel geeft geen lijst; alleen eigenaren horen de uitkomst van hun eigen meldingen.',
    en: 'This rule gives no list; owners alone learn of their own flags.',
  },
  PROTOCOL_NOT_ALLOWED: {
    nl: 'Voor dit doel mag alleen per stuk worden gevraagd.',
    en: 'For this purpose only single checks are allowed.',
  },
  COUNT_INVALID: {
    nl: 'Het opgegeven aantal is geen geldig aantal.',
    en: 'The stated number is not a valid number.',
  },
  BATCH_TOO_LARGE: {
    nl: 'De vraag gaat over meer identificatoren dan in één keer mag.',
    en: 'The query holds more identifiers than one query may.',
  },
  QUOTA_EXCEEDED: {
    nl: 'Het dagquotum voor dit doel is op; het begint opnieuw om 0.00 uur UTC.',
    en: 'The daily quota for this purpose is used up; it starts again at 00:00 UTC.',
  },
  ENUMERATION_EXCEEDED: {
    nl: 'Deze partij heeft in deze sleutelperiode zoveel nummers gevraagd als het convenant toestaat.',
    en: 'This member has asked about as many numbers in this key epoch as the convenant allows.',
  },
  APPROVAL_REQUIRED: {
    nl: 'Dit doel vraagt twee verschillende personen: wie de vraag stelt en wie haar goedkeurt (--propose).',
    en: 'This purpose asks two different people: who puts the question and who approves it (--propose).',
  },
  NOT_A_KEY_HOLDER: {
    nl: 'Deze partij houdt geen deel van de sleutel.',
    en: 'This member holds no share of the key.',
  },
  RECIPIENTS_INVALID: {
    nl: 'De vraag is niet gericht aan een geldig quorum van sleutelhouders.',
    en: 'The request is not addressed to a valid quorum of key holders.',
  },
  TAGS_NOT_USED: {
    nl: 'Geen regel voor dit soort identificator gebruikt tags.',
    en: 'No rule for this kind of identifier uses tags.',
  },
  LIST_TOO_LARGE: {
    nl: 'De lijst is groter dan het convenant toestaat.',
    en: 'The list is larger than the convenant allows.',
  },
  LIST_TOO_SMALL: {
    nl: 'De lijst is te klein om mee te doen zonder haar inhoud te verraden.',
    en: 'The list is too small to take part without giving its content away.',
  },
  BUDGET_EXCEEDED: {
    nl: 'Het budget voor het taggen van eigen meldingen is voor deze sleutelperiode op.',
    en: 'The budget for tagging own flags is used up for this key epoch.',
  },
  TOO_MANY_NEW: {
    nl: 'Er zijn sinds de laatste ronde met een lijst van deze partij meer nieuwe meldingen dan het convenant toestaat.',
    en: 'More flags are new since the last round with a list of this member than the convenant allows.',
  },
  TOO_MANY_WITHDRAWN: {
    nl: 'Er zijn sinds de laatste ronde met een lijst van deze partij meer meldingen ingetrokken dan het convenant toestaat; een volgende versie kan haar meer toestaan.',
    en: 'More flags were withdrawn since the last round with a list of this member than the convenant allows; a next version can allow it more.',
  },
  NOT_A_COORDINATOR: {
    nl: 'Alleen een rekennode mag een ronde aankondigen.',
    en: 'Only a compute node may announce a round.',
  },
  NOT_A_COMPUTE_NODE: {
    nl: 'Deze partij is geen rekennode.',
    en: 'This member is not a compute node.',
  },
  COMPUTE_NODE_SUSPENDED: {
    nl: 'Een van de drie rekennodes is geschorst; zonder haar is er geen ronde.',
    en: 'One of the three compute nodes is suspended; without it there is no round.',
  },
  CONTRIBUTORS_INVALID: {
    nl: 'De lijst van deelnemers noemt een onbekende, geschorste of dubbele partij.',
    en: 'The list of contributors names an unknown, suspended or repeated member.',
  },
  NOT_A_CONTRIBUTOR: {
    nl: 'Deze partij hoort niet bij de deelnemers van de ronde.',
    en: 'This member is not among the contributors of the round.',
  },
  TOO_FEW_CONTRIBUTORS: {
    nl: 'Er doen te weinig partijen mee voor deze regel.',
    en: 'Too few members take part for this rule.',
  },
  RELEASE_TOO_SOON: {
    nl: 'De aantallen van dit soort identificator zijn korter geleden vrijgegeven dan het convenant toestaat.',
    en: 'The counts of this kind of identifier were released less long ago than the convenant allows.',
  },
  SECTOR_ALONE: {
    nl: 'Met deze deelnemers heeft een sector die de regel nodig heeft, één deelnemer; wie de uitkomst hoort, weet dan wie meldde.',
    en: 'With these contributors a sector that the rule needs has one of them; who hears the result then knows who flagged.',
  },
  CONTRIBUTORS_CHANGED: {
    nl: 'De deelnemers zijn anders dan in de vorige ronde, en het convenant staat dat niet toe.',
    en: 'The contributors differ from the last round, and the convenant does not allow that.',
  },
  NOT_A_CONSUMER: {
    nl: 'Deze partij mag de lijst van deze regel niet hebben.',
    en: "This member may not hold this rule's list.",
  },
  LIST_STALE: {
    nl: 'De laatste lijst is ouder dan mag, en dit doel vraagt een verse lijst.',
    en: 'The last list is older than allowed, and this purpose asks for a fresh one.',
  },
  PROPOSER_NOT_ALLOWED: {
    nl: 'Deze partij mag voor dit doel geen doorsnede voorstellen.',
    en: 'This member may not propose an intersection for this purpose.',
  },
  PARTNER_NOT_ALLOWED: {
    nl: 'Met deze partij is voor dit doel geen doorsnede afgesproken.',
    en: 'No intersection with this member is agreed for this purpose.',
  },
  OUTPUT_NOT_ALLOWED: {
    nl: 'Voor dit doel mag dit niet uitkomen, of niet bij deze partij.',
    en: 'For this purpose this may not come out, or not at this member.',
  },
  PSI_PROTOCOL_NOT_ALLOWED: {
    nl: 'Voor dit doel mag dit protocol niet worden gebruikt, of niet voor alleen het aantal.',
    en: 'This protocol may not be used for this purpose, or not for the size alone.',
  },
  PREPARED_EXPIRED: {
    nl: 'De voorbereide lijst is ouder dan het convenant toestaat, of zou langer blijven.',
    en: 'The prepared list is older than the convenant allows, or would live longer.',
  },
  PADDING_INVALID: {
    nl: 'De opgegeven grootte van een lijst is niet afgerond zoals het convenant zegt.',
    en: 'The stated size of a list is not rounded as the convenant says.',
  },
  CONSENT_BY_PEOPLE: {
    nl: 'Voor dit doel stemt een persoon in, niet de node vanzelf.',
    en: 'For this purpose a person consents, not the node by itself.',
  },
  TWO_PEOPLE_REQUIRED: {
    nl: 'Voor dit doel stemmen aan elke kant twee verschillende personen in (drempel psi accept).',
    en: 'For this purpose two different people consent on each side (drempel psi accept).',
  },
  PAIR_QUOTA_EXCEEDED: {
    nl: 'Deze twee partijen hebben voor dit doel zo vaak een doorsnede bepaald als het convenant toestaat.',
    en: 'These two members have made as many intersections for this purpose as the convenant allows.',
  },
  LIST_QUOTA_EXCEEDED: {
    nl: 'Deze lijst is met deze partij zo vaak vergeleken als het convenant toestaat.',
    en: 'This list has been compared with this member as often as the convenant allows.',
  },
} as const satisfies Record<string, Text>

export type RefusalCode = keyof typeof REFUSALS
