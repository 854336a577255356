/** The scalars, and what hashes to them and to elements. */

import { concat, hex, utf8 } from '@drempel/protocol/encoding'
import { isScalar, itemAt, randomScalars, smallScalar } from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { type GroupWorld, ORDER, ORDER_LESS_ONE, ZERO } from './world.ts'

export function scalarContract({ group, random, scalar, code }: GroupWorld): void {
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

    it('multiplies what it hashes', () => {
      const dst = utf8('test')
      const messages = ['', 'a', 'b'.repeat(200), 'c', 'd'].map(utf8)
      const each = concat(scalar(), scalar(), smallScalar(1), smallScalar(2), ORDER_LESS_ONE)
      for (const scalars of [each, scalar(), ORDER_LESS_ONE]) {
        expect(group.hashTimesSecret(messages, dst, scalars)).toEqual(
          group.multiplySecret(scalars, group.hashToGroup(messages, dst)),
        )
      }
      expect(group.hashTimesSecret([], dst, scalar())).toEqual(new Uint8Array(0))
      const hash = (scalars: Uint8Array, tag = dst) =>
        code(() => group.hashTimesSecret([utf8('a')], tag, scalars))
      expect(hash(ZERO)).toBe('ZERO_SCALAR')
      expect(hash(ORDER)).toBe('BAD_SCALAR')
      expect(hash(each)).toBe('BAD_LENGTH')
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
