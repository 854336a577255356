/** The parts of `ot` against slow, plain references. */

import { type Bytes, concat, type RandomBytes } from '@drempel/protocol/encoding'
import { defaultGroup } from '@drempel/protocol/group'
import { blake3 } from '@noble/hashes/blake3.js'
import { describe, expect, it } from 'vitest'
import { Stop } from '../../../packages/protocol/src/psi/flow.ts'
import {
  type BaseContext,
  chooseKeys,
  KEY,
  offerKeys,
  TRANSFERS,
} from '../../../packages/protocol/src/psi/ot/base.ts'
import { chooseSeeds, offerSeeds } from '../../../packages/protocol/src/psi/ot/extend.ts'
import { OtKernel, Streams, takeColumns } from '../../../packages/protocol/src/psi/ot/kernel.ts'
import { CHUNK, COLUMNS, HELD_ROW, ROW } from '../../../packages/protocol/src/psi/ot/parameters.ts'
import { longRecord } from '../../../packages/protocol/src/psi/ot/records.ts'
import { asRow } from '../../../packages/protocol/src/psi/ot/sender.ts'
import { ValueTable } from '../../../packages/protocol/src/psi/ot/values.ts'
import { seededRandom } from '../random.ts'
import { linked } from './link.ts'

const random = seededRandom('otParts')
const bitOf = (bytes: Bytes, i: number) => (bytes[i >> 3]! >> (i & 7)) & 1
const part = (bytes: Bytes, i: number, length: number) =>
  bytes.subarray(length * i, length * (i + 1))
const xor = (...all: Bytes[]) => all.reduce((a, b) => a.map((byte, i) => byte ^ b[i]!))
const le32 = (word: number) => new Uint8Array(Uint32Array.of(word).buffer)

describe('transfers', () => {
  const bothSides = (seed: string) => {
    const link = linked()
    const side = (role: 'receiver' | 'sender', source: RandomBytes): BaseContext => {
      return { channel: link[role], random: source, stop: new Stop(undefined), session: le32(7) }
    }
    return {
      chooser: side('receiver', seededRandom(`${seed} chooser`)),
      other: side('sender', seededRandom(`${seed} other`)),
      link,
    }
  }

  it('the chooser of 128 keys has one of each pair, the other side both', async () => {
    const { chooser, other } = bothSides('base')
    const bits = random(TRANSFERS).map((byte) => byte & 1)
    const [chosen, pairs] = await Promise.all([chooseKeys(chooser, bits), offerKeys(other)])
    for (let i = 0; i < TRANSFERS; i++) {
      const [own, not] = [pairs[bits[i]!]!, pairs[1 - bits[i]!]!]
      expect(part(chosen, i, KEY)).toEqual(part(own, i, KEY))
      expect(part(chosen, i, KEY)).not.toEqual(part(not, i, KEY))
    }
    const all = pairs.flatMap((keys) =>
      Array.from({ length: TRANSFERS }, (_, i) => part(keys, i, KEY)),
    )
    expect(new Set(all.map(String)).size).toBe(2 * TRANSFERS)
  })

  it('choice 1 sends what choice 0 would, taken from one element', async () => {
    const sentFor = async (bit: number) => {
      const { chooser, other, link } = bothSides('same')
      const bits = new Uint8Array(TRANSFERS).fill(bit)
      await Promise.all([chooseKeys(chooser, bits), offerKeys(other)])
      return link.sent.find(({ step }) => step === 'ot/base/keys')!.payload
    }
    const sums = defaultGroup().add(await sentFor(0), await sentFor(1))
    const all = Array.from({ length: TRANSFERS }, (_, i) => String(part(sums, i, 32)))
    expect(new Set(all).size).toBe(1)
  })

  it('extended: of each column the seed that was chosen', async () => {
    const { chooser, other } = bothSides('extend')
    const choices = random(ROW)
    const [chosen, pairs] = await Promise.all([chooseSeeds(chooser, choices), offerSeeds(other)])
    for (let i = 0; i < COLUMNS; i++) {
      const bit = bitOf(choices, i)
      expect(part(chosen, i, KEY)).toEqual(part(pairs[bit as 0 | 1], i, KEY))
      expect(part(chosen, i, KEY)).not.toEqual(part(pairs[(1 - bit) as 0 | 1], i, KEY))
    }
    const all = pairs.flatMap((seeds) =>
      Array.from({ length: COLUMNS }, (_, i) => part(seeds, i, KEY)),
    )
    expect(new Set(all.map(String)).size).toBe(2 * COLUMNS)
  })
})

describe('the kernel', () => {
  it('hashes items of 1 to 64 bytes as BLAKE3 does, to three bins', () => {
    const kernel = new OtKernel()
    const key = random(32)
    const items = Array.from({ length: 65 }, (_, i) => random(i))
    for (const bins of [3, 5, 5366, 2 ** 25]) {
      const records = placeRecords(kernel, items, key, bins)
      items.forEach((item, i) => {
        const own = records.subarray(8 * (i + 1), 8 * (i + 2))
        const expected = longRecord(item, key, bins)
        expect([...own]).toEqual([...expected, i + 1])
        const chosen = [...own.subarray(4, 7)]
        expect(new Set(chosen).size).toBe(3)
        expect(Math.max(...chosen)).toBeLessThan(bins)
      })
    }
  })

  it('draws every triple of distinct bins as often as any other', () => {
    const counts = new Map<string, number>()
    const key = random(32)
    for (let i = 0; i < 2400; i++) {
      const triple = longRecord(le32(i), key, 4).subarray(4, 7).join()
      counts.set(triple, (counts.get(triple) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // 100 each, standard deviation 10.
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(50)
  })

  it('turns the key stream of BLAKE3 into rows', () => {
    const kernel = new OtKernel()
    const seeds = random(32 * COLUMNS)
    const streams = new Streams(kernel, seeds, takeColumns(kernel))
    const [chunk, rows] = [3, 2100]
    streams.fill(chunk, rows)
    const held = kernel.bytes(streams.rows, HELD_ROW * rows)
    const blockBytes = CHUNK / 8
    for (const column of [0, 1, 31, 32, 100, 447]) {
      const output = blake3(new Uint8Array(0), {
        key: part(seeds, column, 32),
        dkLen: blockBytes * (chunk + 1),
      })
      const stream = byWord(output.subarray(blockBytes * chunk))
      for (let row = 0; row < rows; row++) {
        expect(columnBit(part(held, row, HELD_ROW), column)).toBe(bitOf(stream, row))
      }
    }
    const words = kernel.words(streams.rows, (HELD_ROW / 4) * rows)
    for (let row = 0; row < rows; row++)
      expect([...words.subarray(16 * row + 14, 16 * row + 16)]).toEqual([0, 0])
  })

  it('conceals, corrects and evaluates to one value on both sides', () => {
    const kernel = new OtKernel()
    const [itemKey, codeKey, valueKey] = [random(32), random(32), random(32)]
    const [first, bins, count] = [16_384, 20_000, 10]
    const items = Array.from({ length: count }, () => random(20))
    placeRecords(kernel, items, itemKey, bins)
    const records = recordsAt
    const recordWords = kernel.words(records, 8 * (count + 1))
    // Bins of this chunk, some of them several items'.
    for (let i = 1; i <= count; i++)
      for (let h = 0; h < 3; h++) recordWords[8 * i + 4 + h] = first + ((i * 7 + h * 3) % 24)
    const [own, other, held] = [0, 1, 2].map(() => kernel.place(random(HELD_ROW * 24)))
    const dummy = kernel.place(random(16))
    const slots = new Uint32Array(24)
    for (let i = 1; i <= count; i++) slots[(i * 7) % 24] = i << 2
    const slotsAt = kernel.place(new Uint8Array(slots.buffer))
    const sent = kernel.take(ROW * 24)
    const [codeAt, valueAt] = [kernel.place(codeKey), kernel.place(valueKey)]
    const choices = random(ROW)
    const choicesAt = kernel.place(asRow(choices))
    const outputs = kernel.take(16 * 12)
    const all = Uint32Array.from(
      { length: 32 },
      (_, i) => (Math.min(10, 1 + Math.floor(i / 3)) << 2) | (i % 3),
    )
    const allAt = kernel.place(new Uint8Array(all.buffer))
    const digestOf = (slot: number, bin: number) =>
      slot === 0
        ? concat(le32(bin), kernel.bytes(dummy, 16).subarray(4))
        : kernel.bytes(records + 32 * (slot >>> 2), 16)
    const codeOf = (digest: Bytes) => blake3(digest, { key: codeKey, dkLen: ROW })
    const rowOf = (at: number, row: number) => kernel.bytes(at + HELD_ROW * row, ROW)

    kernel.call.conceal(sent, own!, other!, slotsAt, records, dummy, codeAt, first, 24)
    for (let row = 0; row < 24; row++) {
      const code = codeOf(digestOf(slots[row]!, first + row))
      expect(kernel.bytes(sent + ROW * row, ROW)).toEqual(
        xor(rowOf(own!, row), rowOf(other!, row), code),
      )
    }

    const before = kernel.bytes(held!, HELD_ROW * 24).slice()
    const mask = asRow(choices).subarray(0, ROW)
    kernel.call.correct(held!, sent, choicesAt, 24)
    for (let row = 0; row < 24; row++) {
      const expected = part(before, row, HELD_ROW)
        .subarray(0, ROW)
        .map((byte, i) => byte ^ (mask[i]! & kernel.bytes(sent + ROW * row, ROW)[i]!))
      expect(rowOf(held!, row)).toEqual(expected)
    }

    const hashOf = (row: Bytes, bin: number, hash: number) =>
      blake3(concat(row, le32(bin), le32(hash)), { key: valueKey })
    const taken = all.filter((_, i) => i % 3 === 1).slice(0, 8)
    const takenAt = kernel.place(new Uint8Array(taken.buffer))
    kernel.call.outputs(outputs, takenAt, 8, records, own!, first, valueAt)
    taken.forEach((slot, i) => {
      const bin = recordsOf(kernel, records)[8 * (slot >>> 2) + 4 + (slot & 3)]!
      const expected = hashOf(rowOf(own!, bin - first), bin, slot & 3)
      expect(kernel.bytes(outputs + 16 * i, 16)).toEqual(expected.subarray(0, 16))
    })

    for (const width of [8, 9, 10, 11, 12]) {
      const values = kernel.take(3 * width * (count + 1) + 64)
      kernel.call.evaluate(
        values,
        allAt,
        32,
        records,
        held!,
        first,
        choicesAt,
        codeAt,
        valueAt,
        width,
      )
      for (let i = 1; i <= count; i++) {
        const code = codeOf(digestOf(i << 2, 0)).map((byte, k) => byte & mask[k]!)
        for (let hash = 0; hash < 3; hash++) {
          const bin = recordsOf(kernel, records)[8 * i + 4 + hash]!
          const expected = hashOf(xor(rowOf(held!, bin - first), code), bin, hash)
          const value = kernel.bytes(values + width * (3 * i + hash), width)
          expect(value).toEqual(expected.subarray(0, width))
        }
      }
    }
  })

  let recordsAt = 0
  const recordsOf = (kernel: OtKernel, at: number) => kernel.words(at, 8 * 16)

  function placeRecords(
    kernel: OtKernel,
    items: readonly Bytes[],
    key: Bytes,
    bins: number,
  ): Uint32Array {
    const bytes = kernel.place(concat(...items, new Uint8Array(64)))
    const offsets = new Uint32Array(items.length + 4)
    items.forEach((item, i) => {
      offsets[i + 1] = offsets[i]! + item.length
    })
    offsets.fill(offsets[items.length]!, items.length)
    const places = Uint32Array.from(
      { length: items.length + 4 },
      (_, i) => Math.min(i, items.length) + 1,
    )
    const [offsetsAt, placesAt] = [offsets, places].map((words) =>
      kernel.place(new Uint8Array(words.buffer)),
    )
    const keyAt = kernel.place(key)
    recordsAt = kernel.take(32 * (items.length + 2))
    kernel.call.items(recordsAt, placesAt!, bytes, offsetsAt!, items.length, keyAt, bins, 1)
    return kernel.words(recordsAt, 8 * (items.length + 1))
  }
})

describe('the table of values', () => {
  it.each([8, 9, 10, 11, 12])('of %i bytes finds what it holds, under its hash index', (width) => {
    const count = 500
    const table = new ValueTable(count, width)
    const outputs = random(16 * count)
    // Many begin alike, at the end of the table, so that they overflow to its start.
    for (let i = 0; i < count; i += 2) outputs.fill(0xff, 16 * i, 16 * i + 4)
    outputs.fill(0, 16, 20)
    outputs.set(le32(1), 48)
    const slots = Uint32Array.from({ length: count }, (_, i) => ((i + 1) << 2) | (i % 3))
    table.add(new Uint32Array(outputs.slice().buffer), slots)
    const prefixOf = (i: number) => outputs.subarray(16 * i, 16 * i + width)
    const near = (i: number, at: number) =>
      prefixOf(i).map((byte, k) => (k === at ? byte ^ 1 : byte))
    const matches = (values: readonly Bytes[]) => {
      const found: [number, number][] = []
      table.match(concat(...values), (position, record) => found.push([position, record]))
      return found
    }
    const rows = Array.from({ length: count }, (_, i) =>
      [0, 1, 2].map((hash) => (hash === i % 3 ? prefixOf(i) : random(width))),
    )
    expect(matches(rows.flat())).toEqual(Array.from(slots, (slot, i) => [i, slot >>> 2]))
    const moved = rows.map(([a, b, c]) => [c!, a!, b!])
    expect(matches(moved.flat())).toEqual([])
    const changed = rows.flatMap((_, i) =>
      [0, 1, 2].map((hash) => (hash === i % 3 ? near(i, i % width) : random(width))),
    )
    expect(matches(changed)).toEqual([])
  })
})

/** Within four blocks the kernel writes word by word, block by block. */
function byWord(output: Bytes): Bytes {
  const stream = new Uint8Array(output.length)
  for (let at = 0; at < output.length; at += 256) {
    for (let word = 0; word < 16; word++) {
      for (let block = 0; block < 4; block++) {
        const from = at + 64 * block + 4 * word
        stream.set(output.subarray(from, from + 4), at + 16 * word + 4 * block)
      }
    }
  }
  return stream
}

/** Column c is bit 31 - c mod 32 of word c div 32. */
function columnBit(row: Bytes, column: number): number {
  const word = new DataView(row.buffer, row.byteOffset).getUint32(4 * (column >> 5), true)
  return (word >>> (31 - (column & 31))) & 1
}
