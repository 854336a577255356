/** Flags, and how the lists that were contributed differ. */

import type { FlagRow, MetaEntry } from '@drempel/node/internal/store'
import { hex } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'
import { index, range, row, type StoreWorld, sealed } from './world.ts'

export function flagContract(world: StoreWorld): void {
  const { now, restart } = world

  describe('contributions', () => {
    it('tell how a list differs from the last one, and survive a restart', async () => {
      const { contributions } = world.store
      expect(await contributions.changes('host', [index(1)])).toBeNull()
      await contributions.record('host', [index(1), index(2), index(3)], 1_000)
      await restart()
      expect(
        await world.store.contributions.changes('host', [index(1), index(2), index(3)]),
      ).toEqual({
        added: 0,
        withdrawn: 0,
      })
      expect(await world.store.contributions.changes('host', [index(2), index(4)])).toEqual({
        added: 1,
        withdrawn: 2,
      })
      expect(await world.store.contributions.changes('email', [index(1)])).toBeNull()
    })

    it('remember what left a list and when, until it is back', async () => {
      const { contributions } = world.store
      await contributions.record('host', [index(1), index(2)], 1_000)
      await contributions.record('host', [index(2)], 2_000)
      await contributions.record('host', [], 3_000)
      expect(await contributions.leftSince('host', 2_000)).toHaveLength(2)
      expect(await contributions.leftSince('host', 2_001)).toEqual([index(2)])
      expect(await contributions.leftSince('email', 0)).toEqual([])
      await contributions.record('host', [index(2)], 4_000)
      expect(await contributions.leftSince('host', 0)).toEqual([index(1)])
    })
  })

  describe('flags', () => {
    it('adds, updates and leaves alone; the same rows twice change nothing', async () => {
      const rows = [row(1), row(2), row(3)]
      expect(await world.store.flags.upsert('host', rows, 'a')).toEqual(counts({ added: 3 }))
      expect(await world.store.flags.upsert('host', rows, 'b')).toEqual(counts({ unchanged: 3 }))
      const changed = [{ ...row(2), reports: 9 }, row(4)]
      expect(await world.store.flags.upsert('host', changed, 'c')).toEqual(
        counts({ added: 1, updated: 1 }),
      )
      await restart()
      expect(await world.store.flags.get('host', index(2))).toEqual({
        ...{ id: 2, kind: 'host', index: index(2), sealed: sealed(2), taxonomy: 'phishing' },
        ...{ evidence: 'observed', reports: 9, since: 500, expires: null, state: 'active' },
        ...{ importId: 'c', createdAt: 1_000, withdrawnAt: null, withdrawnReason: null },
      })
      expect(await world.store.flags.countActive('host', 0)).toBe(4)
    })

    it('finds those of courts, of a kind, page by page', async () => {
      const { flags } = world.store
      const judged = (i: number) => ({ ...row(i), evidence: 'rechterlijk' })
      await flags.upsert('host', [judged(1), row(2), judged(3), judged(4)], 'a')
      await flags.upsert('email', [judged(5)], 'a')
      await flags.withdraw('host', index(3))
      const first = await flags.ofCourts('host', { limit: 2 })
      const afterId = first.at(-1)!.id
      const next = await flags.ofCourts('host', { afterId, limit: 2 })
      expect([...first, ...next].map((flag) => flag.index)).toEqual([index(1), index(3), index(4)])
      expect(first).toHaveLength(2)
      await flags.upsert('host', [row(4)], 'b')
      expect(await flags.ofCourts('host', { afterId, limit: 2 })).toEqual([])
    })

    it('dates a flag that comes without a date once', async () => {
      const undated = { ...row(1), since: null }
      await world.store.flags.upsert('host', [undated, row(2)], 'a')
      expect((await world.store.flags.get('host', index(1)))?.since).toBe(1_000)
      now.time += 1_000
      const again = [undated, { ...row(2), since: null }]
      expect(await world.store.flags.upsert('host', again, 'b')).toEqual(counts({ unchanged: 2 }))
      expect((await world.store.flags.get('host', index(2)))?.since).toBe(500)
    })

    it('counts a row that a file repeats once, by its last line', async () => {
      const rows = [row(1), { ...row(1), reports: 7 }]
      expect(await world.store.flags.upsert('host', rows, 'a')).toEqual(counts({ added: 1 }))
      expect((await world.store.flags.get('host', index(1)))?.reports).toBe(7)
    })

    it('tells new, known, changed, blocked and erased rows apart, whatever they come with', async () => {
      const { flags } = world.store
      const plain = range(60).map((i) => ({
        ...row(i),
        reports: 1 + (i % 3),
        since: 500 + (i % 7),
      }))
      await flags.upsert('host', plain, 'a')
      const objected = [5, 10]
      const withdrawn = [15, 20, 25]
      const erased = [30, 35]
      for (const i of objected) await flags.object('host', index(i))
      for (const i of withdrawn) await flags.withdraw('host', index(i))
      for (const i of erased) await flags.erase('host', index(i))
      const changed = [1, 2, 15, 40]
      const next = [
        ...plain.map((one, i) => (changed.includes(i + 1) ? { ...one, expires: 9_000 } : one)),
        ...[61, 62].map((i) => ({ ...row(i), since: null, taxonomy: `t${i}` })),
      ]
      const blockedSince = 1_001
      now.time = blockedSince
      await flags.withdraw('host', index(3))
      expect(await flags.upsert('host', next, 'b', { blockedSince })).toEqual({
        added: 2,
        // Three that changed while active, and three that were withdrawn before, one of them changed.
        updated: 6,
        unchanged: 60 - 2 - 2 - 1 - 6,
        // Objected to, erased, withdrawn in this epoch.
        blocked: 5,
      })
      const found = await flags.page('host', { limit: 100 })
      expect(found.every(({ importId }) => importId === 'b')).toBe(true)
      const expected = next.filter(
        ({ index: one }) => !erased.some((i) => hex(index(i)) === hex(one)),
      )
      const fields = ({ index: one, sealed, reports, since, expires, taxonomy }: FlagRow) =>
        [hex(one), hex(sealed), reports, since ?? now.time, expires, taxonomy].join()
      expect(found.map(fields).sort()).toEqual(expected.map(fields).sort())
      const states = new Map(found.map((flag) => [hex(flag.index), flag.state]))
      for (const i of objected) expect(states.get(hex(index(i)))).toBe('bezwaar')
      expect(states.get(hex(index(3)))).toBe('withdrawn')
      for (const i of withdrawn) expect(states.get(hex(index(i)))).toBe('active')
    })

    it('keeps kinds apart', async () => {
      await world.store.flags.upsert('host', [row(1)], 'a')
      expect(await world.store.flags.upsert('email', [row(1)], 'a')).toEqual(counts({ added: 1 }))
      expect(await world.store.flags.withdraw('email', index(1))).toBe(true)
      expect((await world.store.flags.get('host', index(1)))?.state).toBe('active')
    })

    it('writes all rows of an import or none', async () => {
      const bad = { ...row(3), index: new Uint8Array(31) }
      await expect(
        world.store.flags.upsert('host', [row(1), row(2), bad], 'a'),
      ).rejects.toMatchObject({
        code: 'STORE_CONFLICT',
      })
      expect(await world.store.flags.page('host', { limit: 10 })).toEqual([])
    })

    it('withdraws what an import did not contain, and only of its kind', async () => {
      await world.store.flags.upsert('host', [row(1), row(2), row(3)], 'a')
      await world.store.flags.upsert('email', [row(1)], 'a')
      await world.store.flags.upsert('host', [row(2), row(4)], 'b')
      now.time = 2_000
      expect(await world.store.flags.withdrawMissing('host', 'b')).toBe(2)
      expect(await world.store.flags.withdrawMissing('host', 'b')).toBe(0)
      expect(await states('host')).toEqual(['withdrawn', 'active', 'withdrawn', 'active'])
      expect((await world.store.flags.get('host', index(1)))?.withdrawnAt).toBe(2_000)
      expect(await states('email')).toEqual(['active'])
    })

    it('lets a withdrawn flag return in a later epoch, not in the same', async () => {
      await world.store.flags.upsert('host', [row(1)], 'a')
      now.time = 2_000
      expect(await world.store.flags.withdraw('host', index(1))).toBe(true)
      expect(await world.store.flags.withdraw('host', index(1))).toBe(false)
      const again = (blockedSince: number) =>
        world.store.flags.upsert('host', [row(1)], 'b', { blockedSince })
      expect(await again(2_000)).toEqual(counts({ blocked: 1 }))
      expect(await states('host')).toEqual(['withdrawn'])
      expect(await again(2_001)).toEqual(counts({ updated: 1 }))
      expect(await world.store.flags.get('host', index(1))).toMatchObject({
        state: 'active',
        withdrawnAt: null,
      })
    })

    it('keeps a bezwaar through imports, until it is lifted', async () => {
      await world.store.flags.upsert('host', [row(1)], 'a')
      expect(await world.store.flags.object('host', index(1))).toBe(true)
      expect(await world.store.flags.object('host', index(9))).toBe(false)
      expect(await world.store.flags.upsert('host', [row(1)], 'b')).toEqual(counts({ blocked: 1 }))
      expect(await world.store.flags.withdrawMissing('host', 'c')).toBe(0)
      expect(await world.store.flags.countActive('host', 0)).toBe(0)
      await restart()
      expect(await world.store.flags.lift('host', index(1))).toBe(true)
      expect(await world.store.flags.lift('host', index(1))).toBe(false)
      expect(await world.store.flags.countActive('host', 0)).toBe(1)
    })

    it('withdraws under a bezwaar too, which no import undoes, and lifts to what was', async () => {
      await world.store.flags.upsert('host', [row(1), row(2)], 'a')
      await world.store.flags.object('host', index(1))
      now.time = 2_000
      expect(await world.store.flags.withdraw('host', index(1), 'unfounded')).toBe(true)
      expect(await world.store.flags.withdraw('host', index(1))).toBe(false)
      await world.store.flags.withdraw('host', index(2), 'settled')
      await world.store.flags.object('host', index(2))
      now.time = 3_000
      const again = [row(1), row(2)]
      expect(await world.store.flags.upsert('host', again, 'b', { blockedSince: 2_500 })).toEqual(
        counts({ blocked: 2 }),
      )
      for (const i of [1, 2]) expect(await world.store.flags.lift('host', index(i))).toBe(true)
      const withdrawn = { state: 'withdrawn', withdrawnAt: 2_000 }
      expect(await world.store.flags.get('host', index(1))).toMatchObject({
        ...withdrawn,
        withdrawnReason: 'unfounded',
      })
      expect(await world.store.flags.get('host', index(2))).toMatchObject({
        ...withdrawn,
        withdrawnReason: 'settled',
      })
      expect(await world.store.flags.upsert('host', again, 'c', { blockedSince: 2_500 })).toEqual(
        counts({ updated: 2 }),
      )
      expect(await world.store.flags.get('host', index(1))).toMatchObject({ withdrawnReason: null })
    })

    it('corrects fields, and puts another identifier in the place of a false one', async () => {
      await world.store.flags.upsert('host', [row(1), row(3)], 'a')
      expect(await world.store.flags.rectify('host', index(9), { reports: 2 })).toBe(false)
      expect(await world.store.flags.rectify('host', index(1), { reports: 2, expires: 9 })).toBe(
        true,
      )
      const corrected = { reports: 2, expires: 9, taxonomy: 'phishing' }
      expect(await world.store.flags.get('host', index(1))).toMatchObject({
        ...corrected,
        state: 'active',
      })
      const two = { index: index(2), sealed: sealed(2) }
      expect(await world.store.flags.rectify('host', index(1), { evidence: 'x' }, two)).toBe(true)
      expect(await world.store.flags.get('host', index(1))).toMatchObject({
        state: 'withdrawn',
        withdrawnReason: 'rectified',
      })
      expect(await world.store.flags.get('host', index(2))).toMatchObject({
        ...corrected,
        ...{ evidence: 'x', sealed: sealed(2), state: 'active', importId: 'a' },
      })
      // One that is there already stays as it is.
      const three = { index: index(3), sealed: sealed(99) }
      expect(await world.store.flags.rectify('host', index(2), {}, three)).toBe(true)
      expect(await world.store.flags.get('host', index(3))).toMatchObject({ sealed: sealed(3) })
      expect(await world.store.flags.countActive('host', 0)).toBe(1)
    })

    it('erases a flag with its tags, and lets no import bring it back until that is lifted', async () => {
      await world.store.flags.upsert('host', [row(1), row(2)], 'a')
      await world.store.tags.put('host', 'e1', [{ id: 1, sealed: sealed(50) }])
      expect(await world.store.flags.erase('host', index(9))).toBe(false)
      expect(await world.store.flags.erase('host', index(1))).toBe(true)
      expect(await world.store.flags.erase('host', index(1))).toBe(false)
      expect(await world.store.flags.get('host', index(1))).toBeNull()
      expect(await world.store.tags.page('host', 'e1', 0, { limit: 9 })).toEqual([])
      await restart()
      const again = [row(1), row(2), row(9)]
      expect(await world.store.flags.upsert('host', again, 'b')).toEqual(
        counts({ added: 1, unchanged: 1, blocked: 1 }),
      )
      const instead = { index: index(1), sealed: sealed(1) }
      await world.store.flags.rectify('host', index(2), {}, instead)
      expect(await world.store.flags.get('host', index(1))).toBeNull()
      expect(await world.store.flags.lift('host', index(1))).toBe(true)
      expect(await world.store.flags.upsert('host', [row(1)], 'c')).toEqual(counts({ added: 1 }))
      expect(await world.store.flags.upsert('email', [row(1)], 'c')).toEqual(counts({ added: 1 }))
    })

    it('notes an act on a flag with it, whether or not there is one', async () => {
      const { flags, meta } = world.store
      await flags.upsert('host', [row(1)], 'a')
      const noted = async (act: (note: MetaEntry) => Promise<boolean>) => {
        await meta.set('act', 'begun')
        const found = await act({ key: 'act', value: 'done' })
        expect(await meta.get('act')).toBe('done')
        return found
      }
      expect(await noted((note) => flags.object('host', index(9), note))).toBe(false)
      expect(await noted((note) => flags.object('host', index(1), note))).toBe(true)
      expect(await noted((note) => flags.lift('host', index(1), note))).toBe(true)
      const fields = { reports: 2 }
      expect(await noted((note) => flags.rectify('host', index(1), fields, undefined, note))).toBe(
        true,
      )
      const two = { index: index(2), sealed: sealed(2) }
      expect(await noted((note) => flags.rectify('host', index(1), {}, two, note))).toBe(true)
      expect(await noted((note) => flags.erase('host', index(2), note))).toBe(true)
    })

    it('sums up a span of time, with the reasons of what was withdrawn in it', async () => {
      const { flags } = world.store
      now.time = 500
      await flags.upsert('host', [row(1), row(2)], 'a')
      now.time = 1_500
      await flags.upsert('host', [row(3), { ...row(4), expires: 1_800 }, row(5)], 'b')
      await flags.upsert('email', [row(1)], 'b')
      await flags.withdraw('host', index(1), 'unfounded')
      await flags.withdraw('host', index(3), 'unfounded')
      now.time = 2_000
      await flags.withdraw('host', index(5), 'retracted')
      expect(await flags.summary('host', 1_000, 2_000)).toEqual({
        ...{ live: 1, added: 3, withdrawn: 2, expired: 1, reasons: { unfounded: 2 } },
      })
      expect(await flags.summary('host', 2_000, 3_000)).toEqual({
        ...{ live: 1, added: 0, withdrawn: 1, expired: 0, reasons: { retracted: 1 } },
      })
    })

    it('leaves out the expired, at their time and not before', async () => {
      await world.store.flags.upsert('host', [{ ...row(1), expires: 5_000 }, row(2)], 'a')
      expect(await world.store.flags.countActive('host', 4_999)).toBe(2)
      expect(await world.store.flags.countActive('host', 5_000)).toBe(1)
      expect(
        (await world.store.flags.active('host', 5_000, { limit: 9 })).map(({ id }) => id),
      ).toEqual([2])
    })

    it('gives the indexes of active flags of one kind, page by page in order of id', async () => {
      const { flags } = world.store
      await flags.upsert('host', [row(4), row(1)], 'a')
      await flags.upsert('host', [{ ...row(2), expires: 5_000 }, row(3)], 'a')
      await flags.upsert('email', [row(5)], 'a')
      await flags.withdraw('host', index(1))
      const found = await Promise.all([4, 3].map((n) => flags.get('host', index(n))))
      const [first, last] = found.map((flag) => ({ id: flag!.id, index: flag!.index }))
      const page = (afterId: number, limit: number) =>
        flags.indexes('host', 5_000, { afterId, limit })
      expect(await page(0, 9)).toEqual([first, last])
      expect(await page(0, 1)).toEqual([first])
      expect(await page(first!.id, 1)).toEqual([last])
      expect(await page(last!.id, 1)).toEqual([])
    })

    it('tells what was withdrawn, of the young', async () => {
      const { flags } = world.store
      now.time = 1_000
      await flags.upsert('host', [row(1)], 'a')
      now.time = 2_000
      await flags.upsert('host', [row(2), row(3), row(4), row(5)], 'a')
      now.time = 3_000
      await flags.withdraw('host', index(5))
      await flags.upsert('host', [row(4)], 'b')
      expect(await flags.withdrawMissing('host', 'b')).toBe(3)
      const found = async (madeSince: number, goneSince: number, afterId = 0, limit = 9) =>
        (await flags.withdrawn('host', { madeSince, goneSince }, { afterId, limit })).map(
          (flag) => [flag.id, flag.createdAt],
        )
      expect(await found(1_500, 3_000)).toEqual([
        [2, 2_000],
        [3, 2_000],
        [5, 2_000],
      ])
      expect(await found(0, 3_000, 1, 1)).toEqual([[2, 2_000]])
      expect(await found(0, 3_001)).toEqual([])
      expect(await flags.withdrawn('host', { madeSince: 0, goneSince: 0 }, { limit: 1 })).toEqual([
        { id: 1, index: index(1), createdAt: 1_000, withdrawnAt: 3_000 },
      ])
      await flags.rectify('host', index(4), {}, { index: index(6), sealed: sealed(6) })
      expect(await found(0, 3_000, 4)).toEqual([[5, 2_000]])
    })

    it('finds flags that expired soon after they were made, and what was flagged anew is made anew', async () => {
      const { flags } = world.store
      const span = (after: number, until: number, within = 1_000) => ({ after, until, within })
      const found = async (of: ReturnType<typeof span>, afterId = 0, limit = 9) =>
        (await flags.expired('host', of, { afterId, limit })).map(({ id, createdAt }) => [
          id,
          createdAt,
        ])
      now.time = 1_000
      const rows = [{ ...row(1), expires: 1_500 }, { ...row(2), expires: 2_001 }, row(3)]
      await flags.upsert('host', [...rows, { ...row(4), expires: 1_600 }], 'a')
      await flags.withdraw('host', index(4))
      expect(await found(span(0, 1_499))).toEqual([])
      expect(await found(span(0, 1_500))).toEqual([[1, 1_000]])
      expect(await found(span(1_500, 9_000))).toEqual([])
      expect(await found(span(0, 9_000, 1_001))).toEqual([
        [1, 1_000],
        [2, 1_000],
      ])
      expect(await found(span(0, 9_000, 1_001), 1, 1)).toEqual([[2, 1_000]])
      // An expiry that is set to the past is one as well.
      now.time = 1_700
      await flags.upsert('host', [{ ...row(3), expires: 400 }], 'b')
      expect(await found(span(0, 400))).toEqual([[3, 1_000]])
      await flags.upsert('host', [{ ...row(1), expires: 2_600 }, row(4)], 'c')
      expect(await found(span(0, 9_000))).toEqual([
        [1, 1_700],
        [3, 1_000],
      ])
      expect((await flags.get('host', index(4)))?.createdAt).toBe(1_700)
      // What only changes stays as old as it is.
      await flags.upsert('host', [{ ...row(1), expires: 2_601 }], 'd')
      expect((await flags.get('host', index(1)))?.createdAt).toBe(1_700)
    })

    it('forgets the expired with their tags, and goes on counting them', async () => {
      const { flags, tags } = world.store
      now.time = 1_000
      await flags.upsert(
        'host',
        [{ ...row(1), expires: 5_000 }, { ...row(2), expires: 9_000 }, row(3)],
        'a',
      )
      await flags.upsert('host', [{ ...row(4), expires: 4_000 }], 'a')
      await tags.put('host', 'e1', [{ id: 1, sealed: sealed(50) }])
      await flags.object('host', index(4))
      const before = await flags.summary('host', 0, 6_000)
      expect(before).toMatchObject({ live: 2, added: 4, expired: 1 })
      expect(await flags.forgetExpired(4_999, 9)).toBe(0)
      expect(await flags.forgetExpired(5_000, 9)).toBe(1)
      // Under bezwaar it stays, so that no import brings it back.
      expect(await flags.get('host', index(1))).toBeNull()
      expect(await tags.page('host', 'e1', 0, { limit: 9 })).toEqual([])
      expect((await flags.get('host', index(4)))?.state).toBe('bezwaar')
      expect(await flags.summary('host', 0, 6_000)).toEqual(before)
      expect(await flags.forgetExpired(99_000, 9)).toBe(1)
      await flags.forgetCounts(5_001)
      expect(await flags.summary('host', 0, 99_000)).toMatchObject({ added: 3, expired: 1 })
    })

    it('pages without gap or repetition, by state', async () => {
      await world.store.flags.upsert('host', range(25).map(row), 'a')
      for (const i of [3, 4, 11]) await world.store.flags.withdraw('host', index(i))
      const seen: number[] = []
      for (let afterId = 0; ; ) {
        const page = await world.store.flags.active('host', 0, { afterId, limit: 4 })
        if (page.length === 0) break
        for (const flag of page) {
          seen.push(flag.id)
          const { index, sealed, reports } = row(flag.id)
          expect(flag).toEqual({ id: flag.id, index, sealed, reports })
        }
        afterId = page.at(-1)!.id
      }
      expect(seen).toEqual(range(25).filter((i) => ![3, 4, 11].includes(i)))
      const gone = await world.store.flags.page('host', {
        limit: 2,
        state: 'withdrawn',
        afterId: 3,
      })
      expect(gone.map(({ id }) => id)).toEqual([4, 11])
    })

    async function states(kind: string) {
      return (await world.store.flags.page(kind, { limit: 100 })).map(({ state }) => state)
    }
  })
}

function counts(some: { added?: number; updated?: number; unchanged?: number; blocked?: number }) {
  return { added: 0, updated: 0, unchanged: 0, blocked: 0, ...some }
}
