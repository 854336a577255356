/** Text for people: tables, colour where the terminal has it, nothing that could steer the terminal. */

import Table from 'cli-table3'
import type { Sink, World } from './world.ts'

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow'
export type Cell = string | number | boolean | null | undefined

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
}

/** Paints only a terminal, and not with NO_COLOR set (no-color.org). */
export type Paint = (colour: Colour, text: string) => string

export function paintFor(sink: Sink, env: World['env']): Paint {
  const on = sink.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return (colour, text) => {
    const [open, close] = CODES[colour]
    return on ? `\u001b[${open}m${text}\u001b[${close}m` : text
  }
}

/** Removes control and direction characters from what others wrote. */
export function clean(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u00b7')
}

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 1 }
  const lines = new Table({ head: [...head], style, chars: FRAME })
  for (const row of rows) lines.push(row.map(cell))
  return lines.toString().replaceAll(/ +$/gm, '')
}

/** A time in a table, to the minute. */
export function minute(time: string): string {
  return `${time.slice(0, 16)}Z`
}

/** Names and values, one a line. */
export function pairs(entries: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}`).join('\n')
}

function cell(value: Cell): string {
  if (value === null || value === undefined) return '-'
  return clean(String(value))
}

const FRAME = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', right: '', 'right-mid': '' },
  ...{ mid: '', 'mid-mid': '', middle: ' ' },
}
