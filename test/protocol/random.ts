/** Reproducible randomness: SHA-512 of a seed and a counter. For tests only. */

import { concat, type RandomBytes, utf8 } from '@drempel/protocol/encoding'
import { sha512 } from '@noble/hashes/sha2.js'

export function seededRandom(seed: string): RandomBytes {
  let counter = 0
  return (length) => {
    const blocks: Uint8Array[] = []
    for (let left = length; left > 0; left -= 64) blocks.push(sha512(utf8(`${seed} ${counter++}`)))
    return concat(...blocks).subarray(0, length)
  }
}
