/** What live nodes showed as rows, for spreadsheets and statistics programs. */

import { csvLine } from '../../client/csv.ts'
import type { LiveResults } from './results.ts'

/** A row for each figure; an empty figure is closed or was not asked. */
export function liveCsv({ kinds }: LiveResults): string {
  const lines = kinds.flatMap(({ kind, rules, counts, partners }) => [
    ...rules.flatMap(({ id, size }) => (size === null ? [] : [[kind, id, 'over', '', size]])),
    ...partners.flatMap(({ partner, flags, over, bytesSent }) => [
      [kind, '', 'flags', partner, flags],
      ...Object.entries(over).map(([rule, count]) => [kind, rule, 'own over', partner, count]),
      [kind, '', 'bytes sent', partner, bytesSent],
    ]),
    ...(counts?.histogram ?? []).map((count, i) => {
      return [kind, '', 'flagged by', (counts?.from ?? 2) + i, count]
    }),
    ...(counts?.overlaps ?? []).map(({ members, count }) => {
      return [kind, '', 'flagged by', members.join('+'), count]
    }),
  ])
  return (
    csvLine(['kind', 'rule', 'what', 'partners', 'figure']) +
    lines.map((cells) => csvLine(cells.map((cell) => cell ?? ''))).join('')
  )
}
