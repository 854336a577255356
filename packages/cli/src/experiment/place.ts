/** Whether a folder may be written: what another experiment found is not lost by a slip of the hand. */

import { constants } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readTextIfThere, reasonOf } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { isDraft } from './written.ts'

/** Files of the folder that say of which experiment it is. */
const TELLING = ['results.json', 'rounds.json']

/**
 * Free, or with results of the same experiment.
 * @param digest of the experiment
 * @throws ProtocolError `FOLDER_TAKEN`; `FILE_UNWRITABLE` where it could be no folder
 */
export async function checkPlace(folder: string, digest: string, force: boolean): Promise<void> {
  await checkFolder(folder)
  if (force || (await isFree(folder))) return
  for (const name of TELLING) {
    const text = await readTextIfThere(join(folder, name))
    if (text !== undefined && digestIn(text) === digest) return
  }
  fail('FOLDER_TAKEN', { at: folder })
}

/** Free, or with a world that was made from the same experiment. @throws ProtocolError `FOLDER_TAKEN` */
export async function checkWorldPlace(folder: string, experiment: string, force: boolean) {
  await checkFolder(folder)
  if (force || (await isFree(folder))) return
  if ((await readTextIfThere(join(folder, 'experiment.yaml'))) === experiment) return
  fail('FOLDER_TAKEN', { at: folder })
}

/** Before minutes of computing: what is there, or what it would be made in, is a folder to write in. */
async function checkFolder(folder: string): Promise<void> {
  const there = await stat(folder).catch(() => undefined)
  if (there === undefined) {
    if (dirname(folder) !== folder) await checkFolder(dirname(folder))
    return
  }
  if (!there.isDirectory()) fail('FILE_UNWRITABLE', { at: folder, hint: 'EEXIST' })
  await access(folder, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    fail('FILE_UNWRITABLE', { at: folder, hint: reasonOf(error) })
  })
}

async function isFree(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).every(isDraft)
  } catch {
    return true
  }
}

function digestIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { digest?: unknown } | null)?.digest
  } catch {
    return undefined
  }
}
