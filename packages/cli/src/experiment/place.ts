/** Whether a folder may be written: what another experiment found is not lost by a slip of the hand. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RandomBytes } from '@drempel/protocol/encoding'
import { checkFolder, readTextIfThere } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { isDraft } from './written.ts'

type Setting = { readonly force: boolean; readonly random: RandomBytes }

/** Files of the folder that say of which experiment it is. */
const TELLING = ['results.json', 'rounds.json']

/**
 * Free, or with results of the same experiment.
 * @param digest of the experiment
 * @throws ProtocolError `FOLDER_TAKEN`; `FILE_UNWRITABLE` where it could be no folder
 */
export async function checkPlace(
  folder: string,
  digest: string,
  { force, random }: Setting,
): Promise<void> {
  await checkFolder(folder, random)
  if (force || (await isFree(folder))) return
  for (const name of TELLING) {
    const text = await readTextIfThere(join(folder, name))
    if (text !== undefined && digestIn(text) === digest) return
  }
  fail('FOLDER_TAKEN', { at: folder })
}

/** Free, or with a world that was made from the same experiment. @throws ProtocolError `FOLDER_TAKEN` */
export async function checkWorldPlace(
  folder: string,
  experiment: string,
  { force, random }: Setting,
): Promise<void> {
  await checkFolder(folder, random)
  if (force || (await isFree(folder))) return
  if ((await readTextIfThere(join(folder, 'experiment.yaml'))) === experiment) return
  fail('FOLDER_TAKEN', { at: folder })
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
