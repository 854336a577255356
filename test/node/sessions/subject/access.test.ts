/** What a node tells a data subject: its flag, what was asked and answered, each entry with its proof. */

import { join } from 'node:path'
import { openPeriodKeys, systemRandom } from '@drempel/node/internal/config'
import { finishActs, forgetErased } from '@drempel/node/internal/sessions'
import { fromBase64url, hmacSha256, ProtocolError, parseJcs } from '@drempel/protocol/encoding'
import { parseReceipt, verifierKey, verifyReceipt } from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bend, failing } from '../../kit/bend.ts'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { Fg, PROOF } from './world.ts'

const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' } as const

let federation: Federation
let node: Member
let fg: Fg

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }], minList: 1 })
  node = federation.member('bank-a')
  fg = await Fg.at(node)
  await node.generateKey()
  await node.flag(['flagged.example', 'both.example', 'bare.example'])
  for (const id of ['bank-b', 'telecom', 'platform']) {
    await federation.member(id).flag(['both.example', `${id}.example`])
  }
  expect(await node.round()).toMatchObject({ state: 'published' })
})

afterAll(() => federation.close())

async function ask(value: string, more: object = {}) {
  const { json, status } = await node.api('POST', '/checks', { ...question, value, ...more })
  expect(status).toBe(200)
  return json as { txid: string; answer: string }
}

describe('an access', () => {
  test('has the flag, the lists it is over, and every query with its answer', async () => {
    const first = await ask('both.example', { case: 'Z-1' })
    const second = await ask('both.example')
    await ask('other.example')
    const screen = await node.api('POST', '/screens', {
      ...question,
      values: ['no host!', 'other.example', 'both.example', 'bare.example'],
    })
    const { txid } = screen.json as { txid: string }
    const access = await fg.access('https.example')
    expect(access).toMatchObject({ flag: null, lists: [], queries: [], confidential: false })

    const both = await fg.access('BOTH.example.')
    expect(both.value).toBe('both.example')
    expect(both.flag).toMatchObject({ state: 'active', reports: 1, withdrawnAt: null })
    expect(both.lists).toMatchObject([{ rule: 'host-t2', answer: 'over' }])
    const of = { purpose: 'fraude-onderzoek', rule: 'host-t2', status: 'answered', answer: 'over' }
    expect(both.queries.map(({ txid }) => txid).sort()).toEqual(
      [first.txid, second.txid, txid].sort(),
    )
    for (const query of both.queries) {
      expect(query).toMatchObject(of)
      expect(query.entries.map(({ type }) => type)).toEqual(['query.intent', 'query.result'])
    }
    // In a screen the answer is that of the identifier's own place, behind one that was rejected.
    const bare = await fg.access('bare.example')
    expect(bare.queries).toMatchObject([{ txid, protocol: 'screen', answer: 'not-over' }])
    expect(bare.lists).toMatchObject([{ rule: 'host-t2', answer: 'not-over' }])
  })

  test('has receipts that verify under the member’s key, and not for another leaf', async () => {
    await ask('proven.example')
    const { queries } = await fg.access('proven.example')
    expect(queries).toHaveLength(1)
    for (const { receipt, origin, index, type } of queries[0]!.entries) {
      const key = verifierKey(origin, fromBase64url(node.descriptor.signingKey))
      const verified = verifyReceipt(receipt, key)
      expect(verified.index).toBe(index)
      expect(parseJcs(verified.leaf)).toMatchObject({ type, txid: queries[0]!.txid })
      const other = parseReceipt(receipt).extra!.slice()
      other[10]! ^= 1
      expect(() => verifyReceipt(receipt, key, other)).toThrow()
    }
  })

  test('tells of a query that had no answer', async () => {
    const holders = federation.members.filter(({ id }) => id !== 'bank-a')
    const honest = holders.map((member) =>
      member.lie('oprf/evaluate', async () => {
        throw new Error('away')
      }),
    )
    const answer = await node.api('POST', '/checks', { ...question, value: 'unlucky.example' })
    expect(answer.status).toBe(503)
    for (const again of honest) again()
    const { queries } = await fg.access('unlucky.example')
    expect(queries).toMatchObject([{ status: 'failed', answer: null }])
  })

  test('what can’t be found again is not asked', async () => {
    const { asked } = node.ctx.store
    const { remember } = asked
    const refused = async () => {
      throw new ProtocolError('STORE_FAILED', { at: 'SQLITE_FULL' })
    }
    Object.assign(asked, { remember: refused })
    const evaluated = async () => {
      const logs = await Promise.all(federation.members.map((member) => member.entries()))
      return logs.flat().filter(({ type }) => type === 'oprf.evaluated').length
    }
    const before = await evaluated()
    const answer = await node.api('POST', '/checks', { ...question, value: 'lost.example' })
    expect(answer.status).toBe(503)
    expect(answer.text).not.toContain('lost')
    Object.assign(asked, { remember })
    expect(await evaluated()).toBe(before)
    expect(await ask('lost.example')).toMatchObject({ answer: 'not-over' })
  })

  test('is by the FG alone, whose every access is entered and names nobody', async () => {
    for (const role of ['analyst', 'operator', 'auditor', 'admin']) {
      const token = await node.person(role, role)
      const body = { kind: 'host', value: 'both.example', proof: PROOF }
      expect((await node.api('POST', '/subjects/access', body, token)).status).toBe(403)
      expect((await node.api('GET', '/subjects', undefined, token)).status).toBe(403)
    }
    let name = ''
    const added = await node.adds(async () => {
      name = (await fg.access('both.example')).case.case
      await fg.access('both.example', { case: name })
    })
    const entry = { type: 'subject.opened', kind: 'host', reason: 'ACCESS' }
    expect(added).toMatchObject([entry, entry])
    expect(added[0]!.type === 'subject.opened' && added[0]!.txid).toBe(
      added[1]!.type === 'subject.opened' && added[1]!.txid,
    )
    expect(JSON.stringify(added)).not.toMatch(/both|counter|2026-0/)
    expect(await node.record(added[0]!)).toMatchObject({ proof: PROOF })
    expect(await node.record(added[1]!)).toMatchObject({ case: name })
  })

  test.each([
    ['BAD_REQUEST', {}],
    ['BAD_REQUEST', { proof: '  ' }],
    ['BAD_REQUEST', { proof: PROOF, case: '2026-0001' }],
    ['BAD_REQUEST', { proof: PROOF, received: '2199-01-01T00:00:00Z' }],
    ['BAD_REQUEST', { proof: PROOF, received: '2001-01-01T00:00:00Z' }],
    ['CASE_UNKNOWN', { case: '2026-9999' }],
    ['CASE_UNKNOWN', { case: '1999-0001' }],
    ['BAD_REQUEST', { case: '1' }],
  ])('%s for %j', async (code, more) => {
    const body = { kind: 'host', value: 'both.example', ...more }
    expect(await fg.refused('POST', '/subjects/access', body)).toBe(code)
  })

  test('that can’t be entered opens no case', async () => {
    const cases = () => node.ctx.store.cases.list({ open: false, limit: 99 })
    const before = (await cases()).length
    const audit = node.ctx.audit as { append: typeof node.ctx.audit.append }
    const { append } = audit
    audit.append = async () => {
      throw new ProtocolError('LOG_UNAVAILABLE')
    }
    const request = { kind: 'host', value: 'new.example', proof: PROOF }
    const { status } = await node.api('POST', '/subjects/access', request)
    audit.append = append
    expect([status, (await cases()).length]).toEqual([503, before])
  })

  test('of what is no identifier opens no case, and does not repeat it', async () => {
    const before = (await fg.cases(true)).length
    const body = { kind: 'host', value: 'secret one', proof: PROOF }
    const answer = await fg.send('POST', '/subjects/access', body)
    expect(answer.text).not.toContain('secret')
    expect(await fg.refused('POST', '/subjects/access', body)).toMatch(/^HOST_/)
    expect((await fg.cases(true)).length).toBe(before)
  })
})

describe('the index of what was asked', () => {
  test('says nothing without its keys, and ends with its quarter', async () => {
    await ask('quarters.example')
    const [before] = await node.ctx.purposeKeys.list()
    federation.clock.ahead = 100 * 86_400_000
    await ask('quarters.example')
    const told = await fg.access('quarters.example')
    expect(told.queries).toHaveLength(2)
    expect(told.periods).toHaveLength(2)
    // By the master key alone no row is found.
    const { store, vault, purposeKeys } = node.ctx
    const index = vault.blindIndex('host', 'quarters.example').subarray(0, 16)
    expect(await store.asked.find(index)).toEqual([])

    await node.live.node.home.periodKeys.erase(before!.period)
    const left = await fg.access('quarters.example')
    expect(left.queries.map(({ txid }) => txid)).toEqual([told.queries[1]!.txid])
    expect(left.periods).toEqual([told.periods[1]])
    expect((await store.asked.periods()).map((name) => name.slice(0, 6))).toEqual(told.periods)
    await forgetErased(node.ctx)
    expect((await store.asked.periods()).map((name) => name.slice(0, 6))).toEqual(left.periods)
    expect(await purposeKeys.list()).toHaveLength(1)
  })

  test('outlives a restart', async () => {
    await node.restart()
    await ask('quarters.example')
    expect((await fg.access('quarters.example')).queries).toHaveLength(2)
  })

  test('of an older release, by the quarter, answers until that ends', async () => {
    const { store, vault } = node.ctx
    const { paths, periodKeys } = node.live.node.home
    const older = openPeriodKeys(join(paths.periods, 'index'), systemRandom, /^(.*)\.key$/)
    const key = await older.create('2026Q1.fraude-onderzoek')
    const blind = hmacSha256(key, vault.blindIndex('host', 'older.example')).subarray(0, 16)
    const { txid } = await ask('new.example')
    await store.asked.remember('2026Q1', txid, [blind])
    await store.asked.remember('2025Q4', txid, [blind.toReversed()])
    await forgetErased(node.ctx)
    expect((await store.asked.periods()).slice(0, -1)).toEqual(['2026Q1'])
    const told = await fg.access('older.example')
    expect(told).toMatchObject({ queries: [{ txid }], periods: ['2026Q1', expect.anything()] })
    await periodKeys.erase('2026Q1')
    await forgetErased(node.ctx)
    expect(await store.asked.periods()).toHaveLength(1)
    expect((await fg.access('older.example')).queries).toEqual([])
  })

  test('takes nothing on a day whose key is gone, and makes no other key', async () => {
    const { purposeKeys } = node.ctx
    for (const of of await purposeKeys.list()) await purposeKeys.erase(of)
    await node.restart()
    const body = { ...question, value: 'late.example' }
    const { status, json } = await node.api('POST', '/checks', body)
    expect([status, json]).toMatchObject([503, { code: 'LOG_UNAVAILABLE' }])
    expect(await node.ctx.purposeKeys.list()).toEqual([])
    federation.clock.ahead += 86_400_000
    await ask('late.example')
  })
})

describe('the begin of a case that is cut off behind its entry', () => {
  const about = { kind: 'host', value: 'opening.example', proof: PROOF }
  const opened = async () =>
    (await node.entries()).filter(({ type }) => type === 'subject.opened').length
  const cutOff = async (name: 'open' | 'set') => {
    if (name === 'open') failing(node.ctx.store.cases, name)
    else {
      // Of the case itself the store knows.
      const open = bend(node.ctx.store.cases, 'open', (honest) => async (entry) => {
        const number = await honest(entry)
        failing(node.ctx.store.meta, 'set')
        open()
        return number
      })
    }
    expect((await fg.send('POST', '/subjects/access', about)).status).toBe(503)
  }

  test.each(['open', 'set'] as const)('is one when the node starts: %s', async (name) => {
    const [cases, before] = [(await fg.cases()).length, await opened()]
    await cutOff(name)
    await node.restart()
    const found = (await fg.cases()).slice(cases)
    expect(found).toMatchObject([{ type: 'access' }])
    const { case: of } = found[0]!
    expect(await fg.access(about.value, { case: of })).toMatchObject({ case: { case: of } })
    expect(await opened()).toBe(before + 2)
  })

  test('is one when the next comes', async () => {
    const before = (await fg.cases()).length
    await cutOff('open')
    await fg.access(about.value)
    expect(await fg.cases()).toHaveLength(before + 2)
  })
})

describe('an act that is cut off behind its entry', () => {
  type Act = Parameters<Fg['act']>[0]
  const flag = (value: string) => node.ctx.store.flags.get('host', indexOf(value))
  const indexOf = (value: string) => node.ctx.vault.blindIndex('host', value)
  const acts = async () =>
    (await node.entries()).filter(({ type }) => type === 'bezwaar' || type === 'correction').length
  const cutOff = async (act: Act, value: string, more: object, at: () => void) => {
    at()
    const body = { kind: 'host', value, ...more }
    expect((await fg.send('POST', `/subjects/${act}`, body)).status).toBe(503)
  }

  test('is done when the node starts, once', async () => {
    const values = ['object', 'erase', 'rectify'].map((name) => `${name}-cut.example`)
    await node.flag(values)
    const [objected, erased, rectified] = values as [string, string, string]
    const before = await acts()
    const { flags } = node.ctx.store
    // Of one kind there is one at a time: what came before the next is done with that.
    await cutOff('objection', objected, { proof: PROOF }, () => failing(flags, 'object'))
    await cutOff('erasure', erased, { proof: PROOF }, () => failing(flags, 'erase'))
    expect((await flag(objected))?.state).toBe('bezwaar')
    expect((await flag(erased))?.state).toBe('active')
    const more = { proof: PROOF, replacement: 'right-cut.example', reports: 3 }
    await cutOff('rectification', rectified, more, () => failing(flags, 'rectify'))
    expect(await flag(erased)).toBeNull()
    await node.restart()
    expect(await flag(rectified)).toMatchObject({ withdrawnReason: 'rectified' })
    expect(await flag('right-cut.example')).toMatchObject({ state: 'active', reports: 3 })
    expect(await acts()).toBe(before + 3)
    const open = (await fg.cases()).at(-3)!
    await cutOff('lift', objected, { case: open.case }, () => failing(node.ctx.store.flags, 'lift'))
    await finishActs(node.ctx, node.live.node.sessions.intersections)
    expect((await flag(objected))?.state).toBe('active')
    // What was begun stays no longer than that.
    await fg.act('objection', objected)
    await node.restart()
    await fg.act('lift', objected, { case: (await fg.cases()).at(-1)!.case })
    await node.restart()
    expect((await flag(objected))?.state).toBe('active')
  })

  test('is not done again when it was done, and what came after it stays', async () => {
    const value = 'done-once.example'
    await node.flag([value])
    // No room for one more note behind what was done.
    const restore = bend(node.ctx.store.meta, 'set', (set) => (key, text) => {
      const ends = key === 'act-begun/host' && text === ''
      return ends ? Promise.reject(new ProtocolError('STORE_FAILED')) : set(key, text)
    })
    await fg.send('POST', '/subjects/objection', { kind: 'host', value, proof: PROOF })
    restore()
    expect((await flag(value))?.state).toBe('bezwaar')
    await node.ctx.store.flags.lift('host', indexOf(value))
    await finishActs(node.ctx, node.live.node.sessions.intersections)
    expect((await flag(value))?.state).toBe('active')
  })

  test('is not done where it was not entered', async () => {
    const value = 'unentered-cut.example'
    await node.flag([value])
    const told = await fg.access(value)
    await cutOff('objection', value, { case: told.case.case }, () => {
      failing(node.ctx.audit, 'append')
    })
    await node.restart()
    expect((await flag(value))?.state).toBe('active')
  })
})

describe('the end of a case that is cut off behind its entry', () => {
  const closed = async () =>
    (await node.entries()).filter(({ type }) => type === 'subject.closed').length
  const cutOff = async () => {
    const told = await fg.access('closing.example')
    failing(node.ctx.store.cases, 'close')
    const path = `/subjects/${told.case.case}/closing`
    expect((await fg.send('POST', path, { outcome: 'withdrawn' })).status).toBe(503)
    return { name: told.case.case, path }
  }
  const letter = async (name: string) => (await fg.send('GET', `/subjects/${name}`)).json

  test.each(['when the node starts', 'when it is looked at'])('is one %s', async (when) => {
    const before = await closed()
    const { name, path } = await cutOff()
    if (when === 'when the node starts') {
      await node.restart()
      expect((await fg.cases()).map((one) => one.case)).not.toContain(name)
    }
    expect(await letter(name)).toMatchObject({ case: { outcome: 'withdrawn' } })
    // It is not closed otherwise after that.
    expect(await fg.refused('POST', path, { outcome: 'refused' })).toBe('CASE_CLOSED')
    expect(await closed()).toBe(before + 1)
  })
})
