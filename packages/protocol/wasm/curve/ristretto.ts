/** Encodings of ristretto255 (RFC 9496, sections 4.3.1, 4.3.2 and 4.3.4), names as printed there. */

import { type FunctionBuilder, type I32, i32, i32const, type V128, v128 } from '../assembler.ts'
import { after, at } from '../field/field.ts'
import {
  D,
  D_MINUS_ONE_SQ,
  INVSQRT_A_MINUS_D,
  ONE_MINUS_D_SQ,
  SQRT_AD_MINUS_ONE,
  SQRT_M1,
} from './constants.ts'
import { type Machine, pointAt, pointer } from './machine.ts'
import type { Points } from './points.ts'
import type { Roots } from './roots.ts'

/** Bytes of an encoding. */
export const ENCODED = 32

/** Writes one byte of flags for each element; where the encoding is refused, the identity. */
export function writeDecode(machine: Machine, roots: Roots): FunctionBuilder {
  const { field } = machine
  const [s, ss, u1, u2, u2Squared, v, inverse, denX, denY] = machine.temporaries(9)
  const [zero, one, d] = machine.constants(0n, 1n, D)
  return machine.function(3, (f, [out, encoded, flags]) => {
    const { x, y, z, t } = pointAt(machine, at(out!))
    const canonical = field.isCanonical(f, at(encoded!), ENCODED)
    field.fromBytes(f, s, at(encoded!), ENCODED)
    const negative = field.isNegative(f, s)
    const isIdentity = field.isZero(f, s)
    machine.combine(
      f,
      [{ a: one }, { a: s, b: s }],
      [
        { out: u1, of: [1, -1] },
        { out: u2, of: [1, 1] },
      ],
    )
    machine.square(f, u2Squared, u2)
    machine.square(f, ss, u1)
    machine.combine(f, [{ a: ss, b: d }, { a: u2Squared }], [{ out: v, of: [-1, -1] }])
    machine.multiply(f, ss, v, u2Squared)
    const wasSquare = roots.sqrtRatio(f, inverse, one, ss)
    machine.multiply(f, denX, inverse, u2)
    machine.multiply(f, denY, inverse, denX)
    machine.multiply(f, denY, denY, v)
    machine.combine(f, [{ a: s, b: denX }], [{ out: x, of: [2] }])
    field.negateIf(f, x, x, field.isNegative(f, x))
    machine.multiply(f, y, u1, denY)
    machine.multiply(f, t, x, y)
    const bad = v128.or(field.isNegative(f, t), field.isZero(f, y))
    const good = v128.andnot(v128.and(canonical, wasSquare), v128.or(negative, bad))
    const valid = f.local('v128', good)
    machine.select(f, x, valid, x, zero)
    machine.select(f, y, valid, y, one)
    machine.select(f, t, valid, t, zero)
    machine.copy(f, z, one)
    writeFlags(machine, f, flags!, valid, v128.and(valid, isIdentity))
  })
}

function writeFlags(
  machine: Machine,
  f: FunctionBuilder,
  flags: I32,
  valid: V128,
  identity: V128,
): void {
  const identities = machine.field.toLanes(identity)
  machine.field.toLanes(valid).forEach((isValid, lane) => {
    const count = i32.add(i32.and(isValid, i32const(1)), i32.and(identities[lane]!, i32const(1)))
    f.store8(flags, count, lane)
  })
}

export function writeEncode(machine: Machine, roots: Roots): FunctionBuilder {
  const { field } = machine
  const [u1, u2, t, inverse, den1, den2, zInverse, ix, iy] = machine.temporaries(9)
  const [one, rootOfMinusOne, magic] = machine.constants(1n, SQRT_M1, INVSQRT_A_MINUS_D)
  return machine.function(2, (f, [to, p]) => {
    const point = pointAt(machine, at(p!))
    machine.combine(
      f,
      [
        { a: point.z, b: point.z },
        { a: point.y, b: point.y },
      ],
      [{ out: u1, of: [1, -1] }],
    )
    machine.multiply(f, u2, point.x, point.y)
    machine.square(f, t, u2)
    machine.multiply(f, t, t, u1)
    roots.sqrtRatio(f, inverse, one, t)
    machine.multiply(f, den1, inverse, u1)
    machine.multiply(f, den2, inverse, u2)
    machine.multiply(f, zInverse, den1, den2)
    machine.multiply(f, zInverse, zInverse, point.t)
    machine.multiply(f, t, point.t, zInverse)
    const rotate = field.isNegative(f, t)
    machine.multiply(f, ix, point.x, rootOfMinusOne)
    machine.multiply(f, iy, point.y, rootOfMinusOne)
    machine.multiply(f, den1, den1, magic)
    const [x, y, denInverse] = [iy, ix, den1]
    machine.select(f, x, rotate, iy, point.x)
    machine.select(f, y, rotate, ix, point.y)
    machine.select(f, denInverse, rotate, den1, den2)
    machine.multiply(f, t, x, zInverse)
    field.negateIf(f, y, y, field.isNegative(f, t))
    field.sub(f, t, point.z, y)
    machine.multiply(f, t, denInverse, t)
    field.negateIf(f, t, t, field.isNegative(f, t))
    field.toBytes(f, at(to!), t)
  })
}

/** The map of section 4.3.4 on 32 bytes; `fromUniform` adds two. */
export function writeMap(machine: Machine, roots: Roots): FunctionBuilder {
  const { field } = machine
  const [t, r, u, v, s, sPrime, c, n, w] = machine.temporaries(9)
  const [one, minusOne, d, rootOfMinusOne, oneMinusDSq, dMinusOneSq, rootOfAdMinusOne] =
    machine.constants(1n, -1n, D, SQRT_M1, ONE_MINUS_D_SQ, D_MINUS_ONE_SQ, SQRT_AD_MINUS_ONE)
  return machine.function(2, (f, [out, uniform]) => {
    const point = pointAt(machine, at(out!))
    field.fromBytes(f, t, at(uniform!), 2 * ENCODED)
    machine.square(f, r, t)
    machine.multiply(f, r, r, rootOfMinusOne)
    field.add(f, w, r, one)
    machine.multiply(f, u, w, oneMinusDSq)
    machine.combine(f, [{ a: one }, { a: r, b: d }], [{ out: v, of: [-1, -1] }])
    field.add(f, w, r, d)
    machine.multiply(f, v, v, w)
    const wasSquare = roots.sqrtRatio(f, s, u, v)
    machine.multiply(f, sPrime, s, t)
    field.negateIf(f, sPrime, sPrime, v128.not(field.isNegative(f, sPrime)))
    machine.select(f, s, wasSquare, s, sPrime)
    machine.select(f, c, wasSquare, minusOne, r)
    field.sub(f, w, r, one)
    machine.multiply(f, n, c, w)
    machine.combine(f, [{ a: n, b: dMinusOneSq }, { a: v }], [{ out: n, of: [1, -1] }])
    const [w0, w1, w2, w3] = [u, c, r, w]
    machine.combine(f, [{ a: s, b: v }], [{ out: w0, of: [2] }])
    machine.multiply(f, w1, n, rootOfAdMinusOne)
    machine.combine(
      f,
      [{ a: one }, { a: s, b: s }],
      [
        { out: w2, of: [1, -1] },
        { out: w3, of: [1, 1] },
      ],
    )
    machine.multiply(f, point.x, w0, w3)
    machine.multiply(f, point.y, w2, w1)
    machine.multiply(f, point.z, w1, w3)
    machine.multiply(f, point.t, w0, w2)
  })
}

export function writeFromUniform(
  machine: Machine,
  points: Points,
  map: FunctionBuilder,
): FunctionBuilder {
  const [first, second] = [machine.temporaryPoint(), machine.temporaryPoint()]
  return machine.function(2, (f, [out, uniform]) => {
    f.call(map, pointer(first), uniform!)
    f.call(map, pointer(second), pointer(after(at(uniform!), ENCODED)))
    points.cache(f, second, second)
    points.add(f, at(out!), first, second)
  })
}
