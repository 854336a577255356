/**
 * Public keys that are in use, and a table for each that has earned one. A key earns it by signatures
 * that libsodium accepted: so nobody makes this process build tables with keys made up for it, and a
 * key with a table is a point, canonically encoded and not of small order. Everything here is public.
 */

import { type Bytes, hex } from '../bytes.ts'
import { sodium } from '../sodium.ts'
import type { KeyTable, SignatureKernel } from './kernel.ts'
import { provesSignature } from './scheme.ts'

/** A table costs about as much as libsodium takes for so many signatures. */
const EARNED = 4
/** Keys of which something is remembered; a table takes 60 KiB. */
const KEPT = 128

type Known = { accepted: number; table?: KeyTable }

export class KnownKeys {
  readonly #kernel: () => SignatureKernel | null
  /** The key used longest ago first. */
  readonly #keys = new Map<string, Known>()
  /** Of keys that were forgotten. */
  readonly #freeTables: number[] = []

  /** @param kernel called when a key has earned a table */
  constructor(kernel: () => SignatureKernel | null) {
    this.#kernel = kernel
  }

  /** @param signature 64 bytes @param publicKey 32 bytes */
  verify(signature: Bytes, message: Bytes, publicKey: Bytes): boolean {
    const name = hex(publicKey)
    const { table } = this.#keys.get(name) ?? {}
    const kernel = table === undefined ? null : this.#kernel()
    const proven =
      table !== undefined &&
      kernel !== null &&
      provesSignature(kernel, signature, message, publicKey, table)
    const valid = proven || sodium.crypto_sign_verify_detached(signature, message, publicKey)
    if (valid) this.#remember(name, publicKey)
    return valid
  }

  #remember(name: string, publicKey: Bytes): void {
    const known = this.#keys.get(name) ?? { accepted: 0 }
    known.accepted++
    this.#keys.delete(name)
    this.#keys.set(name, known)
    if (this.#keys.size > KEPT) this.#forgetOldest()
    if (known.table !== undefined || known.accepted < EARNED) return
    const table = this.#kernel()?.prepare(publicKey, this.#freeTables.pop())
    if (table !== undefined) known.table = table
  }

  #forgetOldest(): void {
    const [name, { table }] = this.#keys.entries().next().value!
    this.#keys.delete(name)
    if (table !== undefined) this.#freeTables.push(table.at)
  }
}
