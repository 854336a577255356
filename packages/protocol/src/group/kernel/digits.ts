/**
 * Scalars as a kernel reads them.
 *
 * Secret scalars become signed digits in radix 16 by the same steps for every scalar (writeDigits).
 * Public scalars become signed digits of a radix 2^bits of the caller's choice, short public
 * integers binary digits with signs.
 */

import { type Bytes, fromHex } from '../../encoding/index.ts'
import { DIGITS, writeDigits } from '../../encoding/kernel/digits.ts'
import { countOf } from '../flat.ts'
import { SCALAR_BYTES } from '../group.ts'
import type { SignedInteger } from '../integer.ts'

const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/** What the digits stand for: the scalar, half of it modulo the order, or its negative as an integer. */
export type DigitsOf = 'whole' | 'half' | 'negative'

/** 64 bytes a scalar, one behind the other, at `at`. Scalars are canonical and secret. */
export function writeSecretDigits(
  target: Bytes,
  at: number,
  scalars: Bytes,
  digitsOf: DigitsOf,
): void {
  const count = countOf(scalars)
  const bytes = new Uint8Array(SCALAR_BYTES)
  for (let i = 0; i < count; i++) {
    bytes.set(scalars.subarray(SCALAR_BYTES * i, SCALAR_BYTES * i + SCALAR_BYTES))
    if (digitsOf === 'half') halve(bytes)
    writeDigits(target, at + DIGITS * i, bytes, digitsOf === 'negative')
  }
  bytes.fill(0)
}

/** k / 2 modulo the odd order l: k / 2 when k is even, (k + l) / 2 when it is odd. */
function halve(bytes: Bytes): void {
  const odd = 0 - (bytes[0]! & 1)
  let carry = 0
  for (let i = 0; i < SCALAR_BYTES; i++) {
    const sum = bytes[i]! + (ORDER[i]! & odd) + carry
    carry = sum >> 8
    bytes[i] = sum
  }
  for (let i = 0; i < SCALAR_BYTES - 1; i++) bytes[i] = (bytes[i]! >> 1) | (bytes[i + 1]! << 7)
  bytes[SCALAR_BYTES - 1] = bytes[SCALAR_BYTES - 1]! >> 1
}

/** Digits of `bits` bits that hold every scalar: 2^253 and a carry. */
export function windowsOf(bits: number): number {
  return Math.ceil(254 / bits)
}

/**
 * Public scalars in radix 2^bits: digit w of scalar e, between -2^(bits-1) and 2^(bits-1) - 1, at
 * `at` + w * `apart` + e.
 */
export function writePublicDigits(
  target: Bytes,
  at: number,
  apart: number,
  scalars: Bytes,
  bits: number,
): void {
  const count = countOf(scalars)
  const windows = windowsOf(bits)
  const half = 1 << (bits - 1)
  const mask = (1 << bits) - 1
  for (let e = 0; e < count; e++) {
    const end = SCALAR_BYTES * (e + 1)
    let next = end - SCALAR_BYTES
    let [held, holds, carry] = [0, 0, 0]
    for (let w = 0; w < windows; w++) {
      if (holds < bits) {
        held |= (next < end ? scalars[next++]! : 0) << holds
        holds += 8
      }
      const digit = (held & mask) + carry
      held >>= bits
      holds -= bits
      carry = digit >= half ? 1 : 0
      target[at + w * apart + e] = digit - (carry << bits)
    }
  }
}

/** The non-adjacent form, lowest first: digits -1, 0 and 1, a third of them not zero on average. */
export function nonAdjacentForm({ negative, magnitude }: SignedInteger): number[] {
  const digits: number[] = []
  for (let rest = magnitude; rest > 0n; rest >>= 1n) {
    const digit = (rest & 1n) === 0n ? 0 : (rest & 3n) === 1n ? 1 : -1
    rest -= BigInt(digit)
    digits.push(negative ? -digit : digit)
  }
  return digits
}
