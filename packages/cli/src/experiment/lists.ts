/**
 * Lists from files and npm packages, made canonical as a node's import does. What is no identifier is
 * counted and left out, as a node would reject it.
 */

import { createRequire } from 'node:module'
import { extname, join, resolve } from 'node:path'
import { canonicalize, IDENTIFIER_KINDS, type IdentifierKind } from '@drempel/protocol/identifiers'
import { columnIndex, openCsv } from '../client/csv.ts'
import { readText, reasonOf } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import {
  HOLDERS,
  type Holder,
  type Item,
  type Material,
  MOST_REPORTS,
  type Report,
} from './model.ts'
import type { Experiment, FileData, ListSource } from './schema.ts'

const DAY_MS = 86_400_000

/** @param folder where paths and packages start from */
export async function readLists(
  experiment: Experiment,
  { files, truth, period: days }: FileData,
  folder: string,
): Promise<Material> {
  const { partners } = experiment
  const period = days && { first: numberOf(days.from), last: numberOf(days.until) }
  const places = new Map<string, Place>()
  const rejected = new Map<string, number>()
  for (const source of files) {
    const partner = partners.findIndex(({ id }) => id === source.partner)
    for await (const row of rowsOf(source, folder)) {
      const value = canonical(source.kind, row.value)
      if (value === undefined) {
        rejected.set(source.partner, (rejected.get(source.partner) ?? 0) + 1)
        continue
      }
      if (period !== undefined && outside(row.day, period)) continue
      const place = placeOf(places, source.kind, value)
      // Without days a list says once that an identifier is on it, however often it stands there.
      if (row.day === undefined && row.reports === undefined) {
        if (place.reports.some((report) => report.partner === partner)) continue
      }
      // More than count are as good as those that do.
      const reports = Math.min(row.reports ?? 1, MOST_REPORTS)
      for (let i = 0; i < reports; i++) place.reports.push({ day: row.day ?? UNDATED, partner })
    }
  }
  if (truth !== undefined) await readTruth(resolve(folder, truth), places)
  const dated = files.every(({ dateColumn }) => dateColumn !== undefined)
  const all = [...places.values()]
  const { first, last } = period ?? span(all)
  const items = all.map(({ reports, ...place }): Item => {
    // Where only some lists have days, the others were there from the first on.
    const moved = reports.map(({ day, partner }) => ({ day: Math.max(0, day - first), partner }))
    return { ...place, reports: moved.sort((a, b) => a.day - b.day || a.partner - b.partner) }
  })
  return {
    partners,
    items,
    victims: [],
    lastDay: last - first,
    dated,
    truth: truth !== undefined,
    sought: all.some(({ holder }) => holder === 'repeat') ? 'victims' : 'offenders',
    rejected: [...rejected].map(([partner, count]) => ({ partner, count })),
  }
}

type Place = {
  readonly kind: IdentifierKind
  readonly value: string
  holder: Holder | null
  campaigns: readonly number[]
  readonly reports: Report[]
}

type Period = { readonly first: number; readonly last: number }

const UNDATED = Number.NEGATIVE_INFINITY

function outside(day: number | undefined, { first, last }: Period): boolean {
  return day !== undefined && (day < first || day > last)
}

type Row = { readonly value: string; readonly day?: number; readonly reports?: number }

function placeOf(places: Map<string, Place>, kind: IdentifierKind, value: string): Place {
  const key = `${kind}:${value}`
  const found = places.get(key)
  if (found !== undefined) return found
  const place: Place = { kind, value, holder: null, campaigns: [], reports: [] }
  places.set(key, place)
  return place
}

function span(places: readonly Place[]): Period {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const { reports } of places) {
    for (const { day } of reports) {
      if (day === UNDATED) continue
      first = Math.min(first, day)
      last = Math.max(last, day)
    }
  }
  return Number.isFinite(first) ? { first, last } : { first: 0, last: 0 }
}

function canonical(kind: IdentifierKind, value: string): string | undefined {
  try {
    return canonicalize(kind, value, kind === 'phone' ? { defaultRegion: 'NL' } : {})
  } catch {
    return undefined
  }
}

async function* rowsOf(source: ListSource, folder: string): AsyncGenerator<Row> {
  if (source.npm !== undefined) {
    for (const value of moduleList(source.npm, source.export, folder)) yield { value }
    return
  }
  const path = resolve(folder, source.file!)
  if (extname(path) === '.csv') yield* csvRows(path, source)
  else if (extname(path) === '.json') yield* strings(parsedJson(await readText(path), path), path)
  else {
    for (const line of (await readText(path)).split(/\r?\n/)) {
      if (line.trim() !== '') yield { value: line.trim() }
    }
  }
}

async function* csvRows(path: string, source: ListSource): AsyncGenerator<Row> {
  const csv = await openCsv(path)
  const at = columnIndex(csv, source.column)
  const dateAt = source.dateColumn === undefined ? -1 : columnIndex(csv, source.dateColumn)
  const countAt = source.reportsColumn === undefined ? -1 : columnIndex(csv, source.reportsColumn)
  for await (const rows of csv.rows()) {
    for (const { row, cells } of rows) {
      yield {
        value: cells[at] ?? '',
        ...(dateAt < 0 ? {} : { day: dayOf(cells[dateAt] ?? '', path, row) }),
        ...(countAt < 0 ? {} : { reports: countOf(cells[countAt] ?? '', path, row) }),
      }
    }
  }
}

function dayOf(text: string, path: string, row: number): number {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? numberOf(text) : Number.NaN
  // A day that there is not, such as the 30th of February, is read as another by some engines.
  const there = !Number.isNaN(day) && new Date(day * DAY_MS).toISOString().startsWith(text)
  return there
    ? day
    : fail('EXPERIMENT_DATA', { at: `${path}, row ${row}`, hint: 'a day: 2026-01-31' })
}

function numberOf(date: string): number {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS)
}

function countOf(text: string, path: string, row: number): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    fail('EXPERIMENT_DATA', { at: `${path}, row ${row}`, hint: 'a number of reports: 1 or more' })
  }
  return Number(text)
}

/** The module as `require` in that folder would find it. */
function moduleList(name: string, property: string | undefined, folder: string): Iterable<string> {
  const place = `${name}${property === undefined ? '' : ` (${property})`}`
  let found: unknown
  try {
    found = createRequire(join(folder, 'experiment.js'))(name)
  } catch (error) {
    const hint = `install it where the experiment is: npm install ${name} (${reasonOf(error)})`
    return fail('EXPERIMENT_DATA', { at: place, hint })
  }
  let value = property === undefined ? found : (found as Record<string, unknown>)[property]
  if (typeof value === 'function') value = value.call(found)
  return [...strings(value, place)].map((row) => row.value)
}

function* strings(value: unknown, place: string): Generator<Row> {
  const list =
    Array.isArray(value) || value instanceof Set
      ? [...value]
      : typeof value === 'object' && value !== null
        ? Object.keys(value)
        : undefined
  if (list === undefined || !list.every((entry) => typeof entry === 'string')) {
    return fail('EXPERIMENT_DATA', { at: place, hint: 'neither a list of texts nor an object' })
  }
  for (const entry of list) yield { value: entry }
}

function parsedJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return fail('EXPERIMENT_DATA', { at: path, hint: 'not JSON' })
  }
}

async function readTruth(path: string, places: Map<string, Place>): Promise<void> {
  const csv = await openCsv(path)
  const [valueAt, kindAt, classAt] = ['identifier', 'kind', 'class'].map((name) =>
    columnIndex(csv, name),
  ) as [number, number, number]
  const campaignsAt = csv.header.indexOf('campaigns')
  for await (const rows of csv.rows()) {
    for (const { row, cells } of rows) {
      const wrong = (hint: string) => fail('EXPERIMENT_DATA', { at: `${path}, row ${row}`, hint })
      const holder = HOLDERS.find((name) => name === cells[classAt]) ?? wrong(HOLDERS.join(', '))
      const kind = IDENTIFIER_KINDS.find((name) => name === cells[kindAt])
      if (kind === undefined) return wrong(IDENTIFIER_KINDS.join(', '))
      const value = canonical(kind, cells[valueAt] ?? '') ?? wrong(`no ${kind} in canonical form`)
      const place = placeOf(places, kind, value)
      place.holder = holder
      if (campaignsAt >= 0)
        place.campaigns = campaignsOf(cells[campaignsAt] ?? '') ?? wrong('numbers')
    }
  }
}

/** Numbers with a space between, or none. */
function campaignsOf(text: string): number[] | undefined {
  const parts = text.split(' ').filter((part) => part !== '')
  return parts.every((part) => /^\d{1,9}$/.test(part)) ? parts.map(Number) : undefined
}
