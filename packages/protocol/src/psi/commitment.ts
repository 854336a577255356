/**
 * What both logs hold of a list before the first protocol byte: a salted digest, from which nobody
 * learns an item and which nobody can open to another list.
 *
 * H(domain; salt, n, sorted SHA-256(salt ‖ item)...): the order in which the owner keeps its items does
 * not matter, and one item can be shown to be in the list without naming the others.
 */

import { type Bytes, ByteWriter, PartsHash, sha256 } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { itemCount, itemOf } from './items.ts'
import type { PsiItems } from './party.ts'
import { ordered, risingOrder } from './records.ts'

const SALT = 32
const DIGEST = 32

/**
 * @param salt 32 random bytes, kept with the list
 * @throws ProtocolError `BAD_SALT`
 */
export function commitItems(items: PsiItems, salt: Bytes): Bytes {
  if (salt.length !== SALT) fail('BAD_SALT')
  const count = itemCount(items)
  const digests = new Uint8Array(DIGEST * count)
  for (let i = 0; i < count; i++) {
    const item = itemOf(items, i)
    const salted = new Uint8Array(SALT + item.length)
    salted.set(salt)
    salted.set(item, SALT)
    digests.set(sha256(salted), DIGEST * i)
  }
  const hash = new PartsHash('drempel/v1/psi/list')
  hash.add(salt)
  hash.add(new ByteWriter().u32(count).finish())
  hash.add(ordered(digests, DIGEST, risingOrder(digests, DIGEST)))
  return hash.digest()
}
