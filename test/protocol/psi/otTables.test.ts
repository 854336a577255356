/** Cuckoo tables, random places and the sizes of `ot`: what the analysis says, computed and tried. */

import { describe, expect, it } from 'vitest'
import { binOf, insert } from '../../../packages/protocol/src/psi/ot/cuckoo.ts'
import { OtKernel } from '../../../packages/protocol/src/psi/ot/kernel.ts'
import { COLUMNS, parametersFor } from '../../../packages/protocol/src/psi/ot/parameters.ts'
import { RandomBlocks, randomPlaces } from '../../../packages/protocol/src/psi/ot/places.ts'
import type { OtSession } from '../../../packages/protocol/src/psi/ot/session.ts'
import { seededRandom } from '../random.ts'
import { missingTableBits, randomRecords } from './otAnalysis.ts'

describe('parameters', () => {
  it('a table is missing with probability below 2^-40, for lists of every size', () => {
    for (let bits = 0; bits <= 24; bits += 2) {
      const { bins } = parametersFor({ receiver: 2 ** bits, sender: 1 })
      expect(missingTableBits(Math.max(2 ** 12, 2 ** bits), bins)).toBeLessThan(-40)
    }
    // The bound tells good sizes from bad ones.
    expect(missingTableBits(2 ** 12, Math.ceil(1.29 * 2 ** 12))).toBeGreaterThan(-40)
    expect(missingTableBits(64, Math.ceil(1.31 * 64))).toBeGreaterThan(-40)
  })

  it('codes of 448 bits are 128 apart, for as many pairs as there may be, but for 2^-40', () => {
    let [choices, near] = [1n, 0n]
    for (let k = 0; k < 128; k++) {
      near += choices
      choices = (choices * BigInt(COLUMNS - k)) / BigInt(k + 1)
    }
    const pairs = 3n * 2n ** 24n
    expect(near * pairs * 2n ** 40n < 2n ** BigInt(COLUMNS)).toBe(true)
    // With 432 columns they would be for 10,000 items, not for these.
    expect(parametersFor({ receiver: 1, sender: 2 ** 24 }).bins).toBe(5366)
    expect(() => parametersFor({ receiver: 1, sender: 2 ** 24 + 1 })).toThrow('BAD_SIZE')
  })

  it.each([
    [0, 0, 8],
    [64, 64, 8],
    [4096, 4096, 8],
    [4096, 4097, 9],
    [10_000, 10_000, 9],
    [2 ** 20, 2 ** 20, 10],
    [1024, 2 ** 20, 9],
    [10_000_000, 10_000_000, 11],
    [2 ** 24, 2 ** 24, 11],
  ])('%i with %i: values of %i bytes', (receiver, sender, width) => {
    expect(parametersFor({ receiver, sender }).width).toBe(width)
    expect(8 * width).toBeGreaterThanOrEqual(40 + Math.log2(Math.max(1, receiver * sender)))
  })
})

describe('a cuckoo table', () => {
  it('holds every item in one of its bins', () => {
    const [count, bins] = [4096, 5366]
    const records = randomRecords(count, bins, seededRandom('holds'))
    const slots = new Uint32Array(bins)
    expect(insert(slots, records, 1, 2000)).toBe(true)
    expect(insert(slots, records, 2000, count + 1)).toBe(true)
    const taken = slots.filter((slot) => slot !== 0)
    expect(new Set(taken.map((slot) => slot >>> 2)).size).toBe(count)
    expect(taken).toHaveLength(count)
    slots.forEach((slot, bin) => {
      if (slot !== 0) expect(binOf(records, slot)).toBe(bin)
    })
  })

  it('is found exactly where there is one', () => {
    const random = seededRandom('tight')
    const outcomes = { found: 0, missing: 0 }
    for (let run = 0; run < 300; run++) {
      const [count, bins] = [30, 33]
      const records = randomRecords(count, bins, random)
      const found = insert(new Uint32Array(bins), records, 1, count + 1)
      expect(found).toBe(matchable(records, count, bins))
      outcomes[found ? 'found' : 'missing']++
    }
    expect(outcomes.found).toBeGreaterThan(30)
    expect(outcomes.missing).toBeGreaterThan(30)
  })
})

describe('random places', () => {
  const kernel = new OtKernel()
  const placesOf = async (count: number, places: number, seed: string) => {
    const session = { count, pause: async () => undefined } as unknown as OtSession
    return randomPlaces(session, new RandomBlocks(kernel, seededRandom(seed)), places)
  }

  it.each([
    [0, 0],
    [0, 5],
    [1, 1],
    [64, 65],
    [70_000, 70_001],
  ])('%i of %i are all different', async (count, places) => {
    const drawn = (await placesOf(count, places, 'different')).subarray(0, count)
    expect(new Set(drawn).size).toBe(count)
    expect(drawn.every((place) => place < places)).toBe(true)
  })

  it('every order of three of four comes as often as any other', async () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 2400; i++) {
      const order = (await placesOf(3, 4, `order ${i}`)).subarray(0, 3).join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(50)
  })
})

/** By augmenting paths, depth first (Kuhn). */
function matchable(records: Uint32Array, count: number, bins: number): boolean {
  const holder = new Array<number>(bins).fill(0)
  const place = (record: number, seen: Set<number>): boolean => {
    for (let hash = 0; hash < 3; hash++) {
      const bin = binOf(records, (record << 2) | hash)
      if (seen.has(bin)) continue
      seen.add(bin)
      if (holder[bin] === 0 || place(holder[bin]!, seen)) {
        holder[bin] = record
        return true
      }
    }
    return false
  }
  for (let record = 1; record <= count; record++) if (!place(record, new Set())) return false
  return true
}
