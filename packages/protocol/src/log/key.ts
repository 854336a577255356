/**
 * Verifier keys of c2sp.org/signed-note: a name, a type of signature and a public key, found in a
 * note by name and key id. The id is a hint of 32 bits, no fingerprint: trust lies in the whole key.
 */

import {
  type Bytes,
  base64,
  concat,
  equalBytes,
  fromBase64,
  hex,
  sha256,
  utf8,
} from '../encoding/index.ts'
import { fail, type LogErrorCode } from './errors.ts'

export const ED25519 = 0x01
export const COSIGNATURE_V1 = 0x04

/** Who a verifier trusts, under which name, for which type of signature. */
export type VerifierKey = {
  readonly name: string
  /** Eight lower-case hexadecimal digits. */
  readonly id: string
  readonly type: typeof ED25519 | typeof COSIGNATURE_V1
  readonly publicKey: Bytes
}

/** Makes the content of one signature line over a note text. */
export type NoteSigner = { readonly key: VerifierKey; readonly sign: (text: string) => Bytes }

/** @throws ProtocolError `BAD_KEY_NAME`, `BAD_VERIFIER_KEY` */
export function verifierKey(
  name: string,
  publicKey: Bytes,
  type: VerifierKey['type'] = ED25519,
): VerifierKey {
  if (!isKeyName(name)) fail('BAD_KEY_NAME')
  if (publicKey.length !== 32) fail('BAD_VERIFIER_KEY')
  const id = sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, 4)
  return { name, id: hex(id), type, publicKey }
}

/** The id is too short to tell keys apart. */
export function isSameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.name === b.name && a.type === b.type && equalBytes(a.publicKey, b.publicKey)
}

/** `name+id+base64(type ‖ public key)`, as configuration files carry it. */
export function encodeVerifierKey(key: VerifierKey): string {
  return `${key.name}+${key.id}+${base64(concat(Uint8Array.of(key.type), key.publicKey))}`
}

/** @throws ProtocolError `BAD_VERIFIER_KEY` */
export function parseVerifierKey(text: string): VerifierKey {
  const refuse = () => fail('BAD_VERIFIER_KEY')
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(text) ?? refuse()
  const [name, data] = [match[1]!, decodeBase64(match[3]!, 'BAD_VERIFIER_KEY')]
  const type = data[0]
  if (!isKeyName(name) || data.length !== 33) refuse()
  if (type !== ED25519 && type !== COSIGNATURE_V1) return refuse()
  const key = verifierKey(name, data.subarray(1), type)
  if (encodeVerifierKey(key) !== text) refuse()
  return key
}

/** Non-empty, no Unicode space, no plus, nothing that a note can't carry. */
export function isKeyName(name: string): boolean {
  if (/^[!-*,-~]+$/.test(name)) return true
  return name !== '' && isPlain(name) && !/[\p{White_Space}+]/u.test(name)
}

/** No control character but newline, and nothing that UTF-8 can't express. */
export function isPlain(text: string): boolean {
  if (/^[\n -~]*$/.test(text)) return true
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20 && unit !== 0x0a) return false
  }
  return !/\p{Surrogate}/u.test(text)
}

export function decodeBase64(text: string, code: LogErrorCode): Bytes {
  try {
    return fromBase64(text)
  } catch {
    return fail(code)
  }
}
