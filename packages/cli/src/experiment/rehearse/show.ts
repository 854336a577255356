/** The checklist in rows and lines, for a terminal and for a page alike. */

import { REFUSALS } from '@drempel/protocol/convenant'
import type { Lang, Text } from '../../output/language.ts'
import { CHECKS, type Check, type Item, type Sheet, worst } from './sheet.ts'
import { CHECK_NAMES, NEXT, NEXT_OTHERWISE, STATE_NAMES } from './texts.ts'

export function checkName(check: Check, lang: Lang): string {
  return CHECK_NAMES[check][lang]
}

/** What to do; nothing where nothing is to be done. */
export function nextOf({ state, code, culprit }: Item, lang: Lang): string | undefined {
  if (state === 'passed' || state === 'absent' || code === undefined) return undefined
  const who = culprit === undefined ? '' : ` (${culprit})`
  return `${code}${who}: ${adviceOf(code)[lang]}`
}

function adviceOf(code: string): Text {
  if (Object.hasOwn(NEXT, code)) return NEXT[code]!
  return Object.hasOwn(REFUSALS, code) ? REFUSALS[code as keyof typeof REFUSALS] : NEXT_OTHERWISE
}

export function openItems({ items }: Sheet): Item[] {
  return items.filter(({ state }) => state === 'failed' || state === 'waiting')
}

/** A row for each check, a column for each member. */
export function matrixRows(sheets: readonly Sheet[], lang: Lang): string[][] {
  return CHECKS.map((check) => [
    checkName(check, lang),
    ...sheets.map(({ items }) => {
      const states = items.filter((item) => item.check === check).map(({ state }) => state)
      return states.length === 0 ? '-' : STATE_NAMES[worst(states)][lang]
    }),
  ])
}
