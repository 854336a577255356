/** Tags of flags, and the keys that they were made with. */

import { utf8 } from '@drempel/protocol/encoding'
import { beforeEach, describe, expect, it } from 'vitest'
import { index, range, row, type StoreWorld, sealed } from './world.ts'

export function keyContract(world: StoreWorld): void {
  const { restart } = world

  describe('tags', () => {
    beforeEach(async () => {
      await world.store.flags.upsert('host', range(5).map(row), 'a')
    })

    it('says which active flags have none, and pages those that have', async () => {
      const rows = [2, 4].map((id) => ({ id, sealed: sealed(100 + id) }))
      const unknown = { id: 99, sealed: sealed(99) }
      expect(await world.store.tags.put('host', 'e1', [...rows, unknown])).toBe(2)
      const { flags, lastId } = await world.store.tags.missing('host', 'e1', 0, { limit: 10 })
      expect(flags.map(({ id }) => id)).toEqual([1, 3, 5])
      expect(flags[0]).toEqual({ id: 1, index: index(1), sealed: sealed(1) })
      expect(lastId).toBe(5)
      const some = async (afterId: number, limit: number) => {
        const found = await world.store.tags.missing('host', 'e1', 0, { afterId, limit })
        return [found.flags.map(({ id }) => id), found.lastId]
      }
      expect(await some(0, 2)).toEqual([[1], 2])
      expect(await some(3, 1)).toEqual([[], 4])
      expect(await some(4, 9)).toEqual([[5], 5])
      expect(await some(5, 9)).toEqual([[], null])
      await restart()
      const page = await world.store.tags.page('host', 'e1', 0, { limit: 10 })
      expect(page).toEqual([2, 4].map((id) => ({ id, index: index(id), sealed: sealed(100 + id) })))
      expect((await world.store.tags.page('host', 'e1', 0, { afterId: 2, limit: 10 })).length).toBe(
        1,
      )
      expect(await world.store.tags.page('host', 'e2', 0, { limit: 10 })).toEqual([])
    })

    it('follows the state of the flag, and replaces', async () => {
      await world.store.tags.put('host', 'e1', [{ id: 1, sealed: sealed(50) }])
      await world.store.tags.put('host', 'e1', [{ id: 1, sealed: sealed(51) }])
      expect((await world.store.tags.page('host', 'e1', 0, { limit: 9 }))[0]?.sealed).toEqual(
        sealed(51),
      )
      await world.store.flags.withdraw('host', index(1))
      expect(await world.store.tags.page('host', 'e1', 0, { limit: 9 })).toEqual([])
      const { flags } = await world.store.tags.missing('host', 'e1', 0, { limit: 9 })
      expect(flags.map(({ id }) => id)).toEqual([2, 3, 4, 5])
    })

    it('drops an epoch and no other', async () => {
      const tag = [{ id: 1, sealed: sealed(50) }]
      await world.store.tags.put('host', 'e1', tag)
      await world.store.tags.put('host', 'e2', tag)
      expect(await world.store.tags.dropEpoch('host', 'e1')).toBe(1)
      expect(await world.store.tags.page('host', 'e1', 0, { limit: 9 })).toEqual([])
      expect((await world.store.tags.page('host', 'e2', 0, { limit: 9 })).length).toBe(1)
    })
  })

  describe('keys', () => {
    const epoch = (name: string) => ({
      ...{ kind: 'host', epoch: name, state: 'active' as const, transcript: utf8(`t ${name}`) },
      ...{ sealedShare: sealed(7), signatures: { b: ['x', 1], a: null } },
    })

    it('keeps epochs, the youngest active one current', async () => {
      await world.store.keys.put(epoch('e1'))
      await world.store.keys.put(epoch('e2'))
      await world.store.keys.put({ ...epoch('e2'), kind: 'iban', sealedShare: null })
      await restart()
      expect(await world.store.keys.get('host', 'e1')).toEqual({ ...epoch('e1'), createdAt: 1_000 })
      expect((await world.store.keys.current('host'))?.epoch).toBe('e2')
      expect(await world.store.keys.setState('host', 'e2', 'retired')).toBe(true)
      expect((await world.store.keys.current('host'))?.epoch).toBe('e1')
      expect((await world.store.keys.list('host')).map((key) => key.epoch)).toEqual(['e2', 'e1'])
      expect((await world.store.keys.list()).length).toBe(3)
      expect(await world.store.keys.get('host', 'e9')).toBeNull()
      expect(await world.store.keys.current('email')).toBeNull()
    })

    it('drops the share and the tags, keeps the transcript, for good', async () => {
      await world.store.flags.upsert('host', [row(1)], 'a')
      await world.store.tags.put('host', 'e1', [{ id: 1, sealed: sealed(50) }])
      await world.store.keys.put(epoch('e1'))
      expect(await world.store.keys.drop('host', 'e1')).toBe(true)
      expect(await world.store.keys.drop('host', 'e9')).toBe(false)
      expect(await world.store.keys.get('host', 'e1')).toMatchObject({
        state: 'dropped',
        sealedShare: null,
        transcript: utf8('t e1'),
      })
      expect(await world.store.tags.page('host', 'e1', 0, { limit: 9 })).toEqual([])
      expect(await world.store.keys.setState('host', 'e1', 'active')).toBe(false)
    })

    it('holds a generation until its epoch is written or it ends', async () => {
      await world.store.keys.saveGeneration('host', 'e1', sealed(1))
      await world.store.keys.saveGeneration('host', 'e1', sealed(2))
      await world.store.keys.saveGeneration('iban', 'e1', sealed(3))
      await restart()
      const kept = { kind: 'host', epoch: 'e1', data: sealed(2), updatedAt: 1_000 }
      expect(await world.store.keys.generation('host', 'e1')).toEqual(kept)
      expect((await world.store.keys.generations()).length).toBe(2)
      await world.store.keys.put(epoch('e1'))
      expect(await world.store.keys.generation('host', 'e1')).toBeNull()
      await world.store.keys.endGeneration('iban', 'e1')
      expect(await world.store.keys.generations()).toEqual([])
    })
  })
}
