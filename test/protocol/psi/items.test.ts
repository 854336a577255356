/** Lists as flat bytes: distinct items, dummies, commitments, padded sizes. */

import { type Bytes, fromUtf8, hex } from '@drempel/protocol/encoding'
import {
  chooseProtocol,
  commitItems,
  distinctItems,
  itemCount,
  itemOf,
  type PsiItems,
} from '@drempel/protocol/psi'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { paddedSize } from './padded.ts'

const texts = (items: PsiItems) =>
  Array.from({ length: itemCount(items) }, (_, i) => fromUtf8(itemOf(items, i)))

describe('items', () => {
  it('are the distinct values in their order, each with its first row', () => {
    const some = fc.array(
      fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'é') }),
    )
    fc.assert(
      fc.property(some, (values) => {
        const { items, rows } = distinctItems(values)
        const distinct = [...new Set(values)]
        expect(texts(items)).toEqual(distinct)
        expect([...rows]).toEqual(distinct.map((value) => values.indexOf(value)))
      }),
    )
  })

  it('stay so in lists that outgrow their first arrays', () => {
    const values = Array.from({ length: 5000 }, (_, i) => `item ${i % 3000}`)
    const { items, rows } = distinctItems(values)
    expect(texts(items)).toEqual(values.slice(0, 3000))
    expect([...rows]).toEqual([...new Array(3000).keys()])
  })

  it('may be bytes, which are copied', () => {
    const bytes = Uint8Array.of(1, 2)
    const { items } = distinctItems([bytes, 'a', bytes])
    bytes.fill(9)
    expect([...items.bytes]).toEqual([1, 2, 97])
  })

  it('are neither empty nor long', () => {
    const refused = (value: string | Bytes) =>
      expect(() => distinctItems(['a', value])).toThrow(
        expect.objectContaining({ code: 'BAD_ITEM', at: '1' }),
      )
    refused('')
    refused(new Uint8Array(0))
    refused('x'.repeat(1025))
    expect(itemCount(distinctItems(['x'.repeat(1024)]).items)).toBe(1)
  })
})

describe('a commitment', () => {
  const random = seededRandom('commitment')
  const salt = random(32)
  const commit = (values: readonly string[], by = salt) =>
    commitItems(distinctItems(values).items, by)

  it('does not depend on the order', () => {
    const values = Array.from({ length: 300 }, (_, i) => `item ${i}`)
    expect(commit(values.toReversed())).toEqual(commit(values))
  })

  it('depends on every item, on their bounds and on the salt', () => {
    const all = [
      commit([]),
      commit(['a']),
      commit(['b']),
      commit(['a', 'b']),
      commit(['ab']),
      commit(['a', 'b', 'c']),
      commit(['a'], random(32)),
    ]
    expect(new Set(all.map(hex)).size).toBe(all.length)
  })

  it('takes no other salt', () => {
    expect(() => commit(['a'], random(31))).toThrow('BAD_SALT')
  })
})

describe('padded sizes', () => {
  it('are few, never smaller, and at most a fourth larger above the smallest', () => {
    const sizes = new Set<number>()
    for (let count = 0; count <= 5000; count++) {
      const size = paddedSize(count)
      expect(size).toBeGreaterThanOrEqual(count)
      if (count > 64) expect(size).toBeLessThan(1.25 * count)
      expect(paddedSize(size)).toBe(size)
      sizes.add(size)
    }
    expect(sizes.size).toBe(1 + 4 * 6 + 1)
    expect([...sizes].slice(0, 6)).toEqual([64, 80, 96, 112, 128, 160])
    expect(paddedSize(1_000_000)).toBe(2 ** 20)
    expect(paddedSize(2 ** 27)).toBe(2 ** 27)
  })
})

describe('the protocol', () => {
  const choose = (receiver: number, sender: number, prepared = false) =>
    chooseProtocol({ output: 'items', sizes: { receiver, sender } }, prepared)

  it('is chosen by output, preparation and size', () => {
    const million = { receiver: 2 ** 20, sender: 2 ** 20 }
    expect(chooseProtocol({ output: 'size', sizes: million })).toEqual({
      protocol: 'ecdh',
      reason: 'SIZE_ONLY',
    })
    expect(choose(64, 64)).toEqual({ protocol: 'ecdh', reason: 'SMALL_LISTS' })
    expect(choose(1024, 2 ** 20)).toEqual({ protocol: 'ot', reason: 'LARGE_LISTS' })
    expect(choose(2 ** 24, 1)).toEqual({ protocol: 'ot', reason: 'LARGE_LISTS' })
    expect(choose(1, 2 ** 24 + 1)).toEqual({ protocol: 'ecdh', reason: 'BEYOND_OT' })
    expect(choose(1024, 2 ** 20, true)).toEqual({ protocol: 'ecdh', reason: 'PREPARED' })
  })

  it('weighs the receiver more, who masks and unmasks', () => {
    expect(choose(1024, 1024).protocol).toBe('ecdh')
    expect(choose(64, 3_900).protocol).toBe('ecdh')
    expect(choose(3_900, 64).protocol).toBe('ot')
  })
})
