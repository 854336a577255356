/**
 * The records of a bin in order of x, gathered from the parts in which a list was keyed. Records are
 * spread evenly over nominal slots, so that most slots have one or two: counted rather than compared.
 */

import type { KeyedRecords } from './keyed.ts'
import { WORDS } from './keys.ts'
import { compareAt, scaleAt } from './words.ts'

/** One bin's; valid until the next bin is gathered. */
export type Queue = {
  readonly count: number
  /** By number: x, nominal slot, reports, and where the record's cell goes. */
  readonly words: Uint32Array
  readonly nominal: Int32Array
  readonly reports: Uint8Array
  readonly cells: Int32Array
  /** Numbers by rising x. */
  readonly order: Int32Array
}

/** A nominal slot with more records than this is left to the engine's sort. */
const FEW = 32

export class Queues {
  /** Places in the list, bin after bin, and the cell of each. */
  readonly records: Int32Array
  readonly cells: Int32Array
  /** Records of the bins gathered so far, duplicates counted once. */
  distinct = 0
  readonly #keyed: readonly KeyedRecords[]
  readonly #taken: number[]
  readonly #words: Uint32Array
  readonly #nominal: Int32Array
  readonly #reports: Uint8Array
  readonly #order: Int32Array
  /** Where each nominal slot's numbers end. */
  readonly #ends: Int32Array
  #bin = 0
  #done = 0

  /** @param bins of the range @param span M of the list */
  constructor(keyed: readonly KeyedRecords[], bins: number, span: number) {
    let [total, most] = [0, 0]
    for (let bin = 0; bin < bins; bin++) {
      const count = countIn(keyed, bin)
      total += count
      most = Math.max(most, count)
    }
    this.records = new Int32Array(total)
    this.cells = new Int32Array(total)
    this.#keyed = keyed
    this.#taken = keyed.map(() => 0)
    this.#words = new Uint32Array(WORDS * most)
    this.#nominal = new Int32Array(most)
    this.#reports = new Uint8Array(most)
    this.#order = new Int32Array(most)
    this.#ends = new Int32Array(span)
  }

  /** Of the next bin. */
  next(): Queue {
    const from = this.#done
    this.#gather()
    const count = this.#done - from
    this.#sort(count)
    return {
      ...{ count, words: this.#words, nominal: this.#nominal, reports: this.#reports },
      ...{ cells: this.cells.subarray(from, this.#done), order: this.#order },
    }
  }

  #gather(): void {
    let number = 0
    this.#keyed.forEach(({ counts, records, words, reports }, part) => {
      const count = counts[this.#bin]!
      const from = this.#taken[part]!
      const to = from + count
      this.records.set(records.subarray(from, to), this.#done + number)
      this.#words.set(words.subarray(WORDS * from, WORDS * to), WORDS * number)
      this.#reports.set(reports.subarray(from, to), number)
      this.#taken[part] = to
      number += count
    })
    this.#done += number
    this.#bin++
  }

  #sort(count: number): void {
    const [words, nominal, order, ends] = [this.#words, this.#nominal, this.#order, this.#ends]
    ends.fill(0)
    for (let i = 0; i < count; i++) {
      const slot = scaleAt(words, WORDS * i, ends.length)
      nominal[i] = slot
      ends[slot]!++
    }
    // First where each begins; with each number that comes, where it ends.
    for (let slot = 0, before = 0; slot < ends.length; slot++) {
      const here = ends[slot]!
      ends[slot] = before
      before += here
    }
    for (let i = 0; i < count; i++) order[ends[nominal[i]!]!++] = i
    for (let slot = 0, from = 0; slot < ends.length; slot++) {
      const to = ends[slot]!
      if (to > from + 1) sortNumbers(order, from, to, words)
      from = to
    }
    for (let i = 0; i < count; i++) {
      const same = i > 0 && compareAt(words, WORDS * order[i]!, words, WORDS * order[i - 1]!) === 0
      if (!same) this.distinct++
    }
  }
}

function countIn(keyed: readonly KeyedRecords[], bin: number): number {
  let count = 0
  for (const { counts } of keyed) count += counts[bin]!
  return count
}

function sortNumbers(order: Int32Array, from: number, to: number, words: Uint32Array): void {
  const compare = (a: number, b: number) => compareAt(words, WORDS * a, words, WORDS * b)
  if (to - from > FEW) {
    order.subarray(from, to).sort(compare)
    return
  }
  for (let i = from + 1; i < to; i++) {
    const number = order[i]!
    let place = i
    for (; place > from && compare(order[place - 1]!, number) > 0; place--)
      order[place] = order[place - 1]!
    order[place] = number
  }
}
