/** A list for people: a table, or a sentence that there is nothing, in their language. */

import type { Text } from '../output/language.ts'
import { type Cell, table } from '../output/render.ts'
import type { Context } from './context.ts'

/** @param head names of the columns, with commas between them */
export function listing(
  { say }: Pick<Context, 'say'>,
  head: Text,
  rows: readonly (readonly Cell[])[],
  nothing: Text,
): string {
  return rows.length === 0 ? say(nothing) : table(say(head).split(','), rows)
}
