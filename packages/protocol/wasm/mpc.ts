/**
 * Writes the SIMD kernel of packages/protocol/src/mpc: AND parts, compare, select and exchange over
 * bit-sliced shares, 16 bytes (128 lanes) an instruction, and 8 at the end where rows have 64 lanes.
 * mpc/kernel.ts says what each one computes.
 *
 * All operands are public addresses and lengths in bytes; no instruction's choice or address depends
 * on shared bits. Lengths are multiples of 8, those of `transpose` of 16.
 */

import {
  type Expr,
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  i64,
  type Local,
  load,
  ModuleBuilder,
  type V128,
  v128,
} from './assembler.ts'
import { SIDE, turnSquares } from './squares.ts'

const ROW = 16

export function mpcModule(): Uint8Array {
  const module = new ModuleBuilder({ pages: 0, imported: true })
  writeAnd(module)
  writeCompare(module)
  writeSelect(module)
  writeSwap(module)
  writeExchange(module)
  writeDiffer(module)
  writeAdd(module)
  writeTranspose(module)
  return module.bytes()
}

const addresses = (count: number) => Array.from({ length: count }, () => 'i32' as const)

function declare(module: ModuleBuilder, name: string, count: number) {
  const f = module.function(addresses(count), [], name)
  return { f, p: Array.from({ length: count }, (_, i) => f.parameter('i32', i)) }
}

/** What one instruction works on. */
type Lanes<T extends 'v128' | 'i64'> = {
  readonly type: T
  readonly bytes: number
  readonly xor: (a: Expr<T>, b: Expr<T>) => Expr<T>
  readonly and: (a: Expr<T>, b: Expr<T>) => Expr<T>
}

const ROW_LANES: Lanes<'v128'> = { type: 'v128', bytes: ROW, xor: v128.xor, and: v128.and }
const HALF_LANES: Lanes<'i64'> = { type: 'i64', bytes: ROW / 2, xor: i64.xor, and: i64.and }

type Body = <T extends 'v128' | 'i64'>(lanes: Lanes<T>) => void

/** Whole rows from `at` to `end`, then the half of one that may be left; the body moves on. */
function eachLanes(f: FunctionBuilder, at: I, end: I, body: Body): void {
  f.loopWhile(i32.ltU(i32.add(at, i32const(HALF_LANES.bytes)), end), () => body(ROW_LANES))
  f.ifPublic(i32.ltU(at, end), () => body(HALF_LANES))
}

function step(
  f: FunctionBuilder,
  { bytes }: { readonly bytes: number },
  ...pointers: readonly I[]
): void {
  for (const pointer of pointers) f.set(pointer, i32.add(pointer, i32const(bytes)))
}

// x0·(y0 ⊕ y1) ⊕ x1·y0 ⊕ mask
function part<T extends 'v128' | 'i64'>(
  { xor, and }: Lanes<T>,
  [x0, x1]: readonly [Expr<T>, Expr<T>],
  [y0, y1]: readonly [Expr<T>, Expr<T>],
  mask: Expr<T>,
): Expr<T> {
  return xor(xor(and(x0, xor(y0, y1)), and(x1, y0)), mask)
}

/** and(z, mask, x0, x1, y0, y1, bytes) */
function writeAnd(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'and', 7)
  const [z, mask, x0, x1, y0, y1, bytes] = p as [I, I, I, I, I, I, I]
  const end = f.local('i32', i32.add(z, bytes))
  eachLanes(f, z, end, (lanes) => {
    const { type } = lanes
    const left = f.local(type, load(type, y0))
    const x = [load(type, x0), load(type, x1)] as const
    f.store(z, part(lanes, x, [left, load(type, y1)], load(type, mask)))
    step(f, lanes, z, mask, x0, x1, y0, y1)
  })
}

/** compare(z, mask, p0, p1, c0, c1, runs, end): own part of (a ⊕ b) ∧ (a ⊕ c), also added to c0 */
function writeCompare(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'compare', 8)
  const [z, mask, p0, p1, c0, c1, runs, end] = p as [I, I, I, I, I, I, I, I]
  eachPair(f, p0, p1, runs, end, (lanes, a, b) => {
    const { type, xor } = lanes
    const a0 = f.local(type, load(type, a.first))
    const a1 = f.local(type, load(type, a.second))
    const held = f.local(type, load(type, c0))
    const v0 = f.local(type, xor(a0, held))
    const x = [xor(a0, load(type, b.first)), xor(a1, load(type, b.second))] as const
    const v1 = xor(a1, load(type, c1))
    const own = f.local(type, part(lanes, x, [v0, v1], load(type, mask)))
    f.store(z, own)
    f.store(c0, xor(held, own))
    step(f, lanes, z, mask, c0, c1)
  })
}

/** select(z, mask, p0, p1, c0, c1, runs, end): own part of (a ⊕ b) ∧ c, also added to c0 */
function writeSelect(module: ModuleBuilder): void {
  writeProduct(module, 'select', (f, { xor }, own, { c0, held }) => {
    f.store(c0, xor(held, own))
  })
}

/** swap(z, mask, p0, p1, c0, c1, runs, end): own part d of (a ⊕ b) ∧ c; in p0 a ⊕= d, b ⊕= d */
function writeSwap(module: ModuleBuilder): void {
  writeProduct(module, 'swap', (f, { xor }, own, { a, b, a0, b0 }) => {
    f.store(a, xor(a0, own))
    f.store(b, xor(b0, own))
  })
}

type Product<T extends 'v128' | 'i64'> = {
  readonly a: I
  readonly b: I
  readonly a0: Local<T>
  readonly b0: Local<T>
  readonly c0: I
  readonly held: Local<T>
}

function writeProduct(
  module: ModuleBuilder,
  name: string,
  add: <T extends 'v128' | 'i64'>(
    f: FunctionBuilder,
    lanes: Lanes<T>,
    own: Local<T>,
    at: Product<T>,
  ) => void,
): void {
  const { f, p } = declare(module, name, 8)
  const [z, mask, p0, p1, c0, c1, runs, end] = p as [I, I, I, I, I, I, I, I]
  eachPair(f, p0, p1, runs, end, (lanes, a, b) => {
    const { type, xor } = lanes
    const held = f.local(type, load(type, c0))
    const a0 = f.local(type, load(type, a.first))
    const b0 = f.local(type, load(type, b.first))
    const x = [xor(a0, b0), xor(load(type, a.second), load(type, b.second))] as const
    const own = f.local(type, part(lanes, x, [held, load(type, c1)], load(type, mask)))
    f.store(z, own)
    add(f, lanes, own, { a: a.first, b: b.first, a0, b0, c0, held })
    step(f, lanes, z, mask, c0, c1)
  })
}

/** exchange(plane, d, runs, end): a ⊕= d, b ⊕= d */
function writeExchange(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'exchange', 4)
  const [plane, d, runs, end] = p as [I, I, I, I]
  eachRow(f, plane, runs, end, (lanes, a, b) => {
    const { type, xor } = lanes
    const swap = f.local(type, load(type, d))
    f.store(a, xor(load(type, a), swap))
    f.store(b, xor(load(type, b), swap))
    step(f, lanes, d)
  })
}

/** differ(out, plane, runs, end): out = a ⊕ b */
function writeDiffer(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'differ', 4)
  const [out, plane, runs, end] = p as [I, I, I, I]
  eachRow(f, plane, runs, end, (lanes, a, b) => {
    f.store(out, lanes.xor(load(lanes.type, a), load(lanes.type, b)))
    step(f, lanes, out)
  })
}

/** add(target, source, bytes): target ⊕= source */
function writeAdd(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'add', 3)
  const [target, source, bytes] = p as [I, I, I]
  const end = f.local('i32', i32.add(target, bytes))
  eachLanes(f, target, end, (lanes) => {
    f.store(target, lanes.xor(load(lanes.type, target), load(lanes.type, source)))
    step(f, lanes, target, source)
  })
}

/**
 * transpose(out, planes, bytes): 32 planes of so many bytes, four words of each at a time, so that four
 * squares are turned side by side.
 */
function writeTranspose(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'transpose', 3)
  const [out, planes, bytes] = p as [I, I, I]
  const end = f.local('i32', i32.add(planes, bytes))
  const source = f.local('i32')
  const square = Array.from({ length: SIDE }, () => f.local('v128'))
  const moved = f.local('v128')
  f.loopWhile(i32.ltU(planes, end), () => {
    f.set(source, planes)
    for (const row of square) {
      f.set(row, load('v128', source))
      f.set(source, i32.add(source, bytes))
    }
    turnSquares(f, square, moved)
    writeLanes(f, out, square)
    f.set(out, i32.add(out, i32const(4 * 32 * 4)))
    f.set(planes, i32.add(planes, i32const(ROW)))
  })
}

/** Word w of the square's row 31 - l goes to out[32w + l]: a turn of 4 by 4 words, then whole rows. */
function writeLanes(f: FunctionBuilder, out: I, square: readonly Local<'v128'>[]): void {
  const low = (a: V128, b: V128) => words(a, b, [0, 4, 1, 5])
  const high = (a: V128, b: V128) => words(a, b, [2, 6, 3, 7])
  const pairs = Array.from({ length: 4 }, () => f.local('v128'))
  for (let lane = 0; lane < 32; lane += 4) {
    const row = (k: number) => square[31 - lane - k]!
    const [a, b, c, d] = [row(0), row(1), row(2), row(3)]
    const [abLow, abHigh, cdLow, cdHigh] = pairs as [V, V, V, V]
    f.set(abLow, low(a, b))
    f.set(abHigh, high(a, b))
    f.set(cdLow, low(c, d))
    f.set(cdHigh, high(c, d))
    const rows = [
      words(abLow, cdLow, [0, 1, 4, 5]),
      words(abLow, cdLow, [2, 3, 6, 7]),
      words(abHigh, cdHigh, [0, 1, 4, 5]),
      words(abHigh, cdHigh, [2, 3, 6, 7]),
    ]
    rows.forEach((four, w) => {
      f.store(out, four, 4 * (32 * w + lane))
    })
  }
}

/** Four of the eight words of a (0 to 3) and b (4 to 7). */
function words(a: V128, b: V128, chosen: readonly number[]): V128 {
  return v128.shuffle(
    a,
    b,
    chosen.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)),
  )
}

type V = Local<'v128'>
type I = Local<'i32'>
type Held = { readonly first: I; readonly second: I }

/** The rows of every run triple in one component. */
function eachRow(
  f: FunctionBuilder,
  plane: I32,
  runs: I,
  end: I,
  body: <T extends 'v128' | 'i64'>(lanes: Lanes<T>, a: I, b: I) => void,
): void {
  const [a, b, stop] = [f.local('i32'), f.local('i32'), f.local('i32')]
  f.loopWhile(i32.ltU(runs, end), () => {
    f.set(a, i32.add(plane, word(runs, 0)))
    f.set(b, i32.add(plane, word(runs, 1)))
    f.set(stop, i32.add(a, word(runs, 2)))
    eachLanes(f, a, stop, (lanes) => {
      body(lanes, a, b)
      step(f, lanes, a, b)
    })
    f.set(runs, i32.add(runs, i32const(12)))
  })
}

/** The same in both components at once. */
function eachPair(
  f: FunctionBuilder,
  p0: I,
  p1: I,
  runs: I,
  end: I,
  body: <T extends 'v128' | 'i64'>(lanes: Lanes<T>, a: Held, b: Held) => void,
): void {
  const distance = f.local('i32', i32.sub(p1, p0))
  const [a1, b1] = [f.local('i32'), f.local('i32')]
  eachRow(f, p0, runs, end, (lanes, a, b) => {
    f.set(a1, i32.add(a, distance))
    f.set(b1, i32.add(b, distance))
    body(lanes, { first: a, second: a1 }, { first: b, second: b1 })
  })
}

/** A triple's number as a distance in bytes. */
function word(runs: I, index: number): I32 {
  return i32.shl(load('i32', runs, 4 * index), i32const(2))
}
