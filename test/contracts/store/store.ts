/** What every Store does, whatever database is under it. */

import type { Store } from '@drempel/node/internal/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { flagContract } from './flags.ts'
import { keyContract } from './keys.ts'
import { logContract } from './log.ts'
import { operatorContract } from './operators.ts'
import { psiContract } from './psi.ts'
import { rehearsalContract } from './rehearsals.ts'
import { roundContract } from './rounds.ts'
import { subjectContract } from './subjects.ts'
import { usageContract } from './usage.ts'
import type { StoreWorld } from './world.ts'

export type Backend = {
  /** An empty store. `now.time` is its clock. */
  open(now: { time: number }): Promise<Store>
  /** The same data, opened again after a close. */
  reopen(): Promise<Store>
  /** Removes everything. */
  destroy(): Promise<void>
}

export function storeContract(name: string, create: () => Promise<Backend>): void {
  describe(`${name}, as a Store`, () => {
    const now = { time: 0 }
    let backend: Backend
    let store: Store

    beforeEach(async () => {
      now.time = 1_000
      backend = await create()
      store = await backend.open(now)
    })
    afterEach(async () => {
      await store.close()
      await backend.destroy()
    })
    const restart = async () => {
      await store.close()
      store = await backend.reopen()
    }
    const world: StoreWorld = {
      get store() {
        return store
      },
      now,
      restart,
    }

    subjectContract(world)
    flagContract(world)
    keyContract(world)
    roundContract(world)
    psiContract(world)
    rehearsalContract(world)
    logContract(world)
    usageContract(world)
    operatorContract(world)

    it('meta: remembers', async () => {
      expect(await store.meta.get('software')).toBeNull()
      await store.meta.set('software', 'drempel/0.1.0')
      await store.meta.set('software', 'drempel/0.2.0')
      await restart()
      expect(await store.meta.get('software')).toBe('drempel/0.2.0')
    })

    it('is over after close', async () => {
      await store.close()
      await store.close()
      await expect(store.meta.get('x')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
      await expect(store.meta.set('x', 'y')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    })
  })
}
