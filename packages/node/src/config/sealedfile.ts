/**
 * A key file: one line `drempel-sealed-v1 <key id> <base64>`. The key id names the master key that
 * sealed it, so that a wrong master key and a damaged file are told apart.
 */

import { type Bytes, base64, fromBase64, type RandomBytes } from '@drempel/protocol/encoding'
import { fail } from './errors.ts'
import type { Vault } from './vault.ts'

const LABEL = 'drempel-sealed-v1'

/** @param name of the file: it opens under that name only */
export function encodeSealedFile(
  vault: Vault,
  name: string,
  content: Bytes,
  random: RandomBytes,
): string {
  return `${LABEL} ${vault.keyId} ${base64(vault.seal(`file/${name}`, content, random))}\n`
}

/** @throws ProtocolError `WRONG_MASTER_KEY`, `SEALED_DAMAGED`, `at` the file's name */
export function decodeSealedFile(vault: Vault, name: string, text: string): Bytes {
  const match = /^drempel-sealed-v1 ([0-9a-f]{32}) ([A-Za-z0-9+/=]+)\n$/.exec(text)
  if (match === null) return fail('SEALED_DAMAGED', { at: name })
  if (match[1] !== vault.keyId) {
    fail('WRONG_MASTER_KEY', { at: name, hint: 'the file was sealed under another master key' })
  }
  try {
    return vault.open(`file/${name}`, fromBase64(match[2]!))
  } catch {
    return fail('SEALED_DAMAGED', { at: name })
  }
}
