/**
 * What the receiver puts on its hashed items and takes off the products. Neither mask tells the sender
 * anything; they differ in cost and in what they allow.
 *
 * For `items` a multiple of the generator is added, by a fresh scalar r for each item: with the sender's
 * key Y = b * G
 *   b * (H(x) + r * G) - r * Y = b * H(x).
 * Both multiplications are of fixed points, half the price of others (Jarecki, Liu, "Fast Secure
 * Computation of Set Intersection", SCN 2010, for intersections by an oblivious function of the group).
 * A masked point is uniform whatever the item. With a Y that is not b * G a result is right only where x
 * is the sender's guess (Jarecki, Krawczyk, Xu, PKC 2021): no more than it gets by a list of guesses.
 *
 * For `size` the products come back in an order of their own, so that no r belongs to a place: one
 * scalar a multiplies all, and its inverse takes it off. Masked points are uniform to who cannot decide
 * Diffie-Hellman.
 */

import type { Bytes } from '../../encoding/index.ts'
import { defaultGroup, randomScalar, UNIFORM_BYTES } from '../../group/index.ts'
import type { Range } from '../flow.ts'
import { itemCount } from '../items.ts'
import type { PsiItems } from '../party.ts'
import type { EcdhSession } from './session.ts'

export type Mask = {
  /** Own items to masked points. */
  on(items: PsiItems, range: Range): Promise<Bytes>
  /** Products of these to b * H(x). @throws as `EcdhSession.checked` */
  off(products: Bytes, range: Range): Promise<Bytes>
  forget(): void
}

/** For `size`. */
export function multiplied(session: EcdhSession): Mask {
  const { scalars } = defaultGroup()
  const { work, hashTag, options } = session
  const scalar = randomScalar(defaultGroup(), options.random)
  const inverse = scalars.invert(scalar)
  return {
    on: (items) => work.mask(scalar, hashTag, items),
    off: (products, range) => session.checked(range, () => work.multiply(inverse, products)),
    forget() {
      scalar.fill(0)
      inverse.fill(0)
    },
  }
}

/** For `items`. @param key the sender's Y, an element */
export function blinded(session: EcdhSession, key: Bytes): Mask {
  const { work, hashTag, options } = session
  const blinds = new Map<number, Bytes>()
  return {
    async on(items, { from }) {
      const wide = options.random(UNIFORM_BYTES * itemCount(items))
      const batch = await work.blind(wide, hashTag, items)
      wide.fill(0)
      blinds.set(from, batch.blinds)
      return batch.elements
    },
    async off(products, range) {
      const own = blinds.get(range.from)!
      blinds.delete(range.from)
      const unmasked = await session.checked(range, () => work.unblind(own, key, products))
      own.fill(0)
      return unmasked
    },
    forget() {
      for (const batch of blinds.values()) batch.fill(0)
      blinds.clear()
    },
  }
}
