/** Why a row was not taken, in words; the codes are those of the identifiers and of reading CSV. */

import type { IdentifierErrorCode } from '@drempel/protocol/identifiers'
import type { Lang, Text } from './language.ts'

export type RowCode =
  | 'BAD_EVIDENCE'
  | 'BAD_EXPIRES'
  | 'BAD_REPORTS'
  | 'BAD_SINCE'
  | 'BAD_TAXONOMY'
  | 'CRIMINAL_DATA'
  | 'ROW_WIDTH'
  | 'VALUE_TOO_LONG'

/** The codes that occur most, each with its count and its words, one a line. */
export function rejectionText(codes: Iterable<string>, lang: Lang): string {
  const counts = new Map<string, number>()
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1)
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST)
    .map(([code, count]) => {
      const words = rejectionWords(code, lang)
      return `  ${code} ${count}${words === undefined ? '' : `: ${words}`}`
    })
    .join('\n')
}

/** Undefined for other codes. */
export function rejectionWords(code: string, lang: Lang): string | undefined {
  return Object.hasOwn(WORDS, code) ? WORDS[code as keyof typeof WORDS][lang] : undefined
}

const MOST = 5

const WORDS: Readonly<Record<IdentifierErrorCode | RowCode, Text>> = {
  BAD_EVIDENCE: { nl: 'geen bewijsklasse', en: 'no evidence class' },
  BAD_EXPIRES: { nl: 'geen vervaldatum', en: 'no date of expiry' },
  BAD_REPORTS: { nl: 'geen aantal meldingen', en: 'no number of reports' },
  BAD_SINCE: { nl: 'geen datum als 2026-01-31', en: 'no date such as 2026-01-31' },
  BAD_TAXONOMY: { nl: 'geen code uit de taxonomie', en: 'no code of the taxonomy' },
  CRIMINAL_DATA: {
    nl: 'een uitspraak van een rechter; het convenant noemt daarvoor geen grondslag en vergunning',
    en: 'a court decision; the convenant names no basis and licence for such data',
  },
  DEVICE_CHECK_DIGIT: { nl: 'het controlecijfer klopt niet', en: 'the check digit is wrong' },
  DEVICE_FORMAT: { nl: 'geen apparaatnummer', en: 'no device number' },
  DEVICE_PLACEHOLDER: {
    nl: 'een nummer dat geen enkel apparaat aanwijst',
    en: 'a number that stands for no one device',
  },
  DOMAIN_PUBLIC_SUFFIX: {
    nl: 'een achtervoegsel van velen, geen eigen domein',
    en: "a suffix of many, no one's own domain",
  },
  EMAIL_DOMAIN: { nl: 'het deel na @ is geen domein', en: 'the part after @ is no domain' },
  EMAIL_FORMAT: { nl: 'geen e-mailadres', en: 'no e-mail address' },
  EMAIL_LENGTH: { nl: 'te lang voor een e-mailadres', en: 'too long for an e-mail address' },
  EMAIL_LOCAL: { nl: 'het deel voor @ klopt niet', en: 'the part before @ is wrong' },
  EMAIL_QUOTED: { nl: 'het deel voor @ heeft aanhalingstekens', en: 'the part before @ is quoted' },
  HOST_CHARACTER: { nl: 'een teken dat niet in een host past', en: 'a character no host has' },
  HOST_IDN: { nl: 'geen geldige internationale naam', en: 'no valid international name' },
  HOST_IP: { nl: 'een IP-adres, geen naam', en: 'an IP address, no name' },
  HOST_LABEL: { nl: 'een deel tussen punten klopt niet', en: 'a part between dots is wrong' },
  HOST_LENGTH: { nl: 'te lang voor een host', en: 'too long for a host' },
  HOST_SINGLE_LABEL: { nl: 'een naam zonder punt', en: 'a name without a dot' },
  HOST_URL: { nl: 'een URL; geef alleen de host', en: 'a URL; give the host only' },
  IBAN_CHARACTER: { nl: 'een teken dat niet in een IBAN past', en: 'a character no IBAN has' },
  IBAN_CHECKSUM: { nl: 'de controlecijfers kloppen niet', en: 'the check digits are wrong' },
  IBAN_COUNTRY: {
    nl: 'begint niet met de twee letters van een land dat IBANs heeft; een rekeningnummer in de oude vorm is geen IBAN',
    en: 'does not begin with the two letters of a country that has IBANs; an account number in the old form is no IBAN',
  },
  IBAN_LENGTH: { nl: 'niet de lengte voor dit land', en: "not this country's length" },
  IBAN_STRUCTURE: { nl: 'niet de opbouw voor dit land', en: "not this country's structure" },
  PHONE_CHARACTER: { nl: 'een teken dat niet in een nummer past', en: 'a character no number has' },
  PHONE_COUNTRY: { nl: 'onbekende landcode', en: 'unknown country code' },
  PHONE_EXTENSION: { nl: 'een nummer met toestelnummer', en: 'a number with an extension' },
  PHONE_INVALID: { nl: 'geen bestaand nummer', en: 'no number that exists' },
  PHONE_LENGTH: { nl: 'te kort of te lang', en: 'too short or too long' },
  PHONE_REGION: { nl: 'landcode ontbreekt', en: 'the country code is missing' },
  ROW_WIDTH: {
    nl: 'meer cellen dan de kopregel heeft',
    en: 'more cells than the header has',
  },
  VALUE_TOO_LONG: { nl: 'de waarde is te lang', en: 'the value is too long' },
}
