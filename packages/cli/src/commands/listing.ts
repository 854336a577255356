/** A list for people: a table, or a sentence that there is nothing and what to do then, in their language. */

import type { Text } from '../output/language.ts'
import { type Cell, table } from '../output/render.ts'
import type { Context } from './context.ts'

/**
 * @param head names of the columns, with commas between them
 * @param next what to type where there is nothing
 */
export function listing(
  { say }: Pick<Context, 'say'>,
  head: Text,
  rows: readonly (readonly Cell[])[],
  nothing: Text,
  next?: Text,
): string {
  if (rows.length > 0) return table(say(head).split(','), rows)
  return next === undefined ? say(nothing) : `${say(nothing)}\n-> ${say(next)}`
}
