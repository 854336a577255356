/**
 * SHA-512 (FIPS 180-4) of many messages at once: by a kernel that hashes two side by side where the
 * engine has SIMD, else by libsodium one after the other.
 *
 * Timing: depends on the messages' lengths only. The kernel's memory is overwritten afterwards.
 */

import { type Bytes, concat, equalBytes, fromBase64, utf8 } from './bytes.ts'
import { HashKernel } from './sha512/kernel.ts'
import { simd } from './sha512/simd.ts'
import { sodium } from './sodium.ts'

/** What stands before and behind every message. */
export type Affixes = { readonly prefix?: Bytes; readonly suffix?: Bytes }

/** Hashes `prefix ‖ message ‖ suffix` of each message; 64 bytes each, one behind the other. */
export function sha512All(messages: readonly Bytes[], affixes: Affixes = {}): Bytes {
  kernel ??= load() ?? null
  return kernel?.hashAll(messages, affixes) ?? sha512EachAlone(messages, affixes)
}

/** As `sha512All`, by libsodium. */
export function sha512EachAlone(messages: readonly Bytes[], affixes: Affixes = {}): Bytes {
  const { prefix = EMPTY, suffix = EMPTY } = affixes
  const hashes = new Uint8Array(64 * messages.length)
  messages.forEach((message, i) => {
    hashes.set(sodium.crypto_hash_sha512(concat(prefix, message, suffix)), 64 * i)
  })
  return hashes
}

const EMPTY = new Uint8Array()
let kernel: HashKernel | null | undefined

/** Undefined where it does not compile or hashes wrongly. */
function load(): HashKernel | undefined {
  try {
    const loaded = new HashKernel(fromBase64(simd))
    return agrees(loaded) ? loaded : undefined
  } catch {
    // No WebAssembly, or none with SIMD.
    return undefined
  }
}

/** With libsodium, on one, two and three blocks, as many as fill both lanes and one more. */
export function agrees(loaded: HashKernel): boolean {
  const messages = [0, 111, 112, 239, 240].map((length) => utf8('m'.repeat(length)))
  const affixes = { prefix: utf8('p'.repeat(130)), suffix: utf8('suffix') }
  return [{}, affixes].every((given) =>
    equalBytes(loaded.hashAll(messages, given), sha512EachAlone(messages, given)),
  )
}
