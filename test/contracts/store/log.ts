/** The node's own log, and the logs of others that it witnesses. */

import { describe, expect, it } from 'vitest'
import { batch, entry, index, range, type StoreWorld, sealed } from './world.ts'

export function logContract(world: StoreWorld): void {
  const { restart } = world

  describe('comparisons', () => {
    const one = {
      ...{ member: 'bank-b', txid: 'a1', kind: 'mismatch' as const, fields: ['kind', 'rule'] },
      ...{ minutes: null, at: 2_000 },
    }

    it('remember how far each member came', async () => {
      const { comparisons } = world.store
      expect(await comparisons.progress('bank-b')).toBeNull()
      await comparisons.setProgress('bank-b', { origin: 'log', index: 3, at: 1_000 })
      await comparisons.setProgress('bank-b', { origin: 'next', index: 0, at: 2_000 })
      await restart()
      expect(await world.store.comparisons.progress('bank-b')).toEqual({
        ...{ origin: 'next', index: 0, at: 2_000 },
      })
      expect(await world.store.comparisons.progress('bank-c')).toBeNull()
    })

    it('remember for how long each member was asked in vain, and what was told of it', async () => {
      const { comparisons } = world.store
      const none = { askedMs: 0, triedAt: null, toldAt: null }
      expect(await comparisons.trouble('bank-b')).toEqual(none)
      await comparisons.setTrouble('bank-b', { askedMs: 5, triedAt: 7, toldAt: null })
      await comparisons.setTrouble('bank-b', { askedMs: 6, triedAt: 8, toldAt: 9 })
      await restart()
      const { comparisons: again } = world.store
      expect(await again.trouble('bank-b')).toEqual({ askedMs: 6, triedAt: 8, toldAt: 9 })
      expect(await again.trouble('bank-c')).toEqual(none)
    })

    it('remember the largest head of each log', async () => {
      const { comparisons } = world.store
      expect(await comparisons.anchored('log')).toBeNull()
      expect(await comparisons.setAnchored('log', { size: 5, note: 'five' })).toBe(true)
      expect(await comparisons.setAnchored('log', { size: 4, note: 'four' })).toBe(false)
      expect(await comparisons.setAnchored('log', { size: 6, note: 'six' })).toBe(true)
      await restart()
      expect(await world.store.comparisons.anchored('log')).toEqual({ size: 6, note: 'six' })
    })

    it('keep a discrepancy once, by member, transaction and kind', async () => {
      const { comparisons } = world.store
      expect(await comparisons.isKnown(one)).toBe(false)
      await comparisons.keepDiscrepancy(one)
      await comparisons.keepDiscrepancy({ ...one, at: 3_000 })
      const late = { ...one, kind: 'late' as const, fields: [], minutes: 61 }
      expect(await comparisons.isKnown(late)).toBe(false)
      await comparisons.keepDiscrepancy(late)
      await restart()
      expect(await world.store.comparisons.isKnown(one)).toBe(true)
      expect(await world.store.comparisons.discrepancies(9)).toEqual([late, one])
      expect(await world.store.comparisons.discrepancies(1)).toEqual([late])
    })
  })

  describe('log', () => {
    const end = (size: number) => ({ size, seal: index(size), note: '' })

    it('appends at the expected size and reads back', async () => {
      const hashes = [{ level: 8, index: 0, hash: index(3) }]
      const entries = [entry(1, 'tx'), entry(2, null)]
      const one = batch(entry(1, 'tx'))
      expect(await world.store.log.append('o/1', batch(...entries), hashes, end(2), 0)).toBe(true)
      expect(await world.store.log.append('o/2', one, [], end(1), 0)).toBe(true)
      await restart()
      expect(await world.store.log.end('o/1')).toEqual(end(2))
      expect(await world.store.log.end('o/9')).toBeNull()
      expect(await world.store.log.leaves('o/1', 0, 9)).toEqual(entries.map(({ leaf }) => leaf))
      expect(await world.store.log.leaves('o/1', 1, 2)).toEqual([entries[1]!.leaf])
      for (const i of [0, 1]) {
        expect(await world.store.log.sealed('o/1', i)).toEqual({
          ...{ first: 0, count: 2, sealed: sealed(2) },
        })
      }
      expect(await world.store.log.sealed('o/1', 2)).toBeNull()
      expect(await world.store.log.hashes('o/1', 0, 0, 9)).toEqual([index(1), index(2)])
      expect(await world.store.log.hashes('o/1', 0, 1, 2)).toEqual([index(2)])
      expect(await world.store.log.hashes('o/1', 8, 0, 1)).toEqual([index(3)])
      expect(await world.store.log.hashes('o/1', 1, 0, 1)).toEqual([])
      expect(await world.store.log.hashes('o/2', 0, 0, 9)).toEqual([index(1)])
      expect(await world.store.log.hashes('o/3', 0, 0, 9)).toEqual([])
      expect(await world.store.log.origins()).toEqual(['o/1', 'o/2'])
      expect(await world.store.log.findTxid('tx')).toEqual([
        { origin: 'o/1', index: 0, type: 'test' },
        { origin: 'o/2', index: 0, type: 'test' },
      ])
      expect(await world.store.log.findTxid('ty')).toEqual([])
      expect(await world.store.log.leadsTo('o/1', 0, 'tx')).toBe(true)
      expect(await world.store.log.leadsTo('o/1', 1, 'tx')).toBe(false)
      expect(await world.store.log.leadsTo('o/1', 2, 'tx')).toBe(false)
      expect(await world.store.log.leadsTo('o/1', 0, 'ty')).toBe(false)
      expect(await world.store.log.leadsTo('o/9', 0, 'tx')).toBe(false)
      const events = ['tx', null].map((txid, index) => ({ index, type: 'test', txid }))
      expect(await world.store.log.events('o/1', 0, 9)).toEqual(events)
      expect(await world.store.log.events('o/1', 1, 2)).toEqual(events.slice(1))
      expect(await world.store.log.events('o/9', 0, 9)).toEqual([])
      for (const origin of ['o/1', 'o/9']) {
        expect(await world.store.log.strays(origin)).toEqual([])
        expect(await world.store.log.quartered(origin)).toBe(0)
      }
    })

    it('remembers days that had a key', async () => {
      const [day, next] = ['2026Q4.fraude.2026-11-22', '2026Q4.fraude.2026-11-23']
      for (const _ of [1, 2]) await world.store.log.addDay(day)
      await restart()
      expect(await world.store.log.hasDay(day)).toBe(true)
      expect(await world.store.log.hasDay(next)).toBe(false)
    })

    it('finds what is many entries apart', async () => {
      const many = Array.from({ length: 9_000 }, (_, i) =>
        entry(0, [5, 8_999].includes(i) ? 'tx' : `t${i}`),
      )
      await world.store.log.append('o', batch(...many.slice(0, 5_000)), [], end(5_000), 0)
      await world.store.log.append('o', batch(...many.slice(5_000)), [], end(9_000), 5_000)
      const [first, last] = [5, 8_999].map((index) => ({ origin: 'o', index, type: 'test' }))
      expect(await world.store.log.findTxid('tx')).toEqual([first, last])
      expect(await world.store.log.findTxid('t8500')).toEqual([{ ...last, index: 8_500 }])
      expect(await world.store.log.leadsTo('o', 8_999, 'tx')).toBe(true)
      expect(await world.store.log.leadsTo('o', 8_998, 'tx')).toBe(false)
    })

    it('refuses another size, and of two competitors one', async () => {
      expect(await world.store.log.append('o', batch(entry(0, null)), [], end(2), 1)).toBe(false)
      const go = () => world.store.log.append('o', batch(entry(0, null)), [], end(1), 0)
      expect((await Promise.all([go(), go()])).sort()).toEqual([false, true])
      expect((await world.store.log.end('o'))?.size).toBe(1)
      const next = (from: number) =>
        world.store.log.append('o', batch(entry(from, `t${from}`)), [], end(from + 1), from)
      // Each alone, then with others in one transaction.
      const alone: boolean[] = []
      for (const from of [0, 2, 1, 1]) alone.push(await next(from))
      expect(alone).toEqual([false, false, true, false])
      expect(await Promise.all([2, 1, 2, 4, 3].map(next))).toEqual([
        true,
        false,
        false,
        false,
        true,
      ])
      await restart()
      expect(await world.store.log.end('o')).toEqual(end(4))
      const leaves = [0, 1, 2, 3].map((from) => entry(from, null).leaf)
      expect(await world.store.log.leaves('o', 0, 9)).toEqual(leaves)
      expect(await next(3)).toBe(false)
      expect(await next(4)).toBe(true)
      expect(await world.store.log.findTxid('t4')).toEqual([
        { origin: 'o', index: 4, type: 'test' },
      ])
    })

    it('refuses an end that does not fit, and changes nothing when a hash exists', async () => {
      const hash = { level: 8, index: 0, hash: index(1) }
      await expect(
        world.store.log.append('o', batch(entry(0, null)), [], end(2), 0),
      ).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      await world.store.log.append('o', batch(entry(0, null)), [hash], end(1), 0)
      await expect(
        world.store.log.append('o', batch(entry(1, 'tx')), [hash], end(2), 1),
      ).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      expect(await world.store.log.end('o')).toEqual(end(1))
      expect((await world.store.log.leaves('o', 0, 9)).length).toBe(1)
      expect(await world.store.log.findTxid('tx')).toEqual([])
    })
  })

  describe('witness', () => {
    const log = 'drempel/proef/bank-a/2026Q4+0a1b2c3d'
    const head = (size: number, root = size) => ({
      ...{ size, root: index(root), note: `note of ${size}, ${root}`, at: 1_000 + size },
    })

    it('remembers the last tree of each log', async () => {
      expect(await world.store.witness.head(log)).toBeNull()
      expect(await world.store.witness.advance(log, 0, head(5))).toBe(true)
      expect(await world.store.witness.advance('other', 0, head(1))).toBe(true)
      expect(await world.store.witness.advance(log, 5, head(9))).toBe(true)
      await restart()
      expect(await world.store.witness.head(log)).toEqual(head(9))
      expect(await world.store.witness.heads()).toEqual([
        { log, ...head(9) },
        { log: 'other', ...head(1) },
      ])
    })

    it('takes a tree only after the one that it was compared with', async () => {
      expect(await world.store.witness.advance(log, 4, head(5))).toBe(false)
      expect(await world.store.witness.head(log)).toBeNull()
      await world.store.witness.advance(log, 0, head(5))
      for (const old of [0, 4, 6]) {
        expect(await world.store.witness.advance(log, old, head(9))).toBe(false)
      }
      expect(await world.store.witness.head(log)).toEqual(head(5))
    })

    it('keeps one root a size, and never goes back', async () => {
      await world.store.witness.advance(log, 0, head(5))
      expect(await world.store.witness.advance(log, 5, head(5, 6))).toBe(false)
      expect(await world.store.witness.advance(log, 5, { ...head(5), at: 9_000 })).toBe(true)
      const back = world.store.witness.advance(log, 5, head(4))
      await expect(back).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      expect(await world.store.witness.head(log)).toEqual({ ...head(5), at: 9_000 })
    })

    it('of requests at once, each compared with the same tree, takes one', async () => {
      await world.store.witness.advance(log, 0, head(5))
      const took = await Promise.all(
        range(8).map((i) => world.store.witness.advance(log, 5, head(5 + i))),
      )
      expect(took.filter(Boolean)).toHaveLength(1)
      const { size } = (await world.store.witness.head(log))!
      expect(size).toBe(6 + took.indexOf(true))
    })

    it("keeps a log's first contradiction for good", async () => {
      const notes = { first: 'note a', second: 'note b' }
      const conflict = { log, code: 'LOG_FORKED', ...notes, at: 5 } as const
      expect(await world.store.witness.conflict(log)).toBeNull()
      expect(await world.store.witness.keepConflict(conflict)).toBe(true)
      expect(await world.store.witness.keepConflict({ ...conflict, second: 'note c' })).toBe(false)
      await restart()
      expect(await world.store.witness.conflict(log)).toEqual(conflict)
      expect(await world.store.witness.conflicts()).toEqual([conflict])
      expect(await world.store.witness.unenteredConflicts()).toEqual([conflict])
      await world.store.witness.setConflictEntered(log)
      await restart()
      expect(await world.store.witness.unenteredConflicts()).toEqual([])
      expect(await world.store.witness.conflicts()).toEqual([conflict])
    })

    it('keeps the largest own tree that was cosigned', async () => {
      const cosigned = (size: number, at: number) => ({ size, note: `cosigned ${size}`, at })
      expect(await world.store.witness.cosigned('own')).toBeNull()
      expect(await world.store.witness.setCosigned('own', cosigned(7, 1))).toBe(true)
      expect(await world.store.witness.setCosigned('own', cosigned(6, 2))).toBe(false)
      expect(await world.store.witness.setCosigned('own', cosigned(7, 3))).toBe(true)
      await restart()
      expect(await world.store.witness.cosigned('own')).toEqual(cosigned(7, 3))
    })
  })
}
