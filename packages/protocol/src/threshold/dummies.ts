/**
 * Dummies that fill the free slots of a list: uniform over the whole numbers of a range, by
 * rejection, from the partner's private randomness. Numbers are left-aligned like x, so their unit
 * is 2^(128 - width).
 */

import type { RandomBytes } from '../encoding/index.ts'
import { leadingMask, WORDS } from './keys.ts'
import type { RoundPlan } from './plan.ts'
import { addAt, compareAt, readAt, writeAt } from './words.ts'

export type Dummies = {
  /** Writes a number of slot p's own range to target[at ...]. */
  readonly inSlot: (p: number, target: Uint32Array, at: number) => void
  /**
   * Writes `count` increasing numbers from target[at ...], `stride` words apart, all above (M - 1)/M
   * and above the entry at `last`.
   * @returns false if that entry leaves hardly any number
   */
  readonly afterLast: (
    last: number,
    count: number,
    target: Uint32Array,
    at: number,
    stride: number,
  ) => boolean
}

const POOL_BYTES = 32768
const LEAST_ROOM = 65536n
const fullWord = 0xffffffff

/** @param span M of the list */
export function dummies(plan: RoundPlan, span: number, random: RandomBytes): Dummies {
  const width = BigInt(plan.width)
  const unit = 1n << (BigInt(32 * WORDS) - width)
  const top = topOf(plan)
  const starts = new Uint32Array(span * WORDS)
  const sizes = new Uint32Array(span * WORDS)
  // The least x whose nominal slot is p is ceil(p·2^width / M).
  const startOf = (p: number) => ((BigInt(p) << width) + BigInt(span - 1)) / BigInt(span)
  for (let p = 0; p < span; p++) {
    const end = p === span - 1 ? top : startOf(p + 1)
    writeAt(starts, p * WORDS, startOf(p) * unit)
    writeAt(sizes, p * WORDS, (end - startOf(p)) * unit)
  }
  const units = Uint32Array.from({ length: WORDS }, (_, k) => leadingMask(plan.width - 32 * k))
  const next = wordsFrom(random)

  const draw = (target: Uint32Array, at: number, sizes: Uint32Array, from: number): void => {
    do {
      let leading = true
      for (let k = 0; k < WORDS; k++) {
        const limit = sizes[from + k]!
        // Down to the highest bit of the size there is nothing to draw, nor below a unit.
        const below = leading ? fullWord >>> Math.clz32(limit) : fullWord
        const used = leading && limit === 0 ? 0 : below & units[k]!
        if (limit !== 0) leading = false
        target[at + k] = used === 0 ? 0 : next() & used
      }
    } while (compareAt(target, at, sizes, from) >= 0)
  }

  return {
    inSlot: (p, target, at) => {
      draw(target, at, sizes, p * WORDS)
      addAt(target, at, starts, p * WORDS)
    },
    afterLast: (last, count, target, at, stride) => {
      const slot = (BigInt(span - 1) << width) / BigInt(span)
      const entry = readAt(target, last) / unit
      const start = (entry > slot ? entry : slot) + 1n
      const room = top - start
      if (room < LEAST_ROOM) return false
      const [size, first, drawn] = [newWords(), newWords(), newWords()]
      writeAt(size, 0, room * unit)
      writeAt(first, 0, start * unit)
      const order = (place: number) => compareAt(target, at + place * stride, drawn, 0)
      // Sorted as they come: they are few.
      for (let held = 0; held < count; ) {
        draw(drawn, 0, size, 0)
        addAt(drawn, 0, first, 0)
        let place = held
        while (place > 0 && order(place - 1) > 0) place--
        if (place > 0 && order(place - 1) === 0) continue
        for (let i = held; i > place; i--) move(target, at + i * stride, at + (i - 1) * stride)
        target.set(drawn, at + place * stride)
        held++
      }
      return true
    },
  }
}

const newWords = () => new Uint32Array(WORDS)

function move(words: Uint32Array, to: number, from: number): void {
  for (let k = 0; k < WORDS; k++) words[to + k] = words[from + k]!
}

/** The least number whose order prefix is all ones: no entry reaches it, so that padding comes last. */
export function topOf(plan: RoundPlan): bigint {
  return (1n << BigInt(plan.width)) - (1n << BigInt(plan.width - plan.orderBits))
}

function wordsFrom(random: RandomBytes): () => number {
  let pool: DataView = new DataView(new ArrayBuffer(0))
  let at = 0
  return () => {
    if (at === pool.byteLength) {
      const bytes = random(POOL_BYTES)
      pool = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      at = 0
    }
    at += 4
    return pool.getUint32(at - 4)
  }
}
