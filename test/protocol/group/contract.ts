/** What every backend of ristretto255 does; a new backend passes this and the differential test. */

import { concat, fromHex, hex, isProtocolError, utf8 } from '@drempel/protocol/encoding'
import {
  countOf,
  type Group,
  isIdentity,
  isScalar,
  itemAt,
  randomScalar,
  randomScalars,
  smallScalar,
} from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'

/** RFC 9496, appendix A.1: the multiples 0 to 15 of the generator. */
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

const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
const ORDER_LESS_ONE = fromHex('ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
const ZERO = new Uint8Array(32)

export function groupContract(group: Group): void {
  const random = seededRandom(`contract of ${group.backend}`)
  const scalar = () => randomScalar(group, random)
  const element = () => group.fromUniform(random(64))
  const alternating = (value: Uint8Array, i: number) =>
    i % 2 === 0 ? value : group.scalars.negate(value)
  const fraction = (above: number, below: number) => {
    const quotient = group.scalars.multiply(
      smallScalar(Math.abs(above)),
      group.scalars.invert(smallScalar(below)),
    )
    return above < 0 ? group.scalars.negate(quotient) : quotient
  }
  const code = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      if (isProtocolError(error)) return `${error.code} ${error.at ?? ''}`.trim()
      throw error
    }
    return 'no error'
  }

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
      group.multiplyBaseSecret(k)
      group.add(elements, elements)
      group.assertElements(elements)
      expect(hex(concat(k, elements))).toBe(before)
    })
  })

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

  describe('scalars', () => {
    it('form a field', () => {
      const { add, subtract, multiply, negate, invert } = group.scalars
      const [a, b, c] = [scalar(), scalar(), scalar()]
      expect(multiply(a, add(b, c))).toEqual(add(multiply(a, b), multiply(a, c)))
      expect(subtract(a, b)).toEqual(add(a, negate(b)))
      expect(multiply(a, invert(a))).toEqual(smallScalar(1))
      expect(add(ORDER_LESS_ONE, smallScalar(1))).toEqual(ZERO)
      expect(negate(ZERO)).toEqual(ZERO)
      expect(code(() => invert(ZERO))).toBe('ZERO_SCALAR')
    })

    it('reduce 64 bytes, little-endian', () => {
      const wide = (low: Uint8Array) => concat(low, ZERO)
      expect(group.scalars.reduce(wide(ORDER))).toEqual(ZERO)
      expect(group.scalars.reduce(wide(smallScalar(7)))).toEqual(smallScalar(7))
      expect(isScalar(group.scalars.reduce(new Uint8Array(64).fill(255)))).toBe(true)
      expect(code(() => group.scalars.reduce(ORDER))).toBe('BAD_LENGTH')
    })

    it('are drawn at random, reduced and not zero', () => {
      const zeroFirst = [new Uint8Array(128), new Uint8Array(64).fill(9)]
      const drawn = randomScalars(group, 2, (length) => {
        const next = zeroFirst.shift() ?? random(length)
        expect(next.length).toBe(length)
        return next
      })
      expect(isScalar(itemAt(drawn, 0))).toBe(true)
      expect(drawn).toEqual(
        concat(group.scalars.reduce(new Uint8Array(64).fill(9)), itemAt(drawn, 1)),
      )
      expect(hex(itemAt(drawn, 1))).not.toBe(hex(ZERO))
      expect(randomScalars(group, 0, random)).toEqual(new Uint8Array(0))
      const many = randomScalars(group, 20, random)
      for (let i = 0; i < 20; i++) expect(isScalar(itemAt(many, i))).toBe(true)
    })
  })

  describe('hashing', () => {
    it('separates messages and domains, and takes none or many messages', () => {
      const dst = utf8('test')
      const pair = group.hashToGroup([utf8('a'), utf8('b')], dst)
      expect(itemAt(pair, 1)).toEqual(group.hashToGroup([utf8('b')], dst))
      expect(itemAt(pair, 0)).not.toEqual(itemAt(pair, 1))
      expect(group.hashToGroup([utf8('a')], utf8('tess'))).not.toEqual(itemAt(pair, 0))
      expect(group.hashToGroup([], dst)).toEqual(new Uint8Array(0))
      const scalars = group.hashToScalars([utf8('a'), utf8('b')], dst)
      expect(itemAt(scalars, 1)).toEqual(group.hashToScalars([utf8('b')], dst))
      expect(isScalar(itemAt(scalars, 0))).toBe(true)
      expect(group.hashToScalars([], dst)).toEqual(new Uint8Array(0))
    })

    it('hides what it hashes behind a multiple of the generator', () => {
      const dst = utf8('test')
      const messages = ['', 'a', 'b'.repeat(200), 'c'].map(utf8)
      const masks = concat(scalar(), scalar(), smallScalar(1), ORDER_LESS_ONE)
      expect(group.hashPlusBaseSecret(messages, dst, masks)).toEqual(
        group.add(group.hashToGroup(messages, dst), group.multiplyBaseSecret(masks)),
      )
      expect(group.hashPlusBaseSecret([], dst, new Uint8Array(0))).toEqual(new Uint8Array(0))
      const hash = (scalars: Uint8Array, tag = dst) =>
        code(() => group.hashPlusBaseSecret([utf8('a')], tag, scalars))
      expect(hash(ZERO)).toBe('ZERO_SCALAR')
      expect(hash(ORDER)).toBe('BAD_SCALAR')
      expect(hash(masks)).toBe('BAD_LENGTH')
      expect(hash(scalar(), new Uint8Array(0))).toBe('BAD_DST')
    })

    it('refuses a domain that RFC 9380 has no short form for', () => {
      for (const size of [0, 256]) {
        expect(code(() => group.hashToGroup([ZERO], new Uint8Array(size)))).toBe('BAD_DST')
        expect(code(() => group.hashToScalars([ZERO], new Uint8Array(size)))).toBe('BAD_DST')
      }
      expect(code(() => group.fromUniform(new Uint8Array(65)))).toBe('BAD_LENGTH')
    })
  })
}
