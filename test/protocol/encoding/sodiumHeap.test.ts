/** Sealing and keyed hashing on libsodium's memory, beside its wrapper; and what stays in that memory. */

import { type Bytes, concat, keyedHash, sealBox, sodium, utf8 } from '@drempel/protocol/encoding'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'

// Not by libsodium, in whose memory they would stay.
const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length))
const key = random(32)
const nonce = random(24)
const context = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 200 }),
  fc.string({ maxLength: 9 }),
  fc.constantFrom('x'.repeat(17_000), 'é'),
)
const length = fc.oneof(fc.nat(600), fc.constantFrom(8_191, 16_000, 16_290, 16_400, 40_000))

const { libsodium } = sodium as unknown as {
  readonly libsodium: { readonly HEAPU8: Bytes; _malloc(length: number): number }
}

const halves = (bytes: Bytes) => {
  const middle = bytes.length >> 1
  return [bytes.subarray(0, middle), bytes.subarray(middle)]
}

describe("libsodium's own functions", () => {
  it('seal as its wrapper does', () => {
    fc.assert(
      fc.property(context, length, (context, length) => {
        const plaintext = random(length)
        const box = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
          ...([plaintext, utf8(context), null, nonce, key] as const),
        )
        for (const parts of [[utf8(context)], [new Uint8Array(0), ...halves(utf8(context))]]) {
          expect(sealBox(key, nonce, parts, plaintext)).toEqual(concat(nonce, box))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('hash as its wrapper does', () => {
    fc.assert(
      fc.property(context, length, (context, length) => {
        const data = random(length)
        const expected = sodium.crypto_generichash(32, concat(utf8(context), data), key)
        expect(keyedHash(key, [utf8(context), data])).toEqual(expected)
        expect(keyedHash(key, [utf8(context), ...halves(data)])).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  it('refuse a key or a nonce of another length', () => {
    const plaintext = utf8('x')
    for (const length of [0, 31, 33]) {
      expect(() => sealBox(random(length), nonce, [], plaintext)).toThrow('key')
    }
    for (const length of [0, 12, 25]) {
      expect(() => sealBox(key, random(length), [], plaintext)).toThrow('nonce')
    }
    expect(() => keyedHash(random(65), [plaintext])).toThrow()
  })

  it('are left alone where there is no memory for them', async () => {
    const file = '../../../packages/protocol/src/encoding/sodiumHeap.ts'
    // A module of its own, which has no memory yet.
    const own: { keyedHash: typeof keyedHash } = await import(/* @vite-ignore */ `${file}?own`)
    const malloc = vi.spyOn(libsodium, '_malloc').mockReturnValueOnce(0)
    const wrapper = vi.spyOn(sodium, 'crypto_generichash')
    const plaintext = random(300)
    const digest = own.keyedHash(key, [plaintext])
    expect(malloc).toHaveBeenCalled()
    expect(wrapper).toHaveBeenCalledTimes(1)
    expect(own.keyedHash(key, [plaintext])).toEqual(digest)
    expect(wrapper).toHaveBeenCalledTimes(1)
    expect(keyedHash(key, [plaintext])).toEqual(digest)
  })

  it('leave neither key nor plaintext in its memory', () => {
    const isThere = (bytes: Bytes) =>
      Buffer.from(libsodium.HEAPU8.buffer).includes(Buffer.from(bytes))
    const [own, plaintext] = [random(32), random(300)]
    sealBox(own, nonce, [utf8('record/1')], plaintext)
    keyedHash(own, [plaintext])
    expect([own, plaintext].map(isThere)).toEqual([false, false])
    // The wrapper frees what it took, and the key stays where it was.
    sodium.crypto_generichash(32, plaintext, own)
    expect(isThere(own)).toBe(true)
  })
})
