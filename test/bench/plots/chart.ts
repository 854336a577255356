/** Charts as SVG files that stand alone: a title, units on the axes, names at the lines' ends. */

import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

export type Point = { readonly series: string; readonly x: number; readonly y: number }

export type Axis = { readonly label: string; readonly log?: boolean }

const WIDTH = 680
const HEIGHT = 360

/** The library would put labels in the margins, far from the axes. */
const axis = (label: string) =>
  ({ label, labelAnchor: 'center', labelArrow: 'none', grid: true }) as const

/** One line a series, in the order of their first points. */
export function lineChart(title: string, x: Axis, y: Axis, points: readonly Point[]): string {
  const scale = ({ label, log = false }: Axis) => ({
    type: log ? ('log' as const) : ('linear' as const),
    ...axis(label),
    ...(log ? { tickFormat: (value: number) => value.toLocaleString('en') } : { zero: true }),
  })
  return svg(title, {
    x: { ...scale(x), ticks: [...new Set(points.map((point) => point.x))] },
    y: scale(y),
    color: { domain: [...new Set(points.map(({ series }) => series))] },
    marks: [
      Plot.line(points, { x: 'x', y: 'y', z: 'series', stroke: 'series', marker: 'dot' }),
      Plot.text(
        points,
        Plot.selectLast({
          x: 'x',
          y: 'y',
          z: 'series',
          text: 'series',
          dx: 8,
          textAnchor: 'start',
        }),
      ),
    ],
  })
}

export type Bar = { readonly name: string; readonly value: number; readonly goal: number | null }

/** No letter of the axis is wider on average, in pixels. */
const LETTER = 6

/** Bars with their values, names before them in full, and a red tick where the goal is. */
export function barChart(title: string, label: string, bars: readonly Bar[]): string {
  const withGoal = bars.filter(({ goal }) => goal !== null)
  return svg(title, {
    height: 60 + 26 * bars.length,
    marginLeft: 20 + LETTER * Math.max(...bars.map(({ name }) => name.length)),
    marginRight: 50,
    x: { ...axis(label), zero: true },
    y: { label: null, domain: bars.map(({ name }) => name) },
    marks: [
      Plot.barX(bars, { x: 'value', y: 'name', fill: '#4269d0' }),
      Plot.tickX(withGoal, { x: 'goal', y: 'name', stroke: '#ff725c', strokeWidth: 3 }),
      Plot.text(bars, {
        x: 'value',
        y: 'name',
        text: ({ value }: Bar) => value.toPrecision(3),
        dx: 6,
        textAnchor: 'start',
        // Legible over a goal.
        fill: 'black',
        stroke: 'white',
      }),
    ],
  })
}

function svg(title: string, { marginLeft = 60, ...options }: Plot.PlotOptions): string {
  const { document } = parseHTML('<html></html>')
  const chart = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginTop: 56,
    marginLeft,
    marginRight: 150,
    marginBottom: 40,
    style: { background: 'white', color: 'black', fontFamily: 'system-ui, sans-serif' },
    ...options,
    marks: [
      ...(options.marks ?? []),
      Plot.text([title], {
        frameAnchor: 'top-left',
        dx: 10 - marginLeft,
        dy: -32,
        fontSize: 14,
        fontWeight: 'bold',
      }),
    ],
  })
  const text = chart.outerHTML.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
  return `${text}\n`
}
