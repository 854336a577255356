/**
 * From bit slices to rows: 32 planes of 32 lanes become 32 words of one row each, with plane 0 as the
 * most significant bit (Hacker's Delight, section 7-3). Linear, so done on each component alone.
 */

import type { Words } from './share.ts'

/** One bit position of the rows: `plane[at + k]` is word k of its lanes; absent positions are zero. */
export type BitSource = { readonly plane: Words; readonly at: number } | undefined

/**
 * Writes 32 rows for each of the span's lane words: row 32k + l, from row `atRow` of the table, gets
 * lane l of word k. Lane l is bit l of the word, counted from the least significant.
 * @param span in every source, from the source's own `at`
 */
export function transposeInto(
  table: Words,
  atRow: number,
  fields: number,
  sources: readonly BitSource[],
  span: { readonly at: number; readonly words: number },
): void {
  const square = new Int32Array(32)
  for (let field = 0; field < fields; field++) {
    for (let k = 0; k < span.words; k++) {
      for (let bit = 0; bit < 32; bit++) {
        const source = sources[32 * field + bit]
        square[bit] = source === undefined ? 0 : source.plane[source.at + span.at + k]!
      }
      transpose(square)
      let to = (atRow + 32 * k) * fields + field
      for (let lane = 31; lane >= 0; lane--, to += fields) table[to] = square[lane]!
    }
  }
}

// In place; row i bit 31 - j becomes row j bit 31 - i.
function transpose(square: Words): void {
  let mask = 0x0000ffff
  for (let j = 16; j !== 0; j >>= 1, mask ^= mask << j) {
    for (let k = 0; k < 32; k = (k + j + 1) & ~j) {
      const t = (square[k]! ^ (square[k + j]! >>> j)) & mask
      square[k]! ^= t
      square[k + j]! ^= t << j
    }
  }
}
