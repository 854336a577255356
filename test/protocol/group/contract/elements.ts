/** What an element is, and sums of elements. */

import { concat, fromHex, hex } from '@drempel/protocol/encoding'
import { isIdentity, smallScalar } from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { type GroupWorld, ZERO } from './world.ts'

/** RFC 9496, appendix A.1: the generator's multiples, from 0 on. */
const MULTIPLES = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76',
  '6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919',
  '94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259',
]

/** RFC 9496, appendix A.2: encodings to refuse, one or more of each kind. */
const REFUSED = [
  '00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20',
  'c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562',
  '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371',
  '4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

export function elementContract({ group, scalar, element, code }: GroupWorld): void {
  describe('elements', () => {
    it('are the multiples that RFC 9496 lists', () => {
      let sum: Uint8Array = ZERO
      for (const [n, multiple] of MULTIPLES.entries()) {
        expect(hex(sum)).toBe(multiple)
        if (n > 0) expect(hex(group.multiplyBaseSecret(smallScalar(n)))).toBe(multiple)
        sum = group.add(sum, group.generator)
      }
    })

    it.each(REFUSED)('refuse the encoding %s', (text) => {
      const bad = fromHex(text)
      const batch = concat(element(), bad)
      const two = concat(scalar(), scalar())
      expect(code(() => group.assertElements(batch))).toBe('BAD_ELEMENT 1')
      expect(code(() => group.multiplySecret(scalar(), batch))).toBe('BAD_ELEMENT 1')
      expect(code(() => group.multiplyPublic(two, batch))).toBe('BAD_ELEMENT 1')
      expect(code(() => group.combinePublic(two, batch))).toBe('BAD_ELEMENT 1')
      expect(code(() => group.combinePublic(concat(scalar(), ZERO), batch))).toBe('BAD_ELEMENT 1')
      const combine = (rows: Uint8Array[], base = group.generator) =>
        code(() => group.combineMinusSecret(concat(scalar(), scalar()), rows, two, base))
      expect(combine([concat(element(), element()), batch])).toBe('BAD_ELEMENT 1')
      expect(combine([batch, batch], bad)).toMatch(/^BAD_ELEMENT [01]$/)
      expect(code(() => group.add(batch, batch))).toBe('BAD_ELEMENT 1')
      expect(code(() => group.subtract(concat(element(), element()), batch))).toBe('BAD_ELEMENT 1')
    })

    it('refuse the identity where it would unmask or leak', () => {
      const batch = concat(element(), ZERO)
      expect(code(() => group.assertElements(batch))).toBe('IDENTITY_ELEMENT 1')
      expect(code(() => group.multiplySecret(scalar(), batch))).toBe('IDENTITY_ELEMENT 1')
      expect(code(() => group.multiplyPublic(scalar(), batch))).toBe('IDENTITY_ELEMENT 1')
      const combine = (row: Uint8Array, base: Uint8Array) =>
        code(() => group.combineMinusSecret(scalar(), [row], concat(scalar(), scalar()), base))
      expect(combine(batch, group.generator)).toBe('IDENTITY_ELEMENT 1')
      expect(combine(concat(element(), element()), ZERO)).toBe('IDENTITY_ELEMENT 0')
    })

    it('name who sent them', () => {
      try {
        group.assertElements(ZERO, { culprit: 'alpha' })
        expect.unreachable()
      } catch (error) {
        expect(error).toMatchObject({ code: 'IDENTITY_ELEMENT', culprit: 'alpha', at: '0' })
      }
    })

    it('add and subtract, the identity included', () => {
      const a = element()
      const b = element()
      expect(group.subtract(group.add(a, b), b)).toEqual(a)
      expect(group.add(a, b)).toEqual(group.add(b, a))
      expect(isIdentity(group.subtract(a, a))).toBe(true)
      expect(group.add(a, ZERO)).toEqual(a)
      expect(group.add(concat(a, b), concat(b, a))).toEqual(
        concat(group.add(a, b), group.add(a, b)),
      )
    })
  })
}
