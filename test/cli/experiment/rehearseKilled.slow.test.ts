/**
 * A node whose process is killed at each durable step of the beginning and of the ending of a rehearsal:
 * it goes on by itself when it starts, nothing of the rehearsal is left, and it serves for real.
 */

import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createNodeClient } from '@drempel/cli/internal/client/node'
import { chooseTarget, readHome } from '@drempel/cli/internal/client/target'
import { rehearse } from '@drempel/cli/internal/experiment/rehearse/run'
import { fsck } from '@drempel/node/internal/app'
import { rehearsalComparison } from '@drempel/protocol/api'
import { base64 } from '@drempel/protocol/encoding'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Federation } from '../../node/kit/federation.ts'
import { eventually, type Member } from '../../node/kit/member.ts'
import { leftIn } from '../../node/store/rehearsed.ts'
import { type Killed, rehearseUntilKilled } from './killed.ts'

const BEGINNING = [
  ['record', 'after'],
  ['key', 'before'],
  ['entry', 'after'],
] as const
const ENDING = [
  ['record', 'after'],
  ['key', 'after'],
  ['entry', 'after'],
  ['traces', 'before'],
] as const

let copies: string
let federation: Federation
let victim: Member
let others: readonly Member[]
let home: string
/** Rows as they were, sealed: what is searched for in the files. */
let traces: readonly Buffer[]
let realCase: string

beforeAll(async () => {
  copies = await mkdtemp(join(tmpdir(), 'drempel-killed-'))
  federation = await Federation.open({
    ...{ size: 3, background: false, intersections: true },
    rules: [
      { kind: 'host', t: 2 },
      { kind: 'host', t: 2, output: 'owners' },
    ],
    amend: (convenant) => ({
      ...convenant,
      purposes: convenant.purposes.map((one, i) => (i === 0 ? { ...one, fourEyes: true } : one)),
    }),
  })
  victim = federation.member('bank-b')
  others = federation.members.filter((member) => member !== victim)
  home = dirname(victim.live.node.home.paths.token)
  await federation.member('bank-a').generateKey()
  const request = { kind: 'host', value: 'somebody.nl', proof: 'passport' }
  const opened = await victim.api('POST', '/subjects/access', request)
  realCase = (opened.json as { case: { case: string } }).case.case
  await keep('before')
  await victim.restart()
  await rehearseAll()
  await leaveOpen()
  const flags = await victim.ctx.store.flags.page('host', { limit: 99 })
  traces = flags.map(({ sealed }) => Buffer.from(sealed))
  expect(traces.length).toBeGreaterThan(5)
  await keep('rehearsed')
})
afterAll(async () => {
  await federation?.close()
  await rm(copies, { recursive: true })
})

/** All of it, but for the cleaning up, at which everybody's command stops. */
async function rehearseAll(): Promise<void> {
  const setting = {
    ...{ word: 'herfst', waitMs: 60_000, pollMs: 50, clock: Date.now, lang: 'en' as const },
    ...{ signal: new AbortController().signal, alone: new AbortController().signal },
    onStep: (_: string, step: { readonly en: string }) => {
      if (step.en === 'cleaning up') throw new Error('stopped here')
    },
  }
  const ran = federation.members.map(async ({ live }) => {
    const target = chooseTarget(await readHome(dirname(live.node.home.paths.token)), {})
    const node = createNodeClient(target, 'en')
    await expect(rehearse(node, setting)).rejects.toThrow('stopped here')
    node.close()
  })
  await Promise.all(ran)
}

/** What a command leaves that is killed itself: a token, a case, a question that waits, feedback. */
async function leaveOpen(): Promise<void> {
  await victim.person('rehearsal-9', 'analyst')
  const request = { kind: 'host', value: 'www.a.example', proof: 'rehearsal' }
  expect((await victim.api('POST', '/subjects/access', request)).status).toBe(200)
  const [{ id, kinds, rules }] = federation.convenant.purposes as never as [
    { id: string; kinds: string[]; rules: string[] },
  ]
  const question = { kind: kinds[0]!, purpose: id, rule: rules[0]!, value: 'www.a.example' }
  const body = { ...question, case: 'rehearsal' }
  expect((await victim.api('POST', '/questions', body)).status).toBe(201)
  const answered = (await victim.entries()).findLast(({ type }) => type === 'query.result')
  const { txid } = answered as { txid?: string }
  const feedback = { txid: txid!, item: 0, outcome: 'none' }
  expect((await victim.api('POST', '/feedback', feedback)).status).toBe(200)
}

async function keep(name: string): Promise<void> {
  await victim.stop()
  await cp(home, join(copies, name), { recursive: true })
}

/** A node as it was kept, killed and started again. */
async function killed(from: string, { act, step, when }: Killed): Promise<void> {
  await victim.stop()
  await rm(home, { recursive: true })
  await cp(join(copies, from), home, { recursive: true })
  await rehearseUntilKilled([home, victim.token, act, step, when])
  await sound()
  await victim.restart()
}

async function sound(): Promise<void> {
  expect((await fsck(home)).flatMap(({ damage }) => damage)).toEqual([])
}

async function state() {
  const { json } = await victim.api('GET', '/rehearsal')
  return json as { rehearsal: { digest: string } | null; inUse: boolean; flags: number }
}

const changes = async () =>
  (await victim.entries()).flatMap((entry) =>
    entry.type === 'convenant.changed' && entry.alerts?.includes('rehearsal') === true
      ? [entry.convenant!.digest]
      : [],
  )
const code = async (answer: ReturnType<Member['api']>) =>
  ((await answer).json as { code?: string }).code

/** A flag that is real comes in, and none that is made up. */
async function isReal(): Promise<void> {
  const load = (id: string, value: string) =>
    victim.api('POST', '/flags/import', { kind: 'host', import: id, rows: [{ row: 0, value }] })
  expect(await code(load('rehearsal-late', 'www.a.example'))).toBe('NOT_REHEARSING')
  expect((await load('real', 'bank.nl')).json).toMatchObject({ added: 1 })
  expect(await code(victim.api('POST', '/rehearsal', { word: 'winter' }))).toBe('NODE_IN_USE')
}

async function nothingLeft(): Promise<void> {
  expect(await state()).toMatchObject({ rehearsal: null, inUse: false, flags: 0 })
  const { store } = victim.ctx
  expect((await store.keys.list()).every(({ state: is }) => is === 'dropped')).toBe(true)
  const tokens = (await store.tokens.list()).filter(({ revokedAt }) => revokedAt === null)
  expect(tokens.map(({ name }) => name)).toEqual(['first-admin'])
  const { json } = await victim.api('GET', '/subjects?all=true')
  const { cases } = json as { cases: { case: string }[] }
  expect(cases.map((one) => one.case)).toEqual([realCase])
  // While it runs: nothing waits for a node to stop in order.
  const files = (await readdir(home)).filter((name) => name.startsWith('node.db'))
  for (const name of files) {
    const bytes = await readFile(join(home, name))
    expect(traces.filter((trace) => bytes.includes(trace))).toEqual([])
  }
  await victim.stop()
  const db = new Database(join(home, 'node.db'), { readonly: true })
  const rests = db.prepare("SELECT key FROM meta WHERE key GLOB '*/host*' OR key = 'rehearsal'")
  const left = [...leftIn(db), ...(rests.pluck().all() as string[])]
  db.close()
  expect(left.filter((name) => !/^(dkg-epoch|tag-key|seen|answers)\//.test(name))).toEqual([])
  await victim.restart()
}

describe('logs of members that are through', () => {
  const compared = async (member: Member) => {
    const { json } = await member.api('GET', '/rehearsal/comparison')
    const { members } = rehearsalComparison.parse(json)
    return Object.fromEntries(members.map(({ member: id, ...rest }) => [id, rest]))
  }

  it('agree, though all of it is young; what one leaves out stands alone', async () => {
    const [one, other] = others as [Member, Member]
    const honest = await compared(one)
    expect(honest[other.id]).toMatchObject({ code: null, found: [] })
    expect(honest[other.id]!.compared).toBeGreaterThan(0)
    expect(honest[victim.id]).toMatchObject({ code: 'PEER_UNREACHABLE', compared: 0 })
    const lies = other.lie('log/shared', async (_, body) => {
      const { txids } = JSON.parse(Buffer.from(body).toString()) as { txids: string[] }
      return { entries: txids.map(() => []) }
    })
    expect((await compared(one))[other.id]).toMatchObject({ code: null, found: ['one-sided'] })
    lies()
    expect(await compared(one)).toEqual(honest)
  })
})

describe('killed while it begins', () => {
  it.each(BEGINNING)('%s %s', async (step, when) => {
    await killed('before', { act: 'begin', step, when })
    const { rehearsal } = await state()
    const keys = await victim.ctx.store.keys.list()
    expect(keys.map(({ state: is }) => is)).toEqual(['dropped'])
    // Whether it was written nobody knows, so it is entered again.
    const times = step === 'entry' ? 2 : 1
    expect(await changes()).toEqual(Array.from({ length: times }, () => rehearsal!.digest))
    expect(await code(victim.api('POST', '/rehearsal', { word: 'winter' }))).toBe('REHEARSING')
    expect((await victim.api('POST', '/rehearsal/end', {})).json).toEqual({ clean: true })
    await isReal()
  })
})

describe('killed while it ends', () => {
  it.each(ENDING)('%s %s', async (step, when) => {
    await killed('rehearsed', { act: 'end', step, when })
    const ends = step === 'entry' || step === 'traces' ? 2 : 1
    expect((await changes()).length).toBe(1 + ends)
    await nothingLeft()
    if (step !== 'traces') await isReal()
  })

  it('and takes part in real rounds and questions, which alone are counted', async () => {
    for (const member of others) {
      expect((await member.api('POST', '/rehearsal/end', {})).json).toEqual({ clean: true })
    }
    for (const member of federation.members) await member.flag(['shared.nl', `${member.id}.nl`])
    const [leader] = others as [Member]
    await leader.generateKey()
    expect(await leader.round()).toMatchObject({ state: 'published', leftOut: [] })
    const list = await eventually(
      async () => (await victim.ctx.store.lists.current('host', 'host-t2')) ?? undefined,
    )
    expect(base64(list.keys)).not.toBe('')
    const { id: purpose } = federation.convenant.purposes.find(({ fourEyes }) => !fourEyes)!
    expect((await victim.ask(['shared.nl'], purpose)).results).toEqual([{ over: true }])
    const last = (await victim.entries()).findLast(({ type }) => type === 'query.result')!
    const now = new Date(last.time)
    federation.clock.ahead = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 15) - Date.now()
    const month = last.time.slice(0, 7)
    for (const member of federation.members) {
      const asked = (await member.entries()).some(
        (entry) => entry.type === 'query.result' && entry.protocol !== 'tag',
      )
      expect([member.id, asked]).toEqual([member.id, true])
      const { json } = await member.api('GET', `/classes?month=${month}`)
      const { classes } = json as { classes: { purpose: string }[] }
      expect(classes.map((one) => one.purpose)).toEqual(member === victim ? [purpose] : [])
    }
    await victim.stop()
    await sound()
  })
})
