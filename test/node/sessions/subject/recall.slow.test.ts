/**
 * An answer that a new list no longer bears out is recalled at those who got it, once, and nowhere
 * else; neither log nor store shows which answers those were.
 */

import { reviewAnswers } from '@drempel/node/internal/sessions'
import type { Recall } from '@drempel/protocol/api'
import { ProtocolError } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hold } from '../../kit/bend.ts'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { publish } from '../../kit/publication.ts'

const DAY = 86_400_000
const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' } as const

let federation: Federation
let [a, b, telecom, platform] = [] as unknown as [Member, Member, Member, Member]

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }], minList: 1 })
  ;[a, b, telecom, platform] = federation.members as [Member, Member, Member, Member]
  await a.generateKey()
  await a.flag(['drops.example', 'stays.example'])
  await b.flag(['drops.example', 'stays.example', 'lonely.example'])
  await telecom.flag(['t.example'])
  await platform.flag(['p.example'])
  await round()
})

afterAll(() => federation.close())

async function round(): Promise<void> {
  const { round: id, state } = await a.round()
  expect(state).toBe('published')
  for (const member of federation.members) {
    expect(await member.ended(id)).toMatchObject({ state: 'published' })
  }
}

async function ask(member: Member, value: string, more: object = {}): Promise<string> {
  const { json } = await member.api('POST', '/checks', { ...question, value, ...more })
  return (json as { answer: string }).answer
}

async function recalls(member: Member, all = false): Promise<Recall[]> {
  const { json, status } = await member.api('GET', `/recalls?all=${all}`)
  expect(status).toBe(200)
  return (json as { recalls: Recall[] }).recalls
}

describe('a withdrawn flag that drops an identifier below the threshold', () => {
  test('is recalled once at each asker that got a yes, and at no other', async () => {
    const about = { case: 'Z-2026-17' }
    expect(await ask(telecom, 'drops.example', about)).toBe('over')
    expect(await ask(telecom, 'stays.example')).toBe('over')
    expect(await ask(platform, 'drops.example')).toBe('over')
    expect(await ask(platform, 'lonely.example')).toBe('not-over')
    expect(await ask(a, 'lonely.example')).toBe('not-over')
    for (const member of federation.members) expect(await recalls(member)).toEqual([])

    const withdrawal = { kind: 'host', values: ['drops.example'] }
    expect((await b.api('POST', '/flags/withdraw', withdrawal)).status).toBe(200)
    const before = await Promise.all(federation.members.map((member) => member.entries()))
    await round()
    // Who looks at once, and looks again, finds what the first raised.
    await Promise.all([reviewAnswers(telecom.ctx), reviewAnswers(telecom.ctx)])
    await telecom.restart()
    const [told, ...more] = await recalls(telecom)
    expect(more).toEqual([])
    expect(told).toMatchObject({ ...question, case: 'Z-2026-17', item: 0, closedAt: null })
    expect(await recalls(platform)).toMatchObject([{ ...question, case: null }])
    expect(await recalls(a)).toEqual([])
    expect(await recalls(b)).toEqual([])
    const entries = await telecom.ctx.audit.find(told!.txid)
    expect(entries.map(({ type }) => type)).toContain('query.result')

    // All that the askers' logs gained says that answers were reviewed, by those who had given any.
    for (const [i, member] of federation.members.entries()) {
      const added = (await member.entries()).slice(before[i]!.length)
      const reviews = added.filter(({ type }) => type === 'answers.reviewed')
      expect(reviews).toHaveLength(member === b ? 0 : 1)
      expect(await Promise.all(reviews.map((entry) => member.record(entry)))).toEqual(
        reviews.map(() => ({})),
      )
      expect(JSON.stringify(added)).not.toMatch(/recall|Z-2026/)
    }
  })

  test('is dealt with once, and never raised again', async () => {
    const [told] = await recalls(telecom)
    const path = `/recalls/${told!.number}/closing`
    expect((await telecom.api('POST', path, {})).status).toBe(200)
    expect((await telecom.api('POST', path, {})).status).toBe(404)
    expect((await telecom.api('POST', '/recalls/x/closing', {})).status).toBe(404)
    await publish(federation, ['stays.example'])
    expect(await recalls(telecom)).toEqual([])
    expect(await recalls(telecom, true)).toMatchObject([{ number: told!.number }])
    expect(await recalls(platform)).toHaveLength(1)
  })
})

describe('an answer', () => {
  test('that came while a new list did is looked up in that list all the same', async () => {
    await publish(federation, ['late.example'])
    const before = (await recalls(telecom)).length
    // The list that the answer is of is replaced, and reviewed, before the answer is written down.
    const asking = hold(telecom.ctx.peers, 'post')
    const answer = ask(telecom, 'late.example')
    await asking.reached
    await publish(federation, ['other.example'])
    await reviewAnswers(telecom.ctx)
    asking.release()
    expect(await answer).toBe('over')
    expect(await recalls(telecom)).toHaveLength(before + 1)
  })

  test('that could not be looked up, for want of a store, is when it can be', async () => {
    await publish(federation, ['fault.example'])
    expect(await ask(platform, 'fault.example')).toBe('over')
    const before = (await recalls(platform)).length
    const { recalls: kept } = platform.ctx.store
    const { settle } = kept
    const full: typeof settle = async () => {
      throw new ProtocolError('STORE_FAILED', { at: 'SQLITE_FULL' })
    }
    Object.assign(kept, { settle: full })
    await publish(federation, ['other.example'])
    await expect(reviewAnswers(platform.ctx)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    Object.assign(kept, { settle })
    expect(await recalls(platform)).toHaveLength(before + 1)
    await platform.restart()
    expect(await recalls(platform)).toHaveLength(before + 1)
  })

  test('whose row was damaged keeps no other from being looked up', async () => {
    await publish(federation, ['sound.example'])
    expect(await ask(platform, 'sound.example')).toBe('over')
    const { recalls: kept } = platform.ctx.store
    const [sound] = await kept.due({ ...question, round: '' }, { afterTxid: '', limit: 1 })
    const txid = '0'.repeat(32)
    await kept.watch({ ...sound!, txid, sealed: sound!.sealed.with(50, sound!.sealed[50]! ^ 1) })
    const before = (await recalls(platform)).length
    await publish(federation, ['other.example'])
    expect(await recalls(platform)).toHaveLength(before + 1)
  })

  test('of a screen is recalled by its place among what was sent', async () => {
    await publish(federation, ['in-1.example', 'in-2.example'])
    const values = ['no host!', 'out.example', 'in-1.example', 'in-2.example']
    expect((await a.api('POST', '/screens', { ...question, values })).status).toBe(200)
    await publish(federation, ['in-2.example'])
    expect((await recalls(a)).map(({ item }) => item)).toEqual([2])
    await publish(federation, ['else.example'])
    expect((await recalls(a)).map(({ item }) => item)).toEqual([3, 2])
  })

  test('leaves a row of the same size whatever it was', async () => {
    await publish(federation, ['yes.example'])
    expect(await ask(b, 'yes.example')).toBe('over')
    expect(await ask(b, 'no.example')).toBe('not-over')
    const rule = { kind: 'host', rule: 'host-t2', round: '' }
    const rows = () => b.ctx.store.recalls.due(rule, { afterTxid: '', limit: 9 })
    const sizes = (await rows()).map(({ sealed }) => sealed.length)
    expect(sizes).toHaveLength(2)
    expect(new Set(sizes).size).toBe(1)
    await publish(federation, ['else.example'])
    expect(await recalls(b)).toHaveLength(1)
    expect((await rows()).map(({ sealed }) => sealed.length)).toEqual(sizes)
  })

  test('is kept while the purpose’s retention runs, and not for another key', async () => {
    await publish(federation, ['kept.example'])
    expect(await ask(platform, 'kept.example')).toBe('over')
    const open = (await recalls(platform)).length
    federation.clock.ahead = 8 * DAY
    await a.generateKey()
    await publish(federation, ['else.example'], 2)
    expect(await recalls(platform)).toHaveLength(open)
    const rule = { kind: 'host', rule: 'host-t2', round: '' }
    const rows = () => platform.ctx.store.recalls.due(rule, { afterTxid: '', limit: 9 })
    expect(await rows()).toEqual([])

    await publish(federation, ['again.example'], 2)
    expect(await ask(platform, 'again.example')).toBe('over')
    expect(await rows()).toHaveLength(1)
    const { retentionDays } = federation.convenant.purposes.find(
      ({ id }) => id === question.purpose,
    )!
    federation.clock.ahead += retentionDays * DAY
    await reviewAnswers(platform.ctx)
    expect(await rows()).toEqual([])
  })
})
