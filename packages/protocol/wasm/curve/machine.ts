/**
 * What the curve layer writes with: a module, its memory, a field, and the field's operations as
 * functions for the code that is not worth writing out.
 */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  type Local,
  load,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler.ts'
import {
  type Addr,
  after,
  at,
  type Combination,
  type FieldBuild,
  type Term,
} from '../field/field.ts'
import type { Layout } from '../layout.ts'

export class Machine {
  readonly module: ModuleBuilder
  readonly layout: Layout
  readonly field: FieldBuild
  /** Bytes of a group of elements, of points. */
  readonly elementBytes: number
  readonly pointBytes: number

  readonly #multiply: FunctionBuilder
  readonly #square: FunctionBuilder
  readonly #products: readonly Addr[]

  constructor(module: ModuleBuilder, layout: Layout, field: FieldBuild) {
    this.module = module
    this.layout = layout
    this.field = field
    this.elementBytes = 16 * field.words
    this.pointBytes = 4 * this.elementBytes
    this.#products = this.temporaries(4)
    this.#multiply = this.function(3, (f, [out, a, b]) => {
      field.combine(f, [{ a: at(a!), b: at(b!) }], [{ out: at(out!), of: [1] }])
    })
    this.#square = this.function(3, (f, [out, first, n]) => {
      const source = f.local('i32', first!)
      f.loopUntilZero(
        () => {
          const a = at(source)
          field.combine(f, [{ a, b: a }], [{ out: at(out!), of: [1] }])
          f.set(source, out!)
          f.set(n!, i32.sub(n!, i32const(1)))
        },
        () => n!,
      )
    })
  }

  /** A function of so many i32 parameters. */
  function(
    parameters: number,
    body: (f: FunctionBuilder, parameters: Local<'i32'>[]) => void,
    exportAs?: string,
  ): FunctionBuilder {
    const f = this.module.function(Array(parameters).fill('i32'), [], exportAs)
    body(
      f,
      Array.from({ length: parameters }, (_, i) => f.parameter('i32', i)),
    )
    return f
  }

  multiply(f: FunctionBuilder, out: Addr, a: Addr, b: Addr): void {
    f.call(this.#multiply, pointer(out), pointer(a), pointer(b))
  }

  /** a^(2^times). */
  square(f: FunctionBuilder, out: Addr, a: Addr, times = 1): void {
    f.call(this.#square, pointer(out), pointer(a), i32const(times))
  }

  /** As the field's `combine`, with products by calls: slower, and a fraction of the code. */
  combine(f: FunctionBuilder, terms: readonly Term[], outputs: readonly Combination[]): void {
    const sums = terms.map(({ a, b }, i) => {
      if (b === undefined) return { a }
      const product = this.#products[i]!
      if (a === b) this.square(f, product, a)
      else this.multiply(f, product, a, b)
      return { a: product }
    })
    this.field.combine(f, sums, outputs)
  }

  /** Fixed places for intermediate values: functions do not call themselves. */
  temporaries<Count extends number>(count: Count): Tuple<Addr, Count> {
    const places = Array.from({ length: count }, () => this.layout.reserve(this.elementBytes))
    return places as Addr[] as Tuple<Addr, Count>
  }

  temporaryPoint(): Addr {
    return this.layout.reserve(this.pointBytes)
  }

  constant(value: bigint): Addr {
    return this.layout.constant(this.field.constant(value))
  }

  constants<Values extends readonly bigint[]>(...values: Values): Tuple<Addr, Values['length']> {
    return values.map((value) => this.constant(value)) as Tuple<Addr, Values['length']>
  }

  copy(f: FunctionBuilder, out: Addr, a: Addr): void {
    this.wordwise(f, out, (word) => load('v128', a.base, a.offset + word))
  }

  copyPoint(f: FunctionBuilder, out: Addr, p: Addr): void {
    f.memoryCopy(pointer(out), pointer(p), i32const(this.pointBytes))
  }

  /** a where the mask is set, b elsewhere. */
  select(f: FunctionBuilder, out: Addr, mask: V128, a: Addr, b: Addr): void {
    this.wordwise(f, out, (word) => {
      const [whenSet, otherwise] = [a, b].map((from) => load('v128', from.base, from.offset + word))
      return v128.bitselect(whenSet!, otherwise!, mask)
    })
  }

  wordwise(f: FunctionBuilder, out: Addr, value: (offset: number) => V128): void {
    for (let word = 0; word < this.elementBytes; word += 16) {
      f.store(out.base, value(word), out.offset + word)
    }
  }

  /** A word of a public element where the mask is set: nothing when the word is zero. */
  maskedWord(mask: V128, element: Uint8Array, word: number): V128[] {
    const bytes = element.slice(word, word + 16)
    if (bytes.every((byte) => byte === 0)) return []
    const { base, offset } = this.layout.constant(bytes)
    return [v128.and(mask, load('v128', base, offset))]
  }

  /** A small number in every lane. */
  laneConstant(value: number): V128 {
    const { lanes } = this.field
    const bytes = new Uint8Array(16)
    for (let lane = 0; lane < lanes; lane++) bytes[(lane * 16) / lanes] = value
    const { base, offset } = this.layout.constant(bytes)
    return load('v128', base, offset)
  }

  /** One lane of a word to or from memory; one lane's width from memory into all lanes. */
  loadLane(base: I32, value: V128, lane: number, offset: number): V128 {
    const read = this.field.lanes === 2 ? v128.loadLane64 : v128.loadLane32
    return read(base, value, lane, offset)
  }

  storeLane(f: FunctionBuilder, base: I32, value: V128, lane: number, offset: number): void {
    if (this.field.lanes === 2) f.storeLane64(base, value, lane, offset)
    else f.storeLane32(base, value, lane, offset)
  }

  loadSplat(base: I32, offset: number): V128 {
    const read = this.field.lanes === 2 ? v128.load64Splat : v128.load32Splat
    return read(base, offset)
  }

  /** Runs the body for `count` groups; the pointers move on by their steps. */
  forGroups(
    f: FunctionBuilder,
    count: Local<'i32'>,
    steps: readonly (readonly [pointer: Local<'i32'>, bytes: number | I32])[],
    body: () => void,
  ): void {
    f.loopWhile(count, () => {
      body()
      for (const [moving, bytes] of steps) {
        f.set(moving, i32.add(moving, typeof bytes === 'number' ? i32const(bytes) : bytes))
      }
      f.set(count, i32.sub(count, i32const(1)))
    })
  }
}

export function pointer({ base, offset }: Addr): I32 {
  return offset === 0 ? base : i32.add(base, i32const(offset))
}

export type Tuple<T, Length, Items extends T[] = []> = Items['length'] extends Length
  ? Items
  : Tuple<T, Length, [...Items, T]>

/** A point in extended coordinates: x = X / Z, y = Y / Z, x·y = T / Z. */
export type Point = { readonly x: Addr; readonly y: Addr; readonly z: Addr; readonly t: Addr }

export function pointAt({ elementBytes }: Machine, address: Addr): Point {
  const [x, y, z, t] = [0, 1, 2, 3].map((i) => after(address, i * elementBytes))
  return { x: x!, y: y!, z: z!, t: t! }
}
