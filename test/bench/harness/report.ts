/** The table for people and the one line for programs. */

import { cpus, loadavg, totalmem } from 'node:os'
import type { Result } from './results.ts'

export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly platform: string
  readonly node: string
  readonly v8: string
  /** Processes that wanted to run, one-minute average, at begin and end; over `cores`: expect noise. */
  readonly load: readonly [number, number]
}

export function machine(loadBefore: number): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    load: [loadBefore, load()],
  }
}

export function load(): number {
  return Number(loadavg()[0]!.toFixed(2))
}

export function jsonLine(on: Machine, results: readonly Result[]): string {
  return JSON.stringify({ machine: on, results })
}

const NUMERIC = [false, true, true, true, true, false]

export function table(on: Machine, results: readonly Result[]): string {
  const head = ['', 'median', 'spread', 'goal', 'met', 'against']
  const rows = [head, ...results.map(rowOf)]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (NUMERIC[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
  lines.splice(1, 0, '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)))
  const { cpu, cores, memoryGiB, platform, node } = on
  lines.push(
    '',
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}`,
    `load ${on.load[0]} at begin, ${on.load[1]} at end`,
  )
  return lines.join('\n')
}

function rowOf({ name, value, unit, peer, goal, better, met, spread }: Result): string[] {
  const bound = better === 'higher' ? 'at least' : 'at most'
  return [
    name,
    `${numeral(value)} ${unit}`,
    spread === null ? '' : `${Math.round(100 * spread)}%`,
    goal === null ? '' : `${bound} ${numeral(goal)}`,
    met === null ? '' : met ? 'yes' : 'no',
    peer ?? '',
  ]
}

function numeral(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 })
}
