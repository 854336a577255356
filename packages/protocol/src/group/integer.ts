/** Public scalars as integers. */

import { type Bytes, fromHex } from '../encoding/index.ts'
import { SCALAR_BYTES } from './group.ts'

export type SignedInteger = { readonly negative: boolean; readonly magnitude: bigint }

const ORDER = integer(fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'))

/** k or k - l, whichever is nearer to zero. */
export function nearestToZero(scalar: Bytes): SignedInteger {
  const value = integer(scalar)
  const opposite = ORDER - value
  return opposite < value
    ? { negative: true, magnitude: opposite }
    : { negative: false, magnitude: value }
}

export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}

function integer(scalar: Bytes): bigint {
  let value = 0n
  for (let i = SCALAR_BYTES - 1; i >= 0; i--) value = (value << 8n) | BigInt(scalar[i]!)
  return value
}
