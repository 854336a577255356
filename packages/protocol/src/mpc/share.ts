/**
 * Replicated secret sharing over GF(2) (Araki, Furukawa, Lindell, Nof, Ohara, CCS 2016):
 * x = x_0 ⊕ x_1 ⊕ x_2, and party i holds x_i as `first` and x_{i+1} as `second`. One party alone sees
 * two uniform strings. XOR and constants are local. 32 secret bits to a word; bit operations only, so
 * signed words serve as well as unsigned ones and never leave V8's integer range.
 */

import type { Bytes } from '../encoding/index.ts'
import type { PartyIndex } from './context.ts'

export type Words = Int32Array

export type Share = { readonly first: Words; readonly second: Words }

export function zeroShare(words: number): Share {
  return { first: new Int32Array(words), second: new Int32Array(words) }
}

/** Sets x ⊕= constant in place on words [from, to): component 0 takes it, which party 1 does not hold. */
export function xorConstant(
  party: PartyIndex,
  share: Share,
  constant: number,
  from = 0,
  to = share.first.length,
): void {
  if (party === 1) return
  const component = party === 0 ? share.first : share.second
  for (let i = from; i < to; i++) component[i]! ^= constant
}

export function xorInto(target: Words, at: number, source: Words): void {
  for (let k = 0; k < source.length; k++) target[at + k]! ^= source[k]!
}

/** A view of the bytes as words, or a copy when they are not aligned. */
export function wordsOf(bytes: Bytes): Words {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)
}

export function bytesOf(words: Words): Bytes {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}
