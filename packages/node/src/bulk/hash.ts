/** SHA-256 of OpenSSL, which uses what the processor has for it. */

import { hash } from 'node:crypto'

export function sha256(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = hash('sha256', bytes, 'buffer')
  return new Uint8Array(buffer, byteOffset, byteLength)
}
