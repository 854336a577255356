/**
 * Bit slicing: entries turned into planes, in which every lane is a bin. Eight bins, an octet, are
 * sliced at a time, and are a byte of each row.
 */

import type { Bytes } from '../encoding/index.ts'
import { WORDS } from './keys.ts'
import type { Steps } from './steps.ts'

export const LANES = 128
export const OCTET = 8
const ROW_BYTES = LANES / OCTET
const ROW_WORDS = ROW_BYTES / 4
/** Slots that fill a 32 x 32 bit matrix. */
const SLOTS = 32 / OCTET
/** Slots, or rows, between two steps. */
const STRETCH = 16_384
/** Rows that stay in the processor's cache while they are put together. */
const BLOCK = 1024

/**
 * @param entries [lane of the octet][slot][WORDS words], `bits` left-aligned bits each
 * @param planes [bit, most significant first][slot]: bit j (value 2^j) of a byte is lane j
 */
export function* sliceOctet(
  entries: Uint32Array,
  slots: number,
  bits: number,
  planes: Bytes,
): Steps<void> {
  for (let slot = 0; slot < slots; slot += STRETCH) {
    sliceSlots(entries, slots, bits, planes, slot, Math.min(slots, slot + STRETCH))
    yield
  }
}

function sliceSlots(
  entries: Uint32Array,
  slots: number,
  bits: number,
  planes: Bytes,
  first: number,
  end: number,
): void {
  const block = new Uint32Array(32)
  for (let slot = first; slot < end; slot += SLOTS) {
    const together = Math.min(SLOTS, slots - slot)
    for (let bit = 0; bit < bits; bit += 32) {
      // Reversed, because transpose32 counts columns from the most significant bit.
      for (let lane = 0; lane < OCTET; lane++) {
        const from = (lane * slots + slot) * WORDS + bit / 32
        for (let s = 0; s < together; s++) block[31 - OCTET * s - lane] = entries[from + WORDS * s]!
      }
      transpose32(block)
      for (let i = 0; i < 32 && bit + i < bits; i++) {
        const at = (bit + i) * slots + slot
        for (let s = 0, word = block[i]!; s < together; s++, word >>>= OCTET) planes[at + s] = word
      }
    }
  }
}

/**
 * @param octets the planes of the sixteen octets of a shard, in order
 * @param planes [bit][slot][16 bytes]
 */
export function* mergeOctets(octets: readonly Bytes[], planes: Bytes): Steps<void> {
  const words = new Uint32Array(planes.buffer, planes.byteOffset, planes.length / 4)
  const rows = planes.length / ROW_BYTES
  for (let row = 0; row < rows; row += BLOCK) {
    const end = Math.min(rows, row + BLOCK)
    for (let word = 0; word < ROW_WORDS; word++)
      mergeFour(octets.slice(4 * word, 4 * word + 4), words, word, row, end)
    if (row % STRETCH === STRETCH - BLOCK) yield
  }
}

/** A 32-bit word has four octets, the first in its low byte, as typed arrays and WebAssembly have it. */
function mergeFour(
  octets: readonly Bytes[],
  words: Uint32Array,
  word: number,
  from: number,
  end: number,
): void {
  const [a, b, c, d] = octets as [Bytes, Bytes, Bytes, Bytes]
  for (let row = from; row < end; row++) {
    words[ROW_WORDS * row + word] = a[row]! | (b[row]! << 8) | (c[row]! << 16) | (d[row]! << 24)
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
