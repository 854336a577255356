/** Powers by fixed chains of squarings: inverses, and SQRT_RATIO_M1 of RFC 9496, section 4.2. */

import { type FunctionBuilder, type I32, i32, i32const, load, v128 } from '../assembler.ts'
import { type Addr, at } from '../field/field.ts'
import { SQRT_M1 } from './constants.ts'
import { type Machine, pointer } from './machine.ts'

type Power = { readonly power250: FunctionBuilder; readonly a11: Addr }

export class Roots {
  readonly #machine: Machine
  readonly #invert: FunctionBuilder
  readonly #invertAll: FunctionBuilder
  readonly #sqrtRatio: FunctionBuilder
  readonly #wasSquare: Addr

  constructor(machine: Machine) {
    this.#machine = machine
    this.#wasSquare = machine.layout.reserve(16)
    const power = this.#writePower()
    this.#invert = machine.function(2, (f, [out, a]) => {
      this.#writeInvert(f, power, at(out!), at(a!))
    })
    this.#invertAll = this.#writeInvertAll()
    this.#sqrtRatio = machine.function(3, (f, [out, u, v]) => {
      this.#writeSqrtRatio(f, power, at(out!), at(u!), at(v!))
    })
  }

  /** a^(p - 2): 1 / a, or 0 for 0. */
  invert(f: FunctionBuilder, out: Addr, a: Addr): void {
    f.call(this.#invert, pointer(out), pointer(a))
  }

  /**
   * One inversion for `count` elements, none of them 0, the first at `first` and the others `stride`
   * bytes on: each inverse is written behind its element.
   */
  invertAll(f: FunctionBuilder, first: Addr, stride: number, count: I32): void {
    f.call(this.#invertAll, pointer(first), i32const(stride), count)
  }

  /** The root of u / v that is not negative, of SQRT_M1·u / v where u / v is no square. */
  sqrtRatio(f: FunctionBuilder, out: Addr, u: Addr, v: Addr) {
    f.call(this.#sqrtRatio, pointer(out), pointer(u), pointer(v))
    return f.local('v128', load('v128', this.#wasSquare.base, this.#wasSquare.offset))
  }

  /**
   * a^(2^252 - 3), which is (p - 5) / 8, and a^11 beside it: powers 2^n - 1 for n = 5, 10, 20,
   * 40, 50, 100, 200, 250.
   */
  #writePower(): Power {
    const { multiply, square } = this.#operations()
    const machine = this.#machine
    const [a9, a11, n5, n10, n50, n100] = machine.temporaries(6)
    const power250 = machine.function(2, (f, [out, from]) => {
      const [t, a] = [at(out!), at(from!)]
      square(f, a11, a)
      square(f, t, a11, 2)
      multiply(f, a9, t, a)
      multiply(f, a11, a9, a11)
      square(f, t, a11)
      multiply(f, n5, t, a9)
      const extend = (to: Addr, low: Addr, high: Addr, by: number) => {
        square(f, t, high, by)
        multiply(f, to, t, low)
      }
      extend(n10, n5, n5, 5)
      extend(n50, n10, n10, 10)
      extend(n50, n50, n50, 20)
      extend(n50, n10, n50, 10)
      extend(n100, n50, n50, 50)
      extend(n100, n100, n100, 100)
      extend(t, n50, n100, 50)
    })
    return { power250, a11 }
  }

  #operations() {
    const machine = this.#machine
    return {
      multiply: machine.multiply.bind(machine),
      square: machine.square.bind(machine),
    }
  }

  /** (2^250 - 1)·2^5 + 11 = p - 2. */
  #writeInvert(f: FunctionBuilder, { power250, a11 }: Power, out: Addr, a: Addr): void {
    const { multiply, square } = this.#operations()
    f.call(power250, pointer(out), pointer(a))
    square(f, out, out, 5)
    multiply(f, out, out, a11)
  }

  /** Montgomery's trick: products up to each element, then inverses from the last one down. */
  #writeInvertAll(): FunctionBuilder {
    const machine = this.#machine
    const [product, inverse] = machine.temporaries(2)
    return machine.function(3, (f, [element, stride, count]) => {
      const beside = at(element!, machine.elementBytes)
      const rest = f.local('i32', count!)
      machine.copy(f, product, machine.constant(1n))
      machine.forGroups(f, rest, [[element!, stride!]], () => {
        machine.copy(f, beside, product)
        machine.multiply(f, product, product, at(element!))
      })
      this.invert(f, inverse, product)
      machine.forGroups(f, count!, [], () => {
        f.set(element!, i32.sub(element!, stride!))
        machine.multiply(f, beside, beside, inverse)
        machine.multiply(f, inverse, inverse, at(element!))
      })
    })
  }

  /**
   * r = u·v³·(u·v⁷)^((p - 5) / 8), and v·r² is u, -u or one of ±SQRT_M1·u: for -u and -SQRT_M1·u
   * the root is SQRT_M1·r.
   */
  #writeSqrtRatio(f: FunctionBuilder, { power250 }: Power, out: Addr, u: Addr, v: Addr): void {
    const { multiply, square } = this.#operations()
    const { field } = this.#machine
    const [v3, base, r] = this.#machine.temporaries(3)
    const rootOfMinusOne = this.#machine.constant(SQRT_M1)
    square(f, v3, v)
    multiply(f, v3, v3, v)
    square(f, base, v3)
    multiply(f, base, base, v)
    multiply(f, base, base, u)
    f.call(power250, pointer(r), pointer(base))
    square(f, r, r, 2)
    multiply(f, r, r, base)
    multiply(f, r, r, v3)
    multiply(f, r, r, u)

    const [check, sum] = [v3, base]
    square(f, check, r)
    multiply(f, check, check, v)
    const equalsTerm = (term: { a: Addr; b?: Addr }, coefficient: number) => {
      this.#machine.combine(f, [{ a: check }, term], [{ out: sum, of: [1, -coefficient] }])
      return field.isZero(f, sum)
    }
    const correct = equalsTerm({ a: u }, 1)
    const flipped = equalsTerm({ a: u }, -1)
    const flippedI = equalsTerm({ a: u, b: rootOfMinusOne }, -1)
    f.store(this.#wasSquare.base, v128.or(correct, flipped), this.#wasSquare.offset)
    multiply(f, sum, r, rootOfMinusOne)
    this.#machine.select(f, r, v128.or(flipped, flippedI), sum, r)
    field.negateIf(f, out, r, field.isNegative(f, r))
  }
}
