/** What every Store does, whatever database is under it. */

import type {
  Claim,
  FlagRow,
  LogEntry,
  Store,
  ThresholdListRecord,
  UsageCounter,
} from '@drempel/node/internal/store'
import { utf8 } from '@drempel/protocol/encoding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

export type Backend = {
  /** An empty store. `now.time` is its clock. */
  open(now: { time: number }): Promise<Store>
  /** The same data, opened again after a close. */
  reopen(): Promise<Store>
  /** Removes everything. */
  destroy(): Promise<void>
}

/** What was decided, once it is durable. */
async function settled<Outcome>({ outcome, durable }: Claim<Outcome>): Promise<Outcome> {
  await durable
  return outcome
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

    describe('what was asked', () => {
      const blind = (i: number) => new Uint8Array(16).fill(i)

      it('is found again by its blind, until its period is forgotten', async () => {
        await store.asked.remember('2026Q4', 'b'.repeat(32), [blind(1), blind(2), blind(1)])
        await store.asked.remember('2027Q1', 'a'.repeat(32), [blind(1)])
        await restart()
        const found = { txid: 'b'.repeat(32) }
        expect(await store.asked.find(blind(1))).toEqual([
          { txid: 'a'.repeat(32), item: 0 },
          { ...found, item: 0 },
          { ...found, item: 2 },
        ])
        expect(await store.asked.find(blind(9))).toEqual([])
        expect(await store.asked.periods()).toEqual(['2026Q4', '2027Q1'])
        expect(await store.asked.forget('2026Q4')).toBe(3)
        expect(await store.asked.find(blind(2))).toEqual([])
        expect(await store.asked.periods()).toEqual(['2027Q1'])
      })

      it('is written whole or not at all', async () => {
        const query = [blind(1), new Uint8Array(15)]
        await expect(store.asked.remember('2026Q4', 'a'.repeat(32), query)).rejects.toMatchObject({
          code: 'STORE_CONFLICT',
        })
        expect(await store.asked.periods()).toEqual([])
      })
    })

    describe('cases of data subjects', () => {
      const opened = (id: string, dueAt: number) => ({
        ...{ id, type: 'access' as const, kind: 'host', receivedAt: 1, dueAt },
        sealed: sealed(1),
      })

      it('are numbered, listed by due date, extended once and closed once', async () => {
        const first = await store.cases.open(opened('a', 20))
        const second = await store.cases.open(opened('b', 10))
        expect(second).toBe(first + 1)
        await expect(store.cases.open(opened('a', 5))).rejects.toMatchObject({
          code: 'STORE_CONFLICT',
        })
        await restart()
        const none = { extendedAt: null, closedAt: null, outcome: null }
        expect(await store.cases.get(first)).toEqual({
          ...{ number: first, ...opened('a', 20), ...none },
        })
        expect(await store.cases.get(99)).toBeNull()
        expect(await store.cases.extend(second, 30, 5)).toBe(true)
        expect(await store.cases.extend(second, 40, 6)).toBe(false)
        const numbers = async (open: boolean) =>
          (await store.cases.list({ open, limit: 9 })).map(({ number }) => number)
        expect(await numbers(true)).toEqual([first, second])
        expect(await store.cases.close(first, 'granted', 7)).toBe(true)
        expect(await store.cases.close(first, 'refused', 8)).toBe(false)
        expect(await store.cases.extend(first, 40, 9)).toBe(false)
        expect(await store.cases.close(99, 'granted', 7)).toBe(false)
        expect(await numbers(true)).toEqual([second])
        expect(await numbers(false)).toEqual([first, second])
        expect(await store.cases.get(first)).toMatchObject({ outcome: 'granted', closedAt: 7 })
      })
    })

    describe('recalls', () => {
      const answer = (txid: string, change: object = {}) => ({
        ...{ txid, kind: 'host', rule: 'host-t2', epoch: '1', round: 'r1', until: 100 },
        ...{ sealed: sealed(1), ...change },
      })
      const due = (round: string, afterTxid = '') =>
        store.recalls.due({ kind: 'host', rule: 'host-t2', round }, { afterTxid, limit: 2 })

      it('are raised once, of two who looked at once', async () => {
        await store.recalls.watch(answer('a'))
        expect(await due('r1')).toEqual([])
        const [read] = await due('r2')
        expect(read).toEqual(answer('a'))
        const settle = () => store.recalls.settle(read!, 'r2', sealed(2), [sealed(3)])
        expect((await Promise.all([settle(), settle()])).sort()).toEqual([false, true])
        await restart()
        expect(await due('r2')).toEqual([])
        expect(await due('r3')).toEqual([answer('a', { round: 'r2', sealed: sealed(2) })])
        const [recall] = await store.recalls.list({ open: true, limit: 9 })
        expect(recall).toMatchObject({ raisedAt: 1_000, closedAt: null, sealed: sealed(3) })
        expect(await store.recalls.close(recall!.number, 5)).toBe(true)
        expect(await store.recalls.close(recall!.number, 6)).toBe(false)
        expect(await store.recalls.list({ open: true, limit: 9 })).toEqual([])
        expect(await store.recalls.list({ open: false, limit: 9 })).toMatchObject([{ closedAt: 5 }])
      })

      it('are looked for page by page, of one rule, until nothing is left or its time is over', async () => {
        for (const txid of ['a', 'b', 'c']) await store.recalls.watch(answer(txid))
        await store.recalls.watch(answer('d', { rule: 'host-t3' }))
        await store.recalls.watch(answer('e', { until: 200 }))
        expect((await due('r2')).map(({ txid }) => txid)).toEqual(['a', 'b'])
        expect((await due('r2', 'b')).map(({ txid }) => txid)).toEqual(['c', 'e'])
        expect(await store.recalls.settle(answer('a'), 'r2', null, [])).toBe(true)
        expect(await store.recalls.settle(answer('a'), 'r2', null, [])).toBe(false)
        expect(await store.recalls.forgetBefore(99)).toBe(0)
        expect(await store.recalls.forgetBefore(100)).toBe(3)
        expect((await due('r2')).map(({ txid }) => txid)).toEqual(['e'])
      })
    })

    describe('contributions', () => {
      it('tell how a list differs from the last one, and survive a restart', async () => {
        const { contributions } = store
        expect(await contributions.changes('host', [index(1)])).toBeNull()
        await contributions.record('host', [index(1), index(2), index(3)], 1_000)
        await restart()
        expect(await store.contributions.changes('host', [index(1), index(2), index(3)])).toEqual({
          added: 0,
          withdrawn: 0,
        })
        expect(await store.contributions.changes('host', [index(2), index(4)])).toEqual({
          added: 1,
          withdrawn: 2,
        })
        expect(await store.contributions.changes('email', [index(1)])).toBeNull()
      })

      it('remember what left a list and when, until it is back', async () => {
        const { contributions } = store
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
        expect(await store.flags.upsert('host', rows, 'a')).toEqual(counts({ added: 3 }))
        expect(await store.flags.upsert('host', rows, 'b')).toEqual(counts({ unchanged: 3 }))
        const changed = [{ ...row(2), reports: 9 }, row(4)]
        expect(await store.flags.upsert('host', changed, 'c')).toEqual(
          counts({ added: 1, updated: 1 }),
        )
        await restart()
        expect(await store.flags.get('host', index(2))).toEqual({
          ...{ id: 2, kind: 'host', index: index(2), sealed: sealed(2), taxonomy: 'phishing' },
          ...{ evidence: 'observed', reports: 9, since: 500, expires: null, state: 'active' },
          ...{ importId: 'c', createdAt: 1_000, withdrawnAt: null, withdrawnReason: null },
        })
        expect(await store.flags.countActive('host', 0)).toBe(4)
      })

      it('dates a flag that comes without a date once', async () => {
        const undated = { ...row(1), since: null }
        await store.flags.upsert('host', [undated, row(2)], 'a')
        expect((await store.flags.get('host', index(1)))?.since).toBe(1_000)
        now.time += 1_000
        const again = [undated, { ...row(2), since: null }]
        expect(await store.flags.upsert('host', again, 'b')).toEqual(counts({ unchanged: 2 }))
        expect((await store.flags.get('host', index(2)))?.since).toBe(500)
      })

      it('counts a row that a file repeats once, by its last line', async () => {
        const rows = [row(1), { ...row(1), reports: 7 }]
        expect(await store.flags.upsert('host', rows, 'a')).toEqual(counts({ added: 1 }))
        expect((await store.flags.get('host', index(1)))?.reports).toBe(7)
      })

      it('keeps kinds apart', async () => {
        await store.flags.upsert('host', [row(1)], 'a')
        expect(await store.flags.upsert('email', [row(1)], 'a')).toEqual(counts({ added: 1 }))
        expect(await store.flags.withdraw('email', index(1))).toBe(true)
        expect((await store.flags.get('host', index(1)))?.state).toBe('active')
      })

      it('writes all rows of an import or none', async () => {
        const bad = { ...row(3), index: new Uint8Array(31) }
        await expect(store.flags.upsert('host', [row(1), row(2), bad], 'a')).rejects.toMatchObject({
          code: 'STORE_CONFLICT',
        })
        expect(await store.flags.page('host', { limit: 10 })).toEqual([])
      })

      it('withdraws what an import did not contain, and only of its kind', async () => {
        await store.flags.upsert('host', [row(1), row(2), row(3)], 'a')
        await store.flags.upsert('email', [row(1)], 'a')
        await store.flags.upsert('host', [row(2), row(4)], 'b')
        now.time = 2_000
        expect(await store.flags.withdrawMissing('host', 'b')).toBe(2)
        expect(await store.flags.withdrawMissing('host', 'b')).toBe(0)
        expect(await states('host')).toEqual(['withdrawn', 'active', 'withdrawn', 'active'])
        expect((await store.flags.get('host', index(1)))?.withdrawnAt).toBe(2_000)
        expect(await states('email')).toEqual(['active'])
      })

      it('lets a withdrawn flag return in a later epoch, not in the same', async () => {
        await store.flags.upsert('host', [row(1)], 'a')
        now.time = 2_000
        expect(await store.flags.withdraw('host', index(1))).toBe(true)
        expect(await store.flags.withdraw('host', index(1))).toBe(false)
        const again = (blockedSince: number) =>
          store.flags.upsert('host', [row(1)], 'b', { blockedSince })
        expect(await again(2_000)).toEqual(counts({ blocked: 1 }))
        expect(await states('host')).toEqual(['withdrawn'])
        expect(await again(2_001)).toEqual(counts({ updated: 1 }))
        expect(await store.flags.get('host', index(1))).toMatchObject({
          state: 'active',
          withdrawnAt: null,
        })
      })

      it('keeps a bezwaar through imports, until it is lifted', async () => {
        await store.flags.upsert('host', [row(1)], 'a')
        expect(await store.flags.object('host', index(1))).toBe(true)
        expect(await store.flags.object('host', index(9))).toBe(false)
        expect(await store.flags.upsert('host', [row(1)], 'b')).toEqual(counts({ blocked: 1 }))
        expect(await store.flags.withdrawMissing('host', 'c')).toBe(0)
        expect(await store.flags.countActive('host', 0)).toBe(0)
        await restart()
        expect(await store.flags.lift('host', index(1))).toBe(true)
        expect(await store.flags.lift('host', index(1))).toBe(false)
        expect(await store.flags.countActive('host', 0)).toBe(1)
      })

      it('withdraws under a bezwaar too, which no import undoes, and lifts to what was', async () => {
        await store.flags.upsert('host', [row(1), row(2)], 'a')
        await store.flags.object('host', index(1))
        now.time = 2_000
        expect(await store.flags.withdraw('host', index(1), 'unfounded')).toBe(true)
        expect(await store.flags.withdraw('host', index(1))).toBe(false)
        await store.flags.withdraw('host', index(2), 'settled')
        await store.flags.object('host', index(2))
        now.time = 3_000
        const again = [row(1), row(2)]
        expect(await store.flags.upsert('host', again, 'b', { blockedSince: 2_500 })).toEqual(
          counts({ blocked: 2 }),
        )
        for (const i of [1, 2]) expect(await store.flags.lift('host', index(i))).toBe(true)
        const withdrawn = { state: 'withdrawn', withdrawnAt: 2_000 }
        expect(await store.flags.get('host', index(1))).toMatchObject({
          ...withdrawn,
          withdrawnReason: 'unfounded',
        })
        expect(await store.flags.get('host', index(2))).toMatchObject({
          ...withdrawn,
          withdrawnReason: 'settled',
        })
        expect(await store.flags.upsert('host', again, 'c', { blockedSince: 2_500 })).toEqual(
          counts({ updated: 2 }),
        )
        expect(await store.flags.get('host', index(1))).toMatchObject({ withdrawnReason: null })
      })

      it('corrects fields, and puts another identifier in the place of a false one', async () => {
        await store.flags.upsert('host', [row(1), row(3)], 'a')
        expect(await store.flags.rectify('host', index(9), { reports: 2 })).toBe(false)
        expect(await store.flags.rectify('host', index(1), { reports: 2, expires: 9 })).toBe(true)
        const corrected = { reports: 2, expires: 9, taxonomy: 'phishing' }
        expect(await store.flags.get('host', index(1))).toMatchObject({
          ...corrected,
          state: 'active',
        })
        const two = { index: index(2), sealed: sealed(2) }
        expect(await store.flags.rectify('host', index(1), { evidence: 'x' }, two)).toBe(true)
        expect(await store.flags.get('host', index(1))).toMatchObject({
          state: 'withdrawn',
          withdrawnReason: 'rectified',
        })
        expect(await store.flags.get('host', index(2))).toMatchObject({
          ...corrected,
          ...{ evidence: 'x', sealed: sealed(2), state: 'active', importId: 'a' },
        })
        // One that is there already stays as it is.
        const three = { index: index(3), sealed: sealed(99) }
        expect(await store.flags.rectify('host', index(2), {}, three)).toBe(true)
        expect(await store.flags.get('host', index(3))).toMatchObject({ sealed: sealed(3) })
        expect(await store.flags.countActive('host', 0)).toBe(1)
      })

      it('erases a flag with its tags, and lets no import bring it back until that is lifted', async () => {
        await store.flags.upsert('host', [row(1), row(2)], 'a')
        await store.tags.put('host', 'e1', [{ id: 1, sealed: sealed(50) }])
        expect(await store.flags.erase('host', index(9))).toBe(false)
        expect(await store.flags.erase('host', index(1))).toBe(true)
        expect(await store.flags.erase('host', index(1))).toBe(false)
        expect(await store.flags.get('host', index(1))).toBeNull()
        expect(await store.tags.page('host', 'e1', 0, { limit: 9 })).toEqual([])
        await restart()
        const again = [row(1), row(2), row(9)]
        expect(await store.flags.upsert('host', again, 'b')).toEqual(
          counts({ added: 1, unchanged: 1, blocked: 1 }),
        )
        const instead = { index: index(1), sealed: sealed(1) }
        await store.flags.rectify('host', index(2), {}, instead)
        expect(await store.flags.get('host', index(1))).toBeNull()
        expect(await store.flags.lift('host', index(1))).toBe(true)
        expect(await store.flags.upsert('host', [row(1)], 'c')).toEqual(counts({ added: 1 }))
        expect(await store.flags.upsert('email', [row(1)], 'c')).toEqual(counts({ added: 1 }))
      })

      it('leaves out the expired, at their time and not before', async () => {
        await store.flags.upsert('host', [{ ...row(1), expires: 5_000 }, row(2)], 'a')
        expect(await store.flags.countActive('host', 4_999)).toBe(2)
        expect(await store.flags.countActive('host', 5_000)).toBe(1)
        expect((await store.flags.active('host', 5_000, { limit: 9 })).map(({ id }) => id)).toEqual(
          [2],
        )
      })

      it('pages without gap or repetition, by state', async () => {
        await store.flags.upsert('host', range(25).map(row), 'a')
        for (const i of [3, 4, 11]) await store.flags.withdraw('host', index(i))
        const seen: number[] = []
        for (let afterId = 0; ; ) {
          const page = await store.flags.active('host', 0, { afterId, limit: 4 })
          if (page.length === 0) break
          for (const flag of page) {
            seen.push(flag.id)
            expect(flag).toEqual({ id: flag.id, index: index(flag.id), sealed: sealed(flag.id) })
          }
          afterId = page.at(-1)!.id
        }
        expect(seen).toEqual(range(25).filter((i) => ![3, 4, 11].includes(i)))
        const gone = await store.flags.page('host', { limit: 2, state: 'withdrawn', afterId: 3 })
        expect(gone.map(({ id }) => id)).toEqual([4, 11])
      })

      async function states(kind: string) {
        return (await store.flags.page(kind, { limit: 100 })).map(({ state }) => state)
      }
    })

    describe('tags', () => {
      beforeEach(async () => {
        await store.flags.upsert('host', range(5).map(row), 'a')
      })

      it('says which active flags have none, and pages those that have', async () => {
        const rows = [2, 4].map((id) => ({ id, sealed: sealed(100 + id) }))
        const unknown = { id: 99, sealed: sealed(99) }
        expect(await store.tags.put('host', 'e1', [...rows, unknown])).toBe(2)
        const { flags, lastId } = await store.tags.missing('host', 'e1', 0, { limit: 10 })
        expect(flags.map(({ id }) => id)).toEqual([1, 3, 5])
        expect(flags[0]).toEqual({ id: 1, index: index(1), sealed: sealed(1) })
        expect(lastId).toBe(5)
        const some = async (afterId: number, limit: number) => {
          const found = await store.tags.missing('host', 'e1', 0, { afterId, limit })
          return [found.flags.map(({ id }) => id), found.lastId]
        }
        expect(await some(0, 2)).toEqual([[1], 2])
        expect(await some(3, 1)).toEqual([[], 4])
        expect(await some(4, 9)).toEqual([[5], 5])
        expect(await some(5, 9)).toEqual([[], null])
        await restart()
        const page = await store.tags.page('host', 'e1', 0, { limit: 10 })
        expect(page).toEqual(
          [2, 4].map((id) => ({ id, index: index(id), sealed: sealed(100 + id) })),
        )
        expect((await store.tags.page('host', 'e1', 0, { afterId: 2, limit: 10 })).length).toBe(1)
        expect(await store.tags.page('host', 'e2', 0, { limit: 10 })).toEqual([])
      })

      it('follows the state of the flag, and replaces', async () => {
        await store.tags.put('host', 'e1', [{ id: 1, sealed: sealed(50) }])
        await store.tags.put('host', 'e1', [{ id: 1, sealed: sealed(51) }])
        expect((await store.tags.page('host', 'e1', 0, { limit: 9 }))[0]?.sealed).toEqual(
          sealed(51),
        )
        await store.flags.withdraw('host', index(1))
        expect(await store.tags.page('host', 'e1', 0, { limit: 9 })).toEqual([])
        const { flags } = await store.tags.missing('host', 'e1', 0, { limit: 9 })
        expect(flags.map(({ id }) => id)).toEqual([2, 3, 4, 5])
      })

      it('drops an epoch and no other', async () => {
        const tag = [{ id: 1, sealed: sealed(50) }]
        await store.tags.put('host', 'e1', tag)
        await store.tags.put('host', 'e2', tag)
        expect(await store.tags.dropEpoch('host', 'e1')).toBe(1)
        expect(await store.tags.page('host', 'e1', 0, { limit: 9 })).toEqual([])
        expect((await store.tags.page('host', 'e2', 0, { limit: 9 })).length).toBe(1)
      })
    })

    describe('keys', () => {
      const epoch = (name: string) => ({
        ...{ kind: 'host', epoch: name, state: 'active' as const, transcript: utf8(`t ${name}`) },
        ...{ sealedShare: sealed(7), signatures: { b: ['x', 1], a: null } },
      })

      it('keeps epochs, the youngest active one current', async () => {
        await store.keys.put(epoch('e1'))
        await store.keys.put(epoch('e2'))
        await store.keys.put({ ...epoch('e2'), kind: 'iban', sealedShare: null })
        await restart()
        expect(await store.keys.get('host', 'e1')).toEqual({ ...epoch('e1'), createdAt: 1_000 })
        expect((await store.keys.current('host'))?.epoch).toBe('e2')
        expect(await store.keys.setState('host', 'e2', 'retired')).toBe(true)
        expect((await store.keys.current('host'))?.epoch).toBe('e1')
        expect((await store.keys.list('host')).map((key) => key.epoch)).toEqual(['e2', 'e1'])
        expect((await store.keys.list()).length).toBe(3)
        expect(await store.keys.get('host', 'e9')).toBeNull()
        expect(await store.keys.current('email')).toBeNull()
      })

      it('drops the share and the tags, keeps the transcript, for good', async () => {
        await store.flags.upsert('host', [row(1)], 'a')
        await store.tags.put('host', 'e1', [{ id: 1, sealed: sealed(50) }])
        await store.keys.put(epoch('e1'))
        expect(await store.keys.drop('host', 'e1')).toBe(true)
        expect(await store.keys.drop('host', 'e9')).toBe(false)
        expect(await store.keys.get('host', 'e1')).toMatchObject({
          state: 'dropped',
          sealedShare: null,
          transcript: utf8('t e1'),
        })
        expect(await store.tags.page('host', 'e1', 0, { limit: 9 })).toEqual([])
        expect(await store.keys.setState('host', 'e1', 'active')).toBe(false)
      })

      it('holds a generation until its epoch is written or it ends', async () => {
        await store.keys.saveGeneration('host', 'e1', sealed(1))
        await store.keys.saveGeneration('host', 'e1', sealed(2))
        await store.keys.saveGeneration('iban', 'e1', sealed(3))
        await restart()
        const kept = { kind: 'host', epoch: 'e1', data: sealed(2), updatedAt: 1_000 }
        expect(await store.keys.generation('host', 'e1')).toEqual(kept)
        expect((await store.keys.generations()).length).toBe(2)
        await store.keys.put(epoch('e1'))
        expect(await store.keys.generation('host', 'e1')).toBeNull()
        await store.keys.endGeneration('iban', 'e1')
        expect(await store.keys.generations()).toEqual([])
      })
    })

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
        await store.rounds.create(round('r1'))
        await expect(store.rounds.create(round('r1'))).rejects.toMatchObject({
          code: 'STORE_CONFLICT',
        })
        expect(await store.rounds.get('r1')).toEqual({
          ...round('r1'),
          createdAt: 1_000,
          updatedAt: 1_000,
        })
        expect(await store.rounds.get('r2')).toBeNull()
      })

      it('moves from the named states only, and of two competitors one', async () => {
        await store.rounds.create(round('r1'))
        const go = () => store.rounds.transition('r1', ['announced'], 'collecting')
        expect((await Promise.all([go(), go()])).sort()).toEqual([false, true])
        expect(await store.rounds.transition('r9', ['announced'], 'failed')).toBe(false)
        now.time = 2_000
        const patch = { data: utf8('{"x":1}'), reason: 'TIMEOUT', culprit: 'bank-b' }
        const from = ['announced', 'collecting'] as const
        expect(await store.rounds.transition('r1', from, 'failed', patch)).toBe(true)
        await restart()
        expect(await store.rounds.get('r1')).toEqual({
          ...{ ...round('r1'), state: 'failed', ...patch },
          ...{ createdAt: 1_000, updatedAt: 2_000 },
        })
      })

      it('keeps what a patch does not name, and can clear', async () => {
        await store.rounds.create({ ...round('r1'), reason: 'X' })
        await store.rounds.transition('r1', ['announced'], 'announced', { culprit: 'bank-b' })
        expect(await store.rounds.get('r1')).toMatchObject({ reason: 'X', culprit: 'bank-b' })
        await store.rounds.transition('r1', ['announced'], 'announced', { reason: null })
        expect(await store.rounds.get('r1')).toMatchObject({ reason: null, culprit: 'bank-b' })
      })

      it('lists the youngest first, and the open ones', async () => {
        for (const id of ['r1', 'r2', 'r3']) await store.rounds.create(round(id))
        await store.rounds.create({ ...round('r4'), kind: 'iban' })
        await store.rounds.transition('r2', ['announced'], 'published')
        expect((await store.rounds.open()).map(({ id }) => id)).toEqual(['r1', 'r3', 'r4'])
        const host = await store.rounds.list({ kind: 'host', limit: 2 })
        expect(host.map(({ id }) => id)).toEqual(['r3', 'r2'])
        expect((await store.rounds.list({ limit: 9 })).length).toBe(4)
      })
    })

    describe('lists', () => {
      const list = (rule: string, createdAt: number): ThresholdListRecord => ({
        ...{ kind: 'host', rule, round: 'r1', epoch: 'e1', salt: sealed(1), keyBits: 20 },
        ...{ keys: Uint8Array.of(1, 2, 3, 4, 5, 6), contributors: 4, createdAt },
        ...{ digest: `${rule}${createdAt}`, signatures: [{ member: 'a', signature: 'x' }] },
      })

      it('replaces what is in force and keeps history', async () => {
        expect(await store.lists.accept([list('t2', 1), list('t3', 1)])).toBe(true)
        expect(await store.lists.accept([list('t2', 2)])).toBe(true)
        expect(await store.lists.accept([list('t2', 2)])).toBe(true)
        await restart()
        expect(await store.lists.current('host', 't2')).toEqual(list('t2', 2))
        expect(await store.lists.current('host', 't9')).toBeNull()
        const { keys: _, ...summary } = list('t3', 1)
        expect((await store.lists.inForce())[1]).toEqual({ ...summary, size: 2 })
        expect((await store.lists.history('host', 't2', 9)).map(({ digest }) => digest)).toEqual([
          't22',
          't21',
        ])
      })

      it('never goes back to an older list, and refuses the whole set for one', async () => {
        await store.lists.accept([list('t2', 5)])
        expect(await store.lists.accept([list('t3', 6), list('t2', 4)])).toBe(false)
        expect(await store.lists.current('host', 't3')).toBeNull()
        expect((await store.lists.current('host', 't2'))?.createdAt).toBe(5)
      })

      it('publishes the round and its lists together or not at all', async () => {
        await store.rounds.create({
          ...{ id: 'r1', kind: 'host', role: 'partner', state: 'opening', coordinator: 'a' },
          ...{ data: utf8('{}'), reason: null, culprit: null },
        })
        const publish = { id: 'r1', from: ['opening'], to: 'published' } as const
        expect(await store.lists.accept([list('t2', 1)], { ...publish, id: 'r9' })).toBe(false)
        expect(await store.lists.current('host', 't2')).toBeNull()
        expect(await store.lists.accept([list('t2', 1)], publish)).toBe(true)
        expect((await store.rounds.get('r1'))?.state).toBe('published')
        expect(await store.lists.accept([list('t2', 2)], publish)).toBe(false)
        expect((await store.lists.current('host', 't2'))?.createdAt).toBe(1)
      })
    })

    it('convenants: installs upward only', async () => {
      const version = (v: number) => ({ digest: `d${v}`, version: v, document: utf8(`v${v}`) })
      expect(await store.convenants.current()).toBeNull()
      expect(await store.convenants.put(version(1))).toBe(true)
      expect(await store.convenants.put(version(3))).toBe(true)
      expect(await store.convenants.put(version(3))).toBe(true)
      expect(await store.convenants.put(version(2))).toBe(false)
      expect(await store.convenants.put({ ...version(3), digest: 'other' })).toBe(false)
      await restart()
      expect(await store.convenants.current()).toEqual({ ...version(3), installedAt: 1_000 })
      expect((await store.convenants.get('d1'))?.version).toBe(1)
      expect((await store.convenants.history()).map((item) => item.version)).toEqual([3, 1])
    })

    describe('log', () => {
      const head = (size: number) => ({ size, root: index(size), note: `note ${size}` })

      it('appends at the expected size and reads back', async () => {
        const hashes = [
          { level: 0, index: 0, hash: index(1) },
          { level: 0, index: 1, hash: index(2) },
          { level: 1, index: 0, hash: index(3) },
        ]
        const entries = [entry(0, 'tx'), entry(1, null)]
        expect(await store.log.append('o/1', entries, hashes, head(2), 0)).toBe(true)
        expect(await store.log.append('o/2', [entry(0, 'tx')], [], head(1), 0)).toBe(true)
        await restart()
        expect(await store.log.head('o/1')).toEqual(head(2))
        expect(await store.log.head('o/9')).toBeNull()
        expect(await store.log.leaves('o/1', 0, 9)).toEqual(entries.map(({ leaf }) => leaf))
        expect(await store.log.leaves('o/1', 1, 2)).toEqual([entries[1]!.leaf])
        expect(await store.log.sealed('o/1', 1)).toEqual(entries[1]!.sealed)
        expect(await store.log.sealed('o/1', 2)).toBeNull()
        const asked = [
          { level: 1, index: 0 },
          { level: 9, index: 0 },
          { level: 0, index: 1 },
        ]
        expect(await store.log.nodes('o/1', asked)).toEqual([index(3), null, index(2)])
        expect(await store.log.nodes('o/2', asked)).toEqual([null, null, null])
        expect(await store.log.nodes('o/3', asked)).toEqual([null, null, null])
        expect(await store.log.hashes('o/1', 0, 0, 9)).toEqual([index(1), index(2)])
        expect(await store.log.origins()).toEqual(['o/1', 'o/2'])
        expect(await store.log.findTxid('tx')).toEqual([
          { origin: 'o/1', index: 0, type: 'test' },
          { origin: 'o/2', index: 0, type: 'test' },
        ])
        expect(await store.log.findTxid('ty')).toEqual([])
      })

      it('refuses another size, and of two competitors one', async () => {
        expect(await store.log.append('o', [entry(0, null)], [], head(2), 1)).toBe(false)
        const go = () => store.log.append('o', [entry(0, null)], [], head(1), 0)
        expect((await Promise.all([go(), go()])).sort()).toEqual([false, true])
        expect((await store.log.head('o'))?.size).toBe(1)
      })

      it('refuses a head that does not fit, and changes nothing when a hash exists', async () => {
        const hash = { level: 0, index: 0, hash: index(1) }
        await expect(store.log.append('o', [entry(0, null)], [], head(2), 0)).rejects.toMatchObject(
          { code: 'STORE_CONFLICT' },
        )
        await store.log.append('o', [entry(0, null)], [hash], head(1), 0)
        await expect(
          store.log.append('o', [entry(1, 'tx')], [hash], head(2), 1),
        ).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
        expect(await store.log.head('o')).toEqual(head(1))
        expect((await store.log.leaves('o', 0, 9)).length).toBe(1)
        expect(await store.log.findTxid('tx')).toEqual([])
      })
    })

    it('replay: a nonce counts once per member, until it is forgotten', async () => {
      const remember = async (member: string, nonce: string, expiresAt: number) =>
        settled(await store.replay.claim(member, nonce, expiresAt))
      expect(await remember('a', 'n', 5_000)).toBe(true)
      expect(await remember('a', 'n', 9_000)).toBe(false)
      expect(await remember('b', 'n', 5_000)).toBe(true)
      const twice = range(5).map(() => remember('c', 'n', 5_000))
      expect(await Promise.all(twice)).toEqual([true, false, false, false, false])
      await restart()
      expect(await remember('a', 'n', 5_000)).toBe(false)
      expect(await remember('c', 'n', 5_000)).toBe(false)
      expect(await store.replay.forgetBefore(5_000)).toBe(0)
      expect(await store.replay.forgetBefore(5_001)).toBe(3)
      expect(await remember('a', 'n', 5_000)).toBe(true)
    })

    describe('witness', () => {
      const log = 'drempel/proef/bank-a/2026Q4+0a1b2c3d'
      const head = (size: number, root = size) => ({
        ...{ size, root: index(root), note: `note of ${size}, ${root}`, at: 1_000 + size },
      })

      it('remembers the last tree of each log', async () => {
        expect(await store.witness.head(log)).toBeNull()
        expect(await store.witness.advance(log, 0, head(5))).toBe(true)
        expect(await store.witness.advance('other', 0, head(1))).toBe(true)
        expect(await store.witness.advance(log, 5, head(9))).toBe(true)
        await restart()
        expect(await store.witness.head(log)).toEqual(head(9))
        expect(await store.witness.heads()).toEqual([
          { log, ...head(9) },
          { log: 'other', ...head(1) },
        ])
      })

      it('takes a tree only after the one that it was compared with', async () => {
        expect(await store.witness.advance(log, 4, head(5))).toBe(false)
        expect(await store.witness.head(log)).toBeNull()
        await store.witness.advance(log, 0, head(5))
        for (const old of [0, 4, 6]) {
          expect(await store.witness.advance(log, old, head(9))).toBe(false)
        }
        expect(await store.witness.head(log)).toEqual(head(5))
      })

      it('keeps one root a size, and never goes back', async () => {
        await store.witness.advance(log, 0, head(5))
        expect(await store.witness.advance(log, 5, head(5, 6))).toBe(false)
        expect(await store.witness.advance(log, 5, { ...head(5), at: 9_000 })).toBe(true)
        const back = store.witness.advance(log, 5, head(4))
        await expect(back).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
        expect(await store.witness.head(log)).toEqual({ ...head(5), at: 9_000 })
      })

      it('of requests at once, each compared with the same tree, takes one', async () => {
        await store.witness.advance(log, 0, head(5))
        const took = await Promise.all(
          range(8).map((i) => store.witness.advance(log, 5, head(5 + i))),
        )
        expect(took.filter(Boolean)).toHaveLength(1)
        const { size } = (await store.witness.head(log))!
        expect(size).toBe(6 + took.indexOf(true))
      })

      it("keeps a log's first contradiction for good", async () => {
        const notes = { first: 'note a', second: 'note b' }
        const conflict = { log, code: 'LOG_FORKED', ...notes, at: 5 } as const
        expect(await store.witness.conflict(log)).toBeNull()
        expect(await store.witness.keepConflict(conflict)).toBe(true)
        expect(await store.witness.keepConflict({ ...conflict, second: 'note c' })).toBe(false)
        await restart()
        expect(await store.witness.conflict(log)).toEqual(conflict)
        expect(await store.witness.conflicts()).toEqual([conflict])
      })

      it('keeps the largest own tree that was cosigned', async () => {
        const cosigned = (size: number, at: number) => ({ size, note: `cosigned ${size}`, at })
        expect(await store.witness.cosigned('own')).toBeNull()
        expect(await store.witness.setCosigned('own', cosigned(7, 1))).toBe(true)
        expect(await store.witness.setCosigned('own', cosigned(6, 2))).toBe(false)
        expect(await store.witness.setCosigned('own', cosigned(7, 3))).toBe(true)
        await restart()
        expect(await store.witness.cosigned('own')).toEqual(cosigned(7, 3))
      })
    })

    describe('usage', () => {
      const claim = async (counter: UsageCounter) => settled(await store.usage.claim(counter))
      const serve = async (asker: string, txid: string, counters: readonly UsageCounter[] = []) =>
        settled(await store.usage.claimServe({ asker, txid, counters }))

      it('adds within the limit, to the last unit', async () => {
        const reserve = (amount: number) => claim({ scope: 's', key: 'k', amount, limit: 10 })
        expect(await reserve(11)).toBe(false)
        const taken = await Promise.all(range(12).map(() => reserve(1)))
        expect(taken.filter(Boolean).length).toBe(10)
        await restart()
        expect(await reserve(1)).toBe(false)
        expect(await reserve(0)).toBe(true)
        expect(await store.usage.used('s', 'k')).toBe(10)
        expect(await store.usage.used('', 'k')).toBe(0)
        await expect(reserve(-1)).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
        await expect(reserve(Number.NaN)).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      })

      it('counts what was claimed before it is durable, and each once', async () => {
        const counter = { key: 'k', amount: 3, limit: 10 }
        const claims = await Promise.all(range(3).map(() => store.usage.claim(counter)))
        expect(await store.usage.used('', 'k')).toBe(9)
        expect((await store.usage.claim(counter)).outcome).toBe(false)
        const first = await store.usage.claimServe({ asker: 'a', txid: 't', counters: [] })
        const second = await store.usage.claimServe({ asker: 'a', txid: 't', counters: [] })
        expect([first.outcome, second.outcome]).toEqual(['ok', 'replayed'])
        await Promise.all([...claims, first].map(({ durable }) => durable))
        expect(await store.usage.used('', 'k')).toBe(9)
        await restart()
        expect(await store.usage.used('', 'k')).toBe(9)
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
        expect(await store.usage.used('', 'day')).toBe(3)
        expect(await served('t2', 2)).toBe('ok')
        expect(await served('t3', 99)).toEqual({ exceeded: 'day' })
        expect(await serve('a', 't3')).toBe('ok')
      })

      it('forgets old counters, never a txid', async () => {
        await serve('a', 't', [{ key: 'k', amount: 1, limit: 1 }])
        expect(await store.usage.forgetBefore(1_000)).toBe(0)
        expect(await store.usage.forgetBefore(1_001)).toBe(1)
        expect(await store.usage.used('', 'k')).toBe(0)
        expect(await serve('a', 't')).toBe('replayed')
      })
    })

    describe('proposals', () => {
      const proposal = (id: string, expiresAt = 5_000) => ({
        ...{ id, act: 'open' as const, subject: 'log 7', sealed: sealed(1) },
        ...{ proposer: 't1', expiresAt },
      })
      const undecided = { createdAt: 1_000, decision: null, begunAt: null, endedAt: null }

      it('go one step at a time, each of them once, and survive a restart', async () => {
        const { proposals } = store
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
        expect((await store.proposals.unfinished()).map(({ id }) => id)).toEqual(['a'])
        now.time = 4_000
        expect(await store.proposals.end('a')).toBe(true)
        expect(await store.proposals.end('a')).toBe(false)
        expect(await store.proposals.unfinished()).toEqual([])
        expect(await store.proposals.get('a')).toEqual({
          ...{ ...proposal('a'), ...undecided, begunAt: 3_000, endedAt: 4_000 },
          decision: { by: 't2', approved: true, at: 2_000, sealed: sealed(2) },
        })
      })

      it('that were denied are not begun', async () => {
        await store.proposals.create(proposal('a'))
        expect(await store.proposals.decide('a', 't2', false, sealed(2))).toBe(true)
        expect(await store.proposals.begin('a')).toBe(false)
      })

      it('are listed latest first, and forgotten when they expired, but not half-way', async () => {
        for (const id of ['a', 'b', 'c']) await store.proposals.create(proposal(id))
        await store.proposals.create(proposal('d', 9_000))
        await store.proposals.decide('b', 't2', true, sealed(2))
        await store.proposals.begin('b')
        expect((await store.proposals.list(3)).map(({ id }) => id)).toEqual(['d', 'c', 'b'])
        expect(await store.proposals.forgetBefore(5_001)).toBe(2)
        expect((await store.proposals.list(9)).map(({ id }) => id)).toEqual(['d', 'b'])
        await store.proposals.end('b')
        expect(await store.proposals.forgetBefore(5_001)).toBe(1)
        expect(await store.proposals.get('b')).toBeNull()
      })
    })

    it('tokens: created once, revoked once', async () => {
      const token = { id: 't1', hash: '$argon2id$x', name: 'desk', roles: ['analyst', 'fg'] }
      await store.tokens.create(token)
      await expect(store.tokens.create(token)).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      now.time = 2_000
      expect(await store.tokens.revoke('t1')).toBe(true)
      expect(await store.tokens.revoke('t1')).toBe(false)
      expect(await store.tokens.revoke('t2')).toBe(false)
      await restart()
      expect(await store.tokens.list()).toEqual([{ ...token, createdAt: 1_000, revokedAt: 2_000 }])
      expect(await store.tokens.get('t2')).toBeNull()
    })

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

/** 32 bytes that stand for a blind index or hash. */
export function index(i: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(0x1d)
  new DataView(bytes.buffer).setUint32(0, i)
  return bytes
}

export function sealed(i: number): Uint8Array {
  return utf8(`sealed ${i}`)
}

export function row(i: number): FlagRow {
  return {
    ...{ index: index(i), sealed: sealed(i), taxonomy: 'phishing', evidence: 'observed' },
    ...{ reports: 1, since: 500, expires: null },
  }
}

export function entry(i: number, txid: string | null): LogEntry {
  return { leaf: utf8(`leaf ${i}`), sealed: sealed(i), txid, type: 'test' }
}

function counts(some: { added?: number; updated?: number; unchanged?: number; blocked?: number }) {
  return { added: 0, updated: 0, unchanged: 0, blocked: 0, ...some }
}

/** 1 to n. */
export function range(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i + 1)
}
