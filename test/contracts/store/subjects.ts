/** What was asked, cases of data subjects, and answers that changed since. */

import { describe, expect, it } from 'vitest'
import { type StoreWorld, sealed } from './world.ts'

export function subjectContract(world: StoreWorld): void {
  const { restart } = world

  describe('what was asked', () => {
    const blind = (i: number) => new Uint8Array(16).fill(i)

    it('is found again by its blind, until its period is forgotten', async () => {
      await world.store.asked.remember('2026Q4', 'b'.repeat(32), [blind(1), blind(2), blind(1)])
      await world.store.asked.remember('2027Q1', 'a'.repeat(32), [blind(1)])
      await restart()
      const found = { txid: 'b'.repeat(32) }
      expect(await world.store.asked.find(blind(1))).toEqual([
        { txid: 'a'.repeat(32), item: 0 },
        { ...found, item: 0 },
        { ...found, item: 2 },
      ])
      expect(await world.store.asked.find(blind(9))).toEqual([])
      expect(await world.store.asked.periods()).toEqual(['2026Q4', '2027Q1'])
      expect(await world.store.asked.forget('2026Q4')).toBe(3)
      expect(await world.store.asked.find(blind(2))).toEqual([])
      expect(await world.store.asked.periods()).toEqual(['2027Q1'])
    })

    it('is written whole or not at all', async () => {
      const query = [blind(1), new Uint8Array(15)]
      await expect(
        world.store.asked.remember('2026Q4', 'a'.repeat(32), query),
      ).rejects.toMatchObject({
        code: 'STORE_CONFLICT',
      })
      expect(await world.store.asked.periods()).toEqual([])
    })
  })

  describe('cases of data subjects', () => {
    const opened = (id: string, dueAt: number) => ({
      ...{ id, type: 'access' as const, kind: 'host', receivedAt: 1, dueAt },
      sealed: sealed(1),
    })

    it('are numbered, listed by due date, extended once and closed once', async () => {
      const first = await world.store.cases.open(opened('a', 20))
      const second = await world.store.cases.open(opened('b', 10))
      expect(second).toBe(first + 1)
      await expect(world.store.cases.open(opened('a', 5))).rejects.toMatchObject({
        code: 'STORE_CONFLICT',
      })
      await restart()
      const none = { extendedAt: null, closedAt: null, outcome: null }
      expect(await world.store.cases.get(first)).toEqual({
        ...{ number: first, ...opened('a', 20), ...none },
      })
      expect(await world.store.cases.get(99)).toBeNull()
      expect(await world.store.cases.extend(second, 30, 5)).toBe(true)
      expect(await world.store.cases.extend(second, 40, 6)).toBe(false)
      const numbers = async (open: boolean) =>
        (await world.store.cases.list({ open, limit: 9 })).map(({ number }) => number)
      expect(await numbers(true)).toEqual([first, second])
      expect(await world.store.cases.close(first, 'granted', 7, sealed(2))).toBe(true)
      expect(await world.store.cases.close(first, 'refused', 8, sealed(2))).toBe(false)
      expect(await world.store.cases.extend(first, 40, 9)).toBe(false)
      expect(await world.store.cases.close(99, 'granted', 7, sealed(2))).toBe(false)
      expect(await numbers(true)).toEqual([second])
      expect(await numbers(false)).toEqual([first, second])
      expect(await world.store.cases.get(first)).toMatchObject({
        outcome: 'granted',
        closedAt: 7,
        sealed: sealed(2),
      })
    })
  })

  describe('recalls', () => {
    const answer = (txid: string, change: object = {}) => ({
      ...{ txid, kind: 'host', rule: 'host-t2', epoch: '1', round: 'r1', until: 100 },
      ...{ sealed: sealed(1), ...change },
    })
    const due = (round: string, afterTxid = '') =>
      world.store.recalls.due({ kind: 'host', rule: 'host-t2', round }, { afterTxid, limit: 2 })

    it('are raised once, of two who looked at once', async () => {
      await world.store.recalls.watch(answer('a'))
      expect(await due('r1')).toEqual([])
      const [read] = await due('r2')
      expect(read).toEqual(answer('a'))
      const settle = () => world.store.recalls.settle(read!, 'r2', sealed(2), [sealed(3)])
      expect((await Promise.all([settle(), settle()])).sort()).toEqual([false, true])
      await restart()
      expect(await due('r2')).toEqual([])
      expect(await due('r3')).toEqual([answer('a', { round: 'r2', sealed: sealed(2) })])
      const [recall] = await world.store.recalls.list({ open: true, limit: 9 })
      expect(recall).toMatchObject({ raisedAt: 1_000, closedAt: null, sealed: sealed(3) })
      expect(await world.store.recalls.close(recall!.number, 5)).toBe(true)
      expect(await world.store.recalls.close(recall!.number, 6)).toBe(false)
      expect(await world.store.recalls.list({ open: true, limit: 9 })).toEqual([])
      expect(await world.store.recalls.list({ open: false, limit: 9 })).toMatchObject([
        { closedAt: 5 },
      ])
    })

    it('are looked for page by page, of one rule, until nothing is left or its time is over', async () => {
      for (const txid of ['a', 'b', 'c']) await world.store.recalls.watch(answer(txid))
      await world.store.recalls.watch(answer('d', { rule: 'host-t3' }))
      await world.store.recalls.watch(answer('e', { until: 200 }))
      expect((await due('r2')).map(({ txid }) => txid)).toEqual(['a', 'b'])
      expect((await due('r2', 'b')).map(({ txid }) => txid)).toEqual(['c', 'e'])
      expect(await world.store.recalls.settle(answer('a'), 'r2', null, [])).toBe(true)
      expect(await world.store.recalls.settle(answer('a'), 'r2', null, [])).toBe(false)
      expect(await world.store.recalls.forgetBefore(99)).toBe(0)
      expect(await world.store.recalls.forgetBefore(100)).toBe(3)
      expect((await due('r2')).map(({ txid }) => txid)).toEqual(['e'])
    })
  })
}
