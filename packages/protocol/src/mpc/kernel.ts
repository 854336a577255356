/**
 * The inner loops over shared words, in plain typed arrays; the rest of mpc never touches single words
 * in a hot path, so that a SIMD kernel can replace this file alone.
 *
 * AND: z_i = x_i·y_i ⊕ x_i·y_{i+1} ⊕ x_{i+1}·y_i is party i's own part of x∧y before masking; with
 * x = (x0, x1) and y = (y0, y1) as held, z = x0·(y0 ⊕ y1) ⊕ x1·y0. The three parts add up to all nine
 * products.
 *
 * A run triple is (low word, high word, number of words): the kernel walks pairs (low + k, high + k) and
 * numbers them through, from 0 in `z` and from `at` in planes that have one word per pair.
 */

import type { Share, Words } from './share.ts'

/** Own part of x ∧ y for `z.length` words, from word `atX` of x and `atY` of y. */
export function andWords(z: Words, x: Share, atX: number, y: Share, atY: number): void {
  const { first: x0, second: x1 } = x
  const { first: y0, second: y1 } = y
  for (let k = 0; k < z.length; k++) {
    const left = y0[atY + k]!
    z[k] = (x0[atX + k]! & (left ^ y1[atY + k]!)) ^ (x1[atX + k]! & left)
  }
}

/** Own part of plane[low] ∧ plane[high] for every pair. */
export function andRuns(z: Words, plane: Share, base: number, runs: Words): void {
  const { first: p0, second: p1 } = plane
  let k = 0
  for (let r = 0; r < runs.length; r += 3) {
    let a = base + runs[r]!
    let b = base + runs[r + 1]!
    const end = a + runs[r + 2]!
    for (; a < end; a++, b++, k++) {
      const left = p0[b]!
      z[k] = (p0[a]! & (left ^ p1[b]!)) ^ (p1[a]! & left)
    }
  }
}

/** Own part of (a ⊕ b) ∧ (a ⊕ c), a = plane[low], b = plane[high], c numbered by pair. */
export function compareRuns(
  z: Words,
  plane: Share,
  base: number,
  runs: Words,
  c: Share,
  at: number,
): void {
  const { first: p0, second: p1 } = plane
  const { first: c0, second: c1 } = c
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
      z[k] = ((a0 ^ p0[b]!) & (v0 ^ v1)) ^ ((a1 ^ p1[b]!) & v0)
    }
  }
}

/** Own part of d = (a ⊕ b) ∧ c, written from word `into` of z. */
export function swapRuns(
  z: Words,
  into: number,
  plane: Share,
  base: number,
  runs: Words,
  c: Share,
  at: number,
): void {
  const { first: p0, second: p1 } = plane
  const { first: c0, second: c1 } = c
  let k = 0
  for (let r = 0; r < runs.length; r += 3) {
    let a = base + runs[r]!
    let b = base + runs[r + 1]!
    const end = a + runs[r + 2]!
    for (; a < end; a++, b++, k++) {
      const v0 = c0[at + k]!
      z[into + k] = ((p0[a]! ^ p0[b]!) & (v0 ^ c1[at + k]!)) ^ ((p1[a]! ^ p1[b]!) & v0)
    }
  }
}

/** a ⊕= d and b ⊕= d for every pair of one component, d from word `from`. */
export function xorRuns(plane: Words, base: number, runs: Words, d: Words, from: number): void {
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
}

/** plane[low] = value for every pair of one component. */
export function setRuns(plane: Words, base: number, runs: Words, value: Words): void {
  let k = 0
  for (let r = 0; r < runs.length; r += 3) {
    let a = base + runs[r]!
    const end = a + runs[r + 2]!
    for (; a < end; a++, k++) plane[a] = value[k]!
  }
}

export function xorInto(target: Words, at: number, source: Words): void {
  for (let k = 0; k < source.length; k++) target[at + k]! ^= source[k]!
}
