/** AES-128-CTR and GMAC of node:crypto, for the three-party computation. */

import { createCipheriv } from 'node:crypto'
import type { MacFactory, PrgFactory } from '@drempel/protocol/mpc'

export const aesCtr: PrgFactory = (key, iv) => {
  const cipher = createCipheriv('aes-128-ctr', key, iv)
  return { xor: (bytes) => cipher.update(bytes) }
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
