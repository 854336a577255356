/** A list of byte strings as two arrays: thousands of small ones take long to cross to a thread. */

import type { Bytes } from '@drempel/protocol/encoding'

export type Packed = {
  /** One behind the other. */
  readonly bytes: Bytes
  readonly lengths: Uint32Array
}

export function packed(list: readonly Bytes[]): Packed {
  const lengths = Uint32Array.from(list, ({ length }) => length)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const item of list) {
    bytes.set(item, at)
    at += item.length
  }
  return { bytes, lengths }
}

/** Views of the packed bytes. */
export function unpacked({ bytes, lengths }: Packed): Bytes[] {
  let at = 0
  return Array.from(lengths, (length) => {
    at += length
    return bytes.subarray(at - length, at)
  })
}
