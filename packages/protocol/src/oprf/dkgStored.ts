/**
 * Secrets as bytes, for a store that encrypts them: a holder that is killed between two rounds goes
 * on with what it had, and a key share outlives the process.
 */

import { type Bytes, ByteWriter } from '../encoding/index.ts'
import { isScalar, isZero, type SecretShare } from '../group/index.ts'
import { encodeDkgContext, parseDkgContext, strictly } from './dkgContext.ts'
import type { DkgRound1Secret } from './dkgRound1.ts'
import { fail } from './errors.ts'

const LIMIT = 0xffff

/** Secret bytes. */
export function encodeDkgRound1Secret(secret: DkgRound1Secret): Bytes {
  return new ByteWriter()
    .block(encodeDkgContext(secret.context))
    .u16(secret.index)
    .bytes(secret.decryptionKey)
    .block(secret.polynomial)
    .block(secret.broadcast)
    .finish()
}

/** @throws ProtocolError `BAD_MESSAGE`, `BAD_CONTEXT` */
export function parseDkgRound1Secret(bytes: Bytes): DkgRound1Secret {
  return strictly('round 1 secret', bytes, (reader) => ({
    context: parseDkgContext(reader.block(LIMIT)),
    index: reader.u16(),
    decryptionKey: reader.bytes(32).slice(),
    polynomial: reader.block(LIMIT).slice(),
    broadcast: reader.block(LIMIT).slice(),
  }))
}

/** Secret bytes: index, 2 bytes, and the scalar. */
export function encodeKeyShare(share: SecretShare): Bytes {
  return new ByteWriter().u16(share.index).bytes(share.secret).finish()
}

/** @throws ProtocolError `BAD_MESSAGE` */
export function parseKeyShare(bytes: Bytes): SecretShare {
  const share = strictly('key share', bytes, (reader) => ({
    index: reader.u16(),
    secret: reader.bytes(32).slice(),
  }))
  if (share.index === 0 || !isScalar(share.secret) || isZero(share.secret)) {
    fail('BAD_MESSAGE', { at: 'key share' })
  }
  return share
}
