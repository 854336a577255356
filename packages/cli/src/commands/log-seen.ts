/**
 * What a verifier remembers: the last checkpoint of each log, so that a node can't show one history
 * today and another tomorrow (RFC 9162, section 2.1.4). Two checkpoints that contradict each other
 * are kept side by side: both are signed, so together they are evidence.
 */

import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ProtocolError, type RandomBytes } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  consistencyProof,
  type FetchTile,
  openCheckpoint,
  parseOrigin,
  tileReader,
  type VerifierKey,
  verifyConsistency,
} from '@drempel/protocol/log'
import { makeFolder, readTextIfThere, writeText } from '../client/files.ts'
import { fail } from '../output/errors.ts'

export type Seen = {
  /** @returns the size it was consistent with; null the first time */
  compare(now: Checkpoint, note: string, key: VerifierKey, fetch: FetchTile): Promise<number | null>
  remember(origin: string, note: string): Promise<void>
  /** Origins of a member's logs that were verified before. */
  origins(convenant: string, member: string): Promise<readonly string[]>
}

export function openSeen(folder: string, random: RandomBytes): Seen {
  // Origins are parsed before they come here: slugs and a quarter, nothing that climbs out.
  const fileOf = (origin: string) => join(folder, `${origin.slice('drempel/'.length)}.note`)

  return {
    async compare(now, note, key, fetch) {
      const path = fileOf(now.origin)
      const before = await readTextIfThere(path)
      if (before === undefined) return null
      const old = openCheckpoint(before, key)
      if (old.size === 0) return 0
      const refuse = async () => {
        await writeText(path.replace(/note$/, `conflict-${now.size}.note`), note, random)
        return fail('LOG_FORKED', { at: now.origin })
      }
      if (now.size < old.size) return refuse()
      const proof = await consistencyProof(old.size, now.size, tileReader(now.size, fetch))
      try {
        verifyConsistency(old.size, old.root, now.size, now.root, proof)
      } catch {
        return refuse()
      }
      return old.size
    },
    async remember(origin, note) {
      const path = fileOf(origin)
      await makeFolder(dirname(path))
      await writeText(path, note, random)
    },
    async origins(convenant, member) {
      const names = await readdir(join(folder, convenant, member)).catch(() => [])
      return names
        .filter((name) => /^[0-9]{4}Q[1-4]\.note$/.test(name))
        .map((name) => `drempel/${convenant}/${member}/${name.slice(0, 6)}`)
        .sort()
    },
  }
}

/**
 * Logs of the same members that were there before, and are not named any more; quarters are kept for years.
 * Each with what to say of it: `LOG_GONE`.
 */
export async function goneLogs(
  listed: readonly string[],
  seen: Seen,
): Promise<{ readonly origin: string; readonly error: ProtocolError }[]> {
  const owners = new Map(
    listed.map((origin) => {
      const { convenant, member } = parseOrigin(origin)
      return [`${convenant}/${member}`, { convenant, member }] as const
    }),
  )
  const known = await Promise.all(
    [...owners.values()].map(({ convenant, member }) => seen.origins(convenant, member)),
  )
  return known
    .flat()
    .filter((origin) => !listed.includes(origin))
    .map((origin) => ({ origin, error: new ProtocolError('LOG_GONE', { at: origin }) }))
}
