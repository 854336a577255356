/**
 * Signed tree heads, per c2sp.org/tlog-checkpoint: origin, size and root as a signed note. Extension
 * lines are refused: a log of Drempel writes none, and no monitor could audit them.
 *
 * There is one log per member and quarter, and its key's name is its origin, so that a signature
 * for one shard is none for another. A log signs no two checkpoints without a consistency proof
 * between them; the caller that signs answers for that.
 */

import { base64 } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { decodeBase64, isSameKey, type NoteSigner, type VerifierKey } from './key.ts'
import { checkSize, type Hash } from './merkle.ts'
import { openNote, parseNote, signNote } from './note.ts'

export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Hash }

/** `drempel/<convenant>/<member>/<yyyyQn>` */
export type Origin = {
  readonly convenant: string
  readonly member: string
  readonly quarter: string
}

const ORIGIN = /^drempel\/([a-z0-9][a-z0-9-]{0,63})\/([a-z0-9][a-z0-9-]{0,63})\/([0-9]{4}Q[1-4])$/

/** The log's signature and those of witnesses, over one tree head. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(encodeCheckpoint(checkpoint), signers)
}

/**
 * The checkpoint of a note that `key`, the log's own, has signed.
 * @throws ProtocolError as `openNote`; `BAD_CHECKPOINT`; `WRONG_ORIGIN` if it is another log's
 */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, [key]).text)
  if (checkpoint.origin !== key.name) fail('WRONG_ORIGIN')
  return checkpoint
}

/** `openCheckpoint`, or one that remembers what it has opened. */
export type OpenCheckpoint = typeof openCheckpoint

/**
 * Opens each note once. Whoever asks often shows the same tree head with many requests, and its
 * signature costs more to check than all the rest of it.
 * @param most how many notes are remembered; the oldest go first
 */
export function rememberingOpener(most: number): OpenCheckpoint {
  const opened = new Map<string, { readonly key: VerifierKey; readonly checkpoint: Checkpoint }>()
  return (note, key) => {
    const before = opened.get(note)
    if (before !== undefined && isSameKey(before.key, key)) return before.checkpoint
    const checkpoint = openCheckpoint(note, key)
    opened.set(note, { key, checkpoint })
    const [oldest] = opened.keys()
    if (opened.size > most && oldest !== undefined) opened.delete(oldest)
    return checkpoint
  }
}

/**
 * The origin that a note claims in its first line, to find out whose key to open it with.
 * @throws ProtocolError `BAD_NOTE` when there is none
 */
export function claimedOrigin(note: string): string {
  const end = note.indexOf('\n')
  return end > 0 ? note.slice(0, end) : fail('BAD_NOTE')
}

/** Reads a note's tree head without checking any signature, to find out whose key to ask for. */
export function unverifiedCheckpoint(note: string): Checkpoint {
  return parseCheckpoint(parseNote(note).text)
}

/** The note text, without signatures. */
export function encodeCheckpoint({ origin, size, root }: Checkpoint): string {
  checkSize(size)
  if (root.length !== 32 || origin === '' || origin.includes('\n')) fail('BAD_CHECKPOINT')
  return `${origin}\n${size}\n${base64(root)}\n`
}

/** @throws ProtocolError `BAD_CHECKPOINT`, also for sizes above 2^53 - 1 */
export function parseCheckpoint(text: string): Checkpoint {
  const refuse = () => fail('BAD_CHECKPOINT')
  const lines = text.split('\n')
  if (lines.length !== 4 || lines[3] !== '' || lines[0] === '') refuse()
  if (!/^(0|[1-9][0-9]*)$/.test(lines[1]!) || !Number.isSafeInteger(Number(lines[1]))) refuse()
  const root = decodeBase64(lines[2]!, 'BAD_CHECKPOINT')
  if (root.length !== 32) refuse()
  const checkpoint = { origin: lines[0]!, size: Number(lines[1]), root }
  if (encodeCheckpoint(checkpoint) !== text) refuse()
  return checkpoint
}

/** @throws ProtocolError `BAD_ORIGIN` */
export function encodeOrigin({ convenant, member, quarter }: Origin): string {
  const text = `drempel/${convenant}/${member}/${quarter}`
  if (!ORIGIN.test(text)) fail('BAD_ORIGIN')
  return text
}

/** @throws ProtocolError `BAD_ORIGIN` */
export function parseOrigin(text: string): Origin {
  const match = ORIGIN.exec(text) ?? fail('BAD_ORIGIN')
  return { convenant: match[1]!, member: match[2]!, quarter: match[3]! }
}

/** The quarter, in UTC, that a time in milliseconds since 1970 falls in: `2026Q4`. */
export function quarterOf(time: number): string {
  const date = new Date(time)
  return `${date.getUTCFullYear()}Q${Math.floor(date.getUTCMonth() / 3) + 1}`
}
