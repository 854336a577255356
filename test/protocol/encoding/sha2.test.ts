/** SHA-256 and SHA-512 of many messages by the kernels and without them, against node:crypto. */

import { createHash, createHmac } from 'node:crypto'
import {
  type Bytes,
  concat,
  fromBase64,
  hex,
  hmacSha256All,
  sha256All,
  sha512All,
} from '@drempel/protocol/encoding'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { HashKernel, SHA256, SHA512 } from '../../../packages/protocol/src/encoding/sha2/kernel.ts'
import { sha256 } from '../../../packages/protocol/src/encoding/sha2/sha256.ts'
import { sha512 } from '../../../packages/protocol/src/encoding/sha2/sha512.ts'
import {
  type Affixes,
  agrees,
  type HashAll,
  sha256EachAlone,
  sha512EachAlone,
} from '../../../packages/protocol/src/encoding/sha2.ts'
import { i32x4, i64x2, v128 } from '../../../packages/protocol/wasm/assembler.ts'
import { sha256Module, sha512Module } from '../../../packages/protocol/wasm/sha2.ts'
import { seededRandom } from '../random.ts'

const random = seededRandom('sha2')
const newKernel = {
  sha256: () => new HashKernel(SHA256, fromBase64(sha256)),
  sha512: () => new HashKernel(SHA512, fromBase64(sha512)),
}
const byKernel = (name: keyof typeof newKernel): HashAll => {
  const kernel = newKernel[name]()
  return (messages, affixes = {}) => kernel.hashAll(messages, affixes)
}

const kernelMacs: typeof hmacSha256All = (key, bytes, lengths) =>
  newKernel.sha256().hmacAll(key, bytes, lengths)

const PATHS = [
  ['sha256', 'the kernel', byKernel('sha256')],
  ['sha256', 'libsodium', sha256EachAlone],
  ['sha256', 'whichever runs here', sha256All],
  ['sha512', 'the kernel', byKernel('sha512')],
  ['sha512', 'libsodium', sha512EachAlone],
  ['sha512', 'whichever runs here', sha512All],
] as const

describe.each(PATHS)('%s by %s', (name, _, hashAll) => {
  const expected = (messages: readonly Bytes[], { prefix, suffix }: Affixes = {}) => {
    const none = new Uint8Array()
    return messages
      .map((message) =>
        createHash(name)
          .update(concat(prefix ?? none, message, suffix ?? none))
          .digest('hex'),
      )
      .join('')
  }

  it('hashes messages of every length up to three blocks, alone and together', () => {
    const messages = Array.from({ length: 385 }, (_, length) => random(length))
    expect(hex(hashAll(messages, {}))).toBe(expected(messages))
    for (const message of [0, 55, 56, 111, 112].map((length) => messages[length]!)) {
      expect(hex(hashAll([message]))).toBe(expected([message]))
    }
    expect(hashAll([], {}).length).toBe(0)
  })

  it('hashes every number of messages of one length', () => {
    for (let count = 1; count <= 9; count++) {
      const messages = Array.from({ length: count }, () => random(64))
      expect(hex(hashAll(messages))).toBe(expected(messages))
    }
  })

  it('puts what all begin and end with around each, whole blocks and parts of one', () => {
    const size = fc.integer({ min: 0, max: 300 })
    fc.assert(
      fc.property(size, size, fc.array(size, { maxLength: 9 }), (before, behind, lengths) => {
        const affixes = { prefix: random(before), suffix: random(behind) }
        const messages = lengths.map((length) => random(length))
        expect(hex(hashAll(messages, affixes))).toBe(expected(messages, affixes))
      }),
      { numRuns: 60 },
    )
  })

  it('hashes more messages than go at once, of one and of mixed lengths', () => {
    const lengths = Array.from({ length: 700 }, (_, i) => (i < 400 ? 40 : random(1)[0]!))
    const messages = lengths.map((length) => random(length))
    expect(hex(hashAll(messages, {}))).toBe(expected(messages))
  })
})

it.each([
  ['the kernel', kernelMacs],
  ['whichever runs here', hmacSha256All],
] as const)('HMAC of messages one behind the other is that of each, by %s', (_, macAll) => {
  const size = fc.integer({ min: 0, max: 150 })
  const alike = fc.tuple(size, fc.integer({ min: 0, max: 700 })).map(([n, m]) => Array(m).fill(n))
  const lengths = fc.oneof(
    alike,
    fc.array(size, { maxLength: 9 }),
    fc.array(size, { minLength: 300 }),
  )
  fc.assert(
    fc.property(size, fc.integer({ min: 0, max: 5 }), lengths, (keyBytes, offset, sizes) => {
      const key = random(keyBytes)
      const messages = sizes.map((length: number) => random(length))
      const bytes = concat(random(offset), ...messages).subarray(offset)
      const expected = messages.map((one: Bytes) =>
        createHmac('sha256', key).update(one).digest('hex'),
      )
      expect(hex(macAll(key, bytes, Uint32Array.from(sizes)))).toBe(expected.join(''))
    }),
    {
      numRuns: 40,
      examples: [
        [32, 0, Array(257).fill(16)],
        [64, 0, [0]],
        [65, 1, [8, 8]],
      ],
    },
  )
  const long = random(20_000)
  const expected = createHmac('sha256', long).update(long).digest('hex')
  expect(hex(macAll(long, long, Uint32Array.of(long.length)))).toBe(expected)
})

it.each([
  ['sha256', sha256All],
  ['sha512', sha512All],
] as const)('%s keeps no memory of the size of a long message', (name, hashAll) => {
  // The first call tries the kernel out.
  hashAll([])
  const lanes = vi.spyOn(HashKernel.prototype, 'hashAll')
  const messages = [1, 16_384, 16_385, 100_000, 5].map((length) => random(length))
  for (const some of [messages.slice(0, 2), messages]) {
    const expected = some.map((one) => createHash(name).update(one).digest('hex')).join('')
    expect(hex(hashAll(some))).toBe(expected)
  }
  expect(lanes).toHaveBeenCalledTimes(1)
  lanes.mockRestore()
})

it.each(['sha256', 'sha512'] as const)(
  '%s leaves nothing of a message in its memory, wherever it stood',
  (name) => {
    const [used, fresh] = [0, 1].map(() => newKernel[name]())
    used!.hashAll([random(40), random(200)], { prefix: random(130), suffix: random(5) })
    expect(Buffer.compare(used!.memory.bytes, fresh!.memory.bytes)).toBe(0)
  },
)

it.each([
  ['sha256', i32x4, () => agrees(new HashKernel(SHA256, sha256Module()), sha256EachAlone)],
  ['sha512', i64x2, () => agrees(new HashKernel(SHA512, sha512Module()), sha512EachAlone)],
] as const)('%s is not used where it hashes wrongly', (_, lanes, isUsed) => {
  expect(isUsed()).toBe(true)
  const add = vi.spyOn(lanes, 'shl').mockImplementation(lanes.shrU)
  expect(isUsed()).toBe(false)
  add.mockRestore()
  const select = vi.spyOn(v128, 'bitselect').mockImplementation((a, b) => v128.and(a, b))
  expect(isUsed()).toBe(false)
  select.mockRestore()
})
