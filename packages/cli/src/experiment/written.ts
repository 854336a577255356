/**
 * Files of a folder, written so that what was killed half-way never looks whole: what an earlier run
 * left goes first, then they come in the order given. The first says whose folder it is.
 */

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RandomBytes } from '@drempel/protocol/encoding'
import { makeFolder, readTextIfThere, reasonOf, writeText } from '../client/files.ts'
import { fail } from '../output/errors.ts'

export type WrittenFile = { readonly name: string; readonly text: string }

/** What runs leave beside their results; where there are none, these are somebody else's. */
const LEFT =
  /^(?:(?:report|measured)\.html|(?:results|measured|convenant(?:-\d+)?)\.json|(?:results|counts|partners)\.csv|experiment\.yaml)$/
/** What a killed run was about to write. */
const DRAFT = /^\.drempel-[0-9a-f]+\.new$/

export function isDraft(name: string): boolean {
  return DRAFT.test(name)
}

/** @throws ProtocolError `FILE_UNWRITABLE` */
export async function writeWhole(
  folder: string,
  files: readonly WrittenFile[],
  random: RandomBytes,
): Promise<void> {
  await makeFolder(folder)
  const [first] = files
  const written = new Set(files.map(({ name }) => name))
  const before = await readTextIfThere(join(folder, 'results.json'))
  const ours = before?.includes('"format": "drempel-experiment-') === true
  for (const name of await readdir(folder).catch(() => [])) {
    // Replaced at once: without it nobody could tell whose the folder is.
    if (name === first?.name) continue
    const left = written.has(name) || isDraft(name) || (ours && LEFT.test(name))
    if (left) await remove(join(folder, name))
  }
  for (const { name, text } of files) await writeText(join(folder, name), text, random)
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
  } catch (error) {
    fail('FILE_UNWRITABLE', { at: path, hint: reasonOf(error) })
  }
}
