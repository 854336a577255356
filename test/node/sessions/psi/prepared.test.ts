/** Lists masked ahead: questions of them, their keys' lives, and members that lie about them. */

import { PsiLink, tidyIntersections } from '@drempel/node/internal/sessions'
import type { Psi, PsiPrepared } from '@drempel/protocol/api'
import { type Bytes, type Json, ProtocolError, signStatement } from '@drempel/protocol/encoding'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import { eventually, type Member } from '../../kit/member.ts'
import { installAll, successorOf } from '../../kit/successor.ts'
import { silent, wrapped } from './channels.ts'
import {
  accept,
  bring,
  ended,
  hosts,
  items,
  propose,
  psiEntries,
  refuse,
  shown,
  tried,
} from './world.ts'

const DAY = 86_400_000
let federation: Federation
let bank: Member
let bankB: Member
let telecom: Member
let undo: (() => void)[] = []

beforeAll(async () => {
  federation = await Federation.open({
    ...{ size: 3, intersections: true, background: false },
    config: (id) => (id === 'telecom' ? 'intersections: [{ purpose: vanzelf, do: accept }]\n' : ''),
    amend: (convenant) => {
      const [drafted] = convenant.intersections!
      const terms = {
        ...drafted!,
        to: ['proposer', 'partner', 'both'] as const,
        quota: { perPair: 1_000, perList: 1_000, days: 30 },
      }
      const few = { ...terms, quota: { perPair: 9, perList: 2, days: 30 } }
      return {
        ...convenant,
        intersections: [
          { ...terms, maxResult: null },
          { ...few, id: 'vanzelf', consent: 'policy' as const },
          { ...few, id: 'zonder', preparedDays: undefined as never },
        ].map(({ preparedDays, ...rest }) =>
          preparedDays === undefined ? rest : { ...rest, preparedDays },
        ),
      }
    },
  })
  bank = federation.member('bank-a')
  bankB = federation.member('bank-b')
  telecom = federation.member('telecom')
  for (const { live } of federation.members) {
    live.node.sessions.intersections.limit({ connectMs: 1_500, retryMs: 20, stallMs: 4_000 })
  }
  await bank.flag(hosts(0, 30))
  await telecom.flag(hosts(20, 400))
})

afterEach(() => {
  for (const one of undo) one()
  undo = []
})

afterAll(() => federation?.close())

const runsOf = ({ live }: Member) => live.node.sessions.intersections

async function tryPrepare(member: Member, asked: object = {}) {
  const body = { partner: 'bank-a', purpose: 'lijsten-vergelijken', kind: 'host', input: 'flags' }
  return member.api('POST', '/psi/prepared', { ...body, ...asked } as Json)
}

async function lists(member: Member): Promise<PsiPrepared[]> {
  return ((await member.api('GET', '/psi/prepared')).json as { lists: PsiPrepared[] }).lists
}

function settled(member: Member, id: string): Promise<PsiPrepared> {
  return eventually(async () => {
    const found = (await lists(member)).find((list) => list.id === id)
    return found === undefined || found.state === 'masking' ? undefined : found
  })
}

async function prepared(member = telecom, asked: object = {}): Promise<PsiPrepared> {
  const { status, json, text } = await tryPrepare(member, asked)
  if (status !== 202) throw new Error(text)
  return settled(member, (json as PsiPrepared).id)
}

async function asked(over: Parameters<typeof propose>[1] = {}): Promise<[Psi, Psi]> {
  const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer', ...over })
  const { status, text } = await accept(telecom, id, 'prepared')
  if (status !== 200) throw new Error(text)
  return Promise.all([ended(bank, id), ended(telecom, id)])
}

/** The list there is, or another. */
async function ready(): Promise<PsiPrepared> {
  const all = await lists(telecom)
  const of = (list: PsiPrepared) =>
    list.side === 'owner' && list.state === 'ready' && list.purpose === 'lijsten-vergelijken'
  return all.find(of) ?? (await prepared())
}

const end = (member: Member, id: string) => member.api('POST', `/psi/prepared/${id}/end`, {})

/** What the store has of a list, by name. */
async function kept(member: Member, id: string): Promise<string[]> {
  const names = await member.ctx.store.psi.partsBefore(Number.MAX_SAFE_INTEGER)
  return names.filter((name) => name.startsWith(`prepared/${id}/`)).sort()
}

type Ctx = Member['ctx']

function bend<Name extends 'call' | 'connectChannel'>(
  member: Member,
  name: Name,
  how: (honest: Ctx[Name]) => Ctx[Name],
): void {
  const ctx: { -readonly [One in Name]: Ctx[One] } = member.ctx
  const honest = ctx[name]
  ctx[name] = how(honest)
  undo.push(() => {
    ctx[name] = honest
  })
}

describe('a prepared list', () => {
  it('is given once and answers many questions, each exactly', async () => {
    const list = await prepared()
    expect(list).toMatchObject({ state: 'ready', side: 'owner', own: 380, source: 'flags' })
    expect(Date.parse(list.expiresAt) - Date.parse(list.createdAt)).toBe(7 * DAY)
    expect(await kept(telecom, list.id)).toHaveLength(3)
    expect(await psiEntries(telecom, list.id)).toMatchObject([
      { type: 'psi.prepared', role: 'partner', parties: ['bank-a'], sizeBucket: 1_024 },
    ])
    const sent: number[] = []
    bend(telecom, 'connectChannel', (honest) => async (...given) => {
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
      runsOf(member).limit({ connectMs: 1_500, retryMs: 20, stallMs: 4_000 })
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

  it.each<[string, Parameters<typeof propose>[1], string]>([
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
    const next = await prepared()
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
    const { id } = await prepared()
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
    const { id } = await prepared()
    await asked()
    expect(await end(telecom, id)).toMatchObject({ json: { state: 'ended', reason: 'STOPPED' } })
    expect(await kept(telecom, id)).toEqual([])
    const row = await telecom.ctx.store.psi.prepared.get(id)
    const content = telecom.ctx.vault.open(`psi/prepared/${id}`, row!.sealed)
    expect(Buffer.from(content).toString()).toContain('"key":null')
    const types = (await psiEntries(telecom, id)).map(({ type }) => type)
    expect(types).toEqual(['psi.prepared', 'psi.erased'])
    const question = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    expect(await accept(telecom, question.id, 'prepared')).toMatchObject({
      json: { code: 'PSI_PREPARED_ENDED' },
    })
    await refuse(bank, question.id)
    // Whose list it was not erases what it was given.
    expect(await end(bank, id)).toMatchObject({ json: { state: 'ended' } })
    expect(await kept(bank, id)).toEqual([])
    expect(await psiEntries(bank, id)).toMatchObject([{}, { type: 'psi.erased', role: 'asker' }])
    expect(await end(bank, id)).toMatchObject({ status: 200 })
    expect(await psiEntries(bank, id)).toHaveLength(2)
  })

  it('ends with an objection of its kind, whether or not the node had such a flag', async () => {
    const { id } = await prepared()
    const about = { kind: 'host', value: 'never-flagged.example.net', proof: 'seen at the desk' }
    expect(await telecom.api('POST', '/subjects/objection', about)).toMatchObject({ status: 200 })
    expect((await lists(telecom)).find((list) => list.id === id)).toMatchObject({
      ...{ state: 'ended', reason: 'SUBJECT' },
    })
  })

  it('ends with its days, on both sides', async () => {
    const { id } = await prepared(telecom, { days: 2 })
    await asked()
    federation.clock.ahead += 2 * DAY - 60_000
    for (const member of [bank, telecom]) await tidyIntersections(member.ctx, runsOf(member))
    expect(await settled(bank, id)).toMatchObject({ state: 'ready' })
    federation.clock.ahead += 120_000
    // Before anything is tidied, too.
    const question = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    expect(await accept(telecom, question.id, 'prepared')).toMatchObject({
      json: { code: 'PSI_PREPARED_ENDED' },
    })
    await refuse(bank, question.id)
    for (const member of [bank, telecom]) {
      await tidyIntersections(member.ctx, runsOf(member))
      expect(await settled(member, id)).toMatchObject({ state: 'ended', reason: 'EXPIRED' })
      expect(await kept(member, id)).toEqual([])
    }
  })
})

describe('a disk that fails in between', () => {
  /** The next call of it fails. */
  function failing(member: Member, name: 'create' | 'transition'): void {
    const { prepared: of } = member.ctx.store.psi
    const store = of as { [Name in typeof name]: (...given: never[]) => Promise<unknown> }
    const honest = store[name]
    store[name] = () => {
      store[name] = honest
      return Promise.reject(new ProtocolError('STORE_FAILED'))
    }
    undo.push(() => {
      store[name] = honest
    })
  }

  it('leaves what was given to be given again, entered once', async () => {
    const { id } = await prepared()
    failing(bank, 'create')
    const question = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    await accept(telecom, question.id, 'prepared')
    expect(await ended(bank, question.id)).toMatchObject({ state: 'failed' })
    await ended(telecom, question.id)
    expect(await bank.ctx.store.psi.prepared.get(id)).toBeNull()
    expect(await asked()).toMatchObject([{ result: { size: 10 } }, {}])
    expect(await psiEntries(bank, id)).toHaveLength(1)
  })

  it('leaves no key behind an entry that it was erased, once it is tried again', async () => {
    const { id } = await ready()
    failing(telecom, 'transition')
    expect((await end(telecom, id)).status).toBeGreaterThanOrEqual(500)
    expect(await end(telecom, id)).toMatchObject({ json: { state: 'ended' } })
    expect(await kept(telecom, id)).toEqual([])
    const types = (await psiEntries(telecom, id)).map(({ type }) => type)
    expect(types).toEqual(['psi.prepared', 'psi.erased'])
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

describe('a member that lies about a prepared list', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a lie bends any field
  type Loose = any

  function bendAcceptance(lie: (body: Loose) => void): void {
    bend(telecom, 'call', (honest) => (to, method, given, options) => {
      if (method !== 'psi/accept') return honest(to, method, given, options)
      const message = structuredClone(given) as Loose
      const { body } = message.acceptance
      lie(body)
      message.acceptance = signStatement('psi.acceptance', body, telecom.id, telecom.ctx.signer)
      return honest(to, method, message as Json, options)
    })
  }

  it.each<[string, (body: Loose) => void, string]>([
    [
      'of which it says nothing',
      (body) => {
        body.prepared = null
      },
      'PSI_DIFFERS',
    ],
    [
      'for longer questions than agreed',
      (body) => {
        body.prepared.most *= 2
      },
      'PSI_DIFFERS',
    ],
    [
      'by another protocol',
      (body) => {
        body.protocol = 'ecdh'
      },
      'PSI_DIFFERS',
    ],
    [
      'of another list than its log has',
      (body) => {
        body.prepared.id = 'ab'.repeat(16)
      },
      'INTENT_MISMATCH',
    ],
    [
      'that lives longer',
      (body) => {
        body.prepared.expiresAt = '2099-01-01T00:00:00.000Z'
      },
      'INTENT_MISMATCH',
    ],
    [
      'of no date',
      (body) => {
        body.prepared.createdAt = 'yesterday'
      },
      'BAD_REQUEST',
    ],
  ])('%s begins nothing', async (_, lie, at) => {
    await ready()
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    bendAcceptance(lie)
    expect(await accept(telecom, id, 'prepared')).toMatchObject({ json: { at } })
    expect(await psiEntries(bank, id)).toEqual([])
    await refuse(bank, id).catch(() => {})
  })

  it('that lives too long by its own terms begins nothing', async () => {
    const { id: of } = await ready()
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    // A node that does not ask its convenant: all of its own signs and enters eight days.
    const list = (await telecom.ctx.store.psi.prepared.get(of))!
    const { open, seal } = telecom.ctx.vault
    const content = JSON.parse(Buffer.from(open(`psi/prepared/${list.id}`, list.sealed)).toString())
    const { terms } = content.bound
    terms.expiresAt = new Date(Date.parse(terms.createdAt) + 8 * DAY).toISOString()
    const sealed = seal(
      `psi/prepared/${list.id}`,
      Buffer.from(JSON.stringify(content)),
      telecom.ctx.random,
    )
    await telecom.ctx.store.psi.prepared.transition(list.id, ['ready'], 'ready', { sealed })
    expect(await accept(telecom, id, 'prepared')).toMatchObject({
      json: { at: 'PREPARED_EXPIRED' },
    })
    await refuse(bank, id)
    await end(telecom, list.id)
  })

  /** telecom's connection, taken over by who runs it. */
  function takeOver(run: (link: PsiLink) => Promise<unknown>): void {
    bend(telecom, 'connectChannel', (honest) => async (...given) => {
      const channel = await honest(...given)
      const limits = { window: 1 << 20, stallMs: 10_000, aliveMs: 10_000 }
      const link = new PsiLink('bank-a', new Uint8Array(16).fill(5), limits)
      void link.attach(channel)
      run(link).catch(() => {})
      return silent
    })
  }

  it.each<[string, (link: PsiLink) => Promise<unknown>, string]>([
    ['and gives another', (link) => link.send('psi/terms', new Uint8Array(32)), 'WRONG_TERMS'],
    ['and gives nothing', async () => {}, 'PSI_STALLED'],
    ['and begins elsewhere', (link) => link.send('psi/key', new Uint8Array(32)), 'UNEXPECTED_STEP'],
    [
      'and floods',
      async (link) => {
        for (let i = 0; i < 40; i++)
          void link.send('psi/terms', new Uint8Array(1 << 20)).catch(() => {})
      },
      'WRONG_LENGTH',
    ],
  ])('%s ends by name, and nothing of it is kept', async (_, lie, reason) => {
    await ready()
    if (reason === 'PSI_STALLED') runsOf(bank).limit({ stallMs: 300 })
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    takeOver(lie)
    await accept(telecom, id, 'prepared')
    expect(await ended(bank, id)).toMatchObject({ state: 'failed', reason, culprit: 'telecom' })
    const { prepared: of } = await shown(bank, id)
    expect(await bank.ctx.store.psi.prepared.get(of!.id)).toBeNull()
    expect(await kept(bank, of!.id)).toEqual([])
    await ended(telecom, id)
    runsOf(bank).limit({ stallMs: 4_000 })
  })

  it('as its asker, gets no more than it is owed', async () => {
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    const frames: string[] = []
    bend(telecom, 'connectChannel', (honest) => async (...given) => {
      const channel = await honest(...given)
      // What bank sends as its first word is no word: it is given the list, and nothing else.
      const receive = async (step: string): Promise<Bytes> => {
        const frame = await channel.receive(step)
        const name = Buffer.from(frame.subarray(2, 2 + (frame[1] ?? 0))).toString()
        if (frame[0] === 0) frames.push(name)
        return name === 'session/held' ? Uint8Array.of(...frame.subarray(0, -1), 77) : frame
      }
      return { ...wrapped(channel), receive }
    })
    await accept(telecom, id, 'prepared')
    expect(await ended(bank, id)).toMatchObject({ state: 'done' })
    expect(frames[0]).toBe('session/held')
  })
})

describe('a new convenant', () => {
  it('ends all lists that were masked under the one before', async () => {
    const { id } = await prepared()
    await asked()
    const title = { nl: 'anders', en: 'other' }
    await installAll(
      federation,
      successorOf(federation, () => ({ title })),
    )
    const question = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    expect(await accept(telecom, question.id, 'prepared')).toMatchObject({
      json: { code: 'PSI_PREPARED_ENDED' },
    })
    await refuse(bank, question.id)
    for (const member of [bank, telecom]) {
      await tidyIntersections(member.ctx, runsOf(member))
      expect(await settled(member, id)).toMatchObject({
        ...{ state: 'ended', reason: 'CONVENANT_REPLACED' },
      })
      expect(await member.ctx.store.psi.prepared.live()).toEqual([])
    }
  })
})
