/** Alerts, proposals of operators, and their tokens. */

import { describe, expect, it } from 'vitest'
import { type StoreWorld, sealed } from './world.ts'

export function operatorContract(world: StoreWorld): void {
  const { now, restart } = world

  describe('alerts', () => {
    const about = { code: 'RATE_UNUSUAL', member: 'bank-b', purpose: 'p', kind: 'iban' }

    it('are kept once each, the latest first, until somebody saw them', async () => {
      const { alerts } = world.store
      expect(await alerts.raise('a/1', { ...about, at: 1_000 })).toBe(1)
      expect(await alerts.raise('a/1', { ...about, at: 2_000 })).toBeNull()
      expect(await alerts.raise('a/2', { ...about, at: 3_000, member: null })).toBe(2)
      await restart()
      const unseen = { seenBy: null, seenAt: null }
      const second = { ...about, ...unseen, id: 2, at: 3_000, member: null }
      const list = (all: boolean, limit = 9) => world.store.alerts.list({ all, limit })
      expect(await list(false)).toEqual([second, { ...about, ...unseen, id: 1, at: 1_000 }])
      expect(await list(true, 1)).toEqual([second])
      expect(await world.store.alerts.see(1, 'fg', 4_000)).toBe(true)
      expect(await world.store.alerts.see(1, 'other', 5_000)).toBe(false)
      expect(await world.store.alerts.see(3, 'fg', 4_000)).toBe(false)
      expect(await list(false)).toEqual([second])
      expect((await list(true))[1]).toMatchObject({ id: 1, seenBy: 'fg', seenAt: 4_000 })
    })

    it('are known as long as the log has none of them, save where it had before', async () => {
      const { alerts } = world.store
      for (const at of [1, 2]) await alerts.raise(`a/${at}`, { ...about, at })
      await alerts.raise('a/3', { ...about, at: 3, entered: true })
      await restart()
      const unentered = async () => (await world.store.alerts.unentered()).map(({ at }) => at)
      expect(await unentered()).toEqual([1, 2])
      await world.store.alerts.see(1, 'fg', 4_000)
      await world.store.alerts.setEntered(2)
      await restart()
      expect(await unentered()).toEqual([1])
      const [last] = await world.store.alerts.unentered()
      expect(last).toMatchObject({ ...about, id: 1, seenBy: 'fg' })
    })
  })

  it('feedback: keeps the last word on each item', async () => {
    const { feedback } = world.store
    await feedback.put('t1', 1, sealed(1))
    await feedback.put('t1', 0, sealed(2))
    await feedback.put('t1', 1, sealed(3))
    await restart()
    expect(await world.store.feedback.get('t1')).toEqual([
      { item: 0, sealed: sealed(2) },
      { item: 1, sealed: sealed(3) },
    ])
    expect(await world.store.feedback.get('t2')).toEqual([])
  })

  describe('proposals', () => {
    const proposal = (id: string, expiresAt = 5_000) => ({
      ...{ id, act: 'open' as const, subject: 'log 7', sealed: sealed(1) },
      ...{ proposer: 't1', expiresAt },
    })
    const undecided = { createdAt: 1_000, decision: null, begunAt: null, endedAt: null }

    it('go one step at a time, each of them once, and survive a restart', async () => {
      const { proposals } = world.store
      await proposals.create(proposal('a'))
      await expect(proposals.create(proposal('a'))).rejects.toMatchObject({
        code: 'STORE_CONFLICT',
      })
      expect(await proposals.get('a')).toEqual({ ...proposal('a'), ...undecided })
      expect(await proposals.begin('a')).toBe(false)
      now.time = 2_000
      expect(await proposals.decide('a', 't2', true, sealed(2))).toBe(true)
      expect(await proposals.decide('a', 't3', false, sealed(3))).toBe(false)
      expect(await proposals.end('a')).toBe(false)
      now.time = 3_000
      const began = await Promise.all([proposals.begin('a'), proposals.begin('a')])
      expect(began).toEqual([true, false])
      await restart()
      expect((await world.store.proposals.unfinished()).map(({ id }) => id)).toEqual(['a'])
      now.time = 4_000
      expect(await world.store.proposals.end('a')).toBe(true)
      expect(await world.store.proposals.end('a')).toBe(false)
      expect(await world.store.proposals.unfinished()).toEqual([])
      expect(await world.store.proposals.get('a')).toEqual({
        ...{ ...proposal('a'), ...undecided, begunAt: 3_000, endedAt: 4_000 },
        decision: { by: 't2', approved: true, at: 2_000, sealed: sealed(2) },
      })
    })

    it('that were denied are not begun', async () => {
      await world.store.proposals.create(proposal('a'))
      expect(await world.store.proposals.decide('a', 't2', false, sealed(2))).toBe(true)
      expect(await world.store.proposals.begin('a')).toBe(false)
    })

    it('are sealed anew, and found when they expired', async () => {
      const { proposals } = world.store
      await proposals.create(proposal('a'))
      await proposals.create({ ...proposal('b', 6_000), act: 'ask' })
      await proposals.create({ ...proposal('c', 7_000), act: 'ask' })
      await proposals.reseal('b', sealed(9))
      await restart()
      const expired = async (after: number, until: number) =>
        (await world.store.proposals.expired('ask', { after, until })).map(({ id }) => id)
      expect([await expired(0, 5_999), await expired(0, 6_000)]).toEqual([[], ['b']])
      expect([await expired(6_000, 9_000), await expired(0, 9_000)]).toEqual([['c'], ['b', 'c']])
      expect((await world.store.proposals.get('b'))?.sealed).toEqual(sealed(9))
      expect((await world.store.proposals.get('c'))?.sealed).toEqual(sealed(1))
    })

    it('are listed latest first, and forgotten when they expired, but not half-way', async () => {
      for (const id of ['a', 'b', 'c']) await world.store.proposals.create(proposal(id))
      await world.store.proposals.create(proposal('d', 9_000))
      await world.store.proposals.decide('b', 't2', true, sealed(2))
      await world.store.proposals.begin('b')
      expect((await world.store.proposals.list(3)).map(({ id }) => id)).toEqual(['d', 'c', 'b'])
      expect(await world.store.proposals.forgetBefore(5_001)).toBe(2)
      expect((await world.store.proposals.list(9)).map(({ id }) => id)).toEqual(['d', 'b'])
      await world.store.proposals.end('b')
      expect(await world.store.proposals.forgetBefore(5_001)).toBe(1)
      expect(await world.store.proposals.get('b')).toBeNull()
    })
  })

  it('tokens: created once, revoked once', async () => {
    const token = { id: 't1', hash: '$argon2id$x', name: 'desk', roles: ['analyst', 'fg'] }
    await world.store.tokens.create(token)
    await expect(world.store.tokens.create(token)).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
    now.time = 2_000
    expect(await world.store.tokens.revoke('t1')).toBe(true)
    expect(await world.store.tokens.revoke('t1')).toBe(false)
    expect(await world.store.tokens.revoke('t2')).toBe(false)
    await restart()
    expect(await world.store.tokens.list()).toEqual([
      { ...token, createdAt: 1_000, revokedAt: 2_000 },
    ])
    expect(await world.store.tokens.get('t2')).toBeNull()
  })
}
