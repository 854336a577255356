/**
 * From bit slices to rows of words, with the first bit position as the most significant one. Linear,
 * so done on each component alone.
 */

import type { Arena } from './arena.ts'
import { type Planes, planeAt } from './compare.ts'
import type { Words } from './share.ts'

/** One bit position of the rows; absent ones are zero. */
export type BitSource = { readonly planes: Planes; readonly bit: number } | undefined

/** Rows of a table that lie in the planes from row `start` on, `count` of all lanes. */
export type Span = { readonly start: number; readonly count: number }

/** Words of one plane that are turned at a time: 32 planes of them stay in the processor's cache. */
const PIECE_WORDS = 512

/**
 * Writes the lanes of the span's rows, row after row and in each lane after lane, as rows of `fields`
 * words from row `atRow` of the table on.
 */
export function transposeInto(
  arena: Arena,
  table: Words,
  atRow: number,
  fields: number,
  held: 'first' | 'second',
  sources: readonly BitSource[],
  rowWords: number,
  { start, count }: Span,
): void {
  const mark = arena.mark()
  const slices = arena.words(32 * PIECE_WORDS)
  const turned = Array.from({ length: fields }, () => arena.words(32 * PIECE_WORDS))
  const end = (start + count) * rowWords
  for (let from = start * rowWords, row = atRow; from < end; from += PIECE_WORDS) {
    const words = Math.min(PIECE_WORDS, end - from)
    for (let field = 0; field < fields; field++) {
      for (let bit = 0; bit < 32; bit++) {
        const source = sources[32 * field + bit]
        const to = bit * words
        if (source === undefined) {
          slices.fill(0, to, to + words)
          continue
        }
        const at = planeAt(source.planes, source.bit) + from
        slices.set(source.planes.share[held].subarray(at, at + words), to)
      }
      arena.kernel.transpose(turned[field]!, slices, words)
    }
    interleave(table, row * fields, turned, 32 * words)
    row += 32 * words
  }
  arena.release(mark)
}

function interleave(table: Words, at: number, columns: readonly Words[], rows: number): void {
  for (const [field, column] of columns.entries()) {
    let to = at + field
    for (let k = 0; k < rows; k++, to += columns.length) table[to] = column[k]!
  }
}
