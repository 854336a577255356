/** AES-128-CTR and GMAC of node:crypto, for the three-party computation. */

import { createCipheriv } from 'node:crypto'
import type { MacFactory, PrgFactory } from '@drempel/protocol/mpc'
import { giveBack } from './memory.ts'

/** What of input and output together stays in the processor's cache. */
const PIECE = 65_536

export const aesCtr: PrgFactory = (key, iv) => {
  const cipher = createCipheriv('aes-128-ctr', key, iv)
  return {
    xor: (bytes) => cipher.update(bytes),
    xorInto(bytes, into, other) {
      for (let at = 0; at < bytes.length; at += PIECE) {
        const plain = bytes.subarray(at, at + PIECE)
        const first = other?.xor(plain)
        // `update` can't be told where to write.
        const piece = cipher.update(first ?? plain)
        if (first !== undefined) giveBack(first)
        into.set(piece, at)
        giveBack(piece)
      }
    },
  }
}

/** GCM with everything as associated data and no plaintext is GMAC (NIST SP 800-38D). */
export const gmac: MacFactory = (key, iv) => {
  const cipher = createCipheriv('aes-128-gcm', key, iv)
  return {
    update: (bytes) => void cipher.setAAD(bytes),
    digest: () => {
      cipher.final()
      return cipher.getAuthTag()
    },
  }
}
