/** Products of scalars and elements. */

import { concat, hex, utf8 } from '@drempel/protocol/encoding'
import { countOf, isIdentity, itemAt, smallScalar } from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { type GroupWorld, ORDER, ORDER_LESS_ONE, ZERO } from './world.ts'

export function multiplicationContract({ group, scalar, element, code }: GroupWorld): void {
  describe('multiplication', () => {
    it('takes one scalar for all or one for each', () => {
      const elements = concat(element(), element(), element())
      const k = scalar()
      const all = group.multiplySecret(k, elements)
      expect(group.multiplySecret(concat(k, k, k), elements)).toEqual(all)
      expect(group.multiplyPublic(k, elements)).toEqual(all)
      expect(itemAt(all, 2)).toEqual(group.multiplySecret(k, itemAt(elements, 2)))
      expect(countOf(group.multiplySecret(k, new Uint8Array(0)))).toBe(0)
    })

    it('commutes, inverts and matches the base', () => {
      const [a, b] = [scalar(), scalar()]
      const point = element()
      const ab = group.multiplySecret(a, group.multiplySecret(b, point))
      expect(group.multiplySecret(b, group.multiplySecret(a, point))).toEqual(ab)
      expect(group.multiplySecret(group.scalars.multiply(a, b), point)).toEqual(ab)
      expect(group.multiplySecret(group.scalars.invert(a), ab)).toEqual(
        group.multiplySecret(b, point),
      )
      expect(group.multiplyBaseSecret(concat(a, b))).toEqual(
        group.multiplySecret(concat(a, b), concat(group.generator, group.generator)),
      )
    })

    it('handles the largest scalar', () => {
      const point = element()
      const negative = group.multiplySecret(ORDER_LESS_ONE, point)
      expect(isIdentity(group.add(negative, point))).toBe(true)
    })

    it('handles digits of every kind', () => {
      // p * G = (p + r) * G - r * G, where r runs through all carries but p through its own alone.
      const patterns = [
        ...[0x11, 0x77, 0x78, 0x87, 0x88, 0x80, 0x08, 0x99, 0xf0, 0x0f, 0xff].map((byte) =>
          new Uint8Array(32).fill(byte).with(31, byte & 15),
        ),
        ...[1, 2, 7, 8, 9, 15, 16, 17, 255, 256, 0xffff_ffff].map(smallScalar),
      ]
      const all = concat(...patterns, ...patterns.map((pattern) => group.scalars.negate(pattern)))
      const others = concat(...Array.from({ length: countOf(all) }, scalar))
      const sums = concat(
        ...Array.from({ length: countOf(all) }, (_, i) =>
          group.scalars.add(itemAt(all, i), itemAt(others, i)),
        ),
      )
      const expected = group.subtract(
        group.multiplyBaseSecret(sums),
        group.multiplyBaseSecret(others),
      )
      expect(group.multiplyBaseSecret(all)).toEqual(expected)
      const generators = concat(...Array.from({ length: countOf(all) }, () => group.generator))
      expect(group.multiplySecret(all, generators)).toEqual(expected)
    })

    it('of a batch is that of its elements, whatever its size', () => {
      const elements = Array.from({ length: 9 }, element)
      const scalars = Array.from({ length: 9 }, scalar)
      const products = scalars.map((k, i) => group.multiplySecret(k, elements[i]!))
      const bases = scalars.map((k) => group.multiplyBaseSecret(k))
      for (let count = 2; count <= 9; count++) {
        const first = (items: readonly Uint8Array[]) => concat(...items.slice(0, count))
        expect(group.multiplySecret(first(scalars), first(elements))).toEqual(first(products))
        expect(group.multiplyBaseSecret(first(scalars))).toEqual(first(bases))
        expect(group.add(first(elements), first(products))).toEqual(
          concat(...elements.slice(0, count).map((point, i) => group.add(point, products[i]!))),
        )
      }
    })

    it('refuses zero, scalars that are not reduced, and sizes that do not fit', () => {
      const point = element()
      const topBit = scalar().with(31, 0x80)
      for (const multiply of [group.multiplySecret, group.multiplyPublic]) {
        expect(code(() => multiply(ZERO, point))).toBe('ZERO_SCALAR')
        expect(code(() => multiply(ORDER, point))).toBe('BAD_SCALAR')
        expect(code(() => multiply(topBit, point))).toBe('BAD_SCALAR')
        expect(code(() => multiply(scalar().subarray(1), point))).toBe('BAD_LENGTH')
        expect(code(() => multiply(scalar(), point.subarray(1)))).toBe('BAD_LENGTH')
        expect(code(() => multiply(concat(scalar(), scalar()), concat(point, point, point)))).toBe(
          'BAD_LENGTH',
        )
      }
      expect(code(() => group.multiplyBaseSecret(concat(scalar(), ZERO)))).toBe('ZERO_SCALAR')
      expect(code(() => group.multiplyBaseSecret(ORDER))).toBe('BAD_SCALAR')
    })

    it('leaves its arguments as they were', () => {
      const k = scalar()
      const elements = concat(element(), element())
      const before = hex(concat(k, elements))
      group.multiplySecret(k, elements)
      group.combinePublic(concat(k, k), elements)
      group.combineMinusSecret(k, [elements], concat(k, k), elements.subarray(0, 32))
      group.hashPlusBaseSecret([elements], utf8('test'), k)
      group.hashTimesSecret([elements], utf8('test'), k)
      group.multiplyBaseSecret(k)
      group.add(elements, elements)
      group.assertElements(elements)
      expect(hex(concat(k, elements))).toBe(before)
    })
  })
}
