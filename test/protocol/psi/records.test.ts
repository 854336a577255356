/** Records sorted and found, also where somebody chose them to be alike. */

import { type Bytes, compareBytes, concatAll, hex } from '@drempel/protocol/encoding'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ordered,
  RecordIndex,
  recordWidth,
  rises,
  risingOrder,
} from '../../../packages/protocol/src/psi/records.ts'

const WIDTH = 6

/** Few values for each byte, so that prefixes and whole records repeat. */
const alike = fc.array(
  fc.array(fc.constantFrom(0, 1, 127, 255), { minLength: WIDTH, maxLength: WIDTH }),
  { maxLength: 60 },
)
const records = alike.map((list) => list.map((bytes) => Uint8Array.from(bytes)))
const distinct = records.map((list) => {
  const byName = new Map(list.map((record) => [hex(record), record]))
  return [...byName.values()].sort(compareBytes)
})

describe('records', () => {
  it('rise in the order that is found', () => {
    fc.assert(
      fc.property(records, (list) => {
        const order = risingOrder(concatAll(list), WIDTH)
        expect([...order].sort((a, b) => a - b)).toEqual([...list.keys()])
        const sorted = ordered(concatAll(list), WIDTH, order)
        expect(sorted).toEqual(concatAll(list.toSorted(compareBytes)))
        const unique = new Set(list.map(hex)).size === list.length
        expect(rises(sorted, WIDTH, 0, list.length)).toBe(unique)
      }),
    )
  })

  it('are found where they stand, and nowhere else', () => {
    fc.assert(
      fc.property(distinct, records, (list, others) => {
        const index = new RecordIndex(concatAll(list), WIDTH)
        const position = (record: Bytes) => list.findIndex((one) => hex(one) === hex(record))
        for (const record of [...list, ...others]) {
          expect(index.find(record)).toBe(position(record))
        }
      }),
    )
  })

  it('are as wide as 2^-40 for a false match among all pairs asks', () => {
    expect(recordWidth({ receiver: 64, sender: 64 })).toBe(Math.ceil((40 + 12) / 8))
    expect(recordWidth({ receiver: 2 ** 20, sender: 64 })).toBe(10)
    expect(recordWidth({ receiver: 10_000, sender: 10_240 })).toBe(9)
    expect(recordWidth({ receiver: 0, sender: 0 })).toBeGreaterThan(4)
  })
})

it('a list of records with one beginning is searched in the time of any other', () => {
  const count = 20_000
  const list = new Uint8Array(WIDTH * count)
  const view = new DataView(list.buffer)
  for (let i = 0; i < count; i++) view.setUint16(WIDTH * i + 4, i)
  const index = new RecordIndex(list, WIDTH)
  const begin = process.cpuUsage()
  let found = 0
  for (let i = 0; i < count; i++) {
    if (index.find(list.subarray(WIDTH * i, WIDTH * i + WIDTH)) === i) found++
  }
  expect(found).toBe(count)
  // Some 15 steps for each; were all of a bucket looked at, it would take 10^8.
  expect(process.cpuUsage(begin).user / 1e6).toBeLessThan(2)
})
