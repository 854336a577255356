/**
 * Addition and doubling on the twisted Edwards curve -x² + y² = 1 + d·x²·y² in extended
 * coordinates (Hisil, Wong, Carter, Dawson: "Twisted Edwards curves revisited", ASIACRYPT 2008,
 * sections 3.1 and 3.3). The addition is complete: it holds for all pairs of points.
 *
 * An addend is kept *cached*, as (Y + X, Y - X, 2·Z, 2·d·T), or with Z = 1 *affine*, without 2·Z.
 */

import type { FunctionBuilder } from '../assembler.ts'
import { type Addr, after, at, type Combination, type Term } from '../field/field.ts'
import { D } from './constants.ts'
import { ENTRIES } from './digits.ts'
import { type Machine, type Point, pointAt, pointer } from './machine.ts'

export type Cached = {
  readonly plus: Addr
  readonly minus: Addr
  readonly t2d: Addr
  /** Absent: Z = 1. */
  readonly z2?: Addr
}

export function cachedAt({ elementBytes }: Machine, address: Addr): Required<Cached> {
  const [plus, minus, z2, t2d] = [0, 1, 2, 3].map((i) => after(address, i * elementBytes))
  return { plus: plus!, minus: minus!, z2: z2!, t2d: t2d! }
}

export class Points {
  readonly #machine: Machine
  readonly #double: FunctionBuilder
  readonly #doubleWithoutT: FunctionBuilder
  readonly #add: FunctionBuilder
  readonly #addWithoutT: FunctionBuilder
  readonly #addAffine: FunctionBuilder
  readonly #cache: FunctionBuilder
  readonly #multiples: FunctionBuilder

  constructor(machine: Machine) {
    this.#machine = machine
    const temporaries = machine.temporaries(4)
    const cached = (address: Addr) => cachedAt(machine, address)
    const point = (address: Addr) => pointAt(machine, address)
    const double = (withT: boolean) =>
      machine.function(2, (f, [out, p]) => {
        writeDouble(machine, f, temporaries, point(at(out!)), point(at(p!)), withT)
      })
    const add = (addend: (address: Addr) => Cached, withT: boolean) =>
      machine.function(3, (f, [out, p, q]) => {
        writeAdd(machine, f, temporaries, point(at(out!)), point(at(p!)), addend(at(q!)), withT)
      })
    this.#double = double(true)
    this.#doubleWithoutT = double(false)
    this.#add = add(cached, true)
    this.#addWithoutT = add(cached, false)
    this.#addAffine = add((address) => {
      const { plus, minus, t2d } = cached(address)
      return { plus, minus, t2d }
    }, true)
    this.#cache = machine.function(2, (f, [out, p]) => {
      writeCache(machine, f, cached(at(out!)), point(at(p!)))
    })
    this.#multiples = this.#writeMultiples()
  }

  /** Without T where the next step is a doubling, which does not read it. */
  double(f: FunctionBuilder, out: Addr, p: Addr, withT = true): void {
    f.call(withT ? this.#double : this.#doubleWithoutT, pointer(out), pointer(p))
  }

  add(f: FunctionBuilder, out: Addr, p: Addr, cached: Addr, withT = true): void {
    f.call(withT ? this.#add : this.#addWithoutT, pointer(out), pointer(p), pointer(cached))
  }

  addAffine(f: FunctionBuilder, out: Addr, p: Addr, affine: Addr): void {
    f.call(this.#addAffine, pointer(out), pointer(p), pointer(affine))
  }

  cache(f: FunctionBuilder, out: Addr, p: Addr): void {
    f.call(this.#cache, pointer(out), pointer(p))
  }

  /** P to 8·P, one after the other. */
  multiples(f: FunctionBuilder, out: Addr, p: Addr): void {
    f.call(this.#multiples, pointer(out), pointer(p))
  }

  #writeMultiples(): FunctionBuilder {
    const machine = this.#machine
    const cached = machine.temporaryPoint()
    return machine.function(2, (f, [out, p]) => {
      const multiple = (i: number) => at(out!, (i - 1) * machine.pointBytes)
      machine.copyPoint(f, multiple(1), at(p!))
      this.cache(f, cached, at(p!))
      for (let i = 2; i <= ENTRIES; i++) {
        if (i % 2 === 0) this.double(f, multiple(i), multiple(i / 2))
        else this.add(f, multiple(i), multiple(i - 1), cached)
      }
    })
  }

  setIdentity(f: FunctionBuilder, out: Addr): void {
    const { x, y, z, t } = pointAt(this.#machine, out)
    for (const zero of [x, t]) this.#machine.copy(f, zero, this.#machine.constant(0n))
    for (const one of [y, z]) this.#machine.copy(f, one, this.#machine.constant(1n))
  }
}

/** e·f, g·h, f·g, and e·h when wanted: the last step of both formulas. */
function writeProducts(
  machine: Machine,
  f: FunctionBuilder,
  [e, ff, g, h]: readonly Addr[],
  out: Point,
  withT: boolean,
): void {
  const product = (to: Addr, a: Addr, b: Addr) => {
    if (machine.field.inline) machine.field.combine(f, [{ a, b }], [{ out: to, of: [1] }])
    else machine.multiply(f, to, a, b)
  }
  product(out.x, e!, ff!)
  product(out.y, g!, h!)
  product(out.z, ff!, g!)
  if (withT) product(out.t, e!, h!)
}

/**
 * Section 3.3 with a = -1, the signs of E, F, G and H turned, which changes no product:
 * E = X² + Y² - (X + Y)², F = X² - Y² + 2·Z², G = X² - Y², H = X² + Y². Where X + Y would have to
 * be reduced before it is squared, E = -2·X·Y costs less.
 */
function writeDouble(
  machine: Machine,
  f: FunctionBuilder,
  temporaries: readonly Addr[],
  out: Point,
  p: Point,
  withT: boolean,
): void {
  const { field } = machine
  const [e, ff, g, h] = temporaries as [Addr, Addr, Addr, Addr]
  if (field.squaresLoose) field.add(f, e, p.x, p.y)
  const square = (a: Addr) => ({ a, b: a })
  const product = field.squaresLoose ? square(e) : { a: p.x, b: p.y }
  field.combine(
    f,
    [...[p.x, p.y, p.z].map(square), product],
    [
      { out: g, of: [1, -1] },
      { out: h, of: [1, 1] },
      { out: ff, of: [1, -1, 2] },
      { out: e, of: field.squaresLoose ? [1, 1, 0, -1] : [0, 0, 0, -2] },
    ],
  )
  writeProducts(machine, f, temporaries, out, withT)
}

/** Section 3.1: A = (Y - X)·(Y' - X'), B = (Y + X)·(Y' + X'), C = 2·d·T·T', D = 2·Z·Z'. */
function writeAdd(
  machine: Machine,
  f: FunctionBuilder,
  temporaries: readonly Addr[],
  out: Point,
  p: Point,
  q: Cached,
  withT: boolean,
): void {
  const { field } = machine
  const [e, ff, g, h] = temporaries as [Addr, Addr, Addr, Addr]
  field.sub(f, e, p.y, p.x)
  field.add(f, h, p.y, p.x)
  field.combine(
    f,
    [
      { a: e, b: q.minus },
      { a: h, b: q.plus },
    ],
    [
      { out: e, of: [-1, 1] },
      { out: h, of: [1, 1] },
    ],
  )
  const [z, times]: [Term, number] = q.z2 ? [{ a: p.z, b: q.z2 }, 1] : [{ a: p.z }, 2]
  field.combine(
    f,
    [{ a: p.t, b: q.t2d }, z],
    [
      { out: ff, of: [-1, times] },
      { out: g, of: [1, times] },
    ],
  )
  writeProducts(machine, f, temporaries, out, withT)
}

function writeCache(machine: Machine, f: FunctionBuilder, out: Required<Cached>, p: Point): void {
  const terms = [
    { a: p.x },
    { a: p.y },
    { a: p.z },
    { a: p.t, b: machine.constant(2n * D) },
  ] as const
  const outputs: Combination[] = [
    { out: out.plus, of: [1, 1] },
    { out: out.minus, of: [-1, 1] },
    { out: out.z2, of: [0, 0, 2] },
    { out: out.t2d, of: [0, 0, 0, 1] },
  ]
  machine.combine(f, terms, outputs)
}
