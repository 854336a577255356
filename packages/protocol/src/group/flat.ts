/** Flat batches: element i is bytes 32 i to 32 i + 31. */

import type { Bytes } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { ELEMENT_BYTES } from './group.ts'

/** How many 32-byte items a batch holds. @throws ProtocolError `BAD_LENGTH` */
export function countOf(flat: Bytes): number {
  if (flat.length % ELEMENT_BYTES !== 0) fail('BAD_LENGTH')
  return flat.length / ELEMENT_BYTES
}

/** Item i of a batch, a view. */
export function itemAt(flat: Bytes, i: number): Bytes {
  return flat.subarray(i * ELEMENT_BYTES, (i + 1) * ELEMENT_BYTES)
}

/** `count` items made by `make`, in one batch. */
export function flatFrom(count: number, make: (i: number) => Bytes): Bytes {
  const flat = new Uint8Array(count * ELEMENT_BYTES)
  for (let i = 0; i < count; i++) flat.set(make(i), i * ELEMENT_BYTES)
  return flat
}

/** Is item i the identity? It has one encoding, 32 zero bytes. For public elements. */
export function isIdentity(elements: Bytes, i = 0): boolean {
  const end = ELEMENT_BYTES * (i + 1)
  for (let at = end - ELEMENT_BYTES; at < end; at++) if (elements[at] !== 0) return false
  return true
}

/** The scalar of position i, when one scalar may stand for all. @throws ProtocolError `BAD_LENGTH` */
export function scalarPicker(scalars: Bytes, count: number): (i: number) => Bytes {
  const given = countOf(scalars)
  if (given === 1) return () => scalars
  if (given !== count) fail('BAD_LENGTH')
  return (i) => itemAt(scalars, i)
}
