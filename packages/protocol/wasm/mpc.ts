/**
 * Writes the SIMD kernel of packages/protocol/src/mpc: AND parts, compare, select and exchange over
 * bit-sliced shares, 16 bytes (128 lanes) an instruction. mpc/kernel.ts says what each one computes.
 *
 * All operands are public addresses and lengths in bytes; no instruction's choice or address depends
 * on shared bits. Lengths are multiples of 16.
 */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
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

const step = (f: FunctionBuilder, ...pointers: readonly Local<'i32'>[]) => {
  for (const pointer of pointers) f.set(pointer, i32.add(pointer, i32const(ROW)))
}

// x0·(y0 ⊕ y1) ⊕ x1·y0 ⊕ mask
function part(x0: V128, x1: V128, y0: V128, y1: V128, mask: V128): V128 {
  return v128.xor(v128.xor(v128.and(x0, v128.xor(y0, y1)), v128.and(x1, y0)), mask)
}

/** and(z, mask, x0, x1, y0, y1, bytes) */
function writeAnd(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'and', 7)
  const [z, mask, x0, x1, y0, y1, bytes] = p as [I, I, I, I, I, I, I]
  const end = f.local('i32', i32.add(z, bytes))
  const left = f.local('v128')
  f.loopWhile(i32.ltU(z, end), () => {
    f.set(left, load('v128', y0))
    const own = part(load('v128', x0), load('v128', x1), left, load('v128', y1), load('v128', mask))
    f.store(z, own)
    step(f, z, mask, x0, x1, y0, y1)
  })
}

/** compare(z, mask, p0, p1, c0, c1, runs, end): own part of (a ⊕ b) ∧ (a ⊕ c), also added to c0 */
function writeCompare(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'compare', 8)
  const [z, mask, p0, p1, c0, c1, runs, end] = p as [I, I, I, I, I, I, I, I]
  const [a0, a1] = [f.local('v128'), f.local('v128')]
  const [held, v0, own] = [f.local('v128'), f.local('v128'), f.local('v128')]
  eachPair(f, p0, p1, runs, end, (a, b) => {
    f.set(a0, load('v128', a.first))
    f.set(a1, load('v128', a.second))
    f.set(held, load('v128', c0))
    f.set(v0, v128.xor(a0, held))
    const x0 = v128.xor(a0, load('v128', b.first))
    const x1 = v128.xor(a1, load('v128', b.second))
    f.set(own, part(x0, x1, v0, v128.xor(a1, load('v128', c1)), load('v128', mask)))
    f.store(z, own)
    f.store(c0, v128.xor(held, own))
    step(f, z, mask, c0, c1)
  })
}

/** select(z, mask, p0, p1, c0, c1, runs, end): own part of (a ⊕ b) ∧ c, also added to c0 */
function writeSelect(module: ModuleBuilder): void {
  writeProduct(module, 'select', (f, own, { c0, held }) => {
    f.store(c0, v128.xor(held, own))
  })
}

/** swap(z, mask, p0, p1, c0, c1, runs, end): own part d of (a ⊕ b) ∧ c; in p0 a ⊕= d, b ⊕= d */
function writeSwap(module: ModuleBuilder): void {
  writeProduct(module, 'swap', (f, own, { a, b, a0, b0 }) => {
    f.store(a, v128.xor(a0, own))
    f.store(b, v128.xor(b0, own))
  })
}

type Product = {
  readonly a: I
  readonly b: I
  readonly a0: V
  readonly b0: V
  readonly c0: I
  readonly held: V
}

function writeProduct(
  module: ModuleBuilder,
  name: string,
  add: (f: FunctionBuilder, own: V, at: Product) => void,
): void {
  const { f, p } = declare(module, name, 8)
  const [z, mask, p0, p1, c0, c1, runs, end] = p as [I, I, I, I, I, I, I, I]
  const [a0, b0] = [f.local('v128'), f.local('v128')]
  const [held, own] = [f.local('v128'), f.local('v128')]
  eachPair(f, p0, p1, runs, end, (a, b) => {
    f.set(held, load('v128', c0))
    f.set(a0, load('v128', a.first))
    f.set(b0, load('v128', b.first))
    const x1 = v128.xor(load('v128', a.second), load('v128', b.second))
    f.set(own, part(v128.xor(a0, b0), x1, held, load('v128', c1), load('v128', mask)))
    f.store(z, own)
    add(f, own, { a: a.first, b: b.first, a0, b0, c0, held })
    step(f, z, mask, c0, c1)
  })
}

/** exchange(plane, d, runs, end): a ⊕= d, b ⊕= d */
function writeExchange(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'exchange', 4)
  const [plane, d, runs, end] = p as [I, I, I, I]
  const swap = f.local('v128')
  eachRow(f, plane, runs, end, (a, b) => {
    f.set(swap, load('v128', d))
    f.store(a, v128.xor(load('v128', a), swap))
    f.store(b, v128.xor(load('v128', b), swap))
    step(f, d)
  })
}

/** differ(out, plane, runs, end): out = a ⊕ b */
function writeDiffer(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'differ', 4)
  const [out, plane, runs, end] = p as [I, I, I, I]
  eachRow(f, plane, runs, end, (a, b) => {
    f.store(out, v128.xor(load('v128', a), load('v128', b)))
    step(f, out)
  })
}

/** add(target, source, bytes): target ⊕= source */
function writeAdd(module: ModuleBuilder): void {
  const { f, p } = declare(module, 'add', 3)
  const [target, source, bytes] = p as [I, I, I]
  const end = f.local('i32', i32.add(target, bytes))
  f.loopWhile(i32.ltU(target, end), () => {
    f.store(target, v128.xor(load('v128', target), load('v128', source)))
    step(f, target, source)
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
  body: (a: I, b: I) => void,
): void {
  const [a, b, stop] = [f.local('i32'), f.local('i32'), f.local('i32')]
  f.loopWhile(i32.ltU(runs, end), () => {
    f.set(a, i32.add(plane, word(runs, 0)))
    f.set(b, i32.add(plane, word(runs, 1)))
    f.set(stop, i32.add(a, word(runs, 2)))
    f.loopWhile(i32.ltU(a, stop), () => {
      body(a, b)
      step(f, a, b)
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
  body: (a: Held, b: Held) => void,
): void {
  const distance = f.local('i32', i32.sub(p1, p0))
  const [a1, b1] = [f.local('i32'), f.local('i32')]
  eachRow(f, p0, runs, end, (a, b) => {
    f.set(a1, i32.add(a, distance))
    f.set(b1, i32.add(b, distance))
    body({ first: a, second: a1 }, { first: b, second: b1 })
  })
}

/** A triple's number as a distance in bytes. */
function word(runs: I, index: number): I32 {
  return i32.shl(load('i32', runs, 4 * index), i32const(2))
}
