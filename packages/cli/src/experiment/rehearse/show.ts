/** The checklist in rows and lines, for a terminal and for a page alike. */

import { REFUSALS } from '@drempel/protocol/convenant'
import type { Lang, Text } from '../../output/language.ts'
import { CHECKS, type Check, type Item, type Sheet, worst } from './sheet.ts'
import { CHECK_NAMES, NEXT, NEXT_OTHERWISE, STATE_NAMES, TEXTS } from './texts.ts'

export const NOT_REACHED = '-'

/** A sheet of another release may have checks that this one does not know. */
export function checkName(check: string, lang: Lang): string {
  return Object.hasOwn(CHECK_NAMES, check) ? CHECK_NAMES[check as Check][lang] : check
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

/** What did not pass; what only waits for one that failed is said once, with that one. */
export function openItems({ items }: Sheet): Item[] {
  const nameOf = ({ about, code }: Item) => `${about} ${code}`
  const failed = items.filter(({ state }) => state === 'failed')
  const said = new Set(failed.map(nameOf))
  return items.filter(
    (item) => item.state === 'failed' || (item.state === 'waiting' && !said.has(nameOf(item))),
  )
}

/** What it comes to where nothing is open: of the whole convenant, or of those that are here. */
export function okText(sheets: readonly Sheet[]): Text {
  return missingIn(sheets).length === 0 ? TEXTS.ok : TEXTS.okSome
}

export function missingIn(sheets: readonly Sheet[]): string[] {
  return sheets[0]!.members.filter((id) => !sheets.some(({ member }) => member === id))
}

/** A row for each check, a column for each member. */
export function matrixRows(sheets: readonly Sheet[], lang: Lang): string[][] {
  return CHECKS.map((check) => [
    checkName(check, lang),
    ...sheets.map(({ items }) => {
      const states = items.filter((item) => item.check === check).map(({ state }) => state)
      return states.length === 0 ? NOT_REACHED : STATE_NAMES[worst(states)][lang]
    }),
  ])
}
