/**
 * The kernels' fields against BigInt: random programs on a bank of elements, so that what one
 * operation leaves is what the next one takes, with limbs at their bounds put in between.
 */

import {
  type FunctionBuilder,
  ModuleBuilder,
  v128const,
} from '../../../packages/protocol/wasm/assembler.ts'
import { baselineField, REDUCED } from '../../../packages/protocol/wasm/field/baseline.ts'
import { type Addr, at, type FieldBuild, P } from '../../../packages/protocol/wasm/field/field.ts'
import { relaxedField } from '../../../packages/protocol/wasm/field/relaxed.ts'
import { Layout } from '../../../packages/protocol/wasm/layout.ts'

const BANK = 12
const MAX_OUTPUTS = 4

type Program = {
  /** What it counts for. */
  readonly operations: number
  write(field: FieldBuild, f: FunctionBuilder, out: readonly Addr[], loose: Addr, a: Addr[]): void
  /** The same for one lane. */
  compute(a: readonly bigint[]): bigint[]
}

const MINUS = v128const(2n ** 64n - 1n, 2n ** 64n - 1n)

/** Each takes three elements and writes some. The last three are what the curve's formulas do. */
export const PROGRAMS: Readonly<Record<string, Program>> = {
  multiply: {
    operations: 1,
    write: (field, f, [out], _, [a, b]) =>
      field.combine(f, [{ a: a!, b: b! }], [{ out: out!, of: [1] }]),
    compute: ([a, b]) => [a! * b!],
  },
  square: {
    operations: 1,
    write: (field, f, [out], _, [a]) =>
      field.combine(f, [{ a: a!, b: a! }], [{ out: out!, of: [1] }]),
    compute: ([a]) => [a! * a!],
  },
  'add, multiply': {
    operations: 2,
    write(field, f, [out], loose, [a, b, c]) {
      field.add(f, loose, a!, b!)
      field.combine(f, [{ a: loose, b: c! }], [{ out: out!, of: [1] }])
    },
    compute: ([a, b, c]) => [(a! + b!) * c!],
  },
  'subtract, multiply': {
    operations: 2,
    write(field, f, [out], loose, [a, b, c]) {
      field.sub(f, loose, a!, b!)
      field.combine(f, [{ a: loose, b: c! }], [{ out: out!, of: [1] }])
    },
    compute: ([a, b, c]) => [(a! - b!) * c!],
  },
  negate: {
    operations: 1,
    write: (field, f, [out], _, [a]) => field.negateIf(f, out!, a!, MINUS),
    compute: ([a]) => [-a!],
  },
  canonical: {
    operations: 1,
    write(field, f, [out], bytes, [a]) {
      field.toBytes(f, bytes, a!)
      field.fromBytes(f, out!, bytes, 32)
    },
    compute: ([a]) => [a!],
  },
  'combine products with a loose factor': {
    operations: 5,
    write(field, f, [out, other], loose, [a, b, c]) {
      field.sub(f, loose, a!, b!)
      const terms = [
        { a: loose, b: c! },
        { a: a!, b: b! },
      ]
      field.combine(f, terms, [
        { out: out!, of: [-1, 1] },
        { out: other!, of: [1, 1] },
      ])
    },
    compute: ([a, b, c]) => [a! * b! - (a! - b!) * c!, a! * b! + (a! - b!) * c!],
  },
  'combine squares': {
    operations: 9,
    write(field, f, [e, ff, g, h], loose, [x, y, z]) {
      const squares = [x!, y!, z!].map((a) => ({ a, b: a }))
      if (field.squaresLoose) field.add(f, loose, x!, y!)
      const product = field.squaresLoose ? { a: loose, b: loose } : { a: x!, b: y! }
      field.combine(
        f,
        [...squares, product],
        [
          { out: e!, of: field.squaresLoose ? [1, 1, 0, -1] : [0, 0, 0, -2] },
          { out: ff!, of: [1, -1, 2] },
          { out: g!, of: [1, -1] },
          { out: h!, of: [1, 1] },
        ],
      )
    },
    compute([x, y, z]) {
      const [xx, yy, zz] = [x! * x!, y! * y!, z! * z!]
      return [-2n * x! * y!, xx - yy + 2n * zz, xx - yy, xx + yy]
    },
  },
  'combine a product and sums': {
    operations: 5,
    write(field, f, [out, other], _, [a, b, c]) {
      field.combine(
        f,
        [{ a: a!, b: b! }, { a: c! }],
        [
          { out: out!, of: [-1, 2] },
          { out: other!, of: [1, 2] },
        ],
      )
    },
    compute: ([a, b, c]) => [2n * c! - a! * b!, 2n * c! + a! * b!],
  },
}

type Representation = {
  readonly limbs: number
  readonly bits: bigint
  readonly limit: number
  readonly field: (layout: Layout) => FieldBuild
  /** The limbs of the bank, and where limb k of a lane stands in an element. */
  view(buffer: ArrayBuffer): Int16Array | Float64Array
  place(lane: number, k: number): number
}

export const FIELDS: Readonly<Record<'relaxed' | 'baseline', Representation>> = {
  relaxed: {
    limbs: 5,
    bits: 51n,
    limit: 2 ** 50 + 2 ** 15,
    field: relaxedField,
    view: (buffer) => new Float64Array(buffer),
    place: (lane, k) => 2 * k + lane,
  },
  baseline: {
    limbs: 20,
    bits: 13n,
    limit: REDUCED,
    field: () => baselineField,
    view: (buffer) => new Int16Array(buffer),
    place: (lane, k) => 8 * Math.floor(k / 2) + 2 * lane + (k % 2),
  },
}

/** A field as a module: each program a function of pointers (outputs, then three elements). */
export function fieldModule(makeField: (layout: Layout) => FieldBuild): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ pages: 1 })
  const layout = new Layout()
  const field = makeField(layout)
  const loose = layout.reserve(Math.max(32 * field.lanes, 16 * field.words))
  for (const [name, { write }] of Object.entries(PROGRAMS)) {
    const f = module.function(Array(MAX_OUTPUTS + 3).fill('i32'), [], name)
    const places = Array.from({ length: MAX_OUTPUTS + 3 }, (_, i) => at(f.parameter('i32', i)))
    write(field, f, places.slice(0, MAX_OUTPUTS), loose, places.slice(MAX_OUTPUTS))
  }
  const toBytes = module.function(['i32', 'i32'], [], 'toBytes')
  field.toBytes(toBytes, at(toBytes.parameter('i32', 0)), at(toBytes.parameter('i32', 1)))
  layout.writeTo(module)
  return module.bytes().slice()
}

/**
 * @param module of `fieldModule` for this representation
 * @returns how many operations on single elements were compared
 * @throws Error with the programs since elements were last compared
 */
export function compareField(
  { limbs, bits, limit, field, view, place }: Representation,
  operations: number,
  seed: number,
  module = fieldModule(field),
  progress: (done: number) => void = () => {},
): number {
  const { lanes, words } = field(new Layout())
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module))
  const { memory, toBytes, ...programs } = instance.exports as {
    memory: WebAssembly.Memory
    toBytes: (to: number, a: number) => void
  } & Record<string, (...places: number[]) => void>
  const elementBytes = 16 * words
  const base = memory.buffer.byteLength - (BANK + 1) * elementBytes
  const bytesAt = base + BANK * elementBytes
  const stored = view(memory.buffer)
  const encoded = new BigUint64Array(memory.buffer, bytesAt - (bytesAt % 8), 4 * lanes)
  const random = generator(seed)
  const below = (bound: number) => Math.floor(random() * bound)
  const elementAt = (i: number) => base + i * elementBytes
  const bank: bigint[][] = Array.from({ length: BANK }, () => Array<bigint>(lanes).fill(0n))
  const known = Object.entries(PROGRAMS).map(([name, { operations, compute }]) => {
    return { name, operations, compute, kept: compute([0n, 0n, 0n]).length > 1 ? MAX_OUTPUTS : 0 }
  })

  /** Limbs at random, at their bounds, or next to zero. */
  function put(i: number): void {
    const kind = below(4)
    const sign = random() < 0.5 ? -1 : 1
    const limb = () => {
      if (kind === 0) return sign * limit
      const choice = kind === 1 ? 1 + below(2) : below(4)
      if (choice === 0) return below(3) - 1
      if (choice === 1) return limit
      return choice === 2 ? -limit : Math.round((2 * random() - 1) * limit)
    }
    for (let lane = 0; lane < lanes; lane++) {
      let value = 0n
      for (let k = limbs - 1; k >= 0; k--) {
        const chosen = limb()
        stored[elementAt(i) / stored.BYTES_PER_ELEMENT + place(lane, k)] = chosen
        value = (value << bits) + BigInt(chosen)
      }
      bank[i]![lane] = modulo(value)
    }
  }

  function compare(history: readonly { name: string; places: readonly number[] }[]): void {
    for (let i = 0; i < BANK; i++) {
      toBytes(bytesAt, elementAt(i))
      for (let lane = 0; lane < lanes; lane++) {
        let value = 0n
        for (let word = 3; word >= 0; word--) value = (value << 64n) | encoded[4 * lane + word]!
        if (value === bank[i]![lane]) continue
        const programs = history.map(({ name, places }) => `${name} ${places}`).join('; ')
        throw new Error(`element ${i} differs, seed ${seed}, after ${programs}`)
      }
    }
  }

  let done = 0
  for (let i = 0; i < BANK; i++) put(i)
  while (done < operations) {
    const history: { name: string; places: readonly number[] }[] = []
    for (let turn = 0; turn < 24; turn++) {
      if (turn % 4 === 0) put(below(BANK))
      const { name, operations: counted, compute, kept } = known[below(known.length)]!
      // One output may overwrite a source; several come before the last term is read.
      const first = below(BANK)
      const place = (i: number) => (first + i) % BANK
      const source = () => place(kept + below(BANK - kept))
      const places = [first, place(1), place(2), place(3), source(), source(), source()] as const
      const [, , , , a, b, c] = places
      programs[name]!(...places.map(elementAt))
      for (let lane = 0; lane < lanes; lane++) {
        const results = compute([bank[a]![lane]!, bank[b]![lane]!, bank[c]![lane]!])
        for (let i = 0; i < results.length; i++) bank[places[i]!]![lane] = modulo(results[i]!)
      }
      history.push({ name, places })
      done += counted * lanes
    }
    compare(history)
    progress(done)
  }
  return done
}

function modulo(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

/** Mulberry32: fast, and the same for a seed everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
