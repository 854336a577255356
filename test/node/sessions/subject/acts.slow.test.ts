/** Objection, rectification and erasure, in the rounds after them; cases and their terms. */

import { addMonths } from '@drempel/node/internal/sessions'
import { ProtocolError } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Entry, Member } from '../../kit/member.ts'
import { Fg, PROOF } from './world.ts'

const DAY = 86_400_000
const NAMES = ['object', 'erase', 'rectify', 'fields', 'kept', 'right'].map((n) => `${n}.example`)
const [OBJECT, ERASE, RECTIFY, FIELDS, KEPT, RIGHT] = NAMES as [
  ...[string, string, string, string, string, string],
]

let federation: Federation
let node: Member
let fg: Fg

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }], minList: 1 })
  node = federation.member('bank-a')
  fg = await Fg.at(node)
  await node.generateKey()
  await node.flag([OBJECT, ERASE, RECTIFY, FIELDS, KEPT])
  await federation.member('bank-b').flag(NAMES)
  await federation.member('telecom').flag(['telecom.example'])
  await federation.member('platform').flag(['platform.example'])
})

afterAll(() => federation.close())

/** What is over two, after a round. */
async function over(): Promise<string[]> {
  const round = await node.round()
  expect(round).toMatchObject({ state: 'published' })
  const partner = federation.member('bank-b')
  // The node that leads has published before the others have heard.
  const row = () => partner.ctx.store.rounds.get(round.round)
  await expect.poll(row).toMatchObject({ state: 'published' })
  const { json } = await partner.api('GET', '/flags?kind=host&rule=host-t2')
  const { flags } = json as { flags: { value: string; over: boolean }[] }
  return flags.filter((flag) => flag.over).map(({ value }) => value)
}

async function flagOf(value: string) {
  const { flag } = await fg.access(value)
  return flag
}

const said = (entries: readonly Entry[]) =>
  entries.map((entry) => [entry.type, 'reason' in entry ? entry.reason : null])

describe('at a data subject’s request', () => {
  test('a flag leaves the next round, by each of the three', async () => {
    expect(await over()).toEqual([OBJECT, ERASE, RECTIFY, FIELDS, KEPT])
    const added = await node.adds(async () => {
      expect(await fg.act('objection', OBJECT)).toMatchObject({ found: true })
      expect(await fg.act('erasure', ERASE)).toMatchObject({ found: true })
      const instead = { proof: PROOF, replacement: RIGHT, reports: 3 }
      expect(await fg.act('rectification', RECTIFY, instead)).toMatchObject({ found: true })
      const fields = { proof: PROOF, taxonomy: 'aankoop', expires: null }
      expect(await fg.act('rectification', FIELDS, fields)).toMatchObject({ found: true })
    })
    expect(said(added)).toEqual([
      ...[['subject.opened', 'OBJECTION'] as const, ['bezwaar', 'OBJECTION'] as const],
      ...[['subject.opened', 'ERASURE'] as const, ['correction', 'ERASURE'] as const],
      ...[['subject.opened', 'RECTIFICATION'] as const, ['correction', 'RECTIFICATION'] as const],
      ...[['subject.opened', 'RECTIFICATION'] as const, ['correction', 'RECTIFICATION'] as const],
    ])
    expect(JSON.stringify(added)).not.toMatch(/example|aankoop/)
    expect(await over()).toEqual([FIELDS, KEPT, RIGHT])
    expect(await flagOf(OBJECT)).toMatchObject({ state: 'bezwaar' })
    expect(await flagOf(ERASE)).toBeNull()
    expect(await flagOf(RECTIFY)).toMatchObject({
      state: 'withdrawn',
      withdrawnReason: 'rectified',
    })
    expect(await flagOf(RIGHT)).toMatchObject({ state: 'active', reports: 3 })
    expect(await flagOf(FIELDS)).toMatchObject({ state: 'active', taxonomy: 'aankoop', reports: 1 })
  })

  test('no import brings it back, in a later epoch either', async () => {
    federation.clock.ahead = 8 * DAY
    await node.generateKey()
    await node.flag([OBJECT, ERASE])
    expect(await flagOf(OBJECT)).toMatchObject({ state: 'bezwaar' })
    expect(await flagOf(ERASE)).toBeNull()
    expect(await over()).toEqual([FIELDS, KEPT, RIGHT])
  })

  test('it comes back when the FG lifts that, in the same case', async () => {
    const [objection, erasure] = await fg.cases()
    const entered = await node.adds(async () => {
      expect(await fg.act('lift', OBJECT, { case: objection!.case })).toMatchObject({ found: true })
      expect(await fg.act('lift', ERASE, { case: erasure!.case })).toMatchObject({ found: true })
      expect(await fg.act('lift', ERASE, { case: erasure!.case })).toMatchObject({ found: false })
    })
    expect(said(entered)).toEqual(entered.map(() => ['bezwaar', 'LIFTED']))
    await node.flag([ERASE])
    expect((await over()).sort()).toEqual([ERASE, FIELDS, KEPT, OBJECT, RIGHT].sort())
  })

  test('what the node does not have is not found, and entered all the same', async () => {
    for (const act of ['objection', 'erasure', 'rectification'] as const) {
      const more = act === 'rectification' ? { proof: PROOF, reports: 2 } : { proof: PROOF }
      const added = await node.adds(async () => {
        expect(await fg.act(act, 'nowhere.example', more)).toMatchObject({ found: false })
      })
      expect(added).toHaveLength(2)
    }
    // An erasure of nothing is no licence for later.
    await node.flag(['nowhere.example'])
    expect(await flagOf('nowhere.example')).toMatchObject({ state: 'active' })
  })

  test.each([
    ['BAD_REQUEST', { proof: PROOF }],
    ['BAD_REQUEST', { proof: PROOF, replacement: 'KEPT.example' }],
    ['BAD_FLAG', { proof: PROOF, taxonomy: 'no-such-code' }],
    ['BAD_FLAG', { proof: PROOF, evidence: 'hearsay' }],
    ['BAD_REQUEST', { proof: PROOF, reports: 0 }],
    ['HOST_IP', { proof: PROOF, replacement: '127.0.0.1' }],
  ])('a rectification is refused as %s for %j, and changes nothing', async (code, more) => {
    const before = await node.entries()
    const body = { kind: 'host', value: KEPT, ...more }
    expect(await fg.refused('POST', '/subjects/rectification', body)).toBe(code)
    expect(await node.entries()).toHaveLength(before.length)
    expect(await flagOf(KEPT)).toMatchObject({ state: 'active', taxonomy: 'unspecified' })
  })
})

describe('a case', () => {
  test('is due in a month, once extended in three, and closed once', async () => {
    const now = Date.now() + federation.clock.ahead
    const received = new Date(now - 10 * DAY).toISOString()
    const { case: opened } = await fg.access('case.example', { proof: PROOF, received })
    expect(opened).toMatchObject({ type: 'access', extended: false, outcome: null, proof: PROOF })
    expect(Date.parse(opened.dueAt)).toBe(addMonths(Date.parse(received), 1))
    expect(opened.daysLeft).toBeGreaterThanOrEqual(17)
    expect(opened.daysLeft).toBeLessThanOrEqual(21)
    const name = opened.case
    const added = await node.adds(async () => {
      const extended = await fg.extend(name, 'a secret reason')
      expect(Date.parse(extended.dueAt)).toBe(addMonths(Date.parse(received), 3))
    })
    expect(said(added)).toEqual([['subject.extended', 'ACCESS']])
    expect(JSON.stringify(added)).not.toContain('secret')
    const again = { reason: 'once more' }
    expect(await fg.refused('POST', `/subjects/${name}/extension`, again)).toBe('CASE_EXTENDED')
    const closing = await node.adds(async () => {
      expect(await fg.close(name, 'refused')).toMatchObject({ outcome: 'refused', daysLeft: null })
    })
    expect(closing).toMatchObject([{ type: 'subject.closed', status: 'refused' }])
    const close = { outcome: 'granted' }
    expect(await fg.refused('POST', `/subjects/${name}/closing`, close)).toBe('CASE_CLOSED')
    expect((await fg.cases()).map((open) => open.case)).not.toContain(name)
    expect((await fg.cases(true)).map((open) => open.case)).toContain(name)
    const body = { kind: 'host', value: 'case.example', case: name }
    expect(await fg.refused('POST', '/subjects/access', body)).toBe('CASE_CLOSED')
  })

  test('is about one identifier: its proof is of no other', async () => {
    const { case: of } = await fg.access('mine.example')
    const body = { kind: 'host', value: 'theirs.example', case: of.case }
    for (const act of ['access', 'objection', 'erasure', 'lift']) {
      const before = await node.entries()
      expect(await fg.refused('POST', `/subjects/${act}`, body)).toBe('BAD_REQUEST')
      expect(await node.entries()).toHaveLength(before.length)
    }
    expect(await fg.access('MINE.example', { case: of.case })).toMatchObject({ case: of })
  })

  test('that was extended in the log alone, before the node was killed, still can be, and once', async () => {
    const { case: of } = await fg.access('cut.example')
    const { cases } = node.ctx.store
    const bent = cases as { extend: typeof cases.extend }
    const { extend } = bent
    bent.extend = async () => {
      throw new ProtocolError('STORE_FAILED')
    }
    const cut = await node.adds(async () => {
      const { status } = await fg.send('POST', `/subjects/${of.case}/extension`, { reason: 'many' })
      expect(status).toBe(503)
    })
    bent.extend = extend
    expect(said(cut)).toEqual([['subject.extended', 'ACCESS']])
    federation.clock.ahead += 40 * DAY
    const added = await node.adds(async () => {
      expect(await fg.extend(of.case, 'many')).toMatchObject({ extended: true })
    })
    expect(added).toEqual([])
    federation.clock.ahead -= 40 * DAY
    await fg.close(of.case, 'granted')
  })

  test('can’t be extended once its month is over', async () => {
    const now = Date.now() + federation.clock.ahead
    const received = new Date(now - 40 * DAY).toISOString()
    const { case: late } = await fg.access('late.example', { proof: PROOF, received })
    expect(late.daysLeft).toBeLessThan(0)
    const extension = { reason: 'too late' }
    expect(await fg.refused('POST', `/subjects/${late.case}/extension`, extension)).toBe(
      'CASE_EXTENDED',
    )
    expect((await fg.cases())[0]?.case).toBe(late.case)
    const line = async () => {
      const { json } = await node.api('GET', '/doctor')
      const { checks } = json as { checks: { name: string; ok: boolean; next?: string }[] }
      return checks.find(({ name }) => name === 'data subjects')
    }
    expect(await line()).toMatchObject({ ok: false, next: 'drempel subject list' })
    await fg.close(late.case, 'granted')
    expect(await line()).toMatchObject({ ok: true })
  })

  test.each([
    ['2026-01-31T12:00:00Z', 1, '2026-02-28T23:59:59.999Z'],
    ['2028-01-31T12:00:00Z', 1, '2028-02-29T23:59:59.999Z'],
    ['2026-12-15T00:00:00Z', 1, '2027-01-15T23:59:59.999Z'],
    ['2026-11-30T23:59:59Z', 3, '2027-02-28T23:59:59.999Z'],
  ])('of %s ends after %i months at %s', (from, months, to) => {
    expect(new Date(addMonths(Date.parse(from), months)).toISOString()).toBe(to)
  })
})
