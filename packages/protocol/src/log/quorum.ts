/**
 * A checkpoint that a quorum of witnesses cosigned (c2sp.org/tlog-cosignature). Who they are and how
 * many it takes, so that no two histories both get a quorum, is the caller's to know.
 */

import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { fail } from './errors.ts'
import type { VerifierKey } from './key.ts'
import { openNote } from './note.ts'

export type Cosigned = Checkpoint & {
  /** When each witness signed, seconds since 1970, by key name. */
  readonly times: ReadonlyMap<string, number>
}

/** How many of all witnesses, and of each group of them, by the names of their keys. */
export type Quorum = {
  readonly quorum: number
  readonly groups: readonly { readonly keyNames: readonly string[]; readonly quorum: number }[]
}

/** @param signed names of keys, each once */
export function isQuorum(signed: readonly string[], { quorum, groups }: Quorum): boolean {
  const ofGroup = (keyNames: readonly string[]) =>
    signed.filter((name) => keyNames.includes(name)).length
  return signed.length >= quorum && groups.every((group) => ofGroup(group.keyNames) >= group.quorum)
}

/**
 * The checkpoint of a note that its log and enough witnesses signed.
 * @param wanted a number of any of them, or of groups as well
 * @throws ProtocolError as `openCheckpoint`; `BAD_SIGNATURE` for a false one of a witness;
 * `NO_WITNESS_QUORUM`, `at` how many signed
 */
export function openCosigned(
  note: string,
  log: VerifierKey,
  witnesses: readonly VerifierKey[],
  wanted: number | Quorum,
): Cosigned {
  const checkpoint = openCheckpoint(note, log)
  const { signers } = openNote(note, [log, ...witnesses])
  const times = new Map<string, number>()
  for (const { key, time } of signers) if (time !== undefined) times.set(key.name, time)
  const policy = typeof wanted === 'number' ? { quorum: wanted, groups: [] } : wanted
  if (!isQuorum([...times.keys()], policy)) fail('NO_WITNESS_QUORUM', { at: String(times.size) })
  return { ...checkpoint, times }
}
