import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { columnIndex, locatedRows, openCsv } from '@drempel/cli/internal/client/csv'
import { startProgress } from '@drempel/cli/internal/output/progress'
import { rejectionText } from '@drempel/cli/internal/output/rejections'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { folder } from './world.ts'

const RESTORED = '\u001b[?25h\u001b[?7h'

function terminal() {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 80,
    cursorTo() {},
    clearLine() {},
  })
  const told: string[] = []
  stream.on('data', (part: Buffer) => told.push(part.toString()))
  return { told: () => told.join(''), stderr: stream }
}

const start = (stderr: unknown, quiet = false) =>
  startProgress({ stderr } as never, {
    label: 'q.csv',
    total: 100,
    quiet,
    interrupted: () => 'interrupted; answers up to row 7 are in a.csv',
  })

describe('a bar', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('appears after two seconds, whether or not anything is done by then', () => {
    const { told, stderr } = terminal()
    const progress = start(stderr)
    vi.advanceTimersByTime(1_900)
    expect(told()).toBe('')
    vi.advanceTimersByTime(200)
    expect(told()).toContain('q.csv')
    expect(told()).toContain(' 0%')
    progress.stop()
    expect(told().endsWith(RESTORED)).toBe(true)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('gives the terminal back on %s, and says what is kept', (signal, code) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as never)
    const { told, stderr } = terminal()
    const before = process.listenerCount(signal)
    const progress = start(stderr)
    vi.advanceTimersByTime(3_000)
    process.listeners(signal).at(-1)!(signal)
    expect(exit).toHaveBeenCalledWith(code)
    expect(told().endsWith(`${RESTORED}interrupted; answers up to row 7 are in a.csv\n`)).toBe(true)
    progress.stop()
    expect(process.listenerCount(signal)).toBe(before)
    exit.mockRestore()
  })

  it('is not for pipes, nor for JSON', () => {
    for (const [tty, quiet] of [
      [false, false],
      [true, true],
    ] as const) {
      const { told, stderr } = terminal()
      const progress = start(Object.assign(stderr, { isTTY: tty }), quiet)
      vi.advanceTimersByTime(5_000)
      progress.update(50)
      progress.stop()
      expect(told()).toBe('')
    }
  })
})

it('places rows in the file, the last one at its end', async () => {
  const path = join(folder(), 'q.csv')
  writeFileSync(path, `host\n${'a.example\n'.repeat(1_000)}`)
  const file = await openCsv(path)
  const ends: number[] = []
  for await (const rows of locatedRows(file)) ends.push(...rows.map(([, end]) => end))
  expect(ends).toHaveLength(1_000)
  expect(ends[499]! / file.size).toBeCloseTo(0.5, 1)
  expect(ends.at(-1)).toBe(file.size)
})

it('names the columns of a header, but not the cells of a line of data', async () => {
  const path = join(folder(), 'q.csv')
  const hintOf = async (head: string) => {
    writeFileSync(path, `${head}\n`)
    const file = await openCsv(path)
    try {
      return String(columnIndex(file, 'iban'))
    } catch (error) {
      return (error as { hint?: string }).hint
    }
  }
  expect(await hintOf('Rekening,datum')).toBe('Rekening, datum')
  expect(await hintOf('NL91ABNA0417164300,Jansen')).toBeUndefined()
  expect(await hintOf('a@b.example,x')).toBeUndefined()
})

it('says in words why rows were rejected, the most frequent first', () => {
  const codes = ['ROW_WIDTH', 'IBAN_CHECKSUM', 'ROW_WIDTH', 'SOMETHING_NEW']
  expect(rejectionText(codes, 'nl').split('\n')).toEqual([
    '  ROW_WIDTH 2: meer cellen dan de kopregel heeft',
    '  IBAN_CHECKSUM 1: de controlecijfers kloppen niet',
    '  SOMETHING_NEW 1',
  ])
})
