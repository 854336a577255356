import { compareBytes } from '@drempel/protocol/encoding'
import { sortedOrder } from '@drempel/protocol/threshold'
import { expect, test } from 'vitest'
import { seededInts } from '../worlds/ciphers.ts'

const seed = process.env.SEED ?? 'sorted'

// Of few values a byte, so that leading bytes are often equal, and whole keys too.
test.each([
  [0, 256],
  [1, 256],
  [3_000, 2],
  [3_000, 4],
  [2_000, 256],
])('%i keys of %i values a byte come in ascending order', async (count, values) => {
  const below = seededInts(`${seed}/${values}`)
  const byte = () => Math.floor((below(values) * 255) / (values - 1))
  const keys = Array.from({ length: count }, () => Uint8Array.from({ length: 10 }, byte))
  let pauses = 0
  const order = await sortedOrder(keys, async () => {
    pauses++
  })
  expect(pauses).toBe(16)
  const expected = [...keys].sort(compareBytes)
  expect(Array.from(order, (i) => keys[i]!)).toEqual(expected)
  expect(new Set(order).size).toBe(count)
})
