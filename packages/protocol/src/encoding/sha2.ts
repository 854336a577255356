/**
 * SHA-256 and SHA-512 (FIPS 180-4) of many messages at once: by a kernel that hashes four or two side by
 * side where the engine has SIMD, else by libsodium one after the other.
 *
 * Timing: depends on the messages' lengths only. The kernel's memory is overwritten afterwards.
 */

import { type Bytes, concat, equalBytes, fromBase64, utf8 } from './bytes.ts'
import { HashKernel, SHA256, SHA512, type Variant } from './sha2/kernel.ts'
import { sha256 as sha256Simd } from './sha2/sha256.ts'
import { sha512 as sha512Simd } from './sha2/sha512.ts'
import { sodium } from './sodium.ts'

/** What stands before and behind every message. */
export type Affixes = { readonly prefix?: Bytes; readonly suffix?: Bytes }

/** Hashes `prefix ‖ message ‖ suffix` of each message; the digests one behind the other. */
export type HashAll = (messages: readonly Bytes[], affixes?: Affixes) => Bytes

/** The same for messages of one length that stand one behind the other. */
type HashRows = (rows: Bytes, length: number, affixes?: Affixes) => Bytes

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

const [all256, rows256] = withKernel(sha256)
const [all512] = withKernel(sha512)

/** 32 bytes each. */
export const sha256All: HashAll = all256

/** 64 bytes each. */
export const sha512All: HashAll = all512

/** As `sha256All`, at half to two thirds of the cost where messages are short. */
export const sha256Rows: HashRows = rows256

/** As `sha256All` and `sha512All`, by libsodium. */
export const sha256EachAlone: HashAll = eachAlone(sha256)
export const sha512EachAlone: HashAll = eachAlone(sha512)

function withKernel(sha2: Sha2): readonly [HashAll, HashRows] {
  let kernel: HashKernel | null | undefined
  const alone = eachAlone(sha2)
  const loaded = () => {
    if (kernel === undefined) kernel = load(sha2, alone) ?? null
    return kernel
  }
  return [
    (messages, affixes = {}) => {
      const lanes = loaded()
      if (messages.some(({ length }) => length > LONG)) return alone(messages, affixes)
      return lanes?.hashAll(messages, affixes) ?? alone(messages, affixes)
    },
    (rows, length, affixes = {}) => {
      const lanes = length > LONG ? null : loaded()
      if (lanes !== null) return lanes.hashRows(rows, length, affixes)
      const count = rows.length / length
      const row = (_: unknown, i: number) => rows.subarray(length * i, length * (i + 1))
      return alone(Array.from({ length: count }, row), affixes)
    },
  ]
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
