/** Intersections: their states, their quota, and the parts of lists and results. */

import { utf8 } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'
import type { StoreWorld } from './world.ts'

export function psiContract(world: StoreWorld): void {
  const { now, restart } = world
  const list = new Uint8Array(32).fill(1)
  const session = (id: string) => ({
    ...{ id, side: 'proposer' as const, peer: 'bank-b', purpose: 'p', kind: 'host' },
    ...{ state: 'drafted' as const, sealed: utf8(id), list: null, committedAt: null },
    ...{ reason: null, culprit: null },
  })

  describe('intersections', () => {
    it('are created once', async () => {
      const { psi } = world.store
      await psi.create(session('s1'))
      await expect(psi.create(session('s1'))).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      const row = { ...session('s1'), createdAt: 1_000, updatedAt: 1_000 }
      expect(await psi.get('s1')).toEqual(row)
      expect(await psi.get('s2')).toBeNull()
    })

    it('move from the named states only, of two competitors one, and keep what is not patched', async () => {
      await world.store.psi.create(session('s1'))
      const go = () => world.store.psi.transition('s1', ['drafted'], 'proposed')
      expect((await Promise.all([go(), go()])).sort()).toEqual([false, true])
      expect(await world.store.psi.transition('s9', ['drafted'], 'failed')).toBe(false)
      now.time = 2_000
      const patch = { list, committedAt: 1_500, sealed: utf8('more') }
      await world.store.psi.transition('s1', ['proposed'], 'committed', patch)
      await world.store.psi.transition('s1', ['committed'], 'failed', { reason: 'X' })
      await restart()
      expect(await world.store.psi.get('s1')).toEqual({
        ...{ ...session('s1'), ...patch, state: 'failed', reason: 'X' },
        ...{ createdAt: 1_000, updatedAt: 2_000 },
      })
      await world.store.psi.transition('s1', ['failed'], 'failed', { committedAt: null })
      expect(await world.store.psi.get('s1')).toMatchObject({
        committedAt: null,
        reason: 'X',
        list,
      })
    })

    it('are listed youngest first, and the open ones oldest first', async () => {
      const { psi } = world.store
      for (const id of ['s1', 's2', 's3', 's4', 's5']) await psi.create(session(id))
      for (const [id, state] of [
        ['s2', 'done'],
        ['s3', 'refused'],
        ['s4', 'failed'],
      ] as const) {
        await psi.transition(id, ['drafted'], state)
      }
      expect((await psi.open()).map(({ id }) => id)).toEqual(['s1', 's5'])
      expect((await psi.list(2)).map(({ id }) => id)).toEqual(['s5', 's4'])
    })

    it('are untold from the end that says so until they are told, through a restart', async () => {
      const untold = async () => (await world.store.psi.untold()).map(({ id }) => id)
      for (const id of ['s1', 's2', 's3']) await world.store.psi.create(session(id))
      const end = (id: string, patch: object) =>
        world.store.psi.transition(id, ['drafted'], 'failed', { reason: 'X', ...patch })
      await end('s1', { untold: true })
      await end('s2', {})
      await end('s3', { untold: true })
      await restart()
      expect(await untold()).toEqual(['s1', 's3'])
      now.time = 2_000
      await world.store.psi.setUntold('s1', false)
      await world.store.psi.setUntold('s2', true)
      expect(await untold()).toEqual(['s2', 's3'])
      expect(await world.store.psi.get('s1')).toMatchObject({ state: 'failed', updatedAt: 1_000 })
    })

    it('count by purpose, peer and list since a time, once they are committed', async () => {
      const { psi } = world.store
      const add = async (id: string, over: object, committedAt: number | null) => {
        await psi.create({ ...session(id), list, committedAt, ...over })
      }
      await add('s1', {}, 5_000)
      await add('s2', { list: new Uint8Array(32) }, 6_000)
      await add('s3', { peer: 'telecom' }, 6_000)
      await add('s4', { purpose: 'q' }, 6_000)
      await add('s5', {}, 4_999)
      await add('s6', {}, null)
      expect(await psi.committed('p', 'bank-b', 5_000, list)).toEqual({ pair: 2, list: 1 })
      expect(await psi.committed('p', 'bank-b', 7_000, list)).toEqual({ pair: 0, list: 0 })
    })

    it('are forgotten by purpose once they ended and no longer count', async () => {
      const { psi } = world.store
      const add = async (id: string, at: number, over: object) => {
        now.time = at
        await psi.create({ ...session(id), ...over })
      }
      await add('s1', 1_000, { state: 'done', committedAt: 900 })
      await add('s2', 1_000, { state: 'failed', purpose: 'q' })
      await add('s3', 1_000, { state: 'proposed' })
      await add('s4', 2_000, { state: 'refused' })
      await add('s5', 1_000, { state: 'failed', committedAt: 2_000 })
      expect(await psi.endedPurposes()).toEqual(['p', 'q'])
      await psi.forgetEnded('p', 1_500)
      expect((await psi.list(9)).map(({ id }) => id)).toEqual(['s5', 's4', 's3', 's2'])
      await psi.forgetEnded('q', 1_500)
      expect(await psi.endedPurposes()).toEqual(['p'])
      expect(await psi.get('s2')).toBeNull()
    })

    it('have lists masked ahead, created once and moved by one of two', async () => {
      const row = {
        ...{ id: 'p1', side: 'owner' as const, peer: 'bank-b', purpose: 'p', kind: 'host' },
        ...{ state: 'masking' as const, sealed: utf8('key'), expiresAt: 5_000, reason: null },
      }
      const { prepared } = world.store.psi
      await prepared.create(row)
      await expect(prepared.create(row)).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      await prepared.create({ ...row, id: 'p2', side: 'asker', state: 'ready' })
      now.time = 2_000
      const go = () => prepared.transition('p1', ['masking'], 'ready', { sealed: utf8('more') })
      expect((await Promise.all([go(), go()])).sort()).toEqual([false, true])
      expect(await prepared.transition('p3', ['masking'], 'ready')).toBe(false)
      const end = { sealed: utf8(''), reason: 'EXPIRED' }
      expect(await prepared.transition('p2', ['masking', 'ready'], 'ended', end)).toBe(true)
      await restart()
      const after = world.store.psi.prepared
      const first = { ...row, state: 'ready', sealed: utf8('more'), createdAt: 1_000 }
      expect(await after.live()).toEqual([{ ...first, updatedAt: 2_000 }])
      expect((await after.list(9)).map(({ id, state }) => [id, state])).toEqual([
        ['p2', 'ended'],
        ['p1', 'ready'],
      ])
      expect(await after.get('p2')).toMatchObject(end)
      expect(await after.get('p3')).toBeNull()
    })

    it('have parts in the order in which they came, until they are dropped', async () => {
      const { psi } = world.store
      await Promise.all([1, 2, 3].map((i) => psi.addPart('list/a', utf8(`${i}`))))
      now.time = 9_000
      await psi.addPart('list/b', utf8('b'))
      await restart()
      const after = await world.store.psi.parts('list/a', { after: 1, limit: 1 })
      expect(after).toEqual([{ part: 2, sealed: utf8('2') }])
      expect(await world.store.psi.partsBefore(9_000)).toEqual(['list/a'])
      await world.store.psi.dropParts('list/a')
      expect(await world.store.psi.parts('list/a', { after: 0, limit: 9 })).toEqual([])
      expect(await world.store.psi.parts('list/b', { after: 0, limit: 9 })).toHaveLength(1)
    })
  })
}
