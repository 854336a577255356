/** HTML and numbers of the report; what others wrote is escaped. */

import { escaped } from '../../output/document.ts'
import type { Lang } from '../../output/language.ts'

export type Cell = string | number | null

export function paragraph(text: string, kind?: 'note' | 'warning'): string {
  return `<p${kind === undefined ? '' : ` class="${kind}"`}>${escaped(text)}</p>`
}

/** Numbers stand to the right. The first cell of a row is its heading. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  lang: Lang,
): string {
  const numeric = head.map((_, i) => i > 0 && rows.every((row) => isFigure(row[i] ?? null)))
  const titles = head.map(
    (title, i) => `<th scope="col"${numeric[i] ? ' class="n"' : ''}>${escaped(title)}</th>`,
  )
  const lines = rows.map((row) => {
    const cells = row.map((value, i) => {
      const text = typeof value === 'number' ? whole(value, lang) : (value ?? '–')
      const tag = i === 0 ? 'th' : 'td'
      const scope = i === 0 ? ' scope="row"' : ''
      return `<${tag}${scope}${numeric[i] ? ' class="n"' : ''}>${escaped(text)}</${tag}>`
    })
    return `<tr>${cells.join('')}</tr>`
  })
  return `<div class="wide"><table><thead><tr>${titles.join('')}</tr></thead><tbody>
${lines.join('\n')}
</tbody></table></div>`
}

/** A number, or one that was formatted already; a column of names has none. */
function isFigure(cell: Cell): boolean {
  return typeof cell !== 'string' || /^[−–\d.,% ()→]*$/.test(cell)
}

/** A chart, what it shows in words, and its numbers folded away under it. */
export function figure(svg: string, caption: string, table: string, show: string): string {
  return `<figure>${svg}<figcaption>${escaped(caption)}</figcaption>
<details><summary>${escaped(show)}</summary>${table}</details></figure>`
}

/** Grouped by hand: what Intl writes changes with the engine's data, and a report must not. */
export function whole(value: number, lang: Lang): string {
  const digits = String(Math.abs(Math.round(value)))
  const grouped = digits.replaceAll(/\B(?=(\d{3})+$)/g, lang === 'nl' ? '.' : ',')
  return Math.round(value) < 0 ? `−${grouped}` : grouped
}

/** With so many decimals. */
export function decimal(value: number, places: number, lang: Lang): string {
  const [units = '0', rest] = Math.abs(value).toFixed(places).split('.')
  const sign = value < 0 && Number(value.toFixed(places)) !== 0 ? '−' : ''
  return `${sign}${whole(Number(units), lang)}${rest === undefined ? '' : (lang === 'nl' ? ',' : '.') + rest}`
}

export function percent(share: number | null, lang: Lang, places = 1): string {
  return share === null ? '–' : `${decimal(100 * share, places, lang)}%`
}

/** A share with its interval. */
export function interval(
  { share, low, high }: { share: number | null; low: number | null; high: number | null },
  lang: Lang,
): string {
  if (share === null || low === null || high === null) return '–'
  return `${percent(share, lang)} (${percent(low, lang)} – ${percent(high, lang)})`
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
