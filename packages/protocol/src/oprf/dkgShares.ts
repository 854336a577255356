/**
 * Round 2 of key generation: the secret shares, one sealed message for each other holder.
 *
 * Sealed with X25519 and XSalsa20-Poly1305 (libsodium's crypto_box) between the session keys that
 * both broadcasts name, not under a key derived from the signing key: a signing key that leaks
 * later opens no recorded share of an old epoch, the signing key keeps one use and may live where
 * it can only sign, and the recipient knows that the holder of the sender's session key sealed it.
 * The keys are fresh for each session, and every nonce is random.
 *
 * The plaintext binds the share to sender, recipient and both broadcasts, so that no sealed share
 * passes on another way, backwards, or in another session.
 *
 * Timing: libsodium's X25519, cipher and comparison are constant-time; sizes are fixed.
 */

import {
  type Bytes,
  ByteWriter,
  concat,
  equalBytes,
  hashParts,
  type RandomBytes,
  sodium,
} from '../encoding/index.ts'
import { strictly } from './dkgContext.ts'
import { type DkgRound1Broadcast, encodeDkgRound1 } from './dkgRound1.ts'
import { fail } from './errors.ts'

/** Sent to one holder, inside a message that the sender signs. */
export type DkgSealedShare = {
  readonly contextDigest: Bytes
  readonly from: number
  readonly to: number
  readonly nonce: Bytes
  readonly box: Bytes
}

const SEALED_SHARE = 0x02
const BOX_BYTES = 16 + 32 + 32

export function sealShare(
  share: Bytes,
  decryptionKey: Bytes,
  from: DkgRound1Broadcast,
  to: DkgRound1Broadcast,
  random: RandomBytes,
): Bytes {
  const nonce = random(24)
  const plain = concat(bindingOf(from, to), share)
  const box = sodium.crypto_box_easy(plain, nonce, to.encryptionKey, decryptionKey)
  return new ByteWriter()
    .u8(SEALED_SHARE)
    .bytes(from.contextDigest)
    .u16(from.index)
    .u16(to.index)
    .bytes(nonce)
    .bytes(box)
    .finish()
}

/** @throws ProtocolError `BAD_MESSAGE` */
export function parseDkgSealedShare(bytes: Bytes): DkgSealedShare {
  return strictly('sealed share', bytes, (reader) => {
    if (reader.u8() !== SEALED_SHARE) fail('BAD_MESSAGE')
    return {
      contextDigest: reader.bytes(32),
      from: reader.u16(),
      to: reader.u16(),
      nonce: reader.bytes(24),
      box: reader.bytes(BOX_BYTES),
    }
  })
}

/**
 * The recipient: the share, not yet checked against the sender's commitments.
 * @throws ProtocolError `BAD_MESSAGE`, `WRONG_CONTEXT`, `WRONG_RECIPIENT`, `BAD_SHARE`; the caller
 *   names the sender
 */
export function openShare(
  message: Bytes,
  decryptionKey: Bytes,
  from: DkgRound1Broadcast,
  to: DkgRound1Broadcast,
): Bytes {
  const sealed = parseDkgSealedShare(message)
  if (!equalBytes(sealed.contextDigest, to.contextDigest)) fail('WRONG_CONTEXT')
  if (sealed.from !== from.index || sealed.to !== to.index) fail('WRONG_RECIPIENT')
  const plain = open(sealed, from.encryptionKey, decryptionKey)
  if (!equalBytes(plain.subarray(0, 32), bindingOf(from, to))) fail('BAD_SHARE', { at: 'binding' })
  return plain.slice(32)
}

function open(sealed: DkgSealedShare, senderKey: Bytes, decryptionKey: Bytes): Bytes {
  try {
    return sodium.crypto_box_open_easy(sealed.box, sealed.nonce, senderKey, decryptionKey)
  } catch {
    return fail('BAD_SHARE', { at: 'box' })
  }
}

function bindingOf(from: DkgRound1Broadcast, to: DkgRound1Broadcast): Bytes {
  return hashParts('drempel/v1/dkg/share', encodeDkgRound1(from), encodeDkgRound1(to))
}
