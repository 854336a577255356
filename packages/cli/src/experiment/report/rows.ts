/**
 * A chart of one row a thing: a dot with its interval, a bar, or parts of a whole. Colours differ in
 * brightness as well as hue, and marks in shape, so that nothing rests on colour alone.
 */

import { escaped } from '../../output/document.ts'
import { at, axisFor, COLOURS, GREY, scale } from './axis.ts'

export type Mark =
  | {
      readonly shape: 'dot' | 'diamond'
      readonly value: number
      readonly low?: number
      readonly high?: number
      readonly series: number
    }
  | { readonly shape: 'bar'; readonly from: number; readonly to: number; readonly series: number }

export type ChartRow = {
  readonly label: string
  readonly marks: readonly Mark[]
  /** Said at the end of the row. */
  readonly note?: string
  /** A reference, drawn in grey. */
  readonly quiet?: boolean
}

export type RowsChart = {
  readonly rows: readonly ChartRow[]
  /** What the axis measures, with its unit. */
  readonly axis: string
  readonly format: (value: number) => string
  readonly series: readonly string[]
  /** What the chart shows, for who can't see it. */
  readonly label: string
}

const WIDTH = 720
const ROW = 26
const CHARACTER = 6.7
const TEXT = 12

export function rowsChart({ rows, axis, format, series, label }: RowsChart): string {
  const longest = Math.max(...rows.map((row) => row.label.length))
  const left = Math.min(380, Math.ceil(longest * CHARACTER) + 14)
  const noted = Math.max(0, ...rows.map(({ note = '' }) => note.length))
  const right = WIDTH - Math.max(20, Math.ceil(noted * CHARACTER) + 12)
  const top = series.length > 1 ? 30 : 8
  const bottom = top + rows.length * ROW
  const values = rows.flatMap(({ marks }) => marks.flatMap(ends))
  const range = axisFor(values, format)
  const x = scale(range, left, right)
  const grid = range.ticks.map(
    (tick) =>
      `<line x1="${at(x(tick))}" x2="${at(x(tick))}" y1="${top}" y2="${bottom}" class="${tick === 0 ? 'zero' : 'grid'}"/>` +
      `<text x="${at(x(tick))}" y="${bottom + 16}" text-anchor="middle">${escaped(format(tick))}</text>`,
  )
  const drawn = rows.map(({ label: name, marks, note = '', quiet = false }, i) => {
    const y = top + i * ROW + ROW / 2
    const shapes = marks.map((mark) => drawMark(mark, x, y, quiet)).join('')
    const said = note === '' ? '' : `<text x="${right + 8}" y="${y + 4}">${escaped(note)}</text>`
    return `<g><title>${escaped(`${name}: ${note || marks.flatMap(ends).map(format).join(', ')}`)}</title><text x="${left - 8}" y="${y + 4}" text-anchor="end">${escaped(name)}</text>${shapes}${said}</g>`
  })
  const height = bottom + 40
  return `<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(label)}">
${series.length > 1 ? legend(series, left, rows) : ''}${grid.join('')}
${drawn.join('\n')}
<text x="${at((left + right) / 2)}" y="${bottom + 34}" text-anchor="middle" class="axis">${escaped(axis)}</text></svg>`
}

function ends(mark: Mark): number[] {
  if (mark.shape === 'bar') return [mark.from, mark.to]
  return [
    mark.value,
    ...(mark.low === undefined ? [] : [mark.low]),
    ...(mark.high === undefined ? [] : [mark.high]),
  ]
}

function drawMark(mark: Mark, x: (value: number) => number, y: number, quiet: boolean): string {
  const colour = quiet ? GREY : COLOURS[mark.series % COLOURS.length]!
  if (mark.shape === 'bar') {
    const [from, to] = [x(Math.min(mark.from, mark.to)), x(Math.max(mark.from, mark.to))]
    return `<rect x="${at(from)}" y="${at(y - 8)}" width="${at(Math.max(0, to - from))}" height="16" fill="${colour}" stroke="#fff"/>`
  }
  const whisker =
    mark.low === undefined || mark.high === undefined
      ? ''
      : `<line x1="${at(x(mark.low))}" x2="${at(x(mark.high))}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="2"/>`
  return whisker + symbol(mark.shape, x(mark.value), y, colour)
}

function symbol(shape: 'dot' | 'diamond', x: number, y: number, colour: string): string {
  if (shape === 'dot') return `<circle cx="${at(x)}" cy="${at(y)}" r="5" fill="${colour}"/>`
  return `<path d="M${at(x)} ${at(y - 6)}l6 6l-6 6l-6 -6z" fill="#fff" stroke="${colour}" stroke-width="2"/>`
}

/** A swatch and a name for each series, in one line. */
function legend(series: readonly string[], left: number, rows: readonly ChartRow[]): string {
  const marks = rows.flatMap((row) => row.marks)
  let x = Math.min(
    left,
    WIDTH - series.reduce((sum, name) => sum + name.length * CHARACTER + 34, 0),
  )
  x = Math.max(8, x)
  return series
    .map((name, i) => {
      const shape = marks.find((mark) => mark.series === i)?.shape ?? 'bar'
      const colour = COLOURS[i % COLOURS.length]!
      const swatch =
        shape === 'bar'
          ? `<rect x="${at(x)}" y="6" width="12" height="12" fill="${colour}"/>`
          : symbol(shape, x + 6, 12, colour)
      const drawn = `${swatch}<text x="${at(x + 17)}" y="16">${escaped(name)}</text>`
      x += name.length * CHARACTER + 34
      return drawn
    })
    .join('')
}

export const CHART_STYLE = `svg { max-width: 100%; height: auto; font: ${TEXT}px system-ui, sans-serif; fill: #222 } .grid { stroke: #ddd } .zero { stroke: #888 } .axis { font-weight: 600 }`
