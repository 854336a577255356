/**
 * How many witnesses make a checkpoint trustworthy. Two quorums of w witnesses share at least 2q - w;
 * where that is more than f, at least one of them is honest and cosigns no second history, so that no
 * two checkpoints that contradict each other both have a quorum.
 */

import type { Checkpoint } from './checkpoint.ts'
import { openCheckpoint } from './checkpoint.ts'
import { fail } from './errors.ts'
import type { VerifierKey } from './key.ts'
import { openNote } from './note.ts'

export type Cosigned = Checkpoint & {
  /** When each witness signed, seconds since 1970, by key name. */
  readonly times: ReadonlyMap<string, number>
}

/** The smallest safe quorum of w witnesses of which f may lie: floor((w + f) / 2) + 1. */
export function leastQuorum(witnesses: number, faulty: number): number {
  return Math.floor((witnesses + faulty) / 2) + 1
}

/** As many liars as w witnesses can bear while that many again may be silent: floor((w - 1) / 3). */
export function bearable(witnesses: number): number {
  return Math.max(0, Math.floor((witnesses - 1) / 3))
}

/**
 * The checkpoint of a note that its log and enough witnesses signed.
 * @throws ProtocolError as `openCheckpoint`; `BAD_SIGNATURE` for a false one of a witness;
 * `NO_WITNESS_QUORUM`, `at` how many signed
 */
export function openCosigned(
  note: string,
  log: VerifierKey,
  witnesses: readonly VerifierKey[],
  quorum: number,
): Cosigned {
  const checkpoint = openCheckpoint(note, log)
  const { signers } = openNote(note, [log, ...witnesses])
  const times = new Map<string, number>()
  for (const { key, time } of signers) if (time !== undefined) times.set(key.name, time)
  if (!(times.size >= quorum)) fail('NO_WITNESS_QUORUM', { at: String(times.size) })
  return { ...checkpoint, times }
}
