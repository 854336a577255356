/**
 * Output `list`: the keys over the threshold are opened, and nothing else about them.
 *
 * A run of t or more equal rows reaches the end of the block of t rows in which it begins. So the last
 * row of every block stands for its run: it becomes (bin, rest of the key, one bit per rule: whether a
 * run begins in the block), t being the least of the rules. These rows are shuffled obliviously, so that
 * no position tells whose list or which bin a row came from. Then the bits alone are opened, their
 * number is checked against what honest lists can reach, and only then the keys of the marked rows. All
 * three nodes learn the size of each list and its salted keys.
 *
 * Adversary: one semi-honest party. One that deviates can have keys below the threshold opened; the
 * count only caps how many.
 */

import type { Bytes } from '../encoding/index.ts'
import {
  newPlanes,
  type Planes,
  planeAt,
  reveal,
  type Session,
  type Share,
  shuffle,
  transposeInto,
  verify,
  type Words,
  zeroShare,
} from '../mpc/index.ts'
import { fail } from './errors.ts'
import { type Group, wholeOf } from './group.ts'
import type { RoundPlan } from './plan.ts'
import type { RowSpan, Schedule } from './schedule.ts'
import { sortedOrder } from './sorted.ts'

/** Rows of a bin that are done between pauses. */
const PAUSE_ROWS = 1024
/** The same for rows of the table. */
const PAUSE_TABLE_ROWS = 128 * PAUSE_ROWS

/** Rows of `fields` words; bit 0 of a row is the highest bit of its first word. */
export type Table = {
  readonly share: Share
  readonly fields: number
  readonly rows: number
  /** Merged rows that one row stands for. */
  readonly block: number
  /** Whose rows they are, bin after bin of each 32·words, as many rows a bin. */
  readonly part: Group
}

/**
 * @param part the bins
 * @param rowsPerBin of all lists together
 * @param thresholds t of every rule with output `list`
 */
export function newTable(
  plan: RoundPlan,
  part: Group,
  rowsPerBin: number,
  thresholds: readonly number[],
): Table {
  const fields = Math.ceil((plan.keyBits + thresholds.length) / 32)
  const block = Math.min(...thresholds)
  // What is left at the end is shorter than any run.
  const rows = Math.floor(rowsPerBin / block) * binsOf(part)
  return { share: zeroShare(rows * fields), fields, rows, block, part }
}

/**
 * Adds a group's merged rows with their first-of-run bits, planes `marks` of `found`; the shuffle
 * undoes their order.
 */
export async function fillTable(
  session: Session,
  plan: RoundPlan,
  table: Table,
  group: Group,
  { order }: Pick<Schedule, 'order'>,
  merged: Planes,
  found: Planes,
  marks: readonly number[],
): Promise<void> {
  const { rowWords } = merged
  const { arena } = session
  const count = table.rows / binsOf(table.part)
  const firstBin = 32 * group.firstWord
  const firstRow = 32 * (group.firstWord - table.part.firstWord) * count
  const before = arena.mark()
  const { begins, ends } = blocksOf(session, order, found, marks, count, table.block)
  const bins = Array.from({ length: plan.binBits }, () => undefined)
  const key = Array.from({ length: plan.width }, (_, bit) => ({
    planes: merged,
    bit,
    places: ends,
  }))
  const first = marks.map((_, bit) => ({ planes: begins, bit }))
  const sources = [...bins, ...key, ...first]
  for (const held of ['first', 'second'] as const) {
    const words = table.share[held]
    for (let start = 0; start < count; start += PAUSE_ROWS) {
      const span = { start, count: Math.min(PAUSE_ROWS, count - start) }
      const row = firstRow + 32 * rowWords * start
      transposeInto(arena, words, row, table.fields, held, sources, rowWords, span)
      await session.pause()
    }
    // The bin is public until the shuffle; component 0 takes it.
    if ((session.party + (held === 'second' ? 1 : 0)) % 3 === 0)
      await addBins(session, plan, table, words, firstBin, firstRow, count, 32 * rowWords)
  }
  arena.release(before)
}

/** The table of all bins from those of its parts. */
export async function joinTables(
  session: Session,
  plan: RoundPlan,
  tables: readonly Table[],
): Promise<Table> {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const [{ fields, block }] = tables as readonly [Table, ...Table[]]
  const share = zeroShare(rows * fields)
  let at = 0
  for (const { share: part } of tables) {
    for (const held of ['first', 'second'] as const) {
      share[held].set(part[held], at)
      await session.pause()
    }
    at += part.first.length
  }
  return { share, fields, rows, block, part: wholeOf(plan) }
}

function binsOf({ words }: Group): number {
  return 32 * words
}

/** Of each block of merged rows whether a run begins in it, at most one can, and its last row. */
function blocksOf(
  session: Session,
  order: readonly RowSpan[],
  found: Planes,
  marks: readonly number[],
  count: number,
  block: number,
): { readonly begins: Planes; readonly ends: Int32Array } {
  const { kernel } = session.arena
  const { rowWords } = found
  const begins = newPlanes(session, marks.length, count, rowWords)
  const ends = new Int32Array(count)
  let row = 0
  for (const { start, count: rows } of order) {
    for (let at = start; at < start + rows && row < count * block; at++, row++) {
      const into = Math.floor(row / block)
      ends[into] = at
      for (const [plane, bit] of marks.entries()) {
        for (const held of ['first', 'second'] as const) {
          const to = planeAt(begins, plane) + into * rowWords
          const from = planeAt(found, bit) + at * rowWords
          kernel.add(begins.share[held], to, found.share[held], from, rowWords)
        }
      }
    }
  }
  return { begins, ends }
}

/**
 * Opens one sorted list of keys per rule.
 * @param most per rule, how many keys honest lists can bring over the threshold
 * @throws ProtocolError `TOO_MANY_OVER`
 */
export async function openLists(
  session: Session,
  plan: RoundPlan,
  table: Table,
  most: readonly number[],
): Promise<readonly (readonly Bytes[])[]> {
  const share = await shuffle(session.narrow('shuffle'), table.share, table.fields)
  const shuffled = { ...table, share }
  const marks = await openMarks(session.narrow('marks'), plan, shuffled, most.length)
  const any = new Int32Array(Math.ceil(table.rows / 32))
  marks.forEach((marked, rule) => {
    if (countOnes(marked) > most[rule]!) fail('TOO_MANY_OVER', { at: String(rule) })
    for (let i = 0; i < any.length; i++) any[i]! |= marked[i]!
  })
  const wanted = onesOf(any)
  const keys = await openKeys(session.narrow('keys'), plan, shuffled, wanted)
  const order = await sortedOrder(keys, () => session.pause())
  return marks.map((marked) => {
    const isMarked = (row: number) => ((marked[row >> 5]! >>> (row & 31)) & 1) === 1
    return Array.from(
      order.filter((i) => isMarked(wanted[i]!)),
      (i) => keys[i]!,
    )
  })
}

async function addBins(
  session: Session,
  plan: RoundPlan,
  { fields }: Table,
  words: Words,
  firstBin: number,
  firstRow: number,
  rows: number,
  lanes: number,
): Promise<void> {
  for (let row = 0; row < rows; row++) {
    for (let lane = 0; lane < lanes; lane++) {
      const at = (firstRow + row * lanes + lane) * fields
      words[at]! ^= (firstBin + lane) << (32 - plan.binBits)
    }
    if (row % PAUSE_ROWS === PAUSE_ROWS - 1) await session.pause()
  }
}

/** Of each rule the marked rows, 32 to a word. */
async function openMarks(
  session: Session,
  plan: RoundPlan,
  { share, fields, rows }: Table,
  rules: number,
): Promise<readonly Words[]> {
  const words = Math.ceil(rows / 32)
  const marks = zeroShare(rules * words)
  for (let rule = 0; rule < rules; rule++) {
    const bit = plan.keyBits + rule
    for (const held of ['first', 'second'] as const) {
      const column = marks[held].subarray(rule * words, (rule + 1) * words)
      for (let row = 0; row < rows; row += PAUSE_TABLE_ROWS) {
        const piece = share[held].subarray(row * fields, (row + PAUSE_TABLE_ROWS) * fields)
        gatherBits(column.subarray(row / 32), piece, fields, bit)
        await session.pause()
      }
    }
  }
  const opened = await reveal(session, await verify(session, marks))
  return Array.from({ length: rules }, (_, rule) =>
    opened.subarray(rule * words, (rule + 1) * words),
  )
}

/** One bit of each row, 32 rows to a word from the least significant bit on. */
function gatherBits(into: Words, rows: Words, fields: number, bit: number): void {
  const shift = 31 - (bit & 31)
  for (let at = bit >> 5, row = 0; at < rows.length; at += fields, row++) {
    into[row >> 5]! |= ((rows[at]! >>> shift) & 1) << (row & 31)
  }
}

function countOnes(words: Words): number {
  let ones = 0
  for (const word of words) for (let rest = word; rest !== 0; rest &= rest - 1) ones++
  return ones
}

/** Their positions, in ascending order. */
function onesOf(words: Words): Int32Array {
  const ones = new Int32Array(countOnes(words))
  let at = 0
  for (const [i, word] of words.entries()) {
    for (let rest = word; rest !== 0; rest &= rest - 1)
      ones[at++] = 32 * i + 31 - Math.clz32(rest & -rest)
  }
  return ones
}

async function openKeys(
  session: Session,
  plan: RoundPlan,
  { share, fields }: Table,
  wanted: Int32Array,
): Promise<readonly Bytes[]> {
  const keyWords = Math.ceil(plan.keyBits / 32)
  const spare = 32 * keyWords - plan.keyBits
  const keys = zeroShare(wanted.length * keyWords)
  // The marks behind the key stay closed.
  const last = -1 << spare
  for (const held of ['first', 'second'] as const) {
    const [from, to] = [share[held], keys[held]]
    for (let i = 0, at = 0; i < wanted.length; i++) {
      let source = wanted[i]! * fields
      for (let word = 1; word < keyWords; word++) to[at++] = from[source++]!
      to[at++] = from[source]! & last
    }
    await session.pause()
  }
  const opened = await reveal(session, await verify(session, keys))
  const bytes = new DataView(new ArrayBuffer(4 * opened.length))
  for (let i = 0; i < opened.length; i++) bytes.setInt32(4 * i, opened[i]!)
  return Array.from(
    wanted,
    (_, i) => new Uint8Array(bytes.buffer, 4 * keyWords * i, Math.ceil(plan.keyBits / 8)),
  )
}
