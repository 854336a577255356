/**
 * A small assembler for WebAssembly modules (WebAssembly Core 2.0 with SIMD, and the relaxed SIMD
 * extension), so that kernels can be written as TypeScript that writes straight-line code.
 *
 * Expressions are trees that write themselves in stack order; a `FunctionBuilder` collects
 * statements. The same calls give the same bytes: there is no clock, no randomness and no map order.
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

const TYPE_CODE: Readonly<Record<ValueType, number>> = {
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

export type FunctionType = {
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
}

/** A function of the module; call it with `FunctionBuilder.call`. */
export class FunctionBuilder {
  readonly index: number
  readonly type: FunctionType
  readonly #locals: ValueType[] = []
  #code: number[] = []

  constructor(index: number, type: FunctionType) {
    this.index = index
    this.type = type
  }

  parameter<T extends ValueType>(type: T, position: number): Local<T> {
    if (this.type.parameters[position] !== type)
      throw new Error(`parameter ${position}: not ${type}`)
    return localAt(type, position)
  }

  /** A new local, zero until set; with `value`, set at once. */
  local<T extends ValueType>(type: T, value?: Expr<T>): Local<T> {
    const local = localAt(type, this.type.parameters.length + this.#locals.length)
    this.#locals.push(type)
    if (value !== undefined) this.set(local, value)
    return local
  }

  set<T extends ValueType>(local: Local<T>, value: Expr<T>): void {
    value.write(this.#code)
    this.#code.push(0x21, ...unsigned(local.index))
  }

  /** Leaves a result on the stack; results are emitted last, in their order. */
  result(value: Expr): void {
    value.write(this.#code)
  }

  store(address: I32, value: Expr, offset = 0): void {
    address.write(this.#code)
    value.write(this.#code)
    this.#code.push(...STORE[value.type], ...memarg(value.type, offset))
  }

  store8(address: I32, value: I32, offset = 0): void {
    address.write(this.#code)
    value.write(this.#code)
    this.#code.push(0x3a, 0, ...unsigned(offset))
  }

  /** Stores one 64-bit lane. */
  storeLane64(address: I32, value: V128, lane: number, offset = 0): void {
    writeLaneAccess(this.#code, 0x5b, 3, address, value, lane, offset)
  }

  /** Stores one 32-bit lane. */
  storeLane32(address: I32, value: V128, lane: number, offset = 0): void {
    writeLaneAccess(this.#code, 0x5a, 2, address, value, lane, offset)
  }

  call(target: FunctionBuilder, ...values: Expr[]): void {
    if (target.type.results.length > 0) throw new Error('a call leaves no result')
    writeCall(this.#code, target, values)
  }

  /** `while (condition) body`, the condition tested first. */
  loopWhile(condition: I32, body: () => void): void {
    this.#code.push(0x02, 0x40, 0x03, 0x40)
    condition.write(this.#code)
    this.#code.push(0x45, 0x0d, 1)
    body()
    this.#code.push(0x0c, 0, 0x0b, 0x0b)
  }

  /** `do body while (condition)`: one branch a turn. */
  loopUntilZero(body: () => void, condition: () => I32): void {
    this.#code.push(0x03, 0x40)
    body()
    condition().write(this.#code)
    this.#code.push(0x0d, 0, 0x0b)
  }

  /** For public conditions only: a secret never decides a branch. */
  ifPublic(condition: I32, then: () => void, otherwise?: () => void): void {
    condition.write(this.#code)
    this.#code.push(0x04, 0x40)
    then()
    if (otherwise !== undefined) {
      this.#code.push(0x05)
      otherwise()
    }
    this.#code.push(0x0b)
  }

  memoryCopy(to: I32, from: I32, length: I32): void {
    to.write(this.#code)
    from.write(this.#code)
    length.write(this.#code)
    this.#code.push(0xfc, 10, 0, 0)
  }

  memoryFill(to: I32, value: I32, length: I32): void {
    to.write(this.#code)
    value.write(this.#code)
    length.write(this.#code)
    this.#code.push(0xfc, 11, 0)
  }

  body(): number[] {
    const locals: number[] = []
    let groups = 0
    for (let i = 0; i < this.#locals.length; ) {
      let end = i
      while (this.#locals[end] === this.#locals[i]) end++
      locals.push(...unsigned(end - i), TYPE_CODE[this.#locals[i]!])
      groups++
      i = end
    }
    const size = unsigned(groups)
    return sized([...size, ...locals], this.#code, [0x0b])
  }
}

function writeCall(out: number[], target: FunctionBuilder, values: readonly Expr[]): void {
  if (values.map(({ type }) => type).join() !== target.type.parameters.join()) {
    throw new Error(`call of ${target.index}: wrong argument types`)
  }
  for (const value of values) value.write(out)
  out.push(0x10, ...unsigned(target.index))
}

/** Of one lane of a word in memory, aligned to 2^align bytes as a hint. */
function writeLaneAccess(
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

const STORE: Readonly<Record<ValueType, readonly number[]>> = {
  i32: [0x36],
  i64: [0x37],
  f64: [0x39],
  v128: [0xfd, 11],
}
const LOAD: Readonly<Record<ValueType, readonly number[]>> = {
  i32: [0x28],
  i64: [0x29],
  f64: [0x2b],
  v128: [0xfd, 0],
}
const ALIGN: Readonly<Record<ValueType, number>> = { i32: 2, i64: 3, f64: 3, v128: 4 }

function memarg(type: ValueType, offset: number): number[] {
  return [ALIGN[type], ...unsigned(offset)]
}

function localAt<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, write: (out) => out.push(0x20, ...unsigned(index)) }
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

/** A module with one memory. */
export class ModuleBuilder {
  readonly #functions: FunctionBuilder[] = []
  readonly #exports: { name: string; index: number }[] = []
  readonly #data: { at: number; bytes: Uint8Array }[] = []
  readonly #memory: number[]

  /** The module's own memory, exported as `memory`; or one imported as `env.memory`. Pages of 64 KiB. */
  constructor(memory: {
    readonly pages: number
    readonly imported?: boolean
    readonly max?: number
  }) {
    const limits =
      memory.max === undefined
        ? [0, ...unsigned(memory.pages)]
        : [1, ...unsigned(memory.pages), ...unsigned(memory.max)]
    this.imported = memory.imported ?? false
    this.#memory = limits
  }

  readonly imported: boolean

  /** Declares a function, so that others can call it before its code is written. */
  function(
    parameters: readonly ValueType[],
    results: readonly ValueType[] = [],
    exportAs?: string,
  ): FunctionBuilder {
    const built = new FunctionBuilder(this.#functions.length, { parameters, results })
    this.#functions.push(built)
    if (exportAs !== undefined) this.#exports.push({ name: exportAs, index: built.index })
    return built
  }

  /** Bytes in memory from the start. */
  data(at: number, bytes: Uint8Array): void {
    this.#data.push({ at, bytes })
  }

  bytes(): Uint8Array {
    const types: string[] = []
    const typeOf = this.#functions.map(({ type }) => {
      const code = [
        0x60,
        ...vector(type.parameters.map((name) => [TYPE_CODE[name]])),
        ...vector(type.results.map((name) => [TYPE_CODE[name]])),
      ].join()
      const known = types.indexOf(code)
      return known < 0 ? types.push(code) - 1 : known
    })
    const exports = this.#exports.map(({ name, index }) => [...text(name), 0, ...unsigned(index)])
    const memoryImport = [...text('env'), ...text('memory'), 2, ...this.#memory]
    const parts: number[][] = [
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vector(types.map((code) => code.split(',').map(Number)))),
      ...(this.imported ? [section(2, vector([memoryImport]))] : []),
      section(3, vector(typeOf.map(unsigned))),
      ...(this.imported ? [] : [section(5, vector([this.#memory]))]),
      section(7, vector([...exports, ...(this.imported ? [] : [[...text('memory'), 2, 0]])])),
      section(10, vector(this.#functions.map((built) => built.body()))),
    ]
    if (this.#data.length > 0) {
      const segments = this.#data.map(({ at, bytes }) => [
        ...[0, 0x41, ...signed(at), 0x0b],
        ...unsigned(bytes.length),
        ...bytes,
      ])
      parts.push(section(11, vector(segments)))
    }
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const module = new Uint8Array(length)
    let at = 0
    for (const part of parts) {
      module.set(part, at)
      at += part.length
    }
    return module
  }
}

function text(value: string): number[] {
  return sized([...new TextEncoder().encode(value)])
}

function vector(items: readonly number[][]): number[] {
  const out = unsigned(items.length)
  for (const item of items) for (const byte of item) out.push(byte)
  return out
}

function section(id: number, content: number[]): number[] {
  const out = [id, ...unsigned(content.length)]
  for (const byte of content) out.push(byte)
  return out
}

function sized(...parts: number[][]): number[] {
  const out = unsigned(parts.reduce((sum, part) => sum + part.length, 0))
  for (const part of parts) for (const byte of part) out.push(byte)
  return out
}
