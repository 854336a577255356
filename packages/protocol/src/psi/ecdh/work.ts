/**
 * The computation of `ecdh`, batch by batch: a node hands batches to its worker threads, tests and
 * tools compute in their own.
 *
 * Scalars and items are secret, and scalars meet the group in its `...Secret` methods only.
 */

import type { Bytes } from '../../encoding/index.ts'
import type { Group } from '../../group/index.ts'
import { itemCount, itemOf } from '../items.ts'
import type { PsiItems } from '../party.ts'

export type EcdhWork = {
  /** Batches that are worth handing in at a time. */
  readonly parallel: number
  /** Each item hashed to the group under the tag `dst`, times the scalar; `items` is the worker's to keep. */
  mask(scalar: Bytes, dst: Bytes, items: PsiItems): Promise<Bytes>
  /** @throws ProtocolError `BAD_ELEMENT`, `IDENTITY_ELEMENT` */
  multiply(scalar: Bytes, elements: Bytes): Promise<Bytes>
}

/** @param pause called after each batch, so that the event loop stays alive */
export function inThread(group: Group, pause?: () => Promise<void>): EcdhWork {
  return {
    parallel: 1,
    async mask(scalar, dst, items) {
      const masked = maskItems(group, scalar, dst, items)
      await pause?.()
      return masked
    },
    async multiply(scalar, elements) {
      const products = group.multiplySecret(scalar, elements)
      await pause?.()
      return products
    },
  }
}

export function maskItems(group: Group, scalar: Bytes, dst: Bytes, items: PsiItems): Bytes {
  const messages = Array.from({ length: itemCount(items) }, (_, i) => itemOf(items, i))
  return group.multiplySecret(scalar, group.hashToGroup(messages, dst))
}
