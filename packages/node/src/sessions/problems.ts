/** The sessions' rows of the problem table. */

import type { ProblemTable } from '../http/index.ts'
import type { SessionErrorCode } from './errors.ts'

export const sessionProblems: ProblemTable<SessionErrorCode> = {
  BAD_FLAG: {
    status: 422,
    en: 'The taxonomy has no such code',
    nl: 'De taxonomie kent deze code niet',
  },
  BAD_REQUEST: {
    status: 400,
    en: 'The request could not be read',
    nl: 'Het verzoek was niet te lezen',
  },
  BUSY: {
    status: 409,
    en: 'Another round or key generation is under way',
    nl: 'Er loopt al een andere ronde of sleutelgeneratie',
  },
  CASE_CLOSED: {
    status: 409,
    en: 'The case is closed',
    nl: 'De zaak is gesloten',
  },
  CASE_EXTENDED: {
    status: 409,
    en: 'A term can be extended once, within the first month',
    nl: 'Een termijn kan één keer worden verlengd, binnen de eerste maand',
  },
  CASE_UNKNOWN: { status: 404, en: 'There is no such case', nl: 'Zo’n zaak is er niet' },
  CONVENANT_DIFFERS: {
    status: 409,
    en: 'The other node works under another version of the convenant',
    nl: 'De andere node werkt onder een andere versie van het convenant',
  },
  CONVENANT_REPLACED: {
    status: 409,
    en: 'Another version of the convenant is in force than the one this was agreed under',
    nl: 'Er is een andere versie van het convenant van kracht dan die waaronder dit is afgesproken',
  },
  CONVENANT_UNFIT: {
    status: 422,
    en: 'The convenant does not fit this node',
    nl: 'Het convenant past niet bij deze node',
  },
  CRIMINAL_DATA: {
    status: 422,
    en: 'The convenant names no basis and licence for personal data relating to criminal offences',
    nl: 'Het convenant noemt geen grondslag en vergunning voor persoonsgegevens van strafrechtelijke aard',
  },
  DUAL_CONTROL: {
    status: 403,
    en: 'This takes two people, and this token cannot be the one whose turn it is',
    nl: 'Hiervoor zijn twee mensen nodig, en dit token kan niet degene zijn die aan de beurt is',
  },
  FEEDBACK_CLOSED: {
    status: 409,
    en: 'Feedback on that month is closed: its classes may have been told',
    nl: 'De terugkoppeling over die maand is gesloten: de klassen kunnen al zijn opgevraagd',
  },
  KEY_EXPIRED: {
    status: 409,
    en: 'The key is too old for another round; generate a new one',
    nl: 'De sleutel is te oud voor nog een ronde; maak een nieuwe',
  },
  KEY_FAILED: {
    status: 502,
    en: 'The key generation ended without a key',
    nl: 'De sleutelgeneratie eindigde zonder sleutel',
  },
  LIST_UNKNOWN: {
    status: 404,
    en: 'No such list was brought, or it was used',
    nl: 'Zo’n lijst is niet aangeleverd, of al gebruikt',
  },
  LOG_FORKED: {
    status: 409,
    en: 'A member signed two different logs of one length',
    nl: 'Een deelnemer tekende twee verschillende logboeken van één lengte',
  },
  LOG_ROLLED_BACK: {
    status: 409,
    en: 'A log shows less than it showed before, or something else',
    nl: 'Een logboek toont minder dan eerder, of iets anders',
  },
  NODE_IN_USE: {
    status: 409,
    en: 'The node has or had real flags, lists or rounds, beside which nothing is rehearsed',
    nl: 'De node heeft of had echte meldingen, lijsten of rondes; daarnaast wordt niet geoefend',
  },
  NODE_RESTARTED: {
    status: 409,
    en: 'The node restarted while this was under way',
    nl: 'De node herstartte terwijl dit bezig was',
  },
  NOT_APPROVED: {
    status: 409,
    en: 'The proposal is not approved, or no longer',
    nl: 'Het voorstel is niet goedgekeurd, of niet meer',
  },
  NOT_COMPUTE_NODE: {
    status: 403,
    en: 'Only a compute node does this',
    nl: 'Alleen een rekennode doet dit',
  },
  NOT_HOLDER: {
    status: 403,
    en: 'Only a key holder does this',
    nl: 'Alleen een sleutelhouder doet dit',
  },
  NOT_REHEARSING: {
    status: 409,
    en: 'No rehearsal is on at this node',
    nl: 'Op deze node is geen generale repetitie bezig',
  },
  NOT_WITNESSED: {
    status: 503,
    en: 'Too few witnesses cosign the log, so nothing is asked or answered',
    nl: 'Te weinig getuigen tekenen het logboek mee, dus er wordt niets gevraagd of beantwoord',
  },
  NO_CONVENANT: {
    status: 409,
    en: 'No convenant is installed',
    nl: 'Er is geen convenant geïnstalleerd',
  },
  NO_KEY: { status: 409, en: 'There is no key yet', nl: 'Er is nog geen sleutel' },
  NO_LIST: {
    status: 409,
    en: 'No threshold list is in force yet',
    nl: 'Er is nog geen drempellijst van kracht',
  },
  PERIOD_IN_USE: {
    status: 409,
    en: 'The log of that period is still written, or has yet to begin',
    nl: 'Het logboek van die periode wordt nog geschreven, of moet nog beginnen',
  },
  PSI_DIFFERS: {
    status: 409,
    en: 'The other side of the intersection says something else than was agreed',
    nl: 'De andere kant van de doorsnede zegt iets anders dan was afgesproken',
  },
  PSI_ENDED: {
    status: 409,
    en: 'The other side ended the intersection',
    nl: 'De andere kant brak de doorsnede af',
  },
  PSI_EXPIRED: {
    status: 409,
    en: 'The proposal was not answered in time',
    nl: 'Het voorstel is niet op tijd beantwoord',
  },
  PSI_FLOOD: {
    status: 409,
    en: 'The other side sends more than there is room for',
    nl: 'De andere kant stuurt meer dan er ruimte is',
  },
  PSI_LIST_OUTDATED: {
    status: 409,
    en: 'The flags may have changed at somebody’s request since this list was made of them; propose again',
    nl: 'De vlaggen kunnen op iemands verzoek veranderd zijn sinds deze lijst ervan werd gemaakt; stel opnieuw voor',
  },
  PSI_PREPARED_ENDED: {
    status: 409,
    en: 'There is no list prepared for this, or not any more',
    nl: 'Hiervoor is geen lijst voorbereid, of niet meer',
  },
  PSI_STALLED: {
    status: 409,
    en: 'The other side fell silent',
    nl: 'De andere kant viel stil',
  },
  PSI_STOPPED: {
    status: 409,
    en: 'The intersection was stopped here',
    nl: 'De doorsnede is hier gestopt',
  },
  PSI_UNKNOWN: {
    status: 404,
    en: 'This node knows no such intersection',
    nl: 'Deze node kent die doorsnede niet',
  },
  PSI_WRONG_STATE: {
    status: 409,
    en: 'This cannot be done at the step where the intersection is',
    nl: 'Dit kan niet bij de stap waar de doorsnede is',
  },
  QUORUM_LOST: {
    status: 503,
    en: 'Too few key holders answered',
    nl: 'Te weinig sleutelhouders gaven antwoord',
  },
  REFUSED: {
    status: 403,
    en: 'The convenant does not allow this',
    nl: 'Het convenant staat dit niet toe',
  },
  REHEARSING: {
    status: 409,
    en: 'A rehearsal is on, in which only made-up identifiers are taken',
    nl: 'Er is een generale repetitie bezig; zolang komt er niets echts in',
  },
  RETENTION_RUNS: {
    status: 409,
    en: 'The retention of the convenant has not ended; `at` is its last day',
    nl: 'De bewaartermijn van het convenant loopt nog; `at` is de laatste dag',
  },
  ROUND_FAILED: { status: 409, en: 'The round failed', nl: 'De ronde is mislukt' },
  ROUND_UNKNOWN: {
    status: 404,
    en: 'This node knows no such round',
    nl: 'Deze node kent die ronde niet',
  },
  ROUND_WRONG_STATE: {
    status: 409,
    en: 'The round is not at this step',
    nl: 'De ronde is niet bij deze stap',
  },
  STATEMENTS_DIFFER: {
    status: 409,
    en: 'Signed statements contradict each other',
    nl: 'Ondertekende verklaringen spreken elkaar tegen',
  },
  TXID_REPLAYED: {
    status: 409,
    en: 'This transaction was served before',
    nl: 'Deze transactie is al bediend',
  },
  UNKNOWN_LOG: {
    status: 404,
    en: 'The node does not witness such a log',
    nl: 'De node is geen getuige van zo’n logboek',
  },
  UNKNOWN_PERIOD: {
    status: 404,
    en: 'No key of that period is here: it was erased, or never began',
    nl: 'Van die periode is hier geen sleutel: hij is gewist, of nooit begonnen',
  },
  UNKNOWN_PROPOSAL: {
    status: 404,
    en: 'This node knows no such proposal',
    nl: 'Deze node kent dat voorstel niet',
  },
  UNKNOWN_RECEIPT: {
    status: 404,
    en: 'The log has no such transaction',
    nl: 'Het logboek kent die transactie niet',
  },
  UNTRUSTED_CHECKPOINT: {
    status: 403,
    en: "The checkpoint is not signed by the log's owner",
    nl: 'Het checkpoint is niet door de eigenaar van het logboek getekend',
  },
}
