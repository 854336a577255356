/** The peer protocol's rows of the problem table. */

import type { ProblemTable } from '../http/index.ts'
import type { PeerErrorCode } from './errors.ts'

export const peerProblems: ProblemTable<PeerErrorCode> = {
  SIGNATURE_MISSING: {
    status: 401,
    en: 'The request is not signed',
    nl: 'Het verzoek is niet ondertekend',
  },
  SIGNATURE_MALFORMED: {
    status: 400,
    en: "The signature's headers do not follow the profile",
    nl: 'De headers van de handtekening volgen het profiel niet',
  },
  SIGNATURE_INVALID: {
    status: 401,
    en: 'The signature does not verify',
    nl: 'De handtekening klopt niet',
  },
  UNKNOWN_PEER: {
    status: 401,
    en: 'The convenant has no such member',
    nl: 'Het convenant kent deze deelnemer niet',
  },
  CLOCK_SKEW: {
    status: 401,
    en: 'The request was signed too long ago or in the future; compare clocks',
    nl: 'Het verzoek is te lang geleden of in de toekomst ondertekend; vergelijk de klokken',
  },
  REPLAYED: {
    status: 409,
    en: 'This request was received before',
    nl: 'Dit verzoek is al eerder ontvangen',
  },
  DIGEST_MISMATCH: {
    status: 400,
    en: 'The body is not the one that was signed',
    nl: 'De inhoud is niet wat ondertekend is',
  },
  TLS_PIN_MISMATCH: {
    status: 403,
    en: 'The TLS key is not the pinned one',
    nl: 'De TLS-sleutel is niet de vastgelegde',
  },
  BAD_EVIDENCE: {
    status: 400,
    en: 'The evidence does not hold together',
    nl: 'Het bewijs klopt niet',
  },
  PEER_UNREACHABLE: {
    status: 502,
    en: 'Another node could not be reached',
    nl: 'Een andere node was niet bereikbaar',
  },
  PEER_TIMEOUT: {
    status: 504,
    en: 'Another node did not answer in time',
    nl: 'Een andere node antwoordde niet op tijd',
  },
  PEER_BAD_RESPONSE: {
    status: 502,
    en: 'Another node gave an answer that is not valid',
    nl: 'Een andere node gaf een ongeldig antwoord',
  },
  PEER_PROBLEM: {
    status: 502,
    en: 'Another node refused',
    nl: 'Een andere node weigerde',
  },
  PEER_GONE: {
    status: 502,
    en: 'The channel to another node ended',
    nl: 'Het kanaal naar een andere node is beëindigd',
  },
  UNEXPECTED_STEP: {
    status: 502,
    en: 'Another node sent a message out of order',
    nl: 'Een andere node stuurde een bericht op het verkeerde moment',
  },
  WRONG_LENGTH: {
    status: 502,
    en: 'Another node sent a message of another length than it should have',
    nl: 'Een andere node stuurde een bericht met een andere lengte dan het hoort te hebben',
  },
  FRAME_TOO_LARGE: {
    status: 502,
    en: 'Another node sent a message above the limit',
    nl: 'Een andere node stuurde een te groot bericht',
  },
  BAD_FRAME: {
    status: 502,
    en: 'Another node sent a message that cannot be read',
    nl: 'Een andere node stuurde een onleesbaar bericht',
  },
  UPGRADE_REQUIRED: {
    status: 426,
    en: 'This path is for WebSocket channels',
    nl: 'Dit pad is voor WebSocket-kanalen',
  },
}
