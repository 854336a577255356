/**
 * Lists from files and npm packages, made canonical as a node's import does. What is no identifier is
 * counted and left out, as a node would reject it.
 */

import { createRequire } from 'node:module'
import { extname, join, resolve } from 'node:path'
import { canonicalize, type IdentifierKind } from '@drempel/protocol/identifiers'
import { columnIndex, openCsv } from '../client/csv.ts'
import { readText, reasonOf } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { HOLDERS, type Holder, type Item, type Material, type Report } from './model.ts'
import type { Experiment, FileData, ListSource } from './schema.ts'

const DAY_MS = 86_400_000

/** @param folder where paths and packages start from */
export async function readLists(
  experiment: Experiment,
  { files, truth }: FileData,
  folder: string,
): Promise<Material> {
  const { partners } = experiment
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
      const place = placeOf(places, source.kind, value)
      // Without days a list says once that an identifier is on it, however often it stands there.
      if (row.day === undefined && row.reports === undefined) {
        if (place.reports.some((report) => report.partner === partner)) continue
      }
      for (let i = 0; i < (row.reports ?? 1); i++)
        place.reports.push({ day: row.day ?? 0, partner })
    }
  }
  if (truth !== undefined) await readTruth(resolve(folder, truth), places)
  const dated = files.every(({ dateColumn }) => dateColumn !== undefined)
  const all = [...places.values()]
  const { first, last } = span(all)
  const items = all.map(({ reports, ...place }): Item => {
    const moved = reports.map(({ day, partner }) => ({ day: day - first, partner }))
    return { ...place, campaigns: [], reports: moved.sort((a, b) => a.day - b.day) }
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
  readonly reports: Report[]
}

type Row = { readonly value: string; readonly day?: number; readonly reports?: number }

function placeOf(places: Map<string, Place>, kind: IdentifierKind, value: string): Place {
  const key = `${kind}:${value}`
  const found = places.get(key)
  if (found !== undefined) return found
  const place: Place = { kind, value, holder: null, reports: [] }
  places.set(key, place)
  return place
}

function span(places: readonly Place[]): { first: number; last: number } {
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const { reports } of places) {
    for (const { day } of reports) {
      first = Math.min(first, day)
      last = Math.max(last, day)
    }
  }
  return { first: Number.isFinite(first) ? first : 0, last }
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
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(time))
    fail('EXPERIMENT_DATA', { at: `${path}, row ${row}`, hint: 'a day: 2026-01-31' })
  return Math.floor(time / DAY_MS)
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
  for await (const rows of csv.rows()) {
    for (const { row, cells } of rows) {
      const holder = HOLDERS.find((name) => name === cells[classAt])
      if (holder === undefined) {
        return fail('EXPERIMENT_DATA', { at: `${path}, row ${row}`, hint: HOLDERS.join(', ') })
      }
      const kind = cells[kindAt] as IdentifierKind
      const value = canonical(kind, cells[valueAt] ?? '')
      if (value !== undefined) placeOf(places, kind, value).holder = holder
    }
  }
}
