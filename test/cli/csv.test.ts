import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CsvRow, columnIndex, csvLine, openCsv } from '@drempel/cli/internal/client/csv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { folder } from './world.ts'

async function read(content: string | Uint8Array, separator?: string) {
  const path = join(folder(), 'file.csv')
  writeFileSync(path, content)
  const file = await openCsv(path, separator)
  const rows: CsvRow[] = []
  for await (const part of file.rows()) rows.push(...part)
  return { file, header: file.header, rows, cells: rows.map(({ cells }) => cells) }
}

const codeOf = (content: string | Uint8Array) =>
  read(content).then(
    () => 'read',
    (error: { code: string; at?: string }) =>
      `${error.code} ${error.at?.startsWith('/') ? '' : (error.at ?? '')}`.trim(),
  )

describe('CSV', () => {
  it.each([
    ['line ends of Unix', 'a,b\n1,2\n3,4\n'],
    ['line ends of Windows', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['line ends of old', 'a,b\r1,2\r3,4'],
    ['a byte-order mark', '\ufeffa,b\n1,2\n3,4'],
    ['semicolons', 'a;b\n1;2\n3;4'],
    ['tabs', 'a\tb\n1\t2\n3\t4'],
    ['quotes', '"a","b"\n"1","2"\n"3","4"\n'],
    ['white space around cells', ' a , "b" \n 1 ,\t2\n3, "4" '],
    ['empty lines', 'a,b\n1,2\n3,4\n\n\n'],
  ])('reads %s', async (_name, text) => {
    const { header, cells } = await read(text)
    expect(header).toEqual(['a', 'b'])
    expect(cells).toEqual([
      ['1', '2'],
      ['3', '4'],
    ])
  })

  it('counts rows as a spreadsheet does: the header is 1, an empty row counts, a line break in a cell does not', async () => {
    const { rows } = await read('a,b\nx,1\n\n"y\r\nz",2\nw,3')
    expect(rows).toEqual([
      { row: 2, cells: ['x', '1'] },
      { row: 4, cells: ['y\r\nz', '2'] },
      { row: 5, cells: ['w', '3'] },
    ])
  })

  it('does not take a separator inside quotes for the separator', async () => {
    expect((await read('"a;b;c;d",e\n1,2')).header).toEqual(['a;b;c;d', 'e'])
    expect((await read('a;b\n1;2', ',')).header).toEqual(['a;b'])
  })

  it.each([
    ['nothing', '', 'CSV_EMPTY'],
    ['an empty first line', '\n1,2', 'CSV_EMPTY'],
    ['a quote that never closes', 'a,b\n1,2\n"3,4\n5,6\n', 'CSV_QUOTE row 3'],
    ['text after a closing quote', 'a\n"1"2\n', 'CSV_QUOTE row 2'],
    ['an endless cell', `a\n"${'x'.repeat(20_000)}`, 'CSV_CELL_TOO_LONG row 2'],
    ['Latin-1', Uint8Array.of(0x61, 0x0a, 0xe9, 0x0a), 'CSV_ENCODING'],
    ['UTF-8 cut short', Uint8Array.of(0x61, 0x0a, 0xc3), 'CSV_ENCODING'],
    ['UTF-16', new Uint8Array(Buffer.from('\ufeffa\n1', 'utf16le')), 'CSV_ENCODING'],
  ])('refuses %s', async (_name, content, code) => {
    expect(await codeOf(content)).toBe(code)
  })

  it('finds a column by its exact name, else whatever its case, and never one of two', async () => {
    const { file } = await read('Host,host,IBAN,x,x\n')
    expect(columnIndex(file, 'host')).toBe(1)
    expect(columnIndex(file, 'iban')).toBe(2)
    expect(() => columnIndex(file, 'x')).toThrow('CSV_COLUMN')
    expect(() => columnIndex(file, 'HOST')).toThrow('CSV_COLUMN')
    expect(() => columnIndex(file, 'phone')).toThrow('CSV_COLUMN')
  })

  it('reads what it writes, wherever the file is cut into pieces', async () => {
    const cell = fc
      .string({
        unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', '\r', ' ', '😀'),
        maxLength: 8,
      })
      .map((text) => text.trim())
    const rowOf = fc.tuple(cell, cell).filter(([a, b]) => a !== '' || b !== '')
    await fc.assert(
      fc.asyncProperty(fc.array(rowOf, { maxLength: 30 }), fc.nat(400), async (rows, shift) => {
        // A first row that moves all others over the edges of 256 KiB.
        const pad = Array.from({ length: 26 }, () => ['p'.repeat(10_000), 'x'])
        pad.push(['p'.repeat(2_040 + shift), 'y'])
        const all = [...pad, ...rows]
        const { cells } = await read(`a,b\n${all.map((row) => csvLine(row)).join('')}`)
        expect(cells).toEqual(all)
      }),
      { numRuns: 60 },
    )
  })
})
