import { createHmac } from 'node:crypto'
import { type Bytes, concatAll, hex, isProtocolError, utf8 } from '@drempel/protocol/encoding'
import {
  assembleList,
  binRanges,
  fillBins,
  keyRecords,
  mergeNetwork,
  type PreparedList,
  planRound,
  prepareList,
  type RoundPlan,
  recordKey,
  recordKeys,
  roundSalt,
} from '@drempel/protocol/threshold'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inOneGo } from '../../../packages/protocol/src/threshold/steps.ts'
import { readCell } from '../worlds/cells.ts'
import { seededBytes, seededInts } from '../worlds/ciphers.ts'
import { binOf, mergeRows, shapedPlan } from './clear.ts'

const seed = process.env.SEED ?? 'prepare'
const salt = seededBytes(`${seed}/salt`)(32)
const values = (names: readonly string[]) => names.map(utf8)
const numbered = (count: number, prefix = 'v') =>
  values(Array.from({ length: count }, (_, i) => `${prefix}${i}`))

function planFor(...sizes: number[]): RoundPlan {
  return planRound(sizes.map((paddedSize, i) => ({ id: `p${i}`, paddedSize })))
}

const prepare = (plan: RoundPlan, partner: number, list: readonly Bytes[], name = 'random') =>
  prepareList(plan, partner, salt, list, seededBytes(`${seed}/${name}`))

/** Bin and x of a value, by node:crypto and BigInt. */
function placeOf(plan: RoundPlan, value: Bytes, key = salt): { bin: number; x: bigint } {
  const digest = createHmac('sha256', key).update(value).digest()
  const whole = BigInt(`0x${digest.toString('hex')}`) >> BigInt(256 - plan.keyBits)
  return { bin: Number(whole >> BigInt(plan.width)), x: whole & ((1n << BigInt(plan.width)) - 1n) }
}

/** Every rule for an entry, in exact integers. */
function expectWellPlaced(plan: RoundPlan, list: PreparedList): void {
  const { slots, factor } = plan.partners[list.partner]!
  const span = BigInt(factor * plan.base)
  const one = 1n << BigInt(plan.width)
  const top = one - (1n << BigInt(plan.width - plan.orderBits))
  for (let bin = 0; bin < plan.bins; bin++) {
    const entries = binOf(plan, list, bin)
    expect(entries).toHaveLength(slots)
    for (const [p, x] of entries.entries()) {
      const earliest = BigInt(p - plan.window) * one
      const wrong =
        x * span < earliest ||
        x * span >= BigInt(p + 1) * one ||
        x >= top ||
        (p > 0 && x <= entries[p - 1]!)
      if (wrong) throw new Error(`${seed}: bin ${bin} slot ${p}`)
    }
  }
}

function expectFound(plan: RoundPlan, list: PreparedList, of: readonly Bytes[]): void {
  const { slots } = plan.partners[list.partner]!
  for (const [i, value] of of.entries()) {
    const { bin, x } = placeOf(plan, value)
    const cell = list.slotOf[i]!
    expect(Math.floor(cell / slots)).toBe(bin)
    expect(readCell(plan, list, bin, cell % slots)).toBe(x)
  }
}

/** The number behind a key. */
function marksOf(plan: RoundPlan, list: PreparedList, bin: number, slot: number): number {
  const { width, reportBits } = plan
  const { slots } = plan.partners[list.partner]!
  const lane = bin % 128
  let marks = 0
  for (let bit = width; bit < width + reportBits; bit++) {
    const plane = ((bin - lane) / 128) * (width + reportBits) + bit
    const byte = list.planes[(plane * slots + slot) * 16 + (lane >> 3)]!
    marks = 2 * marks + ((byte >> (lane & 7)) & 1)
  }
  return marks
}

describe('prepareList', () => {
  it.each([0, 1, 2, 3, 255])('places %i records in a list of bucket size', (count) => {
    const plan = planFor(256, 256, 256)
    const list = numbered(count)
    const prepared = prepare(plan, 1, list)
    expect(prepared.partner).toBe(1)
    expect(prepared.slotOf).toHaveLength(count)
    expect(prepared.planes).toHaveLength(plan.bins * plan.partners[1]!.slots * plan.width * (1 / 8))
    expectWellPlaced(plan, prepared)
    expectFound(plan, prepared, list)
  })

  it('places full lists of any size beside any other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 0, max: 200_000 }),
        fc.integer(),
        (count, other, name) => {
          const plan = planFor(other, count)
          const list = numbered(count, `${name}-`)
          const prepared = prepare(plan, 1, list, `${name}`)
          expectWellPlaced(plan, prepared)
          expectFound(plan, prepared, list.slice(0, 20))
        },
      ),
      { numRuns: 5 },
    )
  })

  it('spreads more than 128 bins over shards', () => {
    const plan: RoundPlan = { ...shapedPlan(4, [1]), bins: 512, binBits: 9, keyBits: 81 }
    const sized = { ...plan, partners: [{ ...plan.partners[0]!, paddedSize: 1000 }] }
    const list = numbered(1000)
    const prepared = prepare(sized, 0, list)
    expectWellPlaced(sized, prepared)
    expectFound(sized, prepared, list.slice(0, 200))
  })

  it('counts duplicates once, in one cell', () => {
    const plan = planFor(256)
    const list = [...numbered(200), ...numbered(200), utf8('v0')]
    const prepared = prepare(plan, 0, list)
    expectWellPlaced(plan, prepared)
    expect(prepared.slotOf.subarray(200, 400)).toEqual(prepared.slotOf.subarray(0, 200))
    expect(prepared.slotOf[400]).toBe(prepared.slotOf[0])
    expect(new Set(prepared.slotOf).size).toBe(200)
  })

  it('keeps the rule in lists that are nearly the same, whatever they share', () => {
    const plan = planFor(2000, 2000, 2000)
    const shared = numbered(1990)
    for (const partner of [0, 1, 2]) {
      const list = [...shared, ...numbered(10, `own${partner}.`)]
      expectWellPlaced(plan, prepare(plan, partner, list, `${partner}`))
    }
  })

  it('has the rule also where window, base and records meet at their limits', () => {
    for (const [base, factor, window, count] of [
      [1, 1, 6, 200],
      [3, 2, 4, 150],
      [40, 1, 20, 3000],
    ] as const) {
      const plan = shapedPlan(base, [factor], window)
      const sized = { ...plan, partners: [{ ...plan.partners[0]!, paddedSize: count }] }
      const list = numbered(count)
      expectWellPlaced(sized, prepare(sized, 0, list))
    }
  })

  it('refuses records that crowd one place, and drops none in silence', () => {
    const plan = planFor(512)
    // The owner of a list cannot choose the salt; here it searches records until 70 share a bin.
    const crowded: Bytes[] = []
    for (let i = 0; crowded.length < 70; i++) {
      const value = utf8(`c${i}`)
      if (placeOf(plan, value).bin === 5) crowded.push(value)
    }
    expect(() => prepare(plan, 0, crowded)).toThrow('RECORD_DOES_NOT_FIT')
    expect(prepareList(plan, 0, seededBytes('other')(32), crowded, seededBytes(seed))).toBeDefined()
  })

  it('refuses more records than the published size, not more values', () => {
    const plan = planFor(256)
    expect(() => prepare(plan, 0, numbered(257))).toThrow('LIST_TOO_LARGE')
    expect(() => prepare(plan, 0, numbered(20_000))).toThrow('LIST_TOO_LARGE')
    expect(() => prepare(plan, 0, [...numbered(256), ...numbered(256)])).not.toThrow()
  })

  it('refuses a record whose order prefix is all ones', () => {
    const plan = { ...shapedPlan(2, [1]), orderBits: 3 }
    const sized = { ...plan, partners: [{ ...plan.partners[0]!, paddedSize: 1 }] }
    const lastEighth = 7n << BigInt(plan.width - 3)
    let refused = 0
    for (let i = 0; i < 24; i++) {
      const value = utf8(`o${i}`)
      const inside = placeOf(plan, value).x >= lastEighth
      if (inside) {
        refused++
        expect(() => prepare(sized, 0, [value])).toThrow('RECORD_DOES_NOT_FIT')
      } else expect(() => prepare(sized, 0, [value])).not.toThrow()
    }
    expect(refused).toBeGreaterThan(0)
  })

  it('leaves its arguments as they were', () => {
    const plan = planFor(256)
    const list = numbered(50)
    const copies = [salt.slice(), ...list.map((value) => value.slice())]
    prepare(plan, 0, list)
    expect([salt, ...list]).toEqual(copies)
  })
})

describe('a list prepared in parts', () => {
  const inParts = (
    plan: RoundPlan,
    list: readonly Bytes[],
    [stretches, asked]: readonly [number, number],
    reports: readonly number[] = [],
  ) => {
    const ranges = binRanges(plan, asked)
    const from = (part: number) => Math.floor((part * list.length) / stretches)
    const keyed = Array.from({ length: stretches }, (_, part) => {
      const [first, end] = [from(part), from(part + 1)]
      const values = list.slice(first, end)
      // Batches of any length.
      const batches = [values.slice(0, 1), values.slice(1)].map(packed)
      const stretch = { first, count: values.length, batches, reports: reports.slice(first, end) }
      return inOneGo(keyRecords(plan, salt, stretch, ranges))
    })
    const filled = ranges.map((range, i) => {
      const inRange = keyed.map((stretch) => stretch[i]!)
      return inOneGo(fillBins(plan, 1, range, inRange, seededBytes(`${seed}/part ${i}`)))
    })
    return inOneGo(assembleList(plan, 1, list.length, filled))
  }
  const packed = (values: readonly Bytes[]) => ({
    bytes: concatAll(values),
    lengths: Uint32Array.from(values, ({ length }) => length),
  })
  const parts = [
    [5, 3],
    [3, 16],
    [1, 100],
  ] as const
  const sized = (plan: RoundPlan, paddedSize: number): RoundPlan => {
    return { ...plan, partners: plan.partners.map((own) => ({ ...own, paddedSize })) }
  }
  const wide = { ...shapedPlan(4, [1, 2]), bins: 256, binBits: 8, keyBits: 80 }

  it.each(parts)('is the same from %i stretches and %i ranges, but for dummies', (...cut) => {
    for (const [plan, count] of [
      [shapedPlan(2, [1, 1]), 0],
      [sized(shapedPlan(3, [2, 2]), 200), 200],
      [sized(wide, 300), 300],
    ] as const) {
      // Some values twice, in different stretches.
      const list = [...numbered(count), ...numbered(Math.min(count, 40))]
      const whole = prepare(plan, 1, list)
      const prepared = inParts(plan, list, cut)
      expect(prepared.slotOf).toEqual(whole.slotOf)
      expect(prepared.planes).toHaveLength(whole.planes.length)
      expectWellPlaced(plan, prepared)
      expectFound(plan, prepared, list)
    }
  })

  it.each(parts)('has the same marks from %i stretches and %i ranges', (...cut) => {
    const list = [...numbered(100), ...numbered(60), ...numbered(5)]
    const reports = list.map((_, i) => 1 + (i % 4))
    const counts = new Map<string, number>()
    list.forEach((value, i) => {
      counts.set(hex(value), Math.min(3, (counts.get(hex(value)) ?? 0) + reports[i]!))
    })
    for (const reportBits of [1, 2] as const) {
      const plan = { ...planFor(256, 256), reportBits }
      const whole = prepareList(plan, 1, salt, list, seededBytes(seed), reports)
      const prepared = inParts(plan, list, cut, reports)
      const recordIn = new Map(
        list.map((value, i) => [prepared.slotOf[i]!, counts.get(hex(value))!]),
      )
      const { slots } = plan.partners[1]!
      for (let cell = 0; cell < plan.bins * slots; cell++) {
        const held = recordIn.get(cell)
        const expected = reportBits === 2 ? (held ?? 1) : held === undefined ? 0 : 1
        for (const one of [whole, prepared]) {
          const mark = marksOf(plan, one, Math.floor(cell / slots), cell % slots)
          if (mark !== expected) throw new Error(`${reportBits}: cell ${cell} has ${mark}`)
        }
      }
    }
  })

  it('is refused as a whole', () => {
    const plan = planFor(256, 256)
    for (const cut of parts) {
      expect(() => inParts(plan, numbered(257), cut)).toThrow('LIST_TOO_LARGE')
      // Too large for its bins too.
      expect(() => inParts(plan, numbered(20_000), cut)).toThrow('LIST_TOO_LARGE')
      expect(() => inParts(plan, [...numbered(256), ...numbered(256)], cut)).not.toThrow()
    }
    const crowded: Bytes[] = []
    for (let i = 0; crowded.length < 70; i++) {
      const value = utf8(`c${i}`)
      if (placeOf(plan, value).bin === 77) crowded.push(value)
    }
    for (const cut of parts)
      expect(() => inParts(plan, crowded, cut)).toThrow('RECORD_DOES_NOT_FIT')
  })

  it('takes steps, with some work in each', () => {
    const plan = shapedPlan(200, [1, 1])
    const list = numbered(256)
    const ranges = binRanges(plan, 2)
    const batches = [packed(list.slice(0, 100)), packed(list.slice(100))]
    const values = { first: 0, count: 256, batches, reports: [] }
    const stepsOf = <Result>(steps: Generator<void, Result, void>) => {
      let count = 0
      for (; !steps.next().done; ) count++
      return count
    }
    expect(stepsOf(keyRecords(plan, salt, values, ranges))).toBe(3)
    const keyed = inOneGo(keyRecords(plan, salt, values, ranges))
    const slots = (plan.bins * plan.partners[1]!.slots) / 2
    const steps = stepsOf(fillBins(plan, 1, ranges[0]!, [keyed[0]!], seededBytes(seed)))
    expect(slots / steps).toBeLessThan(16_384)
    expect(slots / steps).toBeGreaterThan(256)
  })

  it('covers all bins, eight by eight at least', () => {
    for (const bins of [128, 256, 65_536]) {
      for (const count of [1, 2, 3, 7, 16, 300]) {
        const ranges = binRanges({ bins }, count)
        expect(ranges).toHaveLength(Math.min(count, bins / 8))
        expect([ranges[0]!.first, ranges.at(-1)!.end]).toEqual([0, bins])
        ranges.forEach(({ first, end }, i) => {
          expect(end - first).toBeGreaterThanOrEqual(8)
          expect(first % 8).toBe(0)
          if (i > 0) expect(ranges[i - 1]!.end).toBe(first)
        })
      }
    }
  })
})

describe('dummies', () => {
  it('are fresh for other randomness and the same for the same', () => {
    const plan = planFor(256)
    const list = numbered(10)
    const one = prepare(plan, 0, list, 'one')
    expect(prepare(plan, 0, list, 'one').planes).toEqual(one.planes)
    const other = prepare(plan, 0, list, 'two')
    const seen = new Set(Array.from({ length: 128 }, (_, bin) => binOf(plan, one, bin)).flat())
    const again = Array.from({ length: 128 }, (_, bin) => binOf(plan, other, bin)).flat()
    expect(again.filter((x) => seen.has(x))).toHaveLength(new Set(one.slotOf).size)
  })

  it('are uniform in the range of their slot', () => {
    const plan = shapedPlan(60, [1])
    const prepared = prepare(plan, 0, [])
    const sixteenths = Array<number>(16).fill(0)
    const one = 1n << BigInt(plan.width)
    let lowBits = 0
    for (let bin = 0; bin < 128; bin++) {
      for (const [p, x] of binOf(plan, prepared, bin).slice(0, 59).entries()) {
        const inside = Number((16n * (x * 60n - BigInt(p) * one)) / one)
        sixteenths[inside]!++
        lowBits += Number(x & 1n)
      }
    }
    const each = (128 * 59) / 16
    const chiSquare = sixteenths.reduce((sum, count) => sum + (count - each) ** 2 / each, 0)
    // 15 degrees of freedom: above 50 once in 80,000 seeds.
    expect(chiSquare, seed).toBeLessThan(50)
    expect(Math.abs(lowBits - 8 * each), seed).toBeLessThan(5 * Math.sqrt(4 * each))
  })
})

describe('the chance that a record does not fit', () => {
  it('is below the bound, and not far below', () => {
    // A small window makes failures common enough to count: the bound is 0.5 a list.
    const [window, base, runs] = [4, 8, 150]
    const theta = Math.log((base * 128) / 0.5) / window
    const load = theta / (Math.exp(theta) - 1)
    const count = Math.floor(load * base * 128)
    const plan = shapedPlan(base, [1], window)
    const sized = { ...plan, partners: [{ ...plan.partners[0]!, paddedSize: count }] }
    const list = numbered(count)
    let failed = 0
    for (let run = 0; run < runs; run++) {
      try {
        prepareList(sized, 0, seededBytes(`${seed}/${run}`)(32), list, seededBytes(`${run}`))
      } catch (error) {
        if (!isProtocolError(error, 'RECORD_DOES_NOT_FIT')) throw error
        failed++
      }
    }
    expect(failed / runs, seed).toBeLessThan(0.5)
    expect(failed / runs, seed).toBeGreaterThan(0.005)
  })
})

describe('prepared lists, merged in the clear', () => {
  it('come out sorted, with every key as often as partners hold it', () => {
    const below = seededInts(`${seed}/merge`)
    const lists = [40, 700, 90, 300].map((count) => [
      ...new Set(Array.from({ length: count }, () => `m${below(800)}`)),
    ])
    const plan = planFor(256, 768, 256, 512)
    const prepared = lists.map((list, i) => prepare(plan, i, values(list), `${i}`))
    const ones = (1n << BigInt(plan.width)) - 1n
    const network = mergeNetwork(plan, [0, 1, 2, 3])
    const holders = new Map<string, number>()
    for (let bin = 0; bin < plan.bins; bin++) {
      const cells = prepared.map((list) => binOf(plan, list, bin))
      const rows = mergeRows(network, (partner) => cells[partner]!, ones)
      expect(rows).toEqual(cells.flat().sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
      for (const x of rows) holders.set(`${bin}:${x}`, (holders.get(`${bin}:${x}`) ?? 0) + 1)
    }
    for (const name of new Set(lists.flat())) {
      const { bin, x } = placeOf(plan, utf8(name))
      const expected = lists.filter((list) => list.includes(name)).length
      expect(holders.get(`${bin}:${x}`), `${seed} ${name}`).toBe(expected)
    }
    const shared = [...holders.values()].filter((count) => count > 1).length
    const truth = new Set(lists.flat().filter((name, i, all) => all.indexOf(name) !== i))
    expect(shared).toBe(truth.size)
  })
})

describe('recordKey', () => {
  it('is the first bits of HMAC-SHA-256, spare bits zero', () => {
    // RFC 4231, test case 2.
    const [key, value] = [utf8('Jefe'), utf8('what do ya want for nothing?')]
    expect(hex(recordKey(key, value, 64))).toBe('5bdcc146bf60754e')
    expect(hex(recordKey(key, value, 61))).toBe('5bdcc146bf607548')
    expect(hex(recordKey(key, value, 65))).toBe('5bdcc146bf60754e00')
    expect(hex(recordKey(key, value, 66))).toBe('5bdcc146bf60754e40')
  })

  it('is the same for many under one salt, whatever came before', () => {
    const salt = Uint8Array.from({ length: 32 }, (_, i) => i)
    const keyOf = recordKeys(salt, 77)
    const values = [0, 1, 31, 32, 55, 56, 64, 200].map((n) => new Uint8Array(n).fill(n))
    const keys = [...values, ...values].map((value) => hex(keyOf(value)))
    expect(keys).toEqual([...values, ...values].map((value) => hex(recordKey(salt, value, 77))))
    expect(new Set(keys).size).toBe(values.length)
  })
})

describe('roundSalt', () => {
  const part = (text: string) => utf8(text)
  const nonces = [part('a'), part('b'), part('c')] as const

  it('depends on convenant, round, and each nonce in its place', () => {
    const salts = [
      roundSalt(part('d'), part('r'), nonces),
      roundSalt(part('e'), part('r'), nonces),
      roundSalt(part('d'), part('s'), nonces),
      roundSalt(part('d'), part('r'), [nonces[1], nonces[0], nonces[2]]),
      roundSalt(part('d'), part('r'), [part('ab'), part(''), part('c')]),
      roundSalt(part('dr'), part(''), nonces),
    ]
    expect(new Set(salts.map(hex)).size).toBe(salts.length)
    expect(salts[0]).toHaveLength(32)
  })
})
