/**
 * Encodings of twice the points of a batch: they need inverses in place of inverse square roots, so
 * that the batch shares one (Hamburg's batched doubling and encoding, as in curve25519-dalek's
 * `double_and_compress_batch`). Whoever wants the encoding of k·B multiplies by k / 2.
 */

import type { FunctionBuilder, I32 } from '../assembler.ts'
import { type Addr, at } from '../field/field.ts'
import { D, INVSQRT_A_MINUS_D, SQRT_M1 } from './constants.ts'
import { type Machine, pointAt, type Tuple } from './machine.ts'
import { ENCODED } from './ristretto.ts'
import type { Roots } from './roots.ts'

/**
 * What a point leaves for the second pass: e = 2·X·Y, f = Z² + d·T², g = Y² + X², h = Z² - d·T²,
 * e·g, f·h, their product (1 in its place where it is 0: then 2 P is the identity) and room for
 * that product's inverse.
 */
const SLOTS = 8
type Slots = Tuple<Addr, typeof SLOTS>

export function writeDoubleEncode(machine: Machine, roots: Roots, exportAs: string): void {
  const itemBytes = SLOTS * machine.elementBytes
  const prepare = writePrepare(machine)
  const finish = writeFinish(machine)
  machine.function(
    4,
    (f, [encodings, points, groups, scratch]) => {
      const count = f.local('i32', groups!)
      const item = f.local('i32', scratch!)
      machine.forGroups(
        f,
        count,
        [
          [item, itemBytes],
          [points!, machine.pointBytes],
        ],
        () => f.call(prepare, item, points!),
      )
      roots.invertAll(f, slotsAt(machine, scratch!)[6], itemBytes, groups!)
      machine.forGroups(
        f,
        groups!,
        [
          [scratch!, itemBytes],
          [encodings!, ENCODED * machine.field.lanes],
        ],
        () => f.call(finish, encodings!, scratch!),
      )
    },
    exportAs,
  )
}

function slotsAt({ elementBytes }: Machine, item: I32): Slots {
  return Array.from({ length: SLOTS }, (_, i) => at(item, i * elementBytes)) as Addr[] as Slots
}

function writePrepare(machine: Machine): FunctionBuilder {
  const { field } = machine
  const [tt] = machine.temporaries(1)
  const [one, d] = machine.constants(1n, D)
  return machine.function(2, (f, [item, p]) => {
    const { x, y, z, t } = pointAt(machine, at(p!))
    const [e, ff, g, h, eg, fh, product] = slotsAt(machine, item!)
    machine.square(f, tt, t)
    machine.combine(f, [{ a: x, b: y }], [{ out: e, of: [2] }])
    machine.combine(
      f,
      [
        { a: z, b: z },
        { a: tt, b: d },
      ],
      [
        { out: ff, of: [1, 1] },
        { out: h, of: [1, -1] },
      ],
    )
    machine.combine(
      f,
      [
        { a: x, b: x },
        { a: y, b: y },
      ],
      [{ out: g, of: [1, 1] }],
    )
    machine.multiply(f, eg, e, g)
    machine.multiply(f, fh, ff, h)
    machine.multiply(f, product, eg, fh)
    machine.select(f, product, field.isZero(f, product), one, product)
  })
}

/** Encodes the double whose slots are given. */
function writeFinish(machine: Machine): FunctionBuilder {
  const { field } = machine
  const [zInverse, tInverse, sum, e, g, h, magic] = machine.temporaries(7)
  const [zero, rootOfMinusOne, magicOfRfc] = machine.constants(0n, SQRT_M1, INVSQRT_A_MINUS_D)
  return machine.function(2, (f, [to, item]) => {
    const [e0, ff, g0, h0, eg, fh, , inverse] = slotsAt(machine, item!)
    machine.multiply(f, zInverse, eg, inverse)
    machine.multiply(f, tInverse, fh, inverse)
    machine.multiply(f, sum, eg, zInverse)
    const rotate = field.isNegative(f, sum)
    // Rotated: e and g change places, e with its sign turned, and h becomes SQRT_M1·f.
    machine.multiply(f, h, ff, rootOfMinusOne)
    machine.select(f, h, rotate, h, h0)
    machine.select(f, e, rotate, g0, e0)
    machine.select(f, g, rotate, e0, g0)
    field.negateIf(f, g, g, rotate)
    machine.select(f, magic, rotate, rootOfMinusOne, magicOfRfc)
    machine.multiply(f, sum, h, e)
    machine.multiply(f, sum, sum, zInverse)
    field.negateIf(f, g, g, field.isNegative(f, sum))
    machine.multiply(f, tInverse, tInverse, g)
    machine.multiply(f, tInverse, tInverse, magic)
    field.sub(f, sum, h, g)
    machine.multiply(f, sum, sum, tInverse)
    field.negateIf(f, sum, sum, field.isNegative(f, sum))
    machine.select(f, sum, field.isZero(f, eg), zero, sum)
    field.toBytes(f, at(to!), sum)
  })
}
