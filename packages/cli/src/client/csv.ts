/**
 * CSV with a header, per RFC 4180, read as a stream: UTF-8 with or without byte-order mark, any line
 * end, quoted cells, and the separators that spreadsheets write (`,` `;` tab). Cells are trimmed.
 * A row's number counts as in a spreadsheet: the header is row 1.
 */

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { fail } from '../output/errors.ts'
import { reasonOf } from './files.ts'

export type CsvRow = { readonly row: number; readonly cells: readonly string[] }

export type CsvFile = {
  readonly header: readonly string[]
  /** Bytes in all, and a look at how many were read. */
  readonly size: number
  bytesRead(): number
  /** Rows in pieces as they are read; empty rows are left out, but counted. */
  rows(): AsyncGenerator<readonly CsvRow[]>
}

const MAX_CELL = 16_384
const SEPARATORS = [',', ';', '\t', '|']

/** @throws ProtocolError `FILE_UNREADABLE`, `CSV_EMPTY`, `CSV_ENCODING`, `CSV_QUOTE`, `CSV_CELL_TOO_LONG` */
export async function openCsv(path: string, separator?: string): Promise<CsvFile> {
  const { size } = await stat(path).catch((error) => {
    return fail('FILE_UNREADABLE', { at: path, hint: reasonOf(error) })
  })
  let read = 0
  const pieces = parsed(
    decoded(path, (bytes) => {
      read += bytes
    }),
    separator,
  )
  const first = await pieces.next()
  const [head, ...begun] = first.done ? [] : first.value
  if (head === undefined || head.cells.every((cell) => cell === ''))
    return fail('CSV_EMPTY', { at: path })
  return {
    header: head.cells,
    size,
    bytesRead: () => read,
    async *rows() {
      yield begun
      yield* pieces
    },
  }
}

/** Rows with about how many bytes of the file end with each: what was read may lie far ahead. */
export async function* locatedRows(
  file: CsvFile,
): AsyncGenerator<readonly (readonly [row: CsvRow, end: number])[]> {
  let begin = 0
  for await (const rows of file.rows()) {
    const length = file.bytesRead() - begin
    const start = begin
    yield rows.map((row, i) => [row, start + (length * (i + 1)) / rows.length])
    begin += length
  }
}

/** By exact name, else by name without regard to case. @throws ProtocolError `CSV_COLUMN` */
export function columnIndex({ header }: CsvFile, name: string): number {
  const matches = (same: (cell: string) => boolean) =>
    header.flatMap((cell, i) => (same(cell) ? [i] : []))
  const exact = matches((cell) => cell === name)
  const found = exact.length > 0 ? exact : matches((cell) => lower(cell) === lower(name))
  if (found.length === 1) return found[0]!
  // The cells of a first line might be data: they are repeated when every one reads as a name only.
  const names = header.every((cell) => /^[A-Za-z][A-Za-z_ -]{0,30}$/.test(cell))
  return fail('CSV_COLUMN', { at: name, ...(names ? { hint: header.join(', ') } : {}) })
}

/** More cells than the header has: a separator inside a cell shifted them, and none can be trusted. */
export function isTooWide({ header }: CsvFile, { cells }: CsvRow): boolean {
  return cells.slice(header.length).some((cell) => cell !== '')
}

export function csvLine(cells: readonly (string | number)[]): string {
  const quoted = cells.map((cell) => {
    const text = String(cell)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${quoted.join(',')}\n`
}

async function* decoded(path: string, onBytes: (count: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      return fail('CSV_ENCODING', { at: path })
    }
  }
  const stream = createReadStream(path, { highWaterMark: 1 << 18 })
  try {
    for await (const bytes of stream as AsyncIterable<Uint8Array>) {
      onBytes(bytes.length)
      const text = decode(bytes)
      if (text !== '') yield text
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'CSV_ENCODING') throw error
    fail('FILE_UNREADABLE', { at: path, hint: reasonOf(error) })
  }
  decode()
}

async function* parsed(
  texts: AsyncGenerator<string>,
  separator: string | undefined,
): AsyncGenerator<readonly CsvRow[]> {
  let parser: Parser | undefined
  let begin = ''
  for await (const text of texts) {
    if (parser === undefined) {
      // The separator shows in the first line, which a piece of a file may cut.
      begin += text
      if (separator === undefined && !/[\r\n]/.test(begin) && begin.length < MAX_CELL) continue
      parser = new Parser(separator ?? guessSeparator(begin))
    }
    const rows = parser.push(begin === '' ? text : begin)
    begin = ''
    if (rows.length > 0) yield rows
  }
  parser ??= new Parser(separator ?? guessSeparator(begin))
  yield [...parser.push(begin), ...parser.end()]
}

function guessSeparator(text: string): string {
  const line = /^[^\r\n]*/.exec(text)![0].replaceAll(/"[^"]*"/g, '')
  const count = (separator: string) => line.split(separator).length
  return SEPARATORS.reduce((best, next) => (count(next) > count(best) ? next : best))
}

type State = 'start' | 'plain' | 'quoted' | 'closed'

class Parser {
  readonly #separator: number
  #state: State = 'start'
  #cell = ''
  #cells: string[] = []
  #row = 1
  #afterReturn = false

  constructor(separator: string) {
    this.#separator = separator.charCodeAt(0)
  }

  push(text: string): CsvRow[] {
    const rows: CsvRow[] = []
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (this.#state === 'quoted') {
        if (unit !== QUOTE) continue
        this.#take(text, from, at)
        this.#state = 'closed'
        continue
      }
      const lineEnd = unit === LF || unit === CR
      if (unit === this.#separator || lineEnd) {
        const second = unit === LF && this.#afterReturn
        if (this.#state === 'plain') this.#take(text, from, at)
        if (!second) {
          this.#endCell()
          if (lineEnd) this.#endRow(rows)
        }
      } else if (unit === QUOTE && this.#state !== 'plain') {
        // A quote inside a quoted cell is written twice.
        if (this.#state === 'closed') this.#cell += '"'
        this.#state = 'quoted'
        from = at + 1
      } else if (this.#state === 'start') {
        if (unit !== SPACE) {
          this.#state = 'plain'
          from = at
        }
      } else if (this.#state === 'closed' && unit !== SPACE) {
        this.#refuse()
      }
      this.#afterReturn = unit === CR
    }
    if (this.#state === 'plain' || this.#state === 'quoted') this.#take(text, from, text.length)
    return rows
  }

  end(): CsvRow[] {
    const rows: CsvRow[] = []
    if (this.#state === 'quoted') this.#refuse()
    if (this.#state !== 'start' || this.#cells.length > 0) {
      this.#endCell()
      this.#endRow(rows)
    }
    return rows
  }

  #take(text: string, from: number, to: number): void {
    if (this.#cell.length + to - from > MAX_CELL) fail('CSV_CELL_TOO_LONG', { at: this.#place() })
    this.#cell += text.slice(from, to)
  }

  #endCell(): void {
    this.#cells.push(this.#cell.trim())
    this.#cell = ''
    this.#state = 'start'
  }

  #endRow(rows: CsvRow[]): void {
    const cells = this.#cells
    if (this.#row === 1 || cells.some((cell) => cell !== '')) rows.push({ row: this.#row, cells })
    this.#cells = []
    this.#row++
  }

  #refuse(): never {
    return fail('CSV_QUOTE', { at: this.#place() })
  }

  #place(): string {
    return `row ${this.#row}`
  }
}

const [QUOTE, LF, CR, SPACE] = [0x22, 0x0a, 0x0d, 0x20]
const lower = (text: string) => text.toLowerCase()
