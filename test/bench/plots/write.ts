/** The plots of docs/BENCHMARKS.md, from the results of a run. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from '../harness/results.ts'
import { type Axis, barChart, lineChart } from './chart.ts'

type Growth = {
  readonly file: string
  readonly chart: string
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly string[]
}

const SECONDS = ['wall clock', 'processor time a node']

const GROWTH: readonly Growth[] = [
  {
    file: 'round-records.svg',
    chart: 'records',
    title: 'Four partners, t = 2: at most linear in records',
    x: { label: 'records', log: true },
    y: { label: 'seconds', log: true },
    series: SECONDS,
  },
  {
    file: 'round-threshold.svg',
    chart: 'threshold',
    title: 'Eight partners: nearly flat in t',
    x: { label: 't' },
    y: { label: 'seconds' },
    series: SECONDS,
  },
  {
    file: 'round-partners.svg',
    chart: 'partners',
    title: 'The same number of records in all: logarithmic in the number of partners',
    x: { label: 'partners', log: true },
    y: { label: 'AND gates a record' },
    series: ['ANDs a record'],
  },
]

/** Plots for which the results have figures. @returns the files' names */
export function writePlots(folder: string, results: readonly Result[]): readonly string[] {
  mkdirSync(folder, { recursive: true })
  const plots = [...GROWTH.flatMap((growth) => growthPlot(growth, results)), ...ratioPlot(results)]
  for (const { file, svg } of plots) writeFileSync(join(folder, file), svg)
  return plots.map(({ file }) => file)
}

type Plot = { readonly file: string; readonly svg: string }

function growthPlot(
  { file, chart, title, x, y, series }: Growth,
  results: readonly Result[],
): Plot[] {
  const points = results.flatMap(({ value, point }) =>
    point !== null && point.chart === chart && series.includes(point.series)
      ? [{ series: point.series, x: point.x, y: value }]
      : [],
  )
  return points.length === 0 ? [] : [{ file, svg: lineChart(title, x, y, points) }]
}

function ratioPlot(results: readonly Result[]): Plot[] {
  const bars = results.flatMap(({ name, unit, value, goal }) => {
    // The title says against whom.
    const short = /^group (.+) \/ libsodium$/.exec(name)?.[1]
    return short === undefined || unit !== 'times' ? [] : [{ name: short, value, goal }]
  })
  if (bars.length === 0) return []
  const title = 'One thread: times as fast as libsodium-wrappers-sumo; red: the goal'
  const svg = barChart(title, 'times', bars)
  return [{ file: 'group.svg', svg }]
}
