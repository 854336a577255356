import { createCipheriv, randomBytes } from 'node:crypto'
import type { Bytes, RandomBytes } from '@drempel/protocol/encoding'

export const systemRandom: RandomBytes = (length) => new Uint8Array(randomBytes(length))

/** The key stream of AES-256 in counter mode, for runs that must repeat. @param seed 32 bytes */
export function seededRandom(seed: Bytes): RandomBytes {
  const stream = createCipheriv('aes-256-ctr', seed, new Uint8Array(16))
  return (length) => new Uint8Array(stream.update(new Uint8Array(length)))
}
