/** What an alert says, for those who supervise. */

import type { AlertCode } from '@drempel/protocol/api'
import type { Text } from './language.ts'

export const ALERTS: Readonly<Record<AlertCode, Text>> = {
  TERMS_CHANGED: {
    nl: 'het convenant werd gewijzigd in wat mag (log show --type convenant.changed)',
    en: 'the convenant changed in what is allowed (log show --type convenant.changed)',
  },
  LOGS_DIFFER: {
    nl: 'zijn logboek en het onze spreken elkaar tegen, of zijn een week niet te vergelijken (doctor)',
    en: 'its log and ours contradict each other, or can not be compared for a week (doctor)',
  },
  VOLUME_UNUSUAL: {
    nl: 'veel meer vragen dan gewoonlijk op een dag',
    en: 'far more questions a day than usual',
  },
  RATE_UNUSUAL: {
    nl: 'meer verzoeken per minuut dan mensen stellen',
    en: 'more requests a minute than people ask',
  },
  HOURS_UNUSUAL: { nl: 'veel vragen buiten werktijd', en: 'many questions out of hours' },
  IDENTIFIER_REPEATED: {
    nl: 'steeds dezelfde identificator gevraagd',
    en: 'one identifier asked again and again',
  },
  RANGE_SWEPT: {
    nl: 'een reeks opeenvolgende nummers gevraagd',
    en: 'a run of adjacent numbers asked',
  },
  FLAG_AS_QUESTION: {
    nl: 'gemeld, gevraagd en weer ingetrokken of verlopen',
    en: 'flagged, asked, and withdrawn or expired again',
  },
}
