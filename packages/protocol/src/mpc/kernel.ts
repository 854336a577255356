/**
 * The inner loops over shared words: a table of functions with two implementations, this one in plain
 * typed arrays and the one in WebAssembly SIMD (simd.ts). The rest of mpc never touches single words in
 * a hot path.
 *
 * AND: z_i = x_i·y_i ⊕ x_i·y_{i+1} ⊕ x_{i+1}·y_i is party i's own part of x∧y before masking; with
 * x = (x0, x1) and y = (y0, y1) as held, z = x0·(y0 ⊕ y1) ⊕ x1·y0. The three parts add up to all nine
 * products. The mask, a share of zero, is added in the same pass: no part is ever stored without it.
 *
 * Party i keeps its part as the first component of the product and takes the next one's as the second.
 * Where a product is added to what is at hand, the first component gets its part in the pass that makes
 * it: one pass over the memory less. Until the other part has come, nothing else may use what is added to.
 *
 * A run triple is (low word, high word, number of words): the kernel walks pairs (low + k, high + k) and
 * numbers them through, from `into` in `z` and `mask` and from `at` in planes that have one word per
 * pair. Runs and lengths are multiples of HALF_ROW_WORDS.
 */

import type { Share, Words } from './share.ts'

/** 128 lanes, what a SIMD instruction works on. */
export const ROW_WORDS = 4
/** 64 lanes, the least that a row has. */
export const HALF_ROW_WORDS = 2

export type Kernel = {
  /** Own part of x ∧ y, `words` words, from word `atX` of x and `atY` of y. */
  and(
    z: Words,
    into: number,
    mask: Words,
    x: Share,
    atX: number,
    y: Share,
    atY: number,
    words: number,
  ): void
  /**
   * Own part of (a ⊕ b) ∧ (a ⊕ c), a = plane[base + low], b = plane[base + high]; it is also added to
   * c's first component.
   */
  compare(
    z: Words,
    into: number,
    mask: Words,
    plane: Share,
    base: number,
    runs: Words,
    c: Share,
    at: number,
  ): void
  /** Own part of (a ⊕ b) ∧ c; it is also added to c's first component. */
  select(
    z: Words,
    into: number,
    mask: Words,
    plane: Share,
    base: number,
    runs: Words,
    c: Share,
    at: number,
  ): void
  /** Own part d of (a ⊕ b) ∧ c; in the first component a ⊕= d and b ⊕= d. */
  swap(
    z: Words,
    into: number,
    mask: Words,
    plane: Share,
    base: number,
    runs: Words,
    c: Share,
    at: number,
  ): void
  /** a ⊕= d and b ⊕= d in one component, d from word `from`. */
  exchange(plane: Words, base: number, runs: Words, d: Words, from: number): void
  /** out = a ⊕ b in one component, from word `at`. */
  differ(out: Words, at: number, plane: Words, base: number, runs: Words): void
  /** target ⊕= source, `words` words. */
  add(target: Words, at: number, source: Words, from: number, words: number): void
  /**
   * From bit slices to rows, 32 at a time: of 32 planes of `words` words each, out[32k + l] gets lane l
   * of word k, plane 0 as its most significant bit. Lane l is bit l, from the least significant.
   */
  transpose(out: Words, planes: Words, words: number): void
}

export const plainKernel: Kernel = {
  and(z, into, mask, { first: x0, second: x1 }, atX, { first: y0, second: y1 }, atY, words) {
    for (let k = 0; k < words; k++) {
      const left = y0[atY + k]!
      const own = (x0[atX + k]! & (left ^ y1[atY + k]!)) ^ (x1[atX + k]! & left)
      z[into + k] = own ^ mask[into + k]!
    }
  },

  compare(z, into, mask, { first: p0, second: p1 }, base, runs, { first: c0, second: c1 }, at) {
    let k = 0
    for (let r = 0; r < runs.length; r += 3) {
      let a = base + runs[r]!
      let b = base + runs[r + 1]!
      const end = a + runs[r + 2]!
      for (; a < end; a++, b++, k++) {
        const a0 = p0[a]!
        const a1 = p1[a]!
        const v0 = a0 ^ c0[at + k]!
        const v1 = a1 ^ c1[at + k]!
        const own = ((a0 ^ p0[b]!) & (v0 ^ v1)) ^ ((a1 ^ p1[b]!) & v0) ^ mask[into + k]!
        z[into + k] = own
        c0[at + k]! ^= own
      }
    }
  },

  select(z, into, mask, { first: p0, second: p1 }, base, runs, { first: c0, second: c1 }, at) {
    let k = 0
    for (let r = 0; r < runs.length; r += 3) {
      let a = base + runs[r]!
      let b = base + runs[r + 1]!
      const end = a + runs[r + 2]!
      for (; a < end; a++, b++, k++) {
        const v0 = c0[at + k]!
        const x = (p0[a]! ^ p0[b]!) & (v0 ^ c1[at + k]!)
        const own = x ^ ((p1[a]! ^ p1[b]!) & v0) ^ mask[into + k]!
        z[into + k] = own
        c0[at + k] = v0 ^ own
      }
    }
  },

  swap(z, into, mask, { first: p0, second: p1 }, base, runs, { first: c0, second: c1 }, at) {
    let k = 0
    for (let r = 0; r < runs.length; r += 3) {
      let a = base + runs[r]!
      let b = base + runs[r + 1]!
      const end = a + runs[r + 2]!
      for (; a < end; a++, b++, k++) {
        const v0 = c0[at + k]!
        const x = (p0[a]! ^ p0[b]!) & (v0 ^ c1[at + k]!)
        const own = x ^ ((p1[a]! ^ p1[b]!) & v0) ^ mask[into + k]!
        z[into + k] = own
        p0[a]! ^= own
        p0[b]! ^= own
      }
    }
  },

  exchange(plane, base, runs, d, from) {
    let k = from
    for (let r = 0; r < runs.length; r += 3) {
      let a = base + runs[r]!
      let b = base + runs[r + 1]!
      const end = a + runs[r + 2]!
      for (; a < end; a++, b++, k++) {
        const swap = d[k]!
        plane[a]! ^= swap
        plane[b]! ^= swap
      }
    }
  },

  differ(out, at, plane, base, runs) {
    let k = at
    for (let r = 0; r < runs.length; r += 3) {
      let a = base + runs[r]!
      let b = base + runs[r + 1]!
      const end = a + runs[r + 2]!
      for (; a < end; a++, b++, k++) out[k] = plane[a]! ^ plane[b]!
    }
  },

  add(target, at, source, from, words) {
    for (let k = 0; k < words; k++) target[at + k]! ^= source[from + k]!
  },

  transpose(out, planes, words) {
    const square = new Int32Array(32)
    for (let k = 0; k < words; k++) {
      for (let bit = 0; bit < 32; bit++) square[bit] = planes[bit * words + k]!
      transposeSquare(square)
      for (let lane = 0; lane < 32; lane++) out[32 * k + lane] = square[31 - lane]!
    }
  },
}

// In place; row i bit 31 - j becomes row j bit 31 - i (Hacker's Delight, section 7-3).
function transposeSquare(square: Words): void {
  let mask = 0x0000ffff
  for (let j = 16; j !== 0; j >>= 1, mask ^= mask << j) {
    for (let k = 0; k < 32; k = (k + j + 1) & ~j) {
      const t = (square[k]! ^ (square[k + j]! >>> j)) & mask
      square[k]! ^= t
      square[k + j]! ^= t << j
    }
  }
}
