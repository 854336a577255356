/**
 * A small assembler for WebAssembly modules (WebAssembly Core 2.0 with SIMD, and the relaxed SIMD
 * extension), so that kernels can be written as TypeScript that writes straight-line code.
 *
 * A `FunctionBuilder` collects statements, made of the expressions of instructions.ts; a
 * `ModuleBuilder` makes a module of functions. The same calls give the same bytes: there is no clock,
 * no randomness and no map order.
 */

import {
  type Expr,
  type I32,
  type Local,
  memarg,
  signed,
  TYPE_CODE,
  unsigned,
  type V128,
  type ValueType,
  writeLaneAccess,
} from './instructions.ts'

export * from './instructions.ts'

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

const STORE: Readonly<Record<ValueType, readonly number[]>> = {
  i32: [0x36],
  i64: [0x37],
  f64: [0x39],
  v128: [0xfd, 11],
}
function localAt<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, write: (out) => out.push(0x20, ...unsigned(index)) }
}

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
