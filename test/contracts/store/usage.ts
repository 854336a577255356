/** What counts once: nonces, transactions, units of a quota. */

import type { UsageCounter } from '@drempel/node/internal/store'
import { describe, expect, it } from 'vitest'
import { range, type StoreWorld, settled } from './world.ts'

export function usageContract(world: StoreWorld): void {
  const { restart } = world

  it('replay: a nonce counts once per member, until it is forgotten', async () => {
    const remember = async (member: string, nonce: string, expiresAt: number) =>
      settled(await world.store.replay.claim(member, nonce, expiresAt))
    expect(await remember('a', 'n', 5_000)).toBe(true)
    expect(await remember('a', 'n', 9_000)).toBe(false)
    expect(await remember('b', 'n', 5_000)).toBe(true)
    const twice = range(5).map(() => remember('c', 'n', 5_000))
    expect(await Promise.all(twice)).toEqual([true, false, false, false, false])
    await restart()
    expect(await remember('a', 'n', 5_000)).toBe(false)
    expect(await remember('c', 'n', 5_000)).toBe(false)
    expect(await world.store.replay.forgetBefore(5_000)).toBe(0)
    expect(await world.store.replay.forgetBefore(5_001)).toBe(3)
    expect(await remember('a', 'n', 5_000)).toBe(true)
  })

  describe('usage', () => {
    const claim = async (counter: UsageCounter) => settled(await world.store.usage.claim(counter))
    const serve = async (asker: string, txid: string, counters: readonly UsageCounter[] = []) =>
      settled(await world.store.usage.claimServe({ asker, txid, counters }))

    it('adds within the limit, to the last unit', async () => {
      const reserve = (amount: number) => claim({ scope: 's', key: 'k', amount, limit: 10 })
      expect(await reserve(11)).toBe(false)
      const taken = await Promise.all(range(12).map(() => reserve(1)))
      expect(taken.filter(Boolean).length).toBe(10)
      await restart()
      expect(await reserve(1)).toBe(false)
      expect(await reserve(0)).toBe(true)
      expect(await world.store.usage.used('s', 'k')).toBe(10)
      expect(await world.store.usage.used('', 'k')).toBe(0)
      await expect(reserve(-1)).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      await expect(reserve(Number.NaN)).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
    })

    it('counts what was claimed before it is durable, and each once', async () => {
      const counter = { key: 'k', amount: 3, limit: 10 }
      const claims = await Promise.all(range(3).map(() => world.store.usage.claim(counter)))
      expect(await world.store.usage.used('', 'k')).toBe(9)
      expect((await world.store.usage.claim(counter)).outcome).toBe(false)
      const first = await world.store.usage.claimServe({ asker: 'a', txid: 't', counters: [] })
      const second = await world.store.usage.claimServe({ asker: 'a', txid: 't', counters: [] })
      expect([first.outcome, second.outcome]).toEqual(['ok', 'replayed'])
      await Promise.all([...claims, first].map(({ durable }) => durable))
      expect(await world.store.usage.used('', 'k')).toBe(9)
      await restart()
      expect(await world.store.usage.used('', 'k')).toBe(9)
      expect(await serve('a', 't')).toBe('replayed')
    })

    it('serves a txid once per asker', async () => {
      expect(await serve('a', 'tx')).toBe('ok')
      expect(await serve('b', 'tx')).toBe('ok')
      await restart()
      expect(await serve('a', 'tx')).toBe('replayed')
    })

    it('claims all counters and the txid, or nothing', async () => {
      const served = (txid: string, amount: number) =>
        serve('a', txid, [
          { key: 'day', amount, limit: 10 },
          { scope: 'kind', key: 'epoch', amount, limit: 5 },
        ])
      expect(await served('t1', 3)).toBe('ok')
      expect(await served('t1', 1)).toBe('replayed')
      expect(await served('t2', 3)).toEqual({ exceeded: 'epoch' })
      expect(await world.store.usage.used('', 'day')).toBe(3)
      expect(await served('t2', 2)).toBe('ok')
      expect(await served('t3', 99)).toEqual({ exceeded: 'day' })
      expect(await serve('a', 't3')).toBe('ok')
    })

    it('forgets old counters, never a txid', async () => {
      await serve('a', 't', [{ key: 'k', amount: 1, limit: 1 }])
      expect(await world.store.usage.forgetBefore(1_000)).toBe(0)
      expect(await world.store.usage.forgetBefore(1_001)).toBe(1)
      expect(await world.store.usage.used('', 'k')).toBe(0)
      expect(await serve('a', 't')).toBe('replayed')
    })
  })
}
