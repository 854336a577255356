/**
 * The field on relaxed SIMD: two lanes of f64, five limbs of 51 bits, products by fused
 * multiply-add.
 *
 * A reduced limb is at most 2^50 + 2^15 in magnitude, a loose one twice that: a product of a loose
 * and a reduced limb stays below 2^102, the doubled off-diagonal products of a square as well. A
 * machine that does not fuse gives other bits: whoever loads this build tests it first.
 */

import {
  type FunctionBuilder,
  f64x2,
  i32,
  i32const,
  i64,
  i64x2,
  type V128,
  v128,
  v128const,
} from '../assembler.ts'
import type { Layout } from '../layout.ts'
import type { Addr, FieldBuild } from './field.ts'
import { canonical, carrying, reduce } from './relaxed/carry.ts'
import { constant, LIMBS, limb, limbwise, MASK, shiftRight } from './relaxed/limbs.ts'
import { integers, multiply, splitting, square, type Wide } from './relaxed/product.ts'

export function relaxedField(layout: Layout): FieldBuild {
  const splat = (bits: bigint) => layout.splat64(bits)

  return {
    name: 'relaxed',
    lanes: 2,
    words: LIMBS,
    squaresLoose: false,
    inline: true,
    constant,
    combine(f, terms, outputs) {
      const constants = splitting(f, splat)
      const wides: Wide[] = []
      for (const { a, b } of terms) {
        if (b === undefined) wides.push(integers(f, splat, a))
        else wides.push(a === b ? square(f, constants, a) : multiply(f, constants, a, b))
        const done = outputs.filter(({ of }) => of.length === wides.length)
        if (done.length === 0) continue
        const carry = carrying(f, splat)
        for (const { out, of } of done) reduce(f, carry, out, wides, of)
      }
    },

    add: (f, out, a, b) => limbwise(f, out, (i) => f64x2.add(limb(a, i), limb(b, i))),
    sub: (f, out, a, b) => limbwise(f, out, (i) => f64x2.sub(limb(a, i), limb(b, i))),

    negateIf(f, out, a, mask) {
      const sign = f.local('v128', v128.and(mask, splat(2n ** 63n)))
      limbwise(f, out, (i) => v128.xor(limb(a, i), sign))
    },

    isZero(f, a) {
      const [x0, x1, x2, x3, x4] = canonical(f, splat, a) as Five
      const any = v128.or(v128.or(v128.or(x0, x1), v128.or(x2, x3)), x4)
      return f.local('v128', i64x2.eq(any, v128const(0n, 0n)))
    },

    isNegative(f, a) {
      const lowest = v128.and(canonical(f, splat, a)[0]!, splat(1n))
      return f.local('v128', i64x2.sub(v128const(0n, 0n), lowest))
    },

    fromBytes(f, out, from, stride) {
      const words = limbsAt(f, from, stride)
      const masked = words.map((word) => v128.and(word, splat(MASK)))
      reduce(f, carrying(f, splat), out, [{ words: masked, bias: words.map(() => 0n) }], [1])
    },

    // At least p: all limbs but the lowest are full, and the lowest is at least 2^51 - 19.
    isCanonical(f, from, stride) {
      const [x0, x1, x2, x3, x4] = limbsAt(f, from, stride) as Five
      const full = v128.and(v128.and(v128.and(x1, x2), x3), x4)
      const carried = v128.and(i64x2.add(v128.and(x0, splat(MASK)), splat(19n)), splat(MASK + 1n))
      // Bit 51 is set when the low limb and 19 pass 2^51.
      const atLeastP = v128.and(
        i64x2.eq(v128.and(full, splat(MASK)), splat(MASK)),
        i64x2.eq(carried, splat(MASK + 1n)),
      )
      const highBit = i64x2.eq(v128.and(x4, splat(MASK + 1n)), splat(MASK + 1n))
      return f.local('v128', v128.not(v128.or(atLeastP, highBit)))
    },

    toBytes(f, to, a) {
      const [x0, x1, x2, x3, x4] = canonical(f, splat, a) as Five
      const join = (low: V128, right: number, high: V128, left: number) =>
        f.local('v128', v128.or(shiftRight(low, right), i64x2.shl(high, i32const(left))))
      const words = [
        f.local('v128', v128.or(x0, i64x2.shl(x1, i32const(51)))),
        join(x1, 13, x2, 38),
        join(x2, 26, x3, 25),
        join(x3, 39, x4, 12),
      ]
      words.forEach((word, i) => {
        f.storeLane64(to.base, word, 0, to.offset + 8 * i)
        f.storeLane64(to.base, word, 1, to.offset + 32 + 8 * i)
      })
    },

    fromLanes([first, second]) {
      return i64x2.replaceLane(i64x2.splat(i64.extendS(first!)), 1, i64.extendS(second!))
    },
    toLanes: (word) => [0, 1].map((lane) => i32.wrap(i64x2.extractLane(word, lane))),
    equalLanes: i64x2.eq,
  }
}

type Five = [V128, V128, V128, V128, V128]

/** Limb i begins at bit 51 i: the eight bytes that hold it, shifted down; bits above 51 are left. */
function limbsAt(f: FunctionBuilder, from: Addr, stride: number): V128[] {
  const places = [
    [0, 0],
    [6, 3],
    [12, 6],
    [19, 1],
    [24, 12],
  ] as const
  return places.map(([byte, shift]) => {
    const low = v128.load64Splat(from.base, from.offset + byte)
    const both = v128.loadLane64(from.base, low, 1, from.offset + byte + stride)
    return f.local('v128', shiftRight(both, shift))
  })
}
