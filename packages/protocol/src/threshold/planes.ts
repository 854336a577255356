/** Bit slicing: one shard's entries turned into planes, in which every lane is a bin. */

import type { Bytes } from '../encoding/index.ts'
import { WORDS } from './keys.ts'

export const LANES = 128
const ROW_BYTES = LANES / 8

/**
 * @param entries [slot][lane][WORDS words], x left-aligned
 * @param planes [bit of x, most significant first][slot][16 bytes]: bit j (value 2^j) of byte i is
 *   lane 8i + j; written over
 */
export function sliceEntries(
  entries: Uint32Array,
  slots: number,
  width: number,
  planes: Bytes,
): void {
  const block = new Uint32Array(32)
  for (let slot = 0; slot < slots; slot++) {
    for (let lane = 0; lane < LANES; lane += 32) {
      const from = (slot * LANES + lane) * WORDS
      for (let bit = 0; bit < width; bit += 32) {
        // Reversed, because transpose32 counts columns from the most significant bit.
        for (let i = 0; i < 32; i++) block[31 - i] = entries[from + WORDS * i + bit / 32]!
        transpose32(block)
        for (let i = 0; i < 32 && bit + i < width; i++) {
          const at = ((bit + i) * slots + slot) * ROW_BYTES + lane / 8
          const word = block[i]!
          planes[at] = word
          planes[at + 1] = word >>> 8
          planes[at + 2] = word >>> 16
          planes[at + 3] = word >>> 24
        }
      }
    }
  }
}

/** Transposes a 32 x 32 bit matrix in place, row i word i, by swapping ever smaller quarters. */
function transpose32(rows: Uint32Array): void {
  let mask = 0x0000ffff
  for (let half = 16; half > 0; half >>= 1, mask ^= mask << half) {
    for (let i = 0; i < 32; i = (i + half + 1) & ~half) {
      const swap = (rows[i]! ^ (rows[i + half]! >>> half)) & mask
      rows[i]! ^= swap
      rows[i + half]! ^= swap << half
    }
  }
}
