/**
 * Scalars of ristretto255: integers modulo l = 2^252 + 27742317777372353535851937790883648493,
 * 32 bytes little-endian. Checks here run in a time that depends on the number of scalars only.
 */

import { type Bytes, fromHex, type RandomBytes } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { countOf } from './flat.ts'
import { type Group, SCALAR_BYTES, UNIFORM_BYTES } from './group.ts'

/** A uniform scalar other than zero: 64 random bytes reduced, bias below 2^-258. */
export function randomScalar(group: Group, random: RandomBytes): Bytes {
  for (;;) {
    const scalar = group.scalars.reduce(random(UNIFORM_BYTES))
    if (!isZero(scalar)) return scalar
  }
}

/** `count` uniform scalars other than zero, of one draw of 64 bytes each. */
export function randomScalars(group: Group, count: number, random: RandomBytes): Bytes {
  const scalars = group.scalars.reduce(random(UNIFORM_BYTES * count))
  for (let i = 0; i < count; i++) {
    if (isZero(scalars, i)) scalars.set(randomScalar(group, random), SCALAR_BYTES * i)
  }
  return scalars
}

/** A small public number, 0 to 2^32 - 1. @throws ProtocolError `BAD_SCALAR` */
export function smallScalar(value: number): Bytes {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) fail('BAD_SCALAR')
  const scalar = new Uint8Array(SCALAR_BYTES)
  new DataView(scalar.buffer).setUint32(0, value, true)
  return scalar
}

/** All canonical. @throws ProtocolError `BAD_LENGTH`, `BAD_SCALAR` */
export function assertScalars(scalars: Bytes): void {
  const count = countOf(scalars)
  let good = 1
  for (let i = 0; i < count; i++) good &= belowOrder(scalars, i)
  if (good === 0) fail('BAD_SCALAR')
}

/** All canonical and none zero. @throws ProtocolError `BAD_LENGTH`, `BAD_SCALAR`, `ZERO_SCALAR` */
export function assertNonZeroScalars(scalars: Bytes): void {
  assertScalars(scalars)
  const count = countOf(scalars)
  let zeros = 0
  for (let i = 0; i < count; i++) zeros |= Number(isZero(scalars, i))
  if (zeros !== 0) fail('ZERO_SCALAR')
}

/** One canonical scalar. */
export function isScalar(bytes: Bytes): boolean {
  return bytes.length === SCALAR_BYTES && belowOrder(bytes, 0) === 1
}

/** Is scalar i zero? */
export function isZero(scalars: Bytes, i = 0): boolean {
  const end = SCALAR_BYTES * (i + 1)
  let bits = 0
  for (let at = end - SCALAR_BYTES; at < end; at++) bits |= scalars[at]!
  return bits === 0
}

const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/** 1 when scalar i less l borrows, else 0; no branch on the scalar. */
function belowOrder(scalars: Bytes, i: number): number {
  const start = SCALAR_BYTES * i
  let borrow = 0
  for (let at = 0; at < SCALAR_BYTES; at++) {
    borrow = ((scalars[start + at]! - ORDER[at]! - borrow) >> 8) & 1
  }
  return borrow
}
