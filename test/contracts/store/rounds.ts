/** Rounds, the lists that they publish, and convenants. */

import type { ThresholdListRecord } from '@drempel/node/internal/store'
import { utf8 } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'
import { type StoreWorld, sealed } from './world.ts'

export function roundContract(world: StoreWorld): void {
  const { now, restart } = world

  describe('rounds', () => {
    const round = (id: string) => ({
      ...{
        id,
        kind: 'host',
        role: 'compute',
        state: 'announced' as const,
        coordinator: 'bank-a',
      },
      ...{ data: utf8('{}'), reason: null, culprit: null },
    })

    it('creates once', async () => {
      await world.store.rounds.create(round('r1'))
      await expect(world.store.rounds.create(round('r1'))).rejects.toMatchObject({
        code: 'STORE_CONFLICT',
      })
      expect(await world.store.rounds.get('r1')).toEqual({
        ...round('r1'),
        createdAt: 1_000,
        updatedAt: 1_000,
      })
      expect(await world.store.rounds.get('r2')).toBeNull()
    })

    it('moves from the named states only, and of two competitors one', async () => {
      await world.store.rounds.create(round('r1'))
      const go = () => world.store.rounds.transition('r1', ['announced'], 'collecting')
      expect((await Promise.all([go(), go()])).sort()).toEqual([false, true])
      expect(await world.store.rounds.transition('r9', ['announced'], 'failed')).toBe(false)
      now.time = 2_000
      const patch = { data: utf8('{"x":1}'), reason: 'TIMEOUT', culprit: 'bank-b' }
      const from = ['announced', 'collecting'] as const
      expect(await world.store.rounds.transition('r1', from, 'failed', patch)).toBe(true)
      await restart()
      expect(await world.store.rounds.get('r1')).toEqual({
        ...{ ...round('r1'), state: 'failed', ...patch },
        ...{ createdAt: 1_000, updatedAt: 2_000 },
      })
    })

    it('keeps what a patch does not name, and can clear', async () => {
      await world.store.rounds.create({ ...round('r1'), reason: 'X' })
      await world.store.rounds.transition('r1', ['announced'], 'announced', { culprit: 'bank-b' })
      expect(await world.store.rounds.get('r1')).toMatchObject({ reason: 'X', culprit: 'bank-b' })
      await world.store.rounds.transition('r1', ['announced'], 'announced', { reason: null })
      expect(await world.store.rounds.get('r1')).toMatchObject({ reason: null, culprit: 'bank-b' })
    })

    it('knows which failed before the log said so, until it does', async () => {
      const { rounds } = world.store
      for (const id of ['r1', 'r2', 'r3']) await rounds.create(round(id))
      const patch = { reason: 'TIMEOUT', entered: false } as const
      for (const id of ['r2', 'r1']) await rounds.transition(id, ['announced'], 'failed', patch)
      await rounds.transition('r3', ['announced'], 'failed', { reason: 'TIMEOUT' })
      await restart()
      const unentered = await world.store.rounds.unentered()
      expect(unentered.map(({ id }) => id)).toEqual(['r1', 'r2'])
      expect(unentered[0]).toEqual(await world.store.rounds.get('r1'))
      await world.store.rounds.setEntered('r1')
      await restart()
      expect((await world.store.rounds.unentered()).map(({ id }) => id)).toEqual(['r2'])
      await world.store.rounds.transition('r2', ['failed'], 'published')
      expect(await world.store.rounds.unentered()).toEqual([])
    })

    it('knows which were announced before the log said so, as long as they are', async () => {
      const { rounds } = world.store
      for (const id of ['r1', 'r2']) await rounds.create({ ...round(id), entered: false })
      await restart()
      const ids = async () => (await world.store.rounds.unentered()).map(({ id }) => id)
      expect(await ids()).toEqual(['r1', 'r2'])
      await world.store.rounds.setEntered('r1')
      expect(await ids()).toEqual(['r2'])
      await world.store.rounds.transition('r2', ['announced'], 'collecting')
      expect(await ids()).toEqual([])
    })

    it('lists the youngest first, and the open ones', async () => {
      for (const id of ['r1', 'r2', 'r3']) await world.store.rounds.create(round(id))
      await world.store.rounds.create({ ...round('r4'), kind: 'iban' })
      await world.store.rounds.transition('r2', ['announced'], 'published')
      expect((await world.store.rounds.open()).map(({ id }) => id)).toEqual(['r1', 'r3', 'r4'])
      const host = await world.store.rounds.list({ kind: 'host', limit: 2 })
      expect(host.map(({ id }) => id)).toEqual(['r3', 'r2'])
      expect((await world.store.rounds.list({ limit: 9 })).length).toBe(4)
    })
  })

  describe('lists', () => {
    const list = (rule: string, createdAt: number): ThresholdListRecord => ({
      ...{ kind: 'host', rule, round: 'r1', epoch: 'e1', salt: sealed(1), keyBits: 20 },
      ...{ keys: Uint8Array.of(1, 2, 3, 4, 5, 6), contributors: 4, createdAt },
      ...{ digest: `${rule}${createdAt}`, signatures: [{ member: 'a', signature: 'x' }] },
    })

    it('replaces what is in force and keeps history', async () => {
      expect(await world.store.lists.accept([list('t2', 1), list('t3', 1)])).toBe(true)
      expect(await world.store.lists.accept([list('t2', 2)])).toBe(true)
      expect(await world.store.lists.accept([list('t2', 2)])).toBe(true)
      await restart()
      expect(await world.store.lists.current('host', 't2')).toEqual(list('t2', 2))
      expect(await world.store.lists.current('host', 't9')).toBeNull()
      const { keys: _, ...summary } = list('t3', 1)
      expect((await world.store.lists.inForce())[1]).toEqual({ ...summary, size: 2 })
      expect(
        (await world.store.lists.history('host', 't2', 9)).map(({ digest }) => digest),
      ).toEqual(['t22', 't21'])
    })

    it('never goes back to an older list, and refuses the whole set for one', async () => {
      await world.store.lists.accept([list('t2', 5)])
      expect(await world.store.lists.accept([list('t3', 6), list('t2', 4)])).toBe(false)
      expect(await world.store.lists.current('host', 't3')).toBeNull()
      expect((await world.store.lists.current('host', 't2'))?.createdAt).toBe(5)
    })

    it('publishes the round and its lists together or not at all', async () => {
      await world.store.rounds.create({
        ...{ id: 'r1', kind: 'host', role: 'partner', state: 'opening', coordinator: 'a' },
        ...{ data: utf8('{}'), reason: null, culprit: null },
      })
      const publish = { id: 'r1', from: ['opening'], to: 'published' } as const
      const { lists, meta } = world.store
      const results = [
        { key: 'waiting', value: '' },
        { key: 'result', value: 'sealed' },
      ]
      const written = () => Promise.all(results.map(({ key }) => meta.get(key)))
      await meta.set('waiting', 'sealed')
      expect(await lists.accept([list('t2', 1)], { ...publish, id: 'r9' }, results)).toBe(false)
      expect(await written()).toEqual(['sealed', null])
      expect(await world.store.lists.current('host', 't2')).toBeNull()
      expect(await lists.accept([list('t2', 1)], publish, results)).toBe(true)
      expect(await written()).toEqual(['', 'sealed'])
      expect((await world.store.rounds.get('r1'))?.state).toBe('published')
      expect(await world.store.lists.accept([list('t2', 2)], publish)).toBe(false)
      expect((await world.store.lists.current('host', 't2'))?.createdAt).toBe(1)
    })
  })

  it('convenants: installs upward only', async () => {
    const version = (v: number) => ({ digest: `d${v}`, version: v, document: utf8(`v${v}`) })
    expect(await world.store.convenants.current()).toBeNull()
    expect(await world.store.convenants.put(version(1))).toBe(true)
    expect(await world.store.convenants.put(version(3))).toBe(true)
    expect(await world.store.convenants.put(version(3))).toBe(true)
    expect(await world.store.convenants.put(version(2))).toBe(false)
    expect(await world.store.convenants.put({ ...version(3), digest: 'other' })).toBe(false)
    await restart()
    expect(await world.store.convenants.current()).toEqual({ ...version(3), installedAt: 1_000 })
    expect((await world.store.convenants.get('d1'))?.version).toBe(1)
    expect((await world.store.convenants.history()).map((item) => item.version)).toEqual([3, 1])
  })
}
