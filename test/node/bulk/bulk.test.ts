import { createCipheriv, randomBytes } from 'node:crypto'
import { aesCtr, giveBack, gmac, takeBuffer, takeBytes } from '@drempel/node/internal/bulk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const key = new Uint8Array(randomBytes(16))
const iv = new Uint8Array(randomBytes(16))

/** The stream from its beginning, by one call of the library. */
const stream = (length: number) =>
  createCipheriv('aes-128-ctr', key, iv).update(new Uint8Array(length))

describe('a key stream', () => {
  it('is the same whichever way and in whatever pieces it is asked for', () => {
    const sizes = fc.array(
      fc.tuple(
        fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 65_500, max: 200_000 })),
        fc.constantFrom('fresh', 'into', 'in place'),
      ),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(sizes, (parts) => {
        const prg = aesCtr(key, iv)
        const expected = stream(parts.reduce((sum, [size]) => sum + size, 0))
        let at = 0
        for (const [size, how] of parts) {
          const input = new Uint8Array(randomBytes(size))
          const copy = input.slice()
          const into = how === 'in place' ? input : new Uint8Array(size)
          const got = how === 'fresh' ? prg.xor(input) : into
          if (how !== 'fresh') prg.xorInto(input, into)
          const right = copy.map((byte, i) => byte ^ expected[at + i]!)
          expect(Buffer.compare(got, right)).toBe(0)
          if (how !== 'in place') expect(Buffer.compare(input, copy)).toBe(0)
          at += size
        }
      }),
      { numRuns: 60 },
    )
  })

  it('goes together with another one, and both move on', () => {
    const [one, other] = [aesCtr(key, iv), aesCtr(iv, key)]
    const [same, alike] = [aesCtr(key, iv), aesCtr(iv, key)]
    for (const size of [5, 200_000, 70]) {
      const input = new Uint8Array(randomBytes(size))
      const expected = same.xor(alike.xor(input))
      const into = new Uint8Array(size)
      one.xorInto(input, into, other)
      expect(Buffer.compare(into, expected)).toBe(0)
    }
  })

  it('writes to where it is told and nowhere beside it', () => {
    const memory = new Uint8Array(200_000).fill(9)
    aesCtr(key, iv).xorInto(new Uint8Array(100_000), memory.subarray(50_000, 150_000))
    expect(Buffer.compare(memory.subarray(50_000, 150_000), stream(100_000))).toBe(0)
    expect(memory.subarray(0, 50_000).every((byte) => byte === 9)).toBe(true)
    expect(memory.subarray(150_000).every((byte) => byte === 9)).toBe(true)
  })

  it('leaves no garbage', () => {
    const prg = aesCtr(key, iv)
    const piece = new Uint8Array(1 << 20)
    const held = () => process.memoryUsage().arrayBuffers
    const before = held()
    const other = aesCtr(iv, key)
    for (let i = 0; i < 32; i++) prg.xorInto(piece, piece, i % 2 === 0 ? other : undefined)
    expect(held() - before).toBeLessThan(4 << 20)
  })
})

describe('a MAC', () => {
  it('is GMAC over all that it was given, in whatever pieces', () => {
    const nonce = iv.subarray(0, 12)
    const bytes = new Uint8Array(randomBytes(100_000))
    const whole = createCipheriv('aes-128-gcm', key, nonce).setAAD(bytes)
    whole.final()
    const mac = gmac(key, nonce)
    for (const [from, to] of [
      [0, 1],
      [1, 17],
      [17, 70_000],
      [70_000, 70_000],
      [70_000, 100_000],
    ])
      mac.update(bytes.subarray(from, to))
    expect(mac.digest()).toEqual(whole.getAuthTag())
    const other = gmac(key, nonce)
    bytes[99_999]! ^= 1
    other.update(bytes)
    expect(other.digest()).not.toEqual(whole.getAuthTag())
  })
})

describe('memory', () => {
  it('that was given back is gone; memory that others share stays', () => {
    const own = takeBytes(1000)
    expect([own.length, own.byteOffset, own.buffer.byteLength]).toEqual([1000, 0, 1000])
    giveBack(own)
    expect(own.length).toBe(0)

    const large = takeBuffer(100_000)
    const part = large.subarray(1)
    giveBack(part)
    expect(part.length).toBe(99_999)
    giveBack(large)
    expect(part.length).toBe(0)

    const small = takeBuffer(16).fill(5)
    giveBack(small)
    expect([...small]).toEqual(Array(16).fill(5))
    const shared = new Uint8Array(new SharedArrayBuffer(8))
    giveBack(shared)
    expect(shared.length).toBe(8)
    expect(takeBytes(0).length).toBe(0)
  })
})
