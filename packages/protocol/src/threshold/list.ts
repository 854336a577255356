/**
 * Output `list`: the keys over the threshold are opened, and nothing else about them.
 *
 * Every row becomes (bin, rest of the key, one first-of-run bit per rule). All rows are shuffled
 * obliviously, so that no position tells whose list or which bin a row came from. Then the first bits
 * alone are opened, their number is checked against what honest lists can reach, and only then the keys
 * of the marked rows. All three nodes learn the size of each list and its salted keys.
 *
 * Adversary: one semi-honest party. One that deviates can have keys below the threshold opened; the
 * count only caps how many.
 */

import { type Bytes, compareBytes } from '../encoding/index.ts'
import {
  type Planes,
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
import type { Group } from './group.ts'
import type { RoundPlan } from './plan.ts'
import type { Schedule } from './schedule.ts'

/** Rows of a bin that are done between pauses. */
const PAUSE_ROWS = 1024

/** Rows of `fields` words; bit 0 of a row is the highest bit of its first word. */
export type Table = { readonly share: Share; readonly fields: number; readonly rows: number }

/** @param rowsPerBin of all lists together */
export function newTable(plan: RoundPlan, rowsPerBin: number, rules: number): Table {
  const fields = Math.ceil((plan.keyBits + rules) / 32)
  const rows = rowsPerBin * plan.bins
  return { share: zeroShare(rows * fields), fields, rows }
}

/** Adds a group's merged rows, as they lie, with their first-of-run bits: planes `marks` of `found`. */
export async function fillTable(
  session: Session,
  plan: RoundPlan,
  table: Table,
  group: Group,
  { order, ones }: Pick<Schedule, 'order' | 'ones'>,
  merged: Planes,
  found: Planes,
  marks: readonly number[],
): Promise<void> {
  const { rowWords } = merged
  const firstBin = 128 * group.firstShard
  const firstRow = firstBin * ones
  const bins = Array.from({ length: plan.binBits }, () => undefined)
  const key = Array.from({ length: plan.width }, (_, bit) => ({ planes: merged, bit }))
  const first = marks.map((bit) => ({ planes: found, bit }))
  const sources = [...bins, ...key, ...first]
  for (const held of ['first', 'second'] as const) {
    const words = table.share[held]
    let row = firstRow
    let sincePause = 0
    for (const span of order) {
      transposeInto(session.arena, words, row, table.fields, held, sources, rowWords, span)
      row += 32 * rowWords * span.count
      sincePause += span.count
      if (sincePause < PAUSE_ROWS) continue
      sincePause = 0
      await session.pause()
    }
    // The bin is public until the shuffle; component 0 takes it.
    if ((session.party + (held === 'second' ? 1 : 0)) % 3 === 0)
      addBins(plan, table, words, firstBin, firstRow, ones, 32 * rowWords)
  }
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
  const marked = await openMarks(session.narrow('marks'), plan, shuffled, most.length)
  marked.forEach((rows, rule) => {
    if (rows.length > most[rule]!) fail('TOO_MANY_OVER', { at: String(rule) })
  })
  const wanted = [...new Set(marked.flat())].sort((a, b) => a - b)
  const keys = await openKeys(session.narrow('keys'), plan, shuffled, wanted)
  const keyOf = new Map(wanted.map((row, i) => [row, keys[i]!]))
  return marked.map((rows) => rows.map((row) => keyOf.get(row)!).sort(compareBytes))
}

function addBins(
  plan: RoundPlan,
  { fields }: Table,
  words: Words,
  firstBin: number,
  firstRow: number,
  rows: number,
  lanes: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let lane = 0; lane < lanes; lane++) {
      const at = (firstRow + row * lanes + lane) * fields
      words[at]! ^= (firstBin + lane) << (32 - plan.binBits)
    }
  }
}

async function openMarks(
  session: Session,
  plan: RoundPlan,
  { share, fields, rows }: Table,
  rules: number,
): Promise<readonly (readonly number[])[]> {
  const words = Math.ceil(rows / 32)
  const marks = zeroShare(rules * words)
  for (let rule = 0; rule < rules; rule++) {
    const bit = plan.keyBits + rule
    for (const held of ['first', 'second'] as const) {
      const column = marks[held]
      const source = share[held]
      for (let row = 0; row < rows; row++) {
        const value = (source[row * fields + (bit >> 5)]! >>> (31 - (bit & 31))) & 1
        column[rule * words + (row >> 5)]! |= value << (row & 31)
      }
      await session.pause()
    }
  }
  const opened = await reveal(session, await verify(session, marks))
  return Array.from({ length: rules }, (_, rule) => {
    const marked: number[] = []
    for (let row = 0; row < rows; row++) {
      if (((opened[rule * words + (row >> 5)]! >>> (row & 31)) & 1) === 1) marked.push(row)
    }
    return marked
  })
}

async function openKeys(
  session: Session,
  plan: RoundPlan,
  { share, fields }: Table,
  wanted: readonly number[],
): Promise<readonly Bytes[]> {
  const keyWords = Math.ceil(plan.keyBits / 32)
  const spare = 32 * keyWords - plan.keyBits
  const keys = zeroShare(wanted.length * keyWords)
  for (const held of ['first', 'second'] as const) {
    wanted.forEach((row, i) => {
      for (let word = 0; word < keyWords; word++) {
        const value = share[held][row * fields + word]!
        // The marks behind the key stay closed.
        keys[held][i * keyWords + word] = word === keyWords - 1 ? value & (-1 << spare) : value
      }
    })
  }
  const opened = await reveal(session, await verify(session, keys))
  return wanted.map((_, i) => {
    const key = new Uint8Array(4 * keyWords)
    const view = new DataView(key.buffer)
    for (let word = 0; word < keyWords; word++)
      view.setInt32(4 * word, opened[i * keyWords + word]!)
    return key.subarray(0, Math.ceil(plan.keyBits / 8))
  })
}
