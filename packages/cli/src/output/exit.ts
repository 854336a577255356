/** The exit codes of every command, in one place. */

import type { Lang, Text } from './language.ts'

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  unauthorised: 5,
  over: 10,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, Text>> = {
  ok: { nl: 'gelukt', en: 'done' },
  failed: { nl: 'mislukt, of niet geverifieerd', en: 'failed, or not verified' },
  usage: {
    nl: 'een optie, bestand of waarde klopt niet',
    en: 'an option, a file or a value is wrong',
  },
  refused: {
    nl: 'geweigerd door het convenant, of door de andere kant',
    en: 'refused by the convenant, or by the other side',
  },
  unreachable: {
    nl: 'de node is niet bereikbaar, of is niet de node die hij hoort te zijn',
    en: 'the node cannot be reached, or is not the node it should be',
  },
  unauthorised: {
    nl: 'geen geldig token, of het token mist de rol',
    en: 'no valid token, or the token lacks the role',
  },
  over: {
    nl: 'alleen met check --exit-code: boven de drempel',
    en: 'only with check --exit-code: over the threshold',
  },
  interrupted: { nl: 'afgebroken', en: 'interrupted' },
}

export function exitTable(lang: Lang): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[]
  return names
    .map((name) => `  ${String(EXIT[name]).padStart(3)}  ${EXIT_MEANINGS[name][lang]}`)
    .join('\n')
}
