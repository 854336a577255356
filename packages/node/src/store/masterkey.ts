/** At start: a store is opened with the master key under which it was written, or not at all. */

import type { Vault } from '../config/index.ts'
import { fail } from './errors.ts'
import type { Store } from './store.ts'

/** @throws ProtocolError `WRONG_MASTER_KEY` */
export async function checkMasterKey(store: Store, vault: Vault): Promise<void> {
  const known = await store.meta.get('master-key')
  if (known === null) return store.meta.set('master-key', vault.keyId)
  if (known !== vault.keyId) {
    fail('WRONG_MASTER_KEY', { hint: 'the store was written under another master key' })
  }
}
