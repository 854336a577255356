/** Two measures of the same things against each other; those named are labelled, the others are dots. */

import { escaped } from '../../output/document.ts'
import { at, axisFor, COLOURS, GREY, scale } from './axis.ts'

export type Point = {
  readonly label: string
  readonly x: number
  readonly y: number
  /** Worth a name beside it. */
  readonly named: boolean
}

export type Scatter = {
  readonly points: readonly Point[]
  readonly xAxis: string
  readonly yAxis: string
  readonly formatX: (value: number) => string
  readonly formatY: (value: number) => string
  readonly label: string
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 380, 64, 700, 28, 330]
const LINE = 14
const MOST_STEPS = 20

export function scatter({ points, xAxis, yAxis, formatX, formatY, label }: Scatter): string {
  const xs = axisFor(
    points.map((point) => point.x),
    formatX,
  )
  const ys = axisFor(
    points.map((point) => point.y),
    formatY,
  )
  const [x, y] = [scale(xs, LEFT, RIGHT), scale(ys, BOTTOM, TOP)]
  const grid = [
    ...xs.ticks.map(
      (tick) =>
        `<line x1="${at(x(tick))}" x2="${at(x(tick))}" y1="${TOP}" y2="${BOTTOM}" class="grid"/><text x="${at(x(tick))}" y="${BOTTOM + 16}" text-anchor="middle">${escaped(formatX(tick))}</text>`,
    ),
    ...ys.ticks.map(
      (tick) =>
        `<line x1="${LEFT}" x2="${RIGHT}" y1="${at(y(tick))}" y2="${at(y(tick))}" class="grid"/><text x="${LEFT - 6}" y="${at(y(tick) + 4)}" text-anchor="end">${escaped(formatY(tick))}</text>`,
    ),
  ]
  const taken = points.map((point): Box => {
    const cx = x(point.x)
    return { left: cx - 7, right: cx + 7, y: y(point.y) + 4 }
  })
  const drawn = points.map((point) => {
    const [cx, cy] = [x(point.x), y(point.y)]
    const name = `<title>${escaped(`${point.label}: ${formatX(point.x)}; ${formatY(point.y)}`)}</title>`
    const dot = point.named
      ? `<circle cx="${at(cx)}" cy="${at(cy)}" r="6" fill="${COLOURS[0]}"/>`
      : `<circle cx="${at(cx)}" cy="${at(cy)}" r="4" fill="#fff" stroke="${GREY}" stroke-width="1.5"/>`
    return `<g>${name}${dot}${point.named ? labelAt(point.label, cx, cy, taken) : ''}</g>`
  })
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(label)}">
${grid.join('')}
${drawn.join('\n')}
<text x="${LEFT}" y="14" class="axis">${escaped(yAxis)}</text><text x="${at((LEFT + RIGHT) / 2)}" y="${HEIGHT - 8}" text-anchor="middle" class="axis">${escaped(xAxis)}</text></svg>`
}

type Box = { readonly left: number; readonly right: number; readonly y: number }

/** At the nearest free place beside its dot; on a thin line when that is higher or lower. */
function labelAt(label: string, cx: number, cy: number, taken: Box[]): string {
  const width = label.length * 6.7
  for (let step = 0; ; step++) {
    for (const y of step === 0 ? [cy + 4] : [cy + 4 - step * LINE, cy + 4 + step * LINE]) {
      for (const left of [cx + 14, cx - 14 - width]) {
        const box = { left, right: left + width, y }
        const inside = left > LEFT && box.right < WIDTH && y > TOP && y < BOTTOM
        // Where nothing is free at all, a name over another is better than none.
        const free = inside && !taken.some((other) => overlap(box, other))
        if (!free && step < MOST_STEPS) continue
        taken.push(box)
        const end = left > cx ? left - 2 : box.right + 2
        const leader = `<line x1="${at(cx)}" y1="${at(cy)}" x2="${at(end)}" y2="${at(y - 4)}" stroke="${GREY}"/>`
        return `${step === 0 ? '' : leader}<text x="${at(left)}" y="${at(y)}">${escaped(label)}</text>`
      }
    }
  }
}

function overlap(a: Box, b: Box): boolean {
  return Math.abs(a.y - b.y) < LINE && a.left < b.right && b.left < a.right
}
