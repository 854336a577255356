/** Lists masked ahead: questions of them, and their keys' lives. */

import { tidyIntersections } from '@drempel/node/internal/sessions'
import type { Bytes } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  openPrepared as opened,
  sealPrepared,
} from '../../../../packages/node/src/sessions/psi/prepared/terms.ts'
import { bend, failing } from '../../kit/bend.ts'
import type { Federation } from '../../kit/federation.ts'
import { eventually, type Member } from '../../kit/member.ts'
import { installAll, successorOf } from '../../kit/successor.ts'
import { wrapped } from './channels.ts'
import {
  end,
  kept,
  lists,
  openPrepared,
  prepared,
  question,
  ready,
  settled,
  tryPrepare,
} from './masked.ts'
import {
  type Asked,
  accept,
  bring,
  ended,
  hosts,
  items,
  LIMITS,
  propose,
  psiEntries,
  refuse,
  runsOf,
  tried,
} from './world.ts'

const DAY = 86_400_000
let federation: Federation
let bank: Member
let bankB: Member
let telecom: Member

beforeAll(async () => {
  ;({ federation, bank, bankB, telecom } = await openPrepared())
})
afterAll(() => federation?.close())

const asked = (over: Asked = {}) => question(bank, telecom, over)

describe('a prepared list', () => {
  it('is given once and answers many questions, each exactly', async () => {
    const list = await prepared(telecom)
    expect(list).toMatchObject({ state: 'ready', side: 'owner', own: 380, source: 'flags' })
    expect(Date.parse(list.expiresAt) - Date.parse(list.createdAt)).toBe(7 * DAY)
    expect(await kept(telecom, list.id)).toHaveLength(3)
    expect(await psiEntries(telecom, list.id)).toMatchObject([
      { type: 'psi.prepared', role: 'partner', parties: ['bank-a'], sizeBucket: 1_024 },
    ])
    const sent: number[] = []
    bend(telecom.ctx, 'connectChannel', (honest) => async (...given) => {
      const channel = await honest(...given)
      const run = sent.push(0) - 1
      const send = (step: string, payload: Bytes) => {
        sent[run]! += payload.length
        return channel.send(step, payload)
      }
      return { ...wrapped(channel), send }
    })
    for (const [from, to, common] of [
      [15, 25, hosts(20, 25)],
      [100, 120, hosts(100, 120)],
      [500, 510, []],
    ] as const) {
      const [ours, theirs] = await asked({ input: await bring(bank, hosts(from, to)) })
      expect(ours).toMatchObject({
        ...{ state: 'done', protocol: 'prepared', why: 'ASKED' },
        ...{ result: { learned: 'items', size: common.length }, prepared: { id: list.id } },
      })
      expect(theirs).toMatchObject({ state: 'done', own: 380, result: { learned: 'nothing' } })
      expect((await items(bank, ours.id)).map(({ value }) => value)).toEqual(common)
    }
    expect(sent).toHaveLength(3)
    // 384 records of 8 bytes came with the first.
    expect(sent[0]! - sent[1]!).toBeGreaterThan(3_000)
    expect(Math.abs(sent[1]! - sent[2]!)).toBeLessThan(1_000)
    const [taken] = await lists(bank)
    expect(taken).toMatchObject({ id: list.id, side: 'asker', peer: 'telecom', state: 'ready' })
    expect(await kept(bank, list.id)).toHaveLength(1)
    expect(await psiEntries(bank, list.id)).toMatchObject([{ type: 'psi.prepared', role: 'asker' }])
  })

  it('tells both where the terms say so, and chooses itself where it pays', async () => {
    const [ours, theirs] = await asked({ to: 'both', protocol: undefined as never })
    expect(ours).toMatchObject({ protocol: 'prepared', why: 'PREPARED', result: { size: 10 } })
    expect(theirs).toMatchObject({ result: { learned: 'items', size: 10 }, source: 'flags' })
    const common = hosts(20, 30)
    expect((await items(telecom, theirs.id)).map(({ value }) => value)).toEqual(common)
    const entries = await Promise.all([bank, telecom].map((one) => psiEntries(one, ours.id)))
    for (const [intent] of entries) expect(intent).toMatchObject({ protocol: 'psi-prepared' })
    const digests = entries.map(([intent]) => (intent as { digest: string }).digest)
    expect(new Set(digests).size).toBe(1)
  })

  it('is as it was when it was masked, and survives both nodes’ restart', async () => {
    await telecom.flag(['new-since.example.net'])
    await Promise.all([telecom.restart(), bank.restart()])
    for (const member of [telecom, bank]) {
      runsOf(member).limit(LIMITS)
    }
    const names = [...hosts(20, 24), 'new-since.example.net']
    const [ours] = await asked({ input: await bring(bank, names) })
    expect(ours).toMatchObject({ result: { size: 4 } })
  })

  it('is nobody’s but the member’s it was masked for', async () => {
    await bankB.flag(hosts(0, 9))
    const { id } = await propose(bankB, { protocol: 'prepared', to: 'proposer' })
    expect(await accept(telecom, id, 'prepared')).toMatchObject({
      json: { code: 'PSI_PREPARED_ENDED' },
    })
    expect(await accept(telecom, id, 'flags')).toMatchObject({ json: { code: 'BAD_REQUEST' } })
    await refuse(telecom, id)
  })

  it.each<[string, Asked, string]>([
    ['for a size', { output: 'size' }, 'PSI_PROTOCOL_NOT_ALLOWED'],
    ['for the partner', { to: 'partner' }, 'PSI_PROTOCOL_NOT_ALLOWED'],
    ['where there are none', { purpose: 'zonder' }, 'PSI_PROTOCOL_NOT_ALLOWED'],
  ])('is not used %s', async (_, over, at) => {
    expect(await tried(bank, { protocol: 'prepared', to: 'proposer', ...over })).toMatchObject({
      json: { at },
    })
  })

  it.each<[string, object, string]>([
    ['for longer than agreed', { days: 8 }, 'PREPARED_EXPIRED'],
    ['where none are agreed', { purpose: 'zonder' }, 'PSI_PROTOCOL_NOT_ALLOWED'],
    ['for a stranger', { partner: 'nobody' }, 'NOT_A_MEMBER'],
    ['for itself', { partner: 'telecom' }, 'PARTNER_NOT_ALLOWED'],
  ])('is not made %s', async (_, over, at) => {
    const before = (await telecom.entries()).length
    expect(await tryPrepare(telecom, over)).toMatchObject({ status: 403, json: { at } })
    const [entry] = (await telecom.entries()).slice(before)
    expect(entry).toMatchObject({ type: 'psi.refused', reason: at })
  })

  it('is replaced by a newer one, whose points share nothing with it', async () => {
    const [before] = (await lists(telecom)).filter(({ state }) => state === 'ready')
    const next = await prepared(telecom)
    expect(next.state).toBe('ready')
    const old = await eventually(async () => {
      const found = (await lists(telecom)).find(({ id }) => id === before!.id)
      return found?.state === 'ended' ? found : undefined
    })
    expect(old).toMatchObject({ reason: 'REPLACED' })
    const records = async (id: string) => {
      const [part] = await bank.ctx.store.psi.parts(`prepared/${id}/records`, {
        after: 0,
        limit: 1,
      })
      const bytes = bank.ctx.vault.open(`psi/prepared/${id}/records/0`, part!.sealed)
      return new Set(Buffer.from(bytes).toString('hex').match(/.{16}/g))
    }
    const first = await records(before!.id)
    const [ours] = await asked()
    expect(ours).toMatchObject({ state: 'done', prepared: { id: next.id } })
    const second = await records(next.id)
    // Who asks keeps one.
    expect(await settled(bank, before!.id)).toMatchObject({ state: 'ended', reason: 'REPLACED' })
    expect(await kept(bank, before!.id)).toEqual([])
    expect([...first].filter((record) => second.has(record))).toEqual([])
  })
})

describe('two questions at once', () => {
  it('are given a list once, and each its own answer', async () => {
    const { id } = await prepared(telecom)
    const both = [hosts(15, 25), hosts(380, 420)]
    const ids: string[] = []
    for (const given of both) {
      const input = await bring(bank, given)
      ids.push((await propose(bank, { protocol: 'prepared', to: 'proposer', input })).id)
    }
    await Promise.all(ids.map((one) => accept(telecom, one, 'prepared')))
    const sizes = []
    for (const one of ids) sizes.push((await ended(bank, one)).result)
    expect(sizes).toMatchObject([{ size: 5 }, { size: 20 }])
    expect(await psiEntries(bank, id)).toMatchObject([{ type: 'psi.prepared' }])
    expect(await kept(bank, id)).toHaveLength(1)
  })
})

describe('the key of a prepared list', () => {
  it('answers no more often than one list may be compared, whatever is asked', async () => {
    await prepared(telecom, { purpose: 'vanzelf' })
    for (let i = 0; i < 2; i++) {
      const input = await bring(bank, hosts(i, 22 + i))
      const { id } = await propose(bank, { purpose: 'vanzelf', to: 'proposer', input })
      expect(await ended(bank, id)).toMatchObject({ state: 'done', why: 'PREPARED' })
    }
    const { id } = await propose(bank, { purpose: 'vanzelf', to: 'proposer' })
    await expect
      .poll(() => psiEntries(telecom, id))
      .toMatchObject([{ type: 'psi.refused', reason: 'LIST_QUOTA_EXCEEDED' }])
    await refuse(bank, id)
  })

  it('is erased by a person, with all that rests on it, and both logs say when', async () => {
    const { id } = await prepared(telecom)
    await asked()
    expect(await end(telecom, id)).toMatchObject({ json: { state: 'ended', reason: 'STOPPED' } })
    expect(await kept(telecom, id)).toEqual([])
    const row = await telecom.ctx.store.psi.prepared.get(id)
    const content = telecom.ctx.vault.open(`psi/prepared/${id}`, row!.sealed)
    expect(Buffer.from(content).toString()).toContain('"key":null')
    const types = (await psiEntries(telecom, id)).map(({ type }) => type)
    expect(types).toEqual(['psi.prepared', 'psi.erased'])
    const refused = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    expect(await accept(telecom, refused.id, 'prepared')).toMatchObject({
      json: { code: 'PSI_PREPARED_ENDED' },
    })
    await refuse(bank, refused.id)
    // Whose list it was not erases what it was given.
    expect(await end(bank, id)).toMatchObject({ json: { state: 'ended' } })
    expect(await kept(bank, id)).toEqual([])
    expect(await psiEntries(bank, id)).toMatchObject([{}, { type: 'psi.erased', role: 'asker' }])
    expect(await end(bank, id)).toMatchObject({ status: 200 })
    expect(await psiEntries(bank, id)).toHaveLength(2)
  })

  it('ends with an objection of its kind, whether or not the node had such a flag', async () => {
    const { id } = await prepared(telecom)
    const about = { kind: 'host', value: 'never-flagged.example.net', proof: 'seen at the desk' }
    expect(await telecom.api('POST', '/subjects/objection', about)).toMatchObject({ status: 200 })
    expect((await lists(telecom)).find((list) => list.id === id)).toMatchObject({
      ...{ state: 'ended', reason: 'SUBJECT' },
    })
  })

  it('answers nobody after its days, not even who was promised it before', async () => {
    const asked = { purpose: 'vier-ogen', protocol: 'prepared', to: 'proposer' } as const
    const [ours, theirs] = await Promise.all(
      [bank, telecom].map((one) => one.person('b', 'analyst')),
    )
    const proposed = async () => {
      const { id } = await propose(bank, asked)
      await accept(bank, id, null, ours)
      return id
    }
    await prepared(telecom, { purpose: 'vier-ogen', days: 1 })
    const [first, second] = [await proposed(), await proposed()]
    expect(await accept(telecom, first, 'prepared')).toMatchObject({ json: { state: 'proposed' } })
    federation.clock.ahead += DAY + 60_000
    const over = { json: { code: 'PSI_PREPARED_ENDED' } }
    expect(await accept(telecom, first, null, theirs)).toMatchObject(over)
    expect(await accept(telecom, second, 'prepared')).toMatchObject(over)
    for (const id of [first, second]) await refuse(bank, id)
  })

  it('ends by a clock that is set back behind its begin', async () => {
    const { id } = await prepared(telecom)
    federation.clock.ahead -= DAY + 60_000
    await tidyIntersections(telecom.ctx, runsOf(telecom))
    federation.clock.ahead += DAY + 60_000
    expect(await settled(telecom, id)).toMatchObject({ state: 'ended', reason: 'EXPIRED' })
  })

  it('of an older release, which no member takes any more, ends and says what to do', async () => {
    const { id } = await ready(telecom)
    const { store } = telecom.ctx
    const older = 'ab'.repeat(16)
    const row = (await store.psi.prepared.get(id))!
    const { content } = opened(telecom.ctx, row)
    const bound = { ...content.bound, terms: { ...content.bound.terms, id: older } }
    const sealed = sealPrepared(telecom.ctx, older, { ...content, bound })
    await store.psi.prepared.create({ ...row, id: older, sealed })
    const told: unknown[] = []
    bend(
      telecom.ctx,
      'log',
      () =>
        (...line) =>
          void told.push(line),
    )
    await tidyIntersections(telecom.ctx, runsOf(telecom))
    expect(await settled(telecom, older)).toMatchObject({
      ...{ state: 'ended', reason: 'RELEASE_REPLACED' },
    })
    expect(await settled(telecom, id)).toMatchObject({ state: 'ready' })
    expect(told).toContainEqual([
      'warn',
      'psi.prepared-outdated',
      { txid: older, peer: 'bank-a', purpose: 'lijsten-vergelijken' },
    ])
  })

  it('ends with its days, on both sides', async () => {
    const { id } = await prepared(telecom, { days: 2 })
    await asked()
    federation.clock.ahead += 2 * DAY - 60_000
    for (const member of [bank, telecom]) await tidyIntersections(member.ctx, runsOf(member))
    expect(await settled(bank, id)).toMatchObject({ state: 'ready' })
    federation.clock.ahead += 120_000
    // Before anything is tidied, too.
    const refused = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    expect(await accept(telecom, refused.id, 'prepared')).toMatchObject({
      json: { code: 'PSI_PREPARED_ENDED' },
    })
    await refuse(bank, refused.id)
    for (const member of [bank, telecom]) {
      await tidyIntersections(member.ctx, runsOf(member))
      expect(await settled(member, id)).toMatchObject({ state: 'ended', reason: 'EXPIRED' })
      expect(await kept(member, id)).toEqual([])
    }
  })
})

describe('a disk that fails in between', () => {
  it('leaves what was given to be given again, entered once', async () => {
    const { id } = await prepared(telecom)
    failing(bank.ctx.store.psi.prepared, 'create')
    const refused = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    await accept(telecom, refused.id, 'prepared')
    expect(await ended(bank, refused.id)).toMatchObject({ state: 'failed' })
    await ended(telecom, refused.id)
    expect(await bank.ctx.store.psi.prepared.get(id)).toBeNull()
    expect(await asked()).toMatchObject([{ result: { size: 10 } }, {}])
    expect(await psiEntries(bank, id)).toHaveLength(1)
  })

  it('leaves no key behind an entry that it was erased, once it is tried again', async () => {
    const { id } = await ready(telecom)
    failing(telecom.ctx.store.psi.prepared, 'transition')
    expect((await end(telecom, id)).status).toBeGreaterThanOrEqual(500)
    expect(await end(telecom, id)).toMatchObject({ json: { state: 'ended' } })
    expect(await kept(telecom, id)).toEqual([])
    const types = (await psiEntries(telecom, id)).map(({ type }) => type)
    expect(types).toEqual(['psi.prepared', 'psi.erased'])
  })

  it('leaves nothing that answers behind an entry that it was erased', async () => {
    const { id } = await ready(telecom)
    const agreed = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    // What was agreed to before is not begun after.
    const restore = bend(telecom.ctx, 'call', (honest) => async (to, method, ...given) => {
      if (method === 'psi/accept') {
        failing(telecom.ctx.store.psi.prepared, 'transition')
        expect((await end(telecom, id)).status).toBeGreaterThanOrEqual(500)
      }
      return honest(to, method, ...given)
    })
    await accept(telecom, agreed.id, 'prepared')
    restore()
    const over = { state: 'failed', reason: 'PSI_PREPARED_ENDED' }
    expect(await ended(telecom, agreed.id)).toMatchObject(over)
    expect(await ended(bank, agreed.id)).toMatchObject({ cause: 'PREPARED_ENDED' })
    expect(await telecom.ctx.store.psi.prepared.get(id)).toMatchObject({ state: 'ready' })
    const later = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    expect(await accept(telecom, later.id, 'prepared')).toMatchObject({
      json: { code: 'PSI_PREPARED_ENDED' },
    })
    await refuse(bank, later.id)
    // With the reason that was entered, whatever else would end it by now.
    federation.clock.ahead += 8 * DAY
    await tidyIntersections(telecom.ctx, runsOf(telecom))
    expect(await settled(telecom, id)).toMatchObject({ state: 'ended', reason: 'STOPPED' })
    expect(await kept(telecom, id)).toEqual([])
    const types = (await psiEntries(telecom, id)).map(({ type }) => type)
    expect(types).toEqual(['psi.prepared', 'psi.erased'])
  })

  it('leaves nothing that is asked with, at who was given a list', async () => {
    const { id } = await prepared(telecom)
    await asked()
    failing(bank.ctx.store.psi.prepared, 'transition')
    expect((await end(bank, id)).status).toBeGreaterThanOrEqual(500)
    const { id: again } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    await accept(telecom, again, 'prepared')
    expect(await ended(bank, again)).toMatchObject({ state: 'failed', reason: 'PSI_DIFFERS' })
    await ended(telecom, again)
    await tidyIntersections(bank.ctx, runsOf(bank))
    expect(await settled(bank, id)).toMatchObject({ state: 'ended', reason: 'STOPPED' })
    expect(await kept(bank, id)).toEqual([])
    await end(telecom, id)
  })

  it('leaves parts of no list for a day', async () => {
    const parts = `prepared/${'ab'.repeat(16)}/records`
    await bank.ctx.store.psi.addPart(parts, new Uint8Array(9))
    await tidyIntersections(bank.ctx, runsOf(bank))
    expect(await kept(bank, 'ab'.repeat(16))).toEqual([parts])
    federation.clock.ahead += DAY + 60_000
    await tidyIntersections(bank.ctx, runsOf(bank))
    expect(await kept(bank, 'ab'.repeat(16))).toEqual([])
  })
})

describe('a new convenant', () => {
  it('ends all lists that were masked under the one before', async () => {
    const { id } = await prepared(telecom)
    await asked()
    const title = { nl: 'anders', en: 'other' }
    await installAll(
      federation,
      successorOf(federation, () => ({ title })),
    )
    const refused = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    expect(await accept(telecom, refused.id, 'prepared')).toMatchObject({
      json: { code: 'PSI_PREPARED_ENDED' },
    })
    await refuse(bank, refused.id)
    for (const member of [bank, telecom]) {
      await tidyIntersections(member.ctx, runsOf(member))
      expect(await settled(member, id)).toMatchObject({
        ...{ state: 'ended', reason: 'CONVENANT_REPLACED' },
      })
      expect(await member.ctx.store.psi.prepared.live()).toEqual([])
    }
  })
})
