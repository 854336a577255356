/** Numbers of edwards25519 and of RFC 9496, section 4.1, each from its definition. */

import { P } from '../field/field.ts'

export const D = modulo(-121665n * inverse(121666n))
/** The root of -1 whose lowest bit is 0. */
export const SQRT_M1 = evenRoot(-1n)
/** The two roots below whose lowest bit is 1 are the ones that the RFC prints. */
export const SQRT_AD_MINUS_ONE = modulo(-evenRoot(-D - 1n))
export const INVSQRT_A_MINUS_D = evenRoot(inverse(-1n - D))
export const ONE_MINUS_D_SQ = modulo(1n - D * D)
export const D_MINUS_ONE_SQ = modulo((D - 1n) ** 2n)

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = modulo(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}

function inverse(value: bigint): bigint {
  return power(value, P - 2n)
}

/** p = 5 (modulo 8): a candidate, times the root of -1 if its square is minus the value. */
function evenRoot(square: bigint): bigint {
  const candidate = power(square, (P + 3n) / 8n)
  const isRoot = (candidate * candidate) % P === modulo(square)
  const root = isRoot ? candidate : (candidate * power(2n, (P - 1n) / 4n)) % P
  return root % 2n === 0n ? root : P - root
}
