/** Sums of products. */

import { concat } from '@drempel/protocol/encoding'
import { countOf, isIdentity, itemAt, smallScalar } from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { type GroupWorld, ORDER, ORDER_LESS_ONE, ZERO } from './world.ts'

export function combinationContract({
  group,
  scalar,
  element,
  alternating,
  fraction,
  code,
}: GroupWorld): void {
  describe('linear combinations', () => {
    const columns = (
      weights: Uint8Array,
      rows: Uint8Array[],
      masks: Uint8Array,
      base: Uint8Array,
    ) =>
      concat(
        ...Array.from({ length: countOf(masks) }, (_, j) =>
          group.combinePublic(
            concat(weights, group.scalars.negate(itemAt(masks, j))),
            concat(...rows.map((row) => itemAt(row, j)), base),
          ),
        ),
      )

    it.each([
      ['small weights', () => [3, 1].map(smallScalar)],
      ['small weights and negatives', () => [3, 3, 1].map(smallScalar).map(alternating)],
      ['a negative', () => [group.scalars.negate(smallScalar(1))]],
      ['weights around a digit', () => [7, 8, 9, 15, 16, 17].map(smallScalar).map(alternating)],
      [
        'halves and thirds',
        () => [fraction(1, 2), fraction(-2, 3), smallScalar(1), fraction(5, 6)],
      ],
      ['a third', () => [fraction(1, 3)]],
      ['fractions with a large denominator', () => [fraction(1, 65_521), fraction(-1, 65_519)]],
      ['fractions with too large a one', () => [7, 11, 13].map((p) => fraction(1, 65_536 * p))],
      ['large weights', () => [scalar(), ORDER_LESS_ONE, scalar()]],
      ['one large and one small', () => [scalar(), smallScalar(1)]],
    ])('of rows with %s, minus multiples of a base', (_, makeWeights) => {
      const weights = concat(...makeWeights())
      const rows = Array.from({ length: countOf(weights) }, () =>
        concat(element(), element(), element()),
      )
      const masks = concat(scalar(), smallScalar(1), ORDER_LESS_ONE)
      for (const base of [element(), group.generator]) {
        expect(group.combineMinusSecret(weights, rows, masks, base)).toEqual(
          columns(weights, rows, masks, base),
        )
      }
    })

    it('of several batches by the same scalars', () => {
      for (const count of [1, 2, 30]) {
        const factors = concat(...Array.from({ length: count }, scalar))
        const batches = [0, 1, 2].map(() => concat(...Array.from({ length: count }, element)))
        expect(group.combinePublic(factors, ...batches)).toEqual(
          concat(...batches.map((batch) => group.combinePublic(factors, batch))),
        )
      }
      expect(group.combinePublic(new Uint8Array(0), new Uint8Array(0), new Uint8Array(0))).toEqual(
        new Uint8Array(64),
      )
      expect(group.combinePublic(scalar())).toEqual(new Uint8Array(0))
      const good = concat(element(), element())
      const bad = good.slice().fill(0xff, 32)
      const two = concat(scalar(), scalar())
      expect(code(() => group.combinePublic(two, good, bad))).toBe('BAD_ELEMENT 1')
      expect(code(() => group.combinePublic(two, good, good.subarray(32)))).toBe('BAD_LENGTH')
    })

    it('of many elements, in any order', () => {
      for (const count of [1, 2, 3, 5, 24, 25, 33]) {
        const factors = Array.from({ length: count }, scalar)
        const elements = Array.from({ length: count }, element)
        const sum = group.combinePublic(concat(...factors), concat(...elements))
        const products = group.multiplySecret(concat(...factors), concat(...elements))
        let expected: Uint8Array = ZERO
        for (let i = 0; i < count; i++) expected = group.add(expected, itemAt(products, i))
        expect(sum).toEqual(expected)
        const backwards = [factors.toReversed(), elements.toReversed()] as const
        expect(group.combinePublic(concat(...backwards[0]), concat(...backwards[1]))).toEqual(sum)
      }
    })

    it('may vanish, and take zero and the identity when public', () => {
      const point = element()
      const k = scalar()
      const minus = group.scalars.negate(k)
      expect(isIdentity(group.combinePublic(concat(k, minus), concat(point, point)))).toBe(true)
      const difference = group.combineMinusSecret(concat(k, k), [point, point], k, point)
      expect(difference).toEqual(group.multiplyPublic(k, point))
      expect(isIdentity(group.combineMinusSecret(k, [point], k, point))).toBe(true)
      expect(group.combinePublic(concat(k, ZERO, k), concat(point, point, ZERO))).toEqual(
        group.multiplyPublic(k, point),
      )
      expect(isIdentity(group.combinePublic(new Uint8Array(0), new Uint8Array(0)))).toBe(true)
    })

    it('refuse sizes that do not fit', () => {
      expect(code(() => group.combinePublic(scalar(), concat(element(), element())))).toBe(
        'BAD_LENGTH',
      )
      const point = element()
      const combine = (weights: Uint8Array, rows: Uint8Array[], masks: Uint8Array) =>
        code(() => group.combineMinusSecret(weights, rows, masks, group.generator))
      expect(combine(scalar(), [point, point], scalar())).toBe('BAD_LENGTH')
      expect(combine(scalar(), [concat(point, point)], scalar())).toBe('BAD_LENGTH')
      expect(combine(scalar(), [point], scalar().subarray(1))).toBe('BAD_LENGTH')
      expect(combine(new Uint8Array(0), [], scalar())).toBe('BAD_LENGTH')
      expect(combine(ZERO, [point], scalar())).toBe('ZERO_SCALAR')
      expect(combine(ORDER, [point], scalar())).toBe('BAD_SCALAR')
      expect(combine(scalar(), [point], ZERO)).toBe('ZERO_SCALAR')
      expect(combine(scalar(), [point], ORDER)).toBe('BAD_SCALAR')
      expect(code(() => group.combinePublic(ORDER, element()))).toBe('BAD_SCALAR')
      expect(code(() => group.add(element(), concat(element(), element())))).toBe('BAD_LENGTH')
    })
  })
}
