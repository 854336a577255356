/**
 * A taxonomy of online fraud: what a flag is about, and how strong its ground is. Codes are stable
 * and never reused; a code's parent is the part before its last dot. Definitions are short and
 * decide doubtful cases: a flag takes the most specific code that its ground supports.
 *
 * Codes and evidence classes stay with the partner that holds the flag. They never enter a round.
 */

import type { Text } from './schema.ts'

export type TaxonomyEntry = {
  readonly code: string
  readonly name: Text
  readonly definition: Text
}

export type Taxonomy = {
  readonly id: string
  readonly version: number
  readonly entries: readonly TaxonomyEntry[]
}

export type EvidenceClass = {
  readonly code: string
  readonly name: Text
  readonly definition: Text
}

/** Finds a code of the taxonomy; undefined for any other text. */
export function taxonomyEntry(code: string): TaxonomyEntry | undefined {
  return FRAUD_TAXONOMY.entries.find((entry) => entry.code === code)
}

/** `aankoop.valse-webwinkel` lies under `aankoop`; null at the top. */
export function parentCode(code: string): string | null {
  const dot = code.lastIndexOf('.')
  return dot < 0 ? null : code.slice(0, dot)
}

export function isEvidenceClass(code: string): boolean {
  return EVIDENCE_CLASSES.some((entry) => entry.code === code)
}

function entry(
  code: string,
  nl: string,
  en: string,
  definitionNl: string,
  definitionEn: string,
): TaxonomyEntry & EvidenceClass {
  return { code, name: { nl, en }, definition: { nl: definitionNl, en: definitionEn } }
}

export const FRAUD_TAXONOMY: Taxonomy = {
  id: 'online-fraude',
  version: 1,
  entries: [
    entry(
      'aankoop',
      'aankoopfraude',
      'purchase fraud',
      'Er is betaald voor iets wat niet, of met opzet anders, wordt geleverd.',
      'Something was paid for that is not delivered, or on purpose not as agreed.',
    ),
    entry(
      'aankoop.valse-webwinkel',
      'valse webwinkel',
      'fake web shop',
      'Een winkel op internet die niet van plan is te leveren.',
      'A shop on the internet that does not intend to deliver.',
    ),
    entry(
      'aankoop.handelsplaats',
      'fraude op een handelsplaats',
      'marketplace fraud',
      'Een verkoper op een handelsplaats of sociaal medium levert niet.',
      'A seller on a marketplace or social medium does not deliver.',
    ),
    entry(
      'aankoop.verhuur',
      'verhuurfraude',
      'rental fraud',
      'Huur of borg voor een woning, vakantie of kaartje dat er niet is.',
      'Rent or deposit for a home, holiday or ticket that does not exist.',
    ),
    entry(
      'verkoop',
      'fraude met verkopers',
      'seller-side fraud',
      'Een koper laat de verkoper leveren of betalen met een vals bewijs of verzoek.',
      'A buyer makes the seller deliver or pay by a forged proof or request.',
    ),
    entry(
      'imitatie',
      'fraude door zich voor te doen als een ander',
      'impersonation fraud',
      'De dader doet zich voor als iemand die het slachtoffer vertrouwt.',
      'The offender poses as someone whom the victim trusts.',
    ),
    entry(
      'imitatie.bankhelpdesk',
      'bankhelpdeskfraude',
      'bank helpdesk fraud',
      'De dader doet zich voor als medewerker van de bank van het slachtoffer.',
      "The offender poses as an employee of the victim's bank.",
    ),
    entry(
      'imitatie.helpdesk',
      'andere helpdeskfraude',
      'other helpdesk fraud',
      'De dader doet zich voor als technische hulp of als een dienst die geen bank is.',
      'The offender poses as technical support or as a service that is no bank.',
    ),
    entry(
      'imitatie.vriend-in-nood',
      'vriend-in-noodfraude',
      'friend-in-need fraud',
      'De dader doet zich voor als familie of vriend en vraagt om geld.',
      'The offender poses as a relative or friend and asks for money.',
    ),
    entry(
      'imitatie.overheid',
      'fraude uit naam van de overheid',
      'authority impersonation',
      'De dader doet zich voor als politie, belastingdienst of andere overheid.',
      'The offender poses as the police, tax office or another authority.',
    ),
    entry(
      'imitatie.leidinggevende',
      'CEO-fraude',
      'chief executive fraud',
      'De dader doet zich binnen een organisatie voor als leidinggevende en laat betalen.',
      'The offender poses as an executive of the organisation and orders a payment.',
    ),
    entry(
      'factuur',
      'factuurfraude',
      'invoice fraud',
      'Een valse factuur, of een echte met een veranderd rekeningnummer.',
      'A false invoice, or a real one with another account number.',
    ),
    entry(
      'factuur.acquisitie',
      'acquisitiefraude',
      'directory fraud',
      'Ondernemers worden misleid tot een overeenkomst voor advertenties of vermeldingen.',
      'Businesses are misled into a contract for advertisements or listings.',
    ),
    entry(
      'belegging',
      'beleggingsfraude',
      'investment fraud',
      'Inleg in een belegging die niet bestaat of niet is wat wordt voorgespiegeld.',
      'Money put into an investment that does not exist or is not what it is made out to be.',
    ),
    entry(
      'belegging.crypto',
      'beleggingsfraude met cryptovaluta',
      'cryptocurrency investment fraud',
      'Als boven, met cryptovaluta of een vals handelsplatform.',
      'As above, with cryptocurrency or a fake trading platform.',
    ),
    entry(
      'voorschot',
      'voorschotfraude',
      'advance-fee fraud',
      'Kosten vooraf voor een erfenis, prijs, lening of baan die niet komt.',
      'Fees in advance for an inheritance, prize, loan or job that never comes.',
    ),
    entry(
      'dating',
      'datingfraude',
      'romance fraud',
      'Een voorgewende relatie waarin om geld wordt gevraagd.',
      'A feigned relationship in which money is asked for.',
    ),
    entry(
      'phishing',
      'phishing',
      'phishing',
      'Een valse boodschap of pagina die gegevens of toegang ontlokt.',
      'A false message or page that elicits data or access.',
    ),
    entry(
      'phishing.domein',
      'phishingdomein',
      'phishing domain',
      'Een host of domein waarop zo’n pagina staat of waaruit zulke post komt.',
      'A host or domain that serves such a page or sends such mail.',
    ),
    entry(
      'phishing.wallet',
      'leegtrekken van cryptowallets',
      'wallet draining',
      'Een pagina die toegang tot een cryptowallet of een handtekening ontlokt.',
      'A page that elicits access to a cryptocurrency wallet or a signature with it.',
    ),
    entry(
      'spoofing',
      'spoofing',
      'spoofing',
      'Een nummer of afzender wordt getoond die niet van de verzender is.',
      "A number or sender is shown that is not the caller's own.",
    ),
    entry(
      'malware',
      'kwaadaardige software',
      'malware',
      'Software die zonder toestemming toegang geeft of gegevens weghaalt.',
      'Software that gives access or takes data without consent.',
    ),
    entry(
      'identiteit',
      'identiteitsfraude',
      'identity fraud',
      'Iemands gegevens worden misbruikt om iets op diens naam te doen.',
      "Someone's data are misused to act in that person's name.",
    ),
    entry(
      'identiteit.overname',
      'overname van een account',
      'account takeover',
      'Een bestaand account of abonnement komt in handen van een ander.',
      'An existing account or subscription falls into the hands of another.',
    ),
    entry(
      'identiteit.synthetisch',
      'verzonnen identiteit',
      'synthetic identity',
      'Een klant die niet bestaat, met verzonnen of gemengde gegevens.',
      'A customer who does not exist, with made-up or mixed data.',
    ),
    entry(
      'geldezel',
      'geldezel (katvanger)',
      'money mule',
      'Een rekening, nummer of naam dient om opbrengst door te sluizen, bewust of niet.',
      'An account, number or name serves to pass proceeds on, knowingly or not.',
    ),
    entry(
      'geldezel.werving',
      'werving van geldezels',
      'mule recruitment',
      'Iemand werft anderen om hun rekening, pas of nummer af te staan.',
      'Someone recruits others to hand over their account, card or number.',
    ),
    entry(
      'middel',
      'hulpmiddel van fraude',
      'means of fraud',
      'Zelf geen fraude, maar een middel dat er vaak bij wordt gebruikt.',
      'No fraud in itself, but a means that is often used for it.',
    ),
    entry(
      'middel.wegwerp-e-mail',
      'wegwerp-e-mail',
      'disposable e-mail',
      'Een domein dat tijdelijke adressen zonder controle uitgeeft.',
      'A domain that hands out temporary addresses without any check.',
    ),
    entry(
      'middel.toestel',
      'toestel gebruikt bij fraude',
      'device used for fraud',
      'Een toestel waarmee meer dan één geval is gepleegd.',
      'A device with which more than one case was committed.',
    ),
  ],
}

/** What no reading of AVG art. 10 leaves out: a court has established an offence. */
export const CRIMINAL_EVIDENCE = 'rechterlijk'

/** How a partner knows; strongest first. A suspicion alone, without one of these, is no flag. */
export const EVIDENCE_CLASSES: readonly EvidenceClass[] = [
  entry(
    CRIMINAL_EVIDENCE,
    'rechterlijke uitspraak',
    'court decision',
    'Een rechter heeft het feit vastgesteld.',
    'A court has established the fact.',
  ),
  entry(
    'eigen-vaststelling',
    'eigen vaststelling',
    'own finding',
    'Eigen onderzoek van de partij, door een mens beoordeeld en vastgelegd.',
    'Investigation by the member itself, judged by a person and recorded.',
  ),
  entry(
    'aangifte',
    'aangifte',
    'police report',
    'Een slachtoffer of de partij zelf deed aangifte.',
    'A victim or the member itself reported it to the police.',
  ),
  entry(
    'melding-klant',
    'melding van een klant',
    'customer report',
    'Een slachtoffer of klant meldde het; nog niet zelf vastgesteld.',
    'A victim or customer reported it; not yet established by the member.',
  ),
  entry(
    'automatisch-signaal',
    'automatisch signaal',
    'automated signal',
    'Een detectieregel of model gaf het aan, zonder oordeel van een mens.',
    'A detection rule or model raised it, with no judgement by a person.',
  ),
  entry(
    'bron-derden',
    'bron van derden',
    'third-party source',
    'Overgenomen uit een lijst of bericht van een ander.',
    'Taken over from a list or message of someone else.',
  ),
]

/** What the report count of a flag counts. */
export const REPORT_COUNT: Text = {
  nl: 'Het aantal meldingen van verschillende personen of zaken waarop de vlag rust, zoals deze partij ze kent: minstens 1, een herhaalde melding van dezelfde persoon over dezelfde zaak telt één keer, een overgenomen lijst telt als één.',
  en: 'The number of reports by different people or in different cases that the flag rests on, as far as this member knows: at least 1; a repeated report by one person in one case counts once, a list taken over counts as one.',
}
