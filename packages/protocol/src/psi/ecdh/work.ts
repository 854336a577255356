/**
 * The computation of `ecdh`, batch by batch: a node hands batches to its worker threads, tests and
 * tools compute in their own.
 *
 * Scalars and items are secret, and scalars meet the group in its `...Secret` methods only.
 */

import type { Bytes } from '../../encoding/index.ts'
import { countOf, ELEMENT_BYTES, type Group, smallScalar } from '../../group/index.ts'
import { itemCount, itemOf } from '../items.ts'
import type { PsiItems } from '../party.ts'

export type EcdhWork = {
  /** Batches that are worth handing in at a time. */
  readonly parallel: number
  /** Each item hashed to the group under the tag `dst`, times the scalar. */
  mask(scalar: Bytes, dst: Bytes, items: PsiItems): Promise<Bytes>
  /** @throws ProtocolError `BAD_ELEMENT`, `IDENTITY_ELEMENT` */
  multiply(scalar: Bytes, elements: Bytes): Promise<Bytes>
  /**
   * Each item hashed, plus a multiple of the generator by a scalar of its own.
   * @param wide 64 random bytes for each scalar
   */
  blind(wide: Bytes, dst: Bytes, items: PsiItems): Promise<Blinded>
  /** Each element less its scalar times `key`. @throws as `multiply` */
  unblind(blinds: Bytes, key: Bytes, elements: Bytes): Promise<Bytes>
}

/** Scalars stay with who blinds. */
export type Blinded = { readonly elements: Bytes; readonly blinds: Bytes }

/** @param pause called every few milliseconds, so that the event loop stays alive */
export function inThread(group: Group, pause?: () => Promise<void>): EcdhWork {
  const inStrides = async (count: number, work: (from: number, to: number) => Bytes) => {
    const results = new Uint8Array(ELEMENT_BYTES * count)
    for (let from = 0; from < count; from += group.strides.each) {
      if (from > 0) await pause?.()
      const to = Math.min(count, from + group.strides.each)
      results.set(work(from, to), ELEMENT_BYTES * from)
    }
    return results
  }
  return {
    parallel: 1,
    mask: (scalar, dst, items) =>
      inStrides(itemCount(items), (from, to) =>
        group.hashTimesSecret(messagesOf(items, from, to), dst, scalar),
      ),
    multiply: (scalar, elements) =>
      inStrides(countOf(elements), (from, to) =>
        group.multiplySecret(scalar, part(elements, from, to)),
      ),
    async blind(wide, dst, items) {
      const blinds = group.scalars.reduce(wide)
      const elements = await inStrides(itemCount(items), (from, to) => {
        const messages = messagesOf(items, from, to)
        return group.hashPlusBaseSecret(messages, dst, part(blinds, from, to))
      })
      return { elements, blinds }
    },
    unblind: (blinds, key, elements) =>
      inStrides(countOf(elements), (from, to) => {
        const rows = [part(elements, from, to)]
        return group.combineMinusSecret(ONE, rows, part(blinds, from, to), key)
      }),
  }
}

const ONE = smallScalar(1)

function messagesOf(items: PsiItems, from: number, to: number): Bytes[] {
  return Array.from({ length: to - from }, (_, i) => itemOf(items, from + i))
}

/** Elements or scalars from one position to another. */
function part(flat: Bytes, from: number, to: number): Bytes {
  return flat.subarray(ELEMENT_BYTES * from, ELEMENT_BYTES * to)
}
