/**
 * The suite ristretto255-SHA512 of RFC 9497: context string (section 3.1), domain separation tags
 * (section 4.1) and the transcript framing I2OSP(len, 2) ‖ bytes.
 */

import { type Bytes, ByteWriter, concat, utf8 } from '../encoding/index.ts'

export type Mode = 'oprf' | 'voprf'

const CONTEXT = {
  oprf: contextString(0x00),
  voprf: contextString(0x01),
} as const

export const TAGS = {
  oprf: tags(CONTEXT.oprf),
  voprf: tags(CONTEXT.voprf),
} as const

/** Parts behind their lengths in two bytes, then the label without one. */
export function framed(parts: readonly Bytes[], label?: string): Bytes {
  const writer = new ByteWriter()
  for (const part of parts) writer.u16(part.length).bytes(part)
  if (label !== undefined) writer.bytes(utf8(label))
  return writer.finish()
}

export function twoBytes(value: number): Bytes {
  return new ByteWriter().u16(value).finish()
}

function contextString(mode: number): Bytes {
  return concat(utf8('OPRFV1-'), Uint8Array.of(mode), utf8('-ristretto255-SHA512'))
}

function tags(context: Bytes) {
  const tag = (label: string) => concat(utf8(label), context)
  return {
    hashToGroup: tag('HashToGroup-'),
    hashToScalar: tag('HashToScalar-'),
    deriveKeyPair: tag('DeriveKeyPair'),
    seed: tag('Seed-'),
  } as const
}
