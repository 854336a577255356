/** Rows of a file that were not taken: number and code, never the value. */

import { csvLine } from '../client/csv.ts'
import { writeText } from '../client/files.ts'
import type { Context } from './context.ts'

/** @param asked else beside the file itself @returns null when there is none */
export async function writeRejected(
  ctx: Context,
  asked: string | undefined,
  path: string,
  rejected: { readonly row: number; readonly code: string }[],
): Promise<string | null> {
  if (rejected.length === 0) return null
  const file = asked === undefined ? `${path}.rejected.csv` : ctx.path(asked)
  rejected.sort((a, b) => a.row - b.row)
  const lines = rejected.map(({ row, code }) => csvLine([row, code]))
  await writeText(file, `${csvLine(['row', 'code'])}${lines.join('')}`, ctx.world.random)
  return file
}
