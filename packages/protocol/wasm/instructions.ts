/**
 * Values and instructions of WebAssembly (Core 2.0 with SIMD, and the relaxed SIMD extension):
 * expressions are trees that write themselves in stack order.
 */

export type ValueType = 'i32' | 'i64' | 'f64' | 'v128'

/** Something that leaves one value on the stack. */
export type Expr<T extends ValueType = ValueType> = {
  readonly type: T
  write(out: number[]): void
}
export type I32 = Expr<'i32'>
export type V128 = Expr<'v128'>

/** A local variable: read as an expression, or set. */
export type Local<T extends ValueType = ValueType> = Expr<T> & { readonly index: number }

/** In the types of functions and locals. */
export const TYPE_CODE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f64: 0x7c,
  v128: 0x7b,
}

export function expr<T extends ValueType>(type: T, write: (out: number[]) => void): Expr<T> {
  return { type, write }
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return bytes
}

/** Signed LEB128. */
export function signed(value: bigint | number): number[] {
  const bytes: number[] = []
  let rest = BigInt(value)
  for (;;) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)
    bytes.push(done ? low : low | 0x80)
    if (done) return bytes
  }
}

/** Aligned by its type's size as a hint; any address works. */
export function load<T extends ValueType>(type: T, address: I32, offset = 0): Expr<T> {
  return expr(type, (out) => {
    address.write(out)
    out.push(...LOAD[type], ...memarg(type, offset))
  })
}

export function load8s(address: I32, offset = 0): I32 {
  return expr('i32', (out) => {
    address.write(out)
    out.push(0x2c, 0, ...unsigned(offset))
  })
}

/** condition ? a : b, both computed: no branch. */
export function select<T extends ValueType>(a: Expr<T>, b: Expr<T>, condition: I32): Expr<T> {
  return expr(a.type, (out) => {
    a.write(out)
    b.write(out)
    condition.write(out)
    out.push(0x1b)
  })
}

export const i32const = (value: number): I32 =>
  expr('i32', (out) => out.push(0x41, ...signed(value | 0)))
/** Two 64-bit lanes, the lower first. */
export const v128const = (low: bigint, high: bigint): V128 =>
  expr('v128', (out) => out.push(0xfd, 12, ...new Uint8Array(BigUint64Array.of(low, high).buffer)))

function binary<R extends ValueType, A extends ValueType, B extends ValueType>(
  result: R,
  ...code: number[]
): (a: Expr<A>, b: Expr<B>) => Expr<R> {
  return (a, b) =>
    expr(result, (out) => {
      a.write(out)
      b.write(out)
      out.push(...code)
    })
}

function unary<R extends ValueType, A extends ValueType>(
  result: R,
  ...code: number[]
): (a: Expr<A>) => Expr<R> {
  return (a) =>
    expr(result, (out) => {
      a.write(out)
      out.push(...code)
    })
}

const i32op = (code: number) => binary<'i32', 'i32', 'i32'>('i32', code)
export const i32 = {
  eqz: unary<'i32', 'i32'>('i32', 0x45),
  eq: i32op(0x46),
  ne: i32op(0x47),
  ltS: i32op(0x48),
  ltU: i32op(0x49),
  gtU: i32op(0x4b),
  leU: i32op(0x4d),
  geU: i32op(0x4f),
  add: i32op(0x6a),
  sub: i32op(0x6b),
  mul: i32op(0x6c),
  and: i32op(0x71),
  or: i32op(0x72),
  xor: i32op(0x73),
  shl: i32op(0x74),
  shrS: i32op(0x75),
  shrU: i32op(0x76),
  wrap: unary<'i32', 'i64'>('i32', 0xa7),
} as const

const i64op = (code: number) => binary<'i64', 'i64', 'i64'>('i64', code)
export const i64 = {
  eqz: unary<'i32', 'i64'>('i32', 0x50),
  add: i64op(0x7c),
  sub: i64op(0x7d),
  mul: i64op(0x7e),
  and: i64op(0x83),
  or: i64op(0x84),
  xor: i64op(0x85),
  shl: i64op(0x86),
  shrS: i64op(0x87),
  shrU: i64op(0x88),
  extendS: unary<'i64', 'i32'>('i64', 0xac),
  extendU: unary<'i64', 'i32'>('i64', 0xad),
} as const

const vop = (code: number) => binary<'v128', 'v128', 'v128'>('v128', 0xfd, ...unsigned(code))
const vunary = (code: number) => unary<'v128', 'v128'>('v128', 0xfd, ...unsigned(code))
const vshift = (code: number) => binary<'v128', 'v128', 'i32'>('v128', 0xfd, ...unsigned(code))

function ternary(code: number): (a: V128, b: V128, c: V128) => V128 {
  return (a, b, c) =>
    expr('v128', (out) => {
      a.write(out)
      b.write(out)
      c.write(out)
      out.push(0xfd, ...unsigned(code))
    })
}

function splatLoad(code: number, align: number): (address: I32, offset?: number) => V128 {
  return (address, offset = 0) =>
    expr('v128', (out) => {
      address.write(out)
      out.push(0xfd, code, align, ...unsigned(offset))
    })
}

function extract<T extends ValueType>(type: T, code: number): (a: V128, lane: number) => Expr<T> {
  return (a, lane) => unary<T, 'v128'>(type, 0xfd, code, lane)(a)
}

function replace<T extends ValueType>(
  code: number,
): (a: V128, lane: number, value: Expr<T>) => V128 {
  return (a, lane, value) => binary<'v128', 'v128', T>('v128', 0xfd, code, lane)(a, value)
}

export const v128 = {
  not: vunary(0x4d),
  and: vop(0x4e),
  andnot: vop(0x4f),
  or: vop(0x50),
  xor: vop(0x51),
  /** mask ? a : b, bit by bit */
  bitselect: ternary(0x52),
  anyTrue: unary<'i32', 'v128'>('i32', 0xfd, ...unsigned(0x53)),
  /** Bytes of a (0 to 15) and b (16 to 31) by index. */
  shuffle: (a: V128, b: V128, lanes: readonly number[]): V128 =>
    binary<'v128', 'v128', 'v128'>('v128', 0xfd, 13, ...lanes)(a, b),
  /** Replaces one 64-bit lane by what is loaded. */
  loadLane64: (address: I32, value: V128, lane: number, offset = 0): V128 =>
    expr('v128', (out) => writeLaneAccess(out, 0x57, 3, address, value, lane, offset)),
  loadLane32: (address: I32, value: V128, lane: number, offset = 0): V128 =>
    expr('v128', (out) => writeLaneAccess(out, 0x56, 2, address, value, lane, offset)),
  /** One 64-bit word into both lanes. */
  load64Splat: splatLoad(10, 3),
  load32Splat: splatLoad(9, 2),
} as const

export const i16x8 = {
  splat: unary<'v128', 'i32'>('v128', 0xfd, 16),
  shl: vshift(139),
  shrS: vshift(140),
  shrU: vshift(141),
  add: vop(142),
  sub: vop(145),
  mul: vop(149),
  /** i32 lanes to i16 with signed saturation: a's four, then b's. */
  narrowI32: vop(133),
} as const

export const i32x4 = {
  splat: unary<'v128', 'i32'>('v128', 0xfd, 17),
  extractLane: extract('i32', 27),
  replaceLane: replace<'i32'>(28),
  eq: vop(55),
  gtS: vop(59),
  abs: vunary(160),
  neg: vunary(161),
  shl: vshift(171),
  shrS: vshift(172),
  shrU: vshift(173),
  add: vop(174),
  sub: vop(177),
  mul: vop(181),
  /** Products of signed 16-bit lanes, added in pairs. */
  dotI16: vop(186),
} as const

export const i64x2 = {
  splat: unary<'v128', 'i64'>('v128', 0xfd, 18),
  extractLane: extract('i64', 29),
  replaceLane: replace<'i64'>(30),
  eq: vop(214),
  shl: vshift(203),
  shrS: vshift(204),
  shrU: vshift(205),
  add: vop(206),
  sub: vop(209),
  mul: vop(213),
} as const

export const f64x2 = {
  splat: unary<'v128', 'f64'>('v128', 0xfd, 20),
  extractLane: extract('f64', 33),
  neg: vunary(237),
  add: vop(240),
  sub: vop(241),
  mul: vop(242),
  /** a·b + c, fused or rounded twice as the machine likes: test before use. Relaxed SIMD. */
  relaxedMadd: ternary(0x107),
  /** -(a·b) + c. */
  relaxedNmadd: ternary(0x108),
} as const

const LOAD: Readonly<Record<ValueType, readonly number[]>> = {
  i32: [0x28],
  i64: [0x29],
  f64: [0x2b],
  v128: [0xfd, 0],
}
const ALIGN: Readonly<Record<ValueType, number>> = { i32: 2, i64: 3, f64: 3, v128: 4 }

/** Of an access to memory, aligned by its type's size as a hint. */
export function memarg(type: ValueType, offset: number): number[] {
  return [ALIGN[type], ...unsigned(offset)]
}

/** Of one lane of a word in memory, aligned to 2^align bytes as a hint. */
export function writeLaneAccess(
  out: number[],
  code: number,
  align: number,
  address: I32,
  value: V128,
  lane: number,
  offset: number,
): void {
  address.write(out)
  value.write(out)
  out.push(0xfd, ...unsigned(code), align, ...unsigned(offset), lane)
}
