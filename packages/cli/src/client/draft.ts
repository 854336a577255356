/**
 * A file that comes in parts, while each part has a price: it appears in its place whole, once nothing more
 * comes, whatever ended it. Until the first part nothing is made, and what has the name stays as it is.
 */

import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { hex, type RandomBytes } from '@drempel/protocol/encoding'
import { fail } from '../output/errors.ts'
import { checkWritable, reasonOf } from './files.ts'

export type Draft = {
  write(text: string): void
  /** Puts in place what was written; without that there is nothing to put. */
  place(): void
}

/** What kill -9 leaves stands beside the place as NAME.….part. @throws ProtocolError `FILE_UNWRITABLE` */
export async function draftOf(path: string, random: RandomBytes): Promise<Draft> {
  await checkWritable(path, random)
  const part = `${path}.${hex(random(4))}.part`
  let file: number | undefined
  const trying = (act: () => void) => {
    try {
      act()
    } catch (error) {
      fail('FILE_UNWRITABLE', { at: path, hint: reasonOf(error) })
    }
  }
  // At a signal the program ends within one turn, so all of it is synchronous.
  const place = () => {
    if (file === undefined) return
    const written = file
    file = undefined
    process.off('exit', place)
    trying(() => {
      fsyncSync(written)
      closeSync(written)
      renameSync(part, path)
    })
  }
  return {
    write(text) {
      trying(() => {
        if (file === undefined) {
          file = openSync(part, 'wx', 0o600)
          process.once('exit', place)
        }
        writeFileSync(file, text)
      })
    },
    place,
  }
}
