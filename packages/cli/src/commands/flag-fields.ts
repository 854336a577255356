/** From a row's cells to a flag's fields; what does not read is rejected with a code, never guessed. */

import type { ImportRequest } from '@drempel/protocol/api'
import { type CsvFile, type CsvRow, columnIndex } from '../client/csv.ts'
import { fail } from '../output/errors.ts'

export type FieldOptions = {
  readonly column: string
  readonly sinceColumn?: string
  readonly since?: string
  readonly expiresColumn?: string
  readonly expires?: string
  readonly taxonomyColumn?: string
  readonly taxonomy?: string
  readonly evidenceColumn?: string
  readonly evidence?: string
  readonly reportsColumn?: string
  readonly reports?: string
}

export type Rejected = { readonly row: number; readonly code: string }
type FlagRow = ImportRequest['rows'][number]

const MAX_VALUE = 2_000
const MAX_CODE = 64
// The same in every language.
const HINTS: Readonly<Record<string, string>> = {
  since: '2026-01-31',
  expires: '2026-01-31',
  reports: '1 .. 1000000',
}

/** @throws ProtocolError `CSV_COLUMN`; `USAGE` for a fixed value that does not read */
export function fieldReader(
  file: CsvFile,
  options: FieldOptions,
): (row: CsvRow) => FlagRow | Rejected {
  const value = columnIndex(file, options.column)
  const source = (name: 'since' | 'expires' | 'taxonomy' | 'evidence' | 'reports') => {
    const column = options[`${name}Column`]
    const fixed = options[name]
    if (column === undefined) return { index: -1, fixed }
    return { index: columnIndex(file, column), fixed }
  }
  const fields = [
    { name: 'since', read: readTime, ...source('since') },
    { name: 'expires', read: readTime, ...source('expires') },
    { name: 'taxonomy', read: readCode, ...source('taxonomy') },
    { name: 'evidence', read: readCode, ...source('evidence') },
    { name: 'reports', read: readReports, ...source('reports') },
  ] as const
  for (const { name, read, fixed } of fields) {
    if (fixed !== undefined && read(fixed) === undefined) {
      fail('USAGE', { at: `--${name}`, ...(HINTS[name] && { hint: HINTS[name] }) })
    }
  }
  return ({ row, cells }) => {
    const text = cells[value] ?? ''
    if (text.length > MAX_VALUE) return { row, code: 'VALUE_TOO_LONG' }
    const entry: Record<string, unknown> = { row, value: text }
    for (const { name, read, index, fixed } of fields) {
      // An empty cell falls back on the fixed value.
      const given = cells[index] || fixed
      if (given === undefined) continue
      const parsed = read(given)
      if (parsed === undefined) return { row, code: `BAD_${name.toUpperCase()}` }
      entry[name] = parsed
    }
    return entry as FlagRow
  }
}

/** A date (its first moment, UTC) or an RFC 3339 time with its offset; nothing that depends on a locale. */
export function readTime(text: string): string | undefined {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/i.test(date)) {
    return undefined
  }
  const time = new Date(date.replace(' ', 'T').toUpperCase())
  if (Number.isNaN(time.getTime())) return undefined
  // The parser turns 31 February into 3 March.
  const day = Number(date.slice(8, 10))
  const month = Number(date.slice(5, 7))
  const year = Number(date.slice(0, 4))
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate() ? time.toISOString() : undefined
}

function readCode(text: string): string | undefined {
  return text.length <= MAX_CODE ? text : undefined
}

function readReports(text: string): number | undefined {
  return /^[1-9][0-9]{0,6}$/.test(text) && Number(text) <= 1_000_000 ? Number(text) : undefined
}
