/** AES-128-CTR and GMAC of node:crypto, for the three-party computation. */

import { createCipheriv } from 'node:crypto'
import type { MacFactory, PrgFactory } from '@drempel/protocol/mpc'

/** What of input and output together stays in the processor's cache. */
const PIECE = 65_536

export const aesCtr: PrgFactory = (key, iv) => {
  const cipher = createCipheriv('aes-128-ctr', key, iv)
  return {
    xor: (bytes) => cipher.update(bytes),
    xorInto(bytes, into) {
      for (let at = 0; at < bytes.length; at += PIECE) {
        const piece = cipher.update(bytes.subarray(at, at + PIECE))
        into.set(piece, at)
        free(piece)
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

/**
 * `update` has no output parameter: its result is fresh memory, whose pages the system must find and
 * clear, and later garbage. Given back at once, the next result is written to the same warm memory,
 * which doubles the speed.
 */
function free({ buffer, byteLength }: Uint8Array<ArrayBufferLike>): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
