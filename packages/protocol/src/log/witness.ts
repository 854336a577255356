/**
 * Messages between a log and its witnesses, per c2sp.org/tlog-witness: `add-checkpoint`, which hands
 * over a signed tree head with the proof that it extends the last one, and the cosignature lines that
 * come back. Forms and checks only; what a witness remembers is its node's.
 *
 * The adversary is the log, which may sign two trees, and a witness, which may answer anything: a
 * proof counts once it verifies against the root that the witness itself stored, and a cosignature
 * once it verifies under that witness's key.
 */

import { base64, utf8 } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { COSIGNATURE_V1, decodeBase64, type VerifierKey, verifierKey } from './key.ts'
import type { Hash } from './merkle.ts'
import { encodeNote, type NoteSignature, openNote, parseNote } from './note.ts'

export type AddCheckpoint = {
  /** Size of the last tree that this witness cosigned; 0 before the first. */
  readonly oldSize: number
  /** Consistency proof from that tree; empty for size 0. */
  readonly proof: readonly Hash[]
  /** The signed note, verbatim. */
  readonly checkpoint: string
}

export type Cosignature = {
  readonly signature: NoteSignature
  /** Seconds since 1970, by the witness's clock. */
  readonly time: number
}

const MAX_PROOF = 63

/** Under which a witness cosigns; the log's own signature has an origin, with a quarter, as its name. */
export function cosignatureKey(name: string, publicKey: Uint8Array): VerifierKey {
  return verifierKey(name, publicKey, COSIGNATURE_V1)
}

/** A member's. */
export function witnessKey(convenant: string, member: string, publicKey: Uint8Array): VerifierKey {
  return cosignatureKey(`drempel/${convenant}/${member}`, publicKey)
}

/** @throws ProtocolError `BAD_WITNESS_MESSAGE` for what can't be parsed again */
export function encodeAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  const lines = proof.map((hash) => `${base64(hash)}\n`).join('')
  const text = `old ${oldSize}\n${lines}\n${checkpoint}`
  split(text)
  return text
}

/** @throws ProtocolError `BAD_WITNESS_MESSAGE`; the checkpoint is not parsed */
export function parseAddCheckpoint(text: string): AddCheckpoint {
  const message = split(text)
  if (encodeAddCheckpoint(message) !== text) fail('BAD_WITNESS_MESSAGE')
  return message
}

/**
 * The signature of one witness among the lines of its answer. Others are ignored: a witness speaks
 * for itself, and a false line of another's name must not spoil the note.
 * @throws ProtocolError `BAD_WITNESS_MESSAGE`, `NO_KNOWN_SIGNATURE`, `BAD_SIGNATURE`
 */
export function readCosignature(checkpoint: string, answer: string, key: VerifierKey): Cosignature {
  const { text } = parseNote(checkpoint)
  const signature = linesOf(answer).find(({ name, id }) => name === key.name && id === key.id)
  if (signature === undefined) return fail('NO_KNOWN_SIGNATURE', { culprit: key.name })
  const { signers } = openNote(encodeNote({ text, signatures: [signature] }), [key])
  return { signature, time: signers[0]!.time! }
}

/** The lines of an answer. */
export function encodeCosignatures(signatures: readonly NoteSignature[]): string {
  const note = encodeNote({ text: FRAME, signatures })
  return note.slice(FRAME.length + 1)
}

/** The checkpoint with the signatures of witnesses behind its own. @throws ProtocolError `BAD_NOTE` */
export function cosignedNote(checkpoint: string, signatures: readonly NoteSignature[]): string {
  const note = parseNote(checkpoint)
  const text = encodeNote({ ...note, signatures: [...note.signatures, ...signatures] })
  parseNote(text)
  return text
}

/** Any text: a note's signature lines parse alike under each. */
const FRAME = 'cosignatures\n'

function linesOf(answer: string): readonly NoteSignature[] {
  const refuse = () => fail('BAD_WITNESS_MESSAGE', { evidence: utf8(answer) })
  try {
    const { text, signatures } = parseNote(`${FRAME}\n${answer}`)
    return text === FRAME ? signatures : refuse()
  } catch {
    return refuse()
  }
}

function split(text: string): AddCheckpoint {
  const refuse = () => fail('BAD_WITNESS_MESSAGE')
  const end = text.indexOf('\n\n')
  if (end < 0) refuse()
  const [first, ...lines] = text.slice(0, end).split('\n')
  const old = /^old (0|[1-9][0-9]{0,15})$/.exec(first!) ?? refuse()
  const oldSize = Number(old[1])
  const proof = lines.map((line) => decodeBase64(line, 'BAD_WITNESS_MESSAGE'))
  if (!Number.isSafeInteger(oldSize) || proof.length > MAX_PROOF) refuse()
  if (proof.some(({ length }) => length !== 32)) refuse()
  return { oldSize, proof, checkpoint: text.slice(end + 2) }
}
