/**
 * Whole numbers, bit-sliced: bit i of many numbers is one plane, the least significant bit first. One
 * AND a bit and number to add, one to compare with a public number.
 */

import {
  type And,
  type At,
  andAll,
  andInto,
  type Session,
  type Share,
  xorConstant,
} from '../mpc/index.ts'

/** Where each bit's plane begins. */
export type Numbers = readonly At[]

export type Sum = {
  /** A plane more than `bits` has the carry written to it. */
  readonly into: Numbers
  readonly other: Numbers
  /** Of a plane. */
  readonly words: number
}

/**
 * into += other for numbers of `bits` bits, all sums in the same messages. With the carry c into a bit,
 * the sum is a ⊕ b ⊕ c and the carry out of it c ⊕ (a ⊕ c)(b ⊕ c).
 */
export async function addNumbers(
  session: Session,
  sums: readonly Sum[],
  bits: number,
): Promise<void> {
  const { arena } = session
  const { kernel } = arena
  const mark = arena.mark()
  const work = sums.map(({ words }) => ({
    carry: arena.share(words),
    left: arena.share(words),
    right: arena.share(words),
  }))
  for (let bit = 0; bit < bits; bit++) {
    const ands: And[] = []
    for (const [i, { into, other, words }] of sums.entries()) {
      const { carry, left, right } = work[i]!
      const [a, b] = [into[bit]!, other[bit]!]
      for (const held of ['first', 'second'] as const) {
        left[held].set(a.share[held].subarray(a.at, a.at + words))
        kernel.add(left[held], 0, carry[held], 0, words)
        right[held].set(b.share[held].subarray(b.at, b.at + words))
        // The sum, where a was.
        kernel.add(a.share[held], a.at, right[held], 0, words)
        kernel.add(a.share[held], a.at, carry[held], 0, words)
        kernel.add(right[held], 0, carry[held], 0, words)
      }
      const [x, y] = [start(left), start(right)]
      ands.push({ into: start(carry), x, y, words, add: true })
    }
    await andAll(session.narrow(String(bit)), ands)
  }
  for (const [i, { into, words }] of sums.entries()) {
    const top = into[bits]
    if (top === undefined) continue
    for (const held of ['first', 'second'] as const)
      top.share[held].set(work[i]!.carry[held].subarray(0, words), top.at)
  }
  arena.release(mark)
}

/**
 * One plane: is the number at least `least`? From the low bit up, starting from 1: where `least` has a
 * one g = g ∧ a, else g = g ∨ a = g ⊕ a ⊕ (g ∧ a).
 */
export async function atLeast(
  session: Session,
  numbers: Numbers,
  bits: number,
  words: number,
  least: number,
): Promise<Share> {
  const { arena } = session
  const reached = arena.share(words)
  if (least >= 2 ** bits) return reached
  xorConstant(session.party, reached, -1)
  for (let bit = 0; bit < bits; bit++) {
    const a = numbers[bit]!
    const g = start(reached)
    const here = session.narrow(String(bit))
    if (Math.floor(least / 2 ** bit) % 2 === 1) {
      await andInto(here, g, g, a, words)
      continue
    }
    await andAll(here, [{ into: g, x: g, y: a, words, add: true }])
    for (const held of ['first', 'second'] as const)
      arena.kernel.add(reached[held], 0, a.share[held], a.at, words)
  }
  return reached
}

/** Numbers whose planes lie `stride` words apart. */
export function stacked(share: Share, bits: number, stride: number): Numbers {
  return Array.from({ length: bits }, (_, bit) => ({ share, at: bit * stride }))
}

function start(share: Share): At {
  return { share, at: 0 }
}
