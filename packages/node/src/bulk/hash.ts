/** SHA-256 of OpenSSL, which uses what the processor has for it. */

import { hash } from 'node:crypto'

const LENGTH = 32

/** By way of a text: a buffer of its own for each digest costs as much as hashing a short message. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary')
  const digest = new Uint8Array(LENGTH)
  for (let i = 0; i < LENGTH; i++) digest[i] = text.charCodeAt(i)
  return digest
}
