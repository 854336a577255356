import { utf8 } from '@drempel/protocol/encoding'
import { MAX_PAYLOAD, openSession, type Prg } from '@drempel/protocol/mpc'
import { expect, test } from 'vitest'
// Not for users of the layer.
import { Arena } from '../../../packages/protocol/src/mpc/arena.ts'
import { Masks } from '../../../packages/protocol/src/mpc/masks.ts'
import { aesCtr, seededInts } from '../worlds/ciphers.ts'
import { threeResults } from '../worlds/three.ts'

const key = (byte: number) => new Uint8Array(16).fill(byte)
const stream = (byte: number): Prg => aesCtr(key(byte), key(0))
const masksOf = (one: number, other: number) =>
  new Masks(new Arena(1 << 20), [stream(one), stream(other)])

test('every byte of both streams is used once and in order, whatever the lengths and the stock', () => {
  const below = seededInts(process.env.SEED ?? 'masks')
  const lengths = [4, MAX_PAYLOAD / 4, 8, ...Array.from({ length: 60 }, () => 4 * below(9_000))]
  const masks = masksOf(1, 2)
  const used = lengths.map((length) => {
    if (below(2) === 0) masks.ahead()
    return masks.next(length).slice()
  })
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const expected = stream(2).xor(stream(1).xor(new Uint8Array(4 * total)))
  const words = new Int32Array(expected.slice().buffer)
  let at = 0
  for (const mask of used) {
    expect(mask).toEqual(words.subarray(at, at + mask.length))
    at += mask.length
  }
})

test('the masks of three parties add up to zero, and those of two are unlike each other', async () => {
  const masks = await threeResults({ seed: 'masks' }, async (ctx) => {
    const session = await openSession(ctx, utf8('masks'))
    return [session.mask(100).slice(), session.mask(7_000).slice()]
  })
  for (const message of [0, 1]) {
    const [a, b, c] = masks.map((two) => two[message]!)
    expect(a!.every((word, k) => (word ^ b![k]! ^ c![k]!) === 0)).toBe(true)
    expect(a!.filter((word, k) => word === b![k]!).length).toBeLessThan(3)
  }
  expect(masks[0][0]!.slice(0, 50)).not.toEqual(masks[0][1]!.slice(0, 50))
})

test('nothing longer than a payload is masked', () => {
  expect(masksOf(1, 2).next(MAX_PAYLOAD / 4)).toHaveLength(MAX_PAYLOAD / 4)
  expect(() => masksOf(1, 2).next(MAX_PAYLOAD / 4 + 4)).toThrow(RangeError)
})
