/**
 * The order of many opened keys. Those with one first byte are sorted together: the three bytes behind
 * it and the position make a number, and only where these bytes are equal whole keys are compared.
 */

import { type Bytes, compareBytes } from '../encoding/index.ts'

const PAUSE_BUCKETS = 16
/** More than keys have one first byte; times the 24 bits behind it a double holds it. */
const PLACES = 2 ** 29

/** Positions of the keys in ascending order. @param keys spread evenly over their first byte */
export async function sortedOrder(
  keys: readonly Bytes[],
  pause: () => Promise<void> | undefined,
): Promise<Int32Array> {
  const buckets = Array.from({ length: 256 }, (): number[] => [])
  keys.forEach((key, i) => {
    buckets[key[0]!]!.push(i)
  })
  const order = new Int32Array(keys.length)
  let at = 0
  for (const [first, bucket] of buckets.entries()) {
    const numbers = Float64Array.from(bucket, (i, place) => leadingNumber(keys[i]!) + place)
    for (const number of numbers.sort()) order[at++] = bucket[number % PLACES]!
    const sorted = order.subarray(at - bucket.length, at)
    if (hasEqualLeading(numbers)) sorted.sort((i, j) => compareBytes(keys[i]!, keys[j]!))
    if (first % PAUSE_BUCKETS === 0) await pause()
  }
  return order
}

function leadingNumber(key: Bytes): number {
  return ((key[1]! << 16) | (key[2]! << 8) | key[3]!) * PLACES
}

function hasEqualLeading(numbers: Float64Array): boolean {
  for (let i = 1; i < numbers.length; i++) {
    if (Math.floor(numbers[i]! / PLACES) === Math.floor(numbers[i - 1]! / PLACES)) return true
  }
  return false
}
