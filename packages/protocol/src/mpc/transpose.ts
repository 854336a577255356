/**
 * From bit slices to rows of words, with the first bit position as the most significant one. Linear,
 * so done on each component alone.
 */

import type { Arena } from './arena.ts'
import { type Planes, planeAt } from './compare.ts'
import type { Words } from './share.ts'

/**
 * One bit position of the rows; absent ones are zero. `places` says which row of the planes is to
 * come at each place; without it all rows come in their order.
 */
export type BitSource =
  | { readonly planes: Planes; readonly bit: number; readonly places?: Int32Array }
  | undefined

/** Places `start` to `start + count - 1`. */
export type Span = { readonly start: number; readonly count: number }

/** Words of one plane that are turned at a time: 32 planes of them stay in the processor's cache. */
const PIECE_WORDS = 512

/**
 * Writes the lanes of the rows at the span's places, row after row and in each lane after lane, as rows of `fields`
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
        const at = planeAt(source.planes, source.bit)
        const plane = source.planes.share[held]
        if (source.places === undefined)
          slices.set(plane.subarray(at + from, at + from + words), to)
        else gather(slices.subarray(to, to + words), plane, at, source.places, rowWords, from)
      }
      arena.kernel.transpose(turned[field]!, slices, words)
    }
    interleave(table, row * fields, turned, 32 * words)
    row += 32 * words
  }
  arena.release(mark)
}

/** From word `from` of the rows at the places on. */
function gather(
  into: Words,
  plane: Words,
  at: number,
  places: Int32Array,
  rowWords: number,
  from: number,
): void {
  let place = Math.floor(from / rowWords)
  let word = from % rowWords
  for (let k = 0; k < into.length; place++, word = 0) {
    let source = at + places[place]! * rowWords + word
    for (; word < rowWords && k < into.length; word++) into[k++] = plane[source++]!
  }
}

function interleave(table: Words, at: number, columns: readonly Words[], rows: number): void {
  for (const [field, column] of columns.entries()) {
    let to = at + field
    for (let k = 0; k < rows; k++, to += columns.length) table[to] = column[k]!
  }
}
