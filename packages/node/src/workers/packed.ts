/** A list of byte strings as two arrays: thousands of small ones take long to cross to a thread. */

import type { Bytes } from '@drempel/protocol/encoding'

export type Packed = {
  /** One behind the other. */
  readonly bytes: Bytes
  readonly lengths: Uint32Array
}

export function packed(list: readonly Bytes[]): Packed {
  const lengths = new Uint32Array(list.length)
  let total = 0
  for (let i = 0; i < list.length; i++) {
    lengths[i] = list[i]!.length
    total += lengths[i]!
  }
  const bytes = new Uint8Array(total)
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
