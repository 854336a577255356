/** SHA-512 of many messages by the kernel and without it, against node:crypto. */

import { createHash } from 'node:crypto'
import { type Bytes, concat, fromBase64, hex, sha512All } from '@drempel/protocol/encoding'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { HashKernel } from '../../../packages/protocol/src/encoding/sha512/kernel.ts'
import { simd } from '../../../packages/protocol/src/encoding/sha512/simd.ts'
import {
  type Affixes,
  agrees,
  sha512EachAlone,
} from '../../../packages/protocol/src/encoding/sha512.ts'
import { i64x2, v128 } from '../../../packages/protocol/wasm/assembler.ts'
import { sha512Module } from '../../../packages/protocol/wasm/sha512.ts'
import { seededRandom } from '../random.ts'

const kernel = new HashKernel(fromBase64(simd))
const random = seededRandom('sha512')

const PATHS = [
  [
    'the kernel',
    (messages: readonly Bytes[], affixes: Affixes) => kernel.hashAll(messages, affixes),
  ],
  ['libsodium', sha512EachAlone],
  ['whichever runs here', sha512All],
] as const

function expected(messages: readonly Bytes[], { prefix, suffix }: Affixes): string {
  const none = new Uint8Array()
  return messages
    .map((message) =>
      createHash('sha512')
        .update(concat(prefix ?? none, message, suffix ?? none))
        .digest('hex'),
    )
    .join('')
}

describe.each(PATHS)('%s', (_, hashAll) => {
  it('hashes messages of every length up to three blocks, alone and together', () => {
    const messages = Array.from({ length: 385 }, (_, length) => random(length))
    expect(hex(hashAll(messages, {}))).toBe(expected(messages, {}))
    for (const message of [messages[0]!, messages[111]!, messages[112]!]) {
      expect(hex(hashAll([message], {}))).toBe(expected([message], {}))
    }
    expect(hashAll([], {}).length).toBe(0)
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
    expect(hex(hashAll(messages, {}))).toBe(expected(messages, {}))
  })
})

it('leaves nothing of a message in its memory, wherever it stood', () => {
  const [used, fresh] = [0, 1].map(() => new HashKernel(fromBase64(simd)))
  used!.hashAll([random(40), random(200)], { prefix: random(130), suffix: random(5) })
  expect(Buffer.compare(used!.memory.bytes, fresh!.memory.bytes)).toBe(0)
})

it('is not used where it hashes wrongly', () => {
  const isUsed = () => agrees(new HashKernel(sha512Module()))
  expect(isUsed()).toBe(true)
  const add = vi.spyOn(i64x2, 'add').mockImplementation(i64x2.sub)
  expect(isUsed()).toBe(false)
  add.mockRestore()
  const select = vi.spyOn(v128, 'bitselect').mockImplementation((a, b) => v128.and(a, b))
  expect(isUsed()).toBe(false)
  select.mockRestore()
})
