/**
 * Encryption at rest: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random nonce in front, and
 * a blind index and a MAC by keyed BLAKE2b, each under a subkey of the master key (libsodium's crypto_kdf).
 *
 * Who has the files without the master key learns sizes, how many rows there are, and which rows
 * were equal; not what they say. Who has both has everything.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto'
import {
  type Bytes,
  concat,
  concatAll,
  hex,
  keyedHash,
  type RandomBytes,
  sealBox,
  sodium,
  utf8,
} from '@drempel/protocol/encoding'
import { fail } from './errors.ts'

const NONCE = 24
const TAG = 16
/** Bytes; from here on OpenSSL is faster than libsodium, which takes less to begin with. */
const LARGE = 8_192

export interface Vault {
  /** Names the master key, reveals nothing about it; a store remembers under which key it was written. */
  readonly keyId: string
  /** @param context what and where it is, such as `flag/iban/<index>`: opens in that place only */
  seal(context: string, plaintext: Bytes, random: RandomBytes): Bytes
  /** As `seal` for each, with one draw of randomness. */
  sealAll(
    entries: readonly { readonly context: string; readonly plaintext: Bytes }[],
    random: RandomBytes,
  ): Bytes[]
  /** @throws ProtocolError `SEALED_DAMAGED` */
  open(context: string, sealed: Bytes): Bytes
  /**
   * 32 bytes that nobody makes who has not the master key.
   * @param context what it is, without a line feed @param data its parts, one behind the other
   */
  mac(context: string, ...data: readonly Bytes[]): Bytes
  /** 32 bytes by which a row is found; equal identifiers of one kind and node give equal bytes. */
  blindIndex(kind: string, canonical: string): Bytes
}

/** @param masterKey 32 random bytes @throws ProtocolError `BAD_MASTER_KEY` */
export function createVault(masterKey: Bytes): Vault {
  if (masterKey.length !== 32) fail('BAD_MASTER_KEY')
  const subkey = (id: number) => sodium.crypto_kdf_derive_from_key(32, id, 'drempel1', masterKey)
  const [sealKey, indexKey, macKey] = [subkey(1), subkey(2), subkey(4)]
  return {
    keyId: hex(subkey(3).subarray(0, 16)),
    seal: (context, plaintext, random) => sealWith(sealKey, context, plaintext, random),
    sealAll(entries, random) {
      const nonces = random(NONCE * entries.length)
      return entries.map(({ context, plaintext }, i) => {
        const nonce = () => nonces.subarray(NONCE * i, NONCE * (i + 1))
        return sealWith(sealKey, context, plaintext, nonce)
      })
    },
    open: (context, sealed) => openWith(sealKey, context, sealed),
    mac: (context, ...data) => keyedHash(macKey, [utf8(`${context}\n`), ...data]),
    blindIndex: (kind, canonical) =>
      // No kind contains a line feed, so no two pairs give one text.
      sodium.crypto_generichash(32, utf8(`${kind}\n${canonical}`), indexKey),
  }
}

/**
 * XChaCha20-Poly1305 under a key given, for keys that are no master key (a log period's).
 * @param context its text, or parts of its bytes
 */
export function sealWith(
  key: Bytes,
  context: string | readonly Bytes[],
  plaintext: Bytes,
  random: RandomBytes,
): Bytes {
  const nonce = random(NONCE)
  const parts = typeof context === 'string' ? [utf8(context)] : context
  return plaintext.length < LARGE
    ? sealBox(key, nonce, parts, plaintext)
    : sealLarge(key, concatAll(parts), plaintext, nonce)
}

/** @throws ProtocolError `SEALED_DAMAGED` */
export function openWith(key: Bytes, context: string, sealed: Bytes): Bytes {
  if (sealed.length < NONCE + TAG) fail('SEALED_DAMAGED')
  const [nonce, box] = [sealed.subarray(0, NONCE), sealed.subarray(NONCE)]
  try {
    if (box.length >= LARGE + TAG) return openLarge(key, context, box, nonce)
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      ...([null, box, utf8(context), nonce, key] as const),
    )
  } catch {
    return fail('SEALED_DAMAGED')
  }
}

function sealLarge(key: Bytes, context: Bytes, plaintext: Bytes, nonce: Bytes): Bytes {
  const cipher = createCipheriv(...ietf(key, nonce))
  cipher.setAAD(context, { plaintextLength: plaintext.length })
  const sealed = cipher.update(plaintext)
  cipher.final()
  return concat(nonce, sealed, cipher.getAuthTag())
}

function openLarge(key: Bytes, context: string, box: Bytes, nonce: Bytes): Bytes {
  const plaintextLength = box.length - TAG
  const cipher = createDecipheriv(...ietf(key, nonce))
  cipher.setAAD(utf8(context), { plaintextLength })
  cipher.setAuthTag(box.subarray(plaintextLength))
  const plaintext = cipher.update(box.subarray(0, plaintextLength))
  cipher.final()
  return new Uint8Array(plaintext)
}

/** XChaCha20 is ChaCha20 (RFC 8439) under a key of HChaCha20 of its first 16 bytes of nonce; draft, section 2.3. */
function ietf(key: Bytes, nonce: Bytes) {
  const subkey = sodium.crypto_core_hchacha20(nonce.subarray(0, 16), key, null)
  const rest = concat(new Uint8Array(4), nonce.subarray(16))
  return ['chacha20-poly1305', subkey, rest, { authTagLength: TAG }] as const
}
