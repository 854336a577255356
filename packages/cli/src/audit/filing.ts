/**
 * An auditor's signature under a report: a signed note (c2sp.org/signed-note) that names the file's
 * SHA-256 and the tree heads it rests on. The key is the auditor's own, in a file that only its owner
 * can read; whoever receives the report gets the verifier key another way.
 */

import { fromBase64, hex, sha256, signerFromSeed, utf8 } from '@drempel/protocol/encoding'
import {
  encodeVerifierKey,
  noteSigner,
  openNote,
  parseVerifierKey,
  signNote,
} from '@drempel/protocol/log'
import { fail } from '../output/errors.ts'

const FORMAT = 'drempel-report/1'

export type Filing = { readonly note: string; readonly verifier: string }

/** @param seed 32 bytes in base64, RFC 8032's private key @throws ProtocolError `BAD_AUDITOR_KEY` */
export function fileReport(
  html: string,
  checkpoints: readonly string[],
  { name, seed }: { readonly name: string; readonly seed: string },
): Filing {
  const signer = noteSigner(name, signerFromSeed(seedOf(seed)))
  const text = [FORMAT, digestOf(html), ...checkpoints.map(digestOf), ''].join('\n')
  return { note: signNote(text, [signer]), verifier: encodeVerifierKey(signer.key) }
}

/**
 * @param verifier as `fileReport` gave it
 * @throws ProtocolError `BAD_VERIFIER_KEY`, `BAD_NOTE`, `BAD_SIGNATURE`, `NO_KNOWN_SIGNATURE`, `REPORT_CHANGED`
 */
export function verifyFiling(
  html: string,
  note: string,
  verifier: string,
): { readonly auditor: string } {
  const key = parseVerifierKey(verifier)
  const [format, digest] = openNote(note, [key]).text.split('\n')
  if (format !== FORMAT || digest !== digestOf(html)) fail('REPORT_CHANGED')
  return { auditor: key.name }
}

export function isVerifierKey(text: string): boolean {
  try {
    parseVerifierKey(text)
    return true
  } catch {
    return false
  }
}

function seedOf(text: string) {
  try {
    const seed = fromBase64(text.trim())
    if (seed.length === 32) return seed
  } catch {
    // told below
  }
  return fail('BAD_AUDITOR_KEY')
}

function digestOf(text: string): string {
  return hex(sha256(utf8(text)))
}
