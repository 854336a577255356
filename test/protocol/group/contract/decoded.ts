/** Elements that were decoded once stand for their encodings in every computation. */

import { concat } from '@drempel/protocol/encoding'
import {
  elementsBetween,
  encodingsOf,
  itemAt,
  joinDecoded,
  libsodiumGroup,
} from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { type GroupWorld, ZERO } from './world.ts'

export function decodedContract({ group, scalar, element, code }: GroupWorld): void {
  describe('decoded elements', () => {
    // More than a table takes one by one, and a last group of lanes that is not full.
    const count = 27
    const elements = concat(...Array.from({ length: count }, element))
    const scalars = concat(...Array.from({ length: count }, scalar))
    const decoded = group.decode(elements)

    it('give what their encodings give', () => {
      expect(encodingsOf(decoded)).toEqual(elements)
      expect(group.multiplySecret(scalars, decoded)).toEqual(
        group.multiplySecret(scalars, elements),
      )
      expect(group.combinePublic(scalars, decoded, elements, decoded)).toEqual(
        group.combinePublic(scalars, elements, elements, elements),
      )
      const [weights, base] = [concat(scalar(), scalar()), element()]
      expect(group.combineMinusSecret(weights, [decoded, elements], scalars, base)).toEqual(
        group.combineMinusSecret(weights, [elements, elements], scalars, base),
      )
    })

    it('are not changed by what is computed on them', () => {
      const before = decoded.points.slice()
      group.multiplySecret(scalar(), decoded)
      group.combinePublic(scalars, decoded)
      group.combineMinusSecret(scalar(), [decoded], scalars, element())
      expect(decoded.points).toEqual(before)
      expect(decoded.encodings).toEqual(elements)
    })

    it.each([
      [0, 4],
      [4, 27],
      [8, 16],
      [1, 5],
      [3, 27],
      [24, 25],
      [5, 5],
    ])('give the same in part, from %i to %i', (from, to) => {
      const k = scalar()
      const part = elements.subarray(32 * from, 32 * to)
      expect(encodingsOf(elementsBetween(decoded, from, to))).toEqual(part)
      expect(group.multiplySecret(k, elementsBetween(decoded, from, to))).toEqual(
        group.multiplySecret(k, part),
      )
    })

    it('are joined from whole groups', () => {
      const parts = [elements.subarray(0, 32 * 12), elements.subarray(32 * 12)].map(group.decode)
      const joined = joinDecoded(elements, parts)
      expect(joined).toEqual(decoded)
      expect(group.combinePublic(scalars, joined)).toEqual(group.combinePublic(scalars, elements))
    })

    it('of another backend go by their encodings', () => {
      const other = { ...libsodiumGroup.decode(elements), backend: 'another' }
      const strange = { ...decoded, points: decoded.points.map(() => 1), backend: 'another' }
      const expected = group.multiplySecret(scalars, elements)
      for (const foreign of [other, strange]) {
        expect(group.multiplySecret(scalars, foreign)).toEqual(expected)
      }
    })

    it('are all elements, and none the identity', () => {
      const bad = elements.with(32 * 26, elements[32 * 26]! ^ 1)
      expect(code(() => group.decode(bad))).toBe('BAD_ELEMENT 26')
      expect(code(() => group.decode(concat(elements, ZERO, element())))).toBe(
        `IDENTITY_ELEMENT ${count}`,
      )
      expect(code(() => group.decode(elements.subarray(1)))).toBe('BAD_LENGTH')
      expect(code(() => group.multiplySecret(scalars.subarray(32), decoded))).toBe('BAD_LENGTH')
      expect(code(() => group.combinePublic(scalars.subarray(32), decoded))).toBe('BAD_LENGTH')
      expect(encodingsOf(group.decode(new Uint8Array()))).toHaveLength(0)
      expect(itemAt(encodingsOf(decoded), 26)).toEqual(elements.subarray(32 * 26))
    })
  })
}
