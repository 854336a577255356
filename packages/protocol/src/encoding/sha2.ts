/**
 * SHA-256 and SHA-512 (FIPS 180-4) of many messages at once: by a kernel that hashes four or two side by
 * side where the engine has SIMD, else by libsodium one after the other.
 *
 * Timing: depends on the messages' lengths only. The kernel's memory is overwritten afterwards.
 */

import { type Bytes, concat, equalBytes, fromBase64, utf8 } from './bytes.ts'
import { hmacSha256 } from './hash.ts'
import { HashKernel, SHA256, SHA512, type Variant } from './sha2/kernel.ts'
import { sha256 as sha256Simd } from './sha2/sha256.ts'
import { sha512 as sha512Simd } from './sha2/sha512.ts'
import { sodium } from './sodium.ts'

/** What stands before and behind every message. */
export type Affixes = { readonly prefix?: Bytes; readonly suffix?: Bytes }

/** Hashes `prefix ‖ message ‖ suffix` of each message; the digests one behind the other. */
export type HashAll = (messages: readonly Bytes[], affixes?: Affixes) => Bytes

type Sha2 = {
  readonly variant: Variant
  /** Base64. */
  readonly module: string
  readonly one: (message: Bytes) => Bytes
}

const sha256: Sha2 = {
  ...{ variant: SHA256, module: sha256Simd },
  one: (message) => sodium.crypto_hash_sha256(message),
}
const sha512: Sha2 = {
  ...{ variant: SHA512, module: sha512Simd },
  one: (message) => sodium.crypto_hash_sha512(message),
}

/** Bytes. The kernel's memory has every lane of the longest message, and never shrinks. */
const LONG = 16_384

const kernel256 = onDemand(sha256)

/** 32 bytes each. */
export const sha256All: HashAll = withKernel(kernel256, eachAlone(sha256))

/** 64 bytes each. */
export const sha512All: HashAll = withKernel(onDemand(sha512), eachAlone(sha512))

/**
 * HMAC-SHA-256 (RFC 2104) of messages that stand one behind the other, and so do the MACs. Short ones
 * take a sixth of what `hmacSha256` takes of each.
 */
export function hmacSha256All(key: Bytes, bytes: Bytes, lengths: Uint32Array): Bytes {
  const kernel = lengths.some((length) => length > LONG) ? null : kernel256()
  if (kernel !== null) return kernel.hmacAll(key, bytes, lengths)
  const macs = new Uint8Array(SHA256.hash * lengths.length)
  let at = 0
  lengths.forEach((length, i) => {
    macs.set(hmacSha256(key, bytes.subarray(at, at + length)), SHA256.hash * i)
    at += length
  })
  return macs
}

/** As `sha256All` and `sha512All`, by libsodium. */
export const sha256EachAlone: HashAll = eachAlone(sha256)
export const sha512EachAlone: HashAll = eachAlone(sha512)

function onDemand(sha2: Sha2): () => HashKernel | null {
  let kernel: HashKernel | null | undefined
  return () => {
    if (kernel === undefined) kernel = load(sha2, eachAlone(sha2)) ?? null
    return kernel
  }
}

function withKernel(kernel: () => HashKernel | null, alone: HashAll): HashAll {
  return (messages, affixes = {}) => {
    const lanes = kernel()
    if (messages.some(({ length }) => length > LONG)) return alone(messages, affixes)
    return lanes?.hashAll(messages, affixes) ?? alone(messages, affixes)
  }
}

function eachAlone({ variant, one }: Sha2): HashAll {
  return (messages, { prefix = EMPTY, suffix = EMPTY } = {}) => {
    const hashes = new Uint8Array(variant.hash * messages.length)
    messages.forEach((message, i) => {
      hashes.set(one(concat(prefix, message, suffix)), variant.hash * i)
    })
    return hashes
  }
}

const EMPTY = new Uint8Array()

/** Undefined where it does not compile or hashes wrongly. */
function load({ variant, module }: Sha2, alone: HashAll): HashKernel | undefined {
  try {
    const loaded = new HashKernel(variant, fromBase64(module))
    return agrees(loaded, alone) ? loaded : undefined
  } catch {
    // No WebAssembly, or none with SIMD.
    return undefined
  }
}

/** On one block, two and three, as many messages as fill all lanes and one more. */
export function agrees(loaded: HashKernel, alone: HashAll): boolean {
  const messages = [0, 55, 56, 111, 112, 239, 240].map((length) => utf8('m'.repeat(length)))
  const alike = Array.from({ length: 5 }, (_, i) => utf8(String(i).repeat(60)))
  const affixes = { prefix: utf8('p'.repeat(130)), suffix: utf8('suffix') }
  return [{}, affixes].every((given) =>
    [messages, alike].every((some) => equalBytes(loaded.hashAll(some, given), alone(some, given))),
  )
}
