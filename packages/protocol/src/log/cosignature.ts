/**
 * Witness cosignatures, per c2sp.org/tlog-cosignature, cosignature/v1 (Ed25519, note signature type
 * 0x04): "at this time, this was the largest consistent tree head of this log that I had seen".
 * Making and checking one signature only; who may cosign, and how many must, is decided elsewhere.
 */

import {
  ByteReader,
  type Bytes,
  ByteWriter,
  type Signer,
  utf8,
  verifySignature,
} from '../encoding/index.ts'
import { COSIGNATURE_V1, type NoteSigner, verifierKey } from './key.ts'

/** @param time seconds since 1970, at which the witness compared the checkpoint with its last one */
export function cosigner(name: string, signer: Signer, time: number): NoteSigner {
  const key = verifierKey(name, signer.publicKey, COSIGNATURE_V1)
  return {
    key,
    sign: (text) =>
      new ByteWriter()
        .u64(time)
        .bytes(signer.sign(cosignedMessage(text, time)))
        .finish(),
  }
}

/** @returns the cosignature's time, or nothing if it is false */
export function verifyCosignature(
  bytes: Bytes,
  text: string,
  publicKey: Bytes,
): number | undefined {
  if (bytes.length !== 72) return undefined
  const reader = new ByteReader(bytes)
  // Above 2^53 the reader throws; a date 285 million years away is no valid one either.
  if (bytes[0] !== 0 || bytes[1]! > 0x1f) return undefined
  const time = reader.u64()
  const valid = verifySignature(reader.bytes(64), cosignedMessage(text, time), publicKey)
  return valid ? time : undefined
}

/** The header line keeps a cosignature from passing for a log's own signature. */
function cosignedMessage(text: string, time: number): Bytes {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`)
}
