/** Key streams and MACs of node:crypto, and randomness from a seed, as a host would pass them in. */

import { type CipherGCM, createCipheriv, createHash } from 'node:crypto'
import type { RandomBytes } from '@drempel/protocol/encoding'
import type { MacFactory, PrgFactory } from '@drempel/protocol/mpc'

export const aesCtr: PrgFactory = (key, iv) => {
  const cipher = createCipheriv('aes-128-ctr', key, iv)
  return {
    xor: (bytes) => cipher.update(bytes),
    xorInto(bytes, into, other) {
      const result = cipher.update(other?.xor(bytes) ?? bytes)
      into.set(result)
      // Given back at once, the same memory serves again and the collector has nothing to do.
      const { buffer } = result
      if (buffer instanceof ArrayBuffer && buffer.byteLength === result.length) buffer.transfer(0)
    },
  }
}

export const gmac: MacFactory = (key, iv) => {
  const cipher: CipherGCM = createCipheriv('aes-128-gcm', key, iv)
  return {
    update: (bytes) => {
      cipher.setAAD(bytes)
    },
    digest: () => {
      cipher.final()
      return cipher.getAuthTag()
    },
  }
}

/** The same bytes for the same seed text. */
export function seededBytes(seed: string): RandomBytes {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16)
  const cipher = createCipheriv('aes-128-ctr', key, new Uint8Array(16))
  return (length) => cipher.update(new Uint8Array(length))
}

/** Uniform integers below a bound, from a seed; for making test data. */
export function seededInts(seed: string): (bound: number) => number {
  const random = seededBytes(seed)
  return (bound) => {
    const bytes = random(6)
    const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    return Math.floor((value / 2 ** 32) * bound)
  }
}
