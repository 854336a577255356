/**
 * Signed notes, per c2sp.org/signed-note: text, a blank line, signature lines. Strict: what parses
 * re-encodes to the same characters. Signs and verifies Ed25519 (type 0x01) and the timestamped
 * cosignatures of cosignature.ts (type 0x04); other types count as unknown keys.
 */

import {
  type Bytes,
  base64,
  concat,
  fromHex,
  hex,
  type Signer,
  utf8,
  verifySignature,
} from '../encoding/index.ts'
import { verifyCosignature } from './cosignature.ts'
import { fail } from './errors.ts'
import {
  COSIGNATURE_V1,
  decodeBase64,
  ED25519,
  isKeyName,
  isPlain,
  type NoteSigner,
  type VerifierKey,
  verifierKey,
} from './key.ts'

export type NoteSignature = { readonly name: string; readonly id: string; readonly bytes: Bytes }

export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }

/** A cosignature also says when it was made, in seconds since 1970. */
export type NoteSignedBy = { readonly key: VerifierKey; readonly time?: number }

// A verifier must take 16 signatures (c2sp.org/signed-note); post-quantum ones near 7,000 characters.
const MAX_SIGNATURES = 64
const MAX_LENGTH = 256 * 1024

/** @throws ProtocolError `BAD_NOTE` */
export function parseNote(note: string): Note {
  const refuse = () => fail('BAD_NOTE')
  if (note.length > MAX_LENGTH || !isPlain(note) || !note.endsWith('\n')) refuse()
  const end = note.lastIndexOf('\n\n')
  if (end < 0) refuse()
  const lines = note.slice(end + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) refuse()
  const parsed = { text: note.slice(0, end + 1), signatures: lines.map(parseLine) }
  if (encodeNote(parsed) !== note) refuse()
  return parsed
}

export function encodeNote(note: Note): string {
  const lines = note.signatures.map(
    ({ name, id, bytes }) => `— ${name} ${base64(concat(fromHex(id), bytes))}\n`,
  )
  return `${note.text}\n${lines.join('')}`
}

/**
 * @param others signatures that the note carries already, kept before the new ones
 * @throws ProtocolError `BAD_NOTE` for a text that a note can't carry
 */
export function signNote(
  text: string,
  signers: readonly NoteSigner[],
  others: readonly NoteSignature[] = [],
): string {
  const own = signers.map(({ key, sign }) => ({ name: key.name, id: key.id, bytes: sign(text) }))
  const signatures = [...others, ...own]
  // What `parseNote` would find, without its work: a log signs a note for each entry.
  if (!isPlain(text) || !text.endsWith('\n') || !signatures.every(isWritable)) fail('BAD_NOTE')
  if (signatures.length === 0 || signatures.length > MAX_SIGNATURES) fail('BAD_NOTE')
  const note = encodeNote({ text, signatures })
  if (note.length > MAX_LENGTH) fail('BAD_NOTE')
  return note
}

function isWritable({ name, id, bytes }: NoteSignature): boolean {
  return isKeyName(name) && /^[0-9a-f]{8}$/.test(id) && bytes.length > 0
}

/**
 * Parses a note and checks the signatures of the keys given; unknown ones are ignored.
 * @returns the text, and the keys that signed it, each once however often it signed
 * @throws ProtocolError `BAD_NOTE`; `BAD_SIGNATURE` if a known key's signature is false, culprit the
 * key's name; `NO_KNOWN_SIGNATURE`
 */
export function openNote(
  note: string,
  keys: readonly VerifierKey[],
): { readonly text: string; readonly signers: readonly NoteSignedBy[] } {
  const { text, signatures } = parseNote(note)
  const signers = new Map<VerifierKey, NoteSignedBy>()
  for (const { name, id, bytes } of signatures) {
    const key = keys.find((known) => known.name === name && known.id === id)
    if (key === undefined) continue
    const signedBy = verify(key, text, bytes)
    if (signedBy === undefined) {
      return fail('BAD_SIGNATURE', { culprit: name, evidence: utf8(note) })
    }
    if (!signers.has(key)) signers.set(key, signedBy)
  }
  if (signers.size === 0) fail('NO_KNOWN_SIGNATURE')
  return { text, signers: [...signers.values()] }
}

/** A log's own signature, or any other plain one. */
export function noteSigner(name: string, signer: Signer): NoteSigner {
  return {
    key: verifierKey(name, signer.publicKey),
    sign: (text) => signer.sign(utf8(text)),
  }
}

function verify(key: VerifierKey, text: string, bytes: Bytes): NoteSignedBy | undefined {
  switch (key.type) {
    case ED25519:
      return verifySignature(bytes, utf8(text), key.publicKey) ? { key } : undefined
    case COSIGNATURE_V1: {
      const time = verifyCosignature(bytes, text, key.publicKey)
      return time === undefined ? undefined : { key, time }
    }
  }
}

function parseLine(line: string): NoteSignature {
  const match = /^— ([^ ]+) ([A-Za-z0-9+/]+=*)$/u.exec(line) ?? fail('BAD_NOTE')
  const [name, bytes] = [match[1]!, decodeBase64(match[2]!, 'BAD_NOTE')]
  if (!isKeyName(name) || bytes.length < 5) fail('BAD_NOTE')
  return { name, id: hex(bytes.subarray(0, 4)), bytes: bytes.subarray(4) }
}
