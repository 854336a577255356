/** Intersections between two nodes, as their people see them and as their logs tell. */

import type { Convenant } from '@drempel/protocol/convenant'
import { fromBase64 } from '@drempel/protocol/encoding'
import { parseEvent } from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { Fg } from '../subject/world.ts'
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

let federation: Federation
let bank: Member
let bankB: Member
let telecom: Member

/** Beside what is drafted: one that nodes consent to, of few runs and results, and one of four eyes. */
function amend(convenant: Convenant): Convenant {
  const [drafted] = convenant.intersections!
  const terms = { ...drafted!, to: ['proposer', 'partner', 'both'] as const }
  const least = { least: 5, most: 2_000 }
  return {
    ...convenant,
    intersections: [
      {
        ...terms,
        sizes: { proposer: least, partner: least },
        maxResult: null,
        quota: { perPair: 100, perList: 100, days: 30 },
      },
      {
        ...terms,
        id: 'vanzelf',
        consent: 'policy',
        maxResult: 9,
        quota: { perPair: 3, perList: 2, days: 30 },
      },
      { ...terms, id: 'vier-ogen', fourEyes: true },
    ],
  }
}

const POLICY = `intersections:
  - { purpose: vanzelf, from: bank-a, do: accept }
  - { purpose: vanzelf, do: refuse }
`

beforeAll(async () => {
  federation = await Federation.open({
    intersections: true,
    background: false,
    amend,
    config: (id) => (id === 'telecom' ? POLICY : ''),
  })
  bank = federation.member('bank-a')
  bankB = federation.member('bank-b')
  telecom = federation.member('telecom')
  await bank.flag(hosts(0, 30))
  await telecom.flag(hosts(20, 60))
})

afterAll(() => federation?.close())

describe('two lists', () => {
  it('of flags, to both', async () => {
    const { id, state } = await propose(bank, { case: 'Z-1' })
    expect(state).toBe('proposed')
    expect(await shown(telecom, id)).toMatchObject({ side: 'partner', state, own: null })
    expect(await accept(telecom, id)).toMatchObject({ status: 200 })
    const [ours, theirs] = await Promise.all([ended(bank, id), ended(telecom, id)])
    for (const one of [ours, theirs]) {
      expect(one).toMatchObject({
        state: 'done',
        protocol: 'ecdh',
        why: 'SMALL_LISTS',
        sizes: { proposer: 32, partner: 40 },
        result: { learned: 'items', size: 10 },
      })
    }
    expect(ours).toMatchObject({ side: 'proposer', own: 30, source: 'flags', case: 'Z-1' })
    expect(theirs).toMatchObject({ side: 'partner', own: 40, case: null })
    const common = hosts(20, 30).map((value) => ({ row: 0, value }))
    expect(await items(bank, id)).toEqual(common)
    expect(await items(telecom, id)).toEqual(common)
  })

  it('leaves one agreement in both logs, and the result in neither', async () => {
    const { id } = await propose(bank)
    await accept(telecom, id)
    await Promise.all([ended(bank, id), ended(telecom, id)])
    const logs = await Promise.all([bank, telecom].map((member) => psiEntries(member, id)))
    const digests = logs.map(([intent]) => (intent as { digest: string }).digest)
    for (const [i, log] of logs.entries()) {
      const member = [bank, telecom][i]!
      const other = [telecom, bank][i]!
      expect(log).toMatchObject([
        { type: 'psi.intent', role: ['asker', 'partner'][i], parties: [other.id] },
        { type: 'psi.result', status: 'answered', peerCheckpoints: [{}] },
      ])
      for (const entry of log) {
        expect(entry).toMatchObject({ protocol: 'psi-ecdh', sizeBucket: 64, digest: digests[0] })
        expect(JSON.stringify(entry)).not.toContain('"result"')
      }
      const origin = (log[1] as { peerCheckpoints: { origin: string }[] }).peerCheckpoints[0]!
      expect(origin.origin).toContain(other.id)
      const record = await member.record(log[0]!)
      expect(record).toMatchObject({ proposal: { body: { id } }, acceptance: { body: { id } } })
      expect(record).toMatchObject({ people: [{ name: 'first-admin' }] })
      expect(await member.record(log[1]!)).toMatchObject({ result: { size: 10 } })
      const { json } = await member.api('GET', `/receipts/${id}`)
      const { leaf } = json as { leaf: string }
      expect(parseEvent(fromBase64(leaf))).toMatchObject({ type: 'psi.result', txid: id })
    }
  })

  it('by ot, of a file and of flags, to the proposer alone', async () => {
    const input = await bring(bank, [
      ...hosts(15, 25),
      'HOST-15.example.net',
      'host-99.example.net',
    ])
    const { id } = await propose(bank, { input, protocol: 'ot', to: 'proposer' })
    await accept(telecom, id)
    const [ours, theirs] = await Promise.all([ended(bank, id), ended(telecom, id)])
    expect(ours).toMatchObject({ own: 11, source: 'list', protocol: 'ot', why: 'ASKED' })
    expect(ours).toMatchObject({ state: 'done', result: { learned: 'items', size: 5 } })
    expect(theirs).toMatchObject({ state: 'done', result: { learned: 'nothing' } })
    const common = hosts(20, 25).map((value, i) => ({ row: 7 + i, value }))
    expect(await items(bank, id)).toEqual(common)
    expect(await items(telecom, id)).toEqual([])
    expect(await psiEntries(bank, id)).toMatchObject([{ protocol: 'psi-ot' }, {}])
    // A list is used once.
    expect(await tried(bank, { input })).toMatchObject({ json: { code: 'LIST_UNKNOWN' } })
  })

  it.each(['ecdh', 'ot'] as const)('to the partner alone, by %s', async (protocol) => {
    const { id } = await propose(bank, { to: 'partner', protocol })
    await accept(telecom, id, await bring(telecom, hosts(28, 40)))
    expect(await ended(bank, id)).toMatchObject({ result: { learned: 'nothing' } })
    expect(await ended(telecom, id)).toMatchObject({ result: { learned: 'items', size: 2 } })
    expect(await items(bank, id)).toEqual([])
    expect((await items(telecom, id)).map(({ value }) => value)).toEqual(hosts(28, 30))
  })

  it('only their size', async () => {
    const { id } = await propose(bank, { output: 'size' })
    await accept(telecom, id)
    for (const member of [bank, telecom]) {
      expect(await ended(member, id)).toMatchObject({
        ...{ why: 'SIZE_ONLY', result: { learned: 'size', size: 10 } },
      })
      expect(await items(member, id)).toEqual([])
    }
  })

  it('with nothing in common, and with all', async () => {
    const run = async (theirs: readonly string[]) => {
      const { id } = await propose(bank, { input: await bring(bank, hosts(100, 110)) })
      await accept(telecom, id, await bring(telecom, theirs))
      const { result } = await ended(bank, id)
      return result
    }
    expect(await run(hosts(110, 120))).toEqual({ learned: 'items', size: 0 })
    expect(await run(hosts(90, 120))).toEqual({ learned: 'items', size: 10 })
  })

  it('is told to the person behind an item that came out, and to no other', async () => {
    const { id } = await propose(bank, { input: await bring(bank, hosts(45, 55)), to: 'proposer' })
    await accept(telecom, id)
    await Promise.all([ended(bank, id), ended(telecom, id)])
    const [ours, theirs] = await Promise.all([Fg.at(bank), Fg.at(telecom)])
    const { intersections, queries } = await ours.access('HOST-50.example.net')
    expect(queries).toEqual([])
    expect(intersections).toMatchObject([
      { txid: id, purpose: 'lijsten-vergelijken', with: 'telecom', protocol: 'psi-ecdh' },
    ])
    const [found] = intersections
    expect(found!.entries.map(({ type }) => type)).toEqual(['psi.intent', 'psi.result'])
    for (const { receipt } of found!.entries) expect(receipt).toContain('c2sp.org/tlog-proof')
    // The other side did not learn it, and a list is not what came out of it.
    expect((await theirs.access('host-50.example.net')).intersections).toEqual([])
    expect((await ours.access('host-3.example.net')).intersections).toEqual([])
    const both = (await theirs.access('host-25.example.net')).intersections
    expect(both.map((one) => one.with)).toContain('bank-a')
    expect(both.every(({ entries }) => entries.length === 2)).toBe(true)
  })

  it('drops both lists afterwards', async () => {
    // Behind the end that others see.
    for (const member of [bank, telecom]) {
      const lists = async () => {
        const names = await member.ctx.store.psi.partsBefore(Number.MAX_SAFE_INTEGER)
        return names.filter((name) => name.startsWith('list/'))
      }
      await expect.poll(lists).toEqual([])
    }
  })
})

describe('a node that consents by itself', () => {
  const ask = { purpose: 'vanzelf' } as const

  it('does so for whom it may, and shows a bucket of what is too many', async () => {
    const { id } = await propose(bank, ask)
    for (const member of [bank, telecom]) {
      expect(await ended(member, id)).toMatchObject({
        state: 'done',
        result: { learned: 'bucket', atMost: 16 },
      })
      expect(await items(member, id)).toEqual([])
      expect(await psiEntries(member, id)).toMatchObject([{}, { status: 'suppressed' }])
    }
    expect(await shown(telecom, id)).toMatchObject({ people: [] })
    const size = await propose(bank, {
      ...ask,
      output: 'size',
      input: await bring(bank, hosts(0, 29)),
    })
    expect(await ended(bank, size.id)).toMatchObject({ result: { learned: 'size', size: 9 } })
  })

  it('no more often than one list may be used, nor than the pair may', async () => {
    // Of the other's flags this would be the third time.
    const third = await propose(bank, { ...ask, input: await bring(bank, hosts(0, 28)) })
    await expect
      .poll(() => psiEntries(telecom, third.id))
      .toMatchObject([{ type: 'psi.refused', reason: 'LIST_QUOTA_EXCEEDED' }])
    // It was refused by what the node decides by itself: a person may look at it, or drop it.
    expect(await refuse(bank, third.id)).toMatchObject({ status: 200 })
    await telecom.flag(['one-more.example.net'])
    const last = await propose(bank, { ...ask, input: await bring(bank, hosts(0, 27)) })
    expect(await ended(bank, last.id)).toMatchObject({ state: 'done' })
    const fourth = await propose(bank, { ...ask, input: await bring(bank, hosts(0, 26)) })
    await expect
      .poll(() => psiEntries(telecom, fourth.id))
      .toMatchObject([{ reason: 'PAIR_QUOTA_EXCEEDED' }])
  })

  it('and refuses whom its settings say', async () => {
    const { id } = await propose(bankB, { ...ask, input: await bring(bankB, hosts(0, 9)) })
    for (const member of [bankB, telecom]) {
      expect(await ended(member, id)).toMatchObject({
        ...{ state: 'refused', reason: 'REFUSED_BY_POLICY' },
      })
      expect(await psiEntries(member, id)).toMatchObject([
        { type: 'psi.refused', reason: 'REFUSED_BY_POLICY' },
      ])
    }
  })
})

describe('people', () => {
  it('refuse for good, and withdraw', async () => {
    const { id } = await propose(bank)
    expect(await refuse(telecom, id)).toMatchObject({ json: { state: 'refused' } })
    expect(await ended(bank, id)).toMatchObject({ reason: 'REFUSED_BY_PERSON', culprit: 'telecom' })
    expect(await accept(telecom, id)).toMatchObject({ json: { code: 'PSI_WRONG_STATE' } })
    const own = await propose(bank)
    expect(await refuse(bank, own.id)).toMatchObject({ json: { reason: 'WITHDRAWN' } })
    expect(await ended(telecom, own.id)).toMatchObject({ state: 'refused', reason: 'WITHDRAWN' })
  })

  it('are two on each side where the purpose asks that', async () => {
    const second = await bank.person('second', 'analyst')
    const theirs = await telecom.person('second', 'operator')
    const { id, state } = await propose(bank, { purpose: 'vier-ogen' })
    expect(state).toBe('drafted')
    expect(await telecom.api('GET', `/psi/${id}`)).toMatchObject({ status: 404 })
    expect(await accept(bank, id, null)).toMatchObject({ json: { code: 'DUAL_CONTROL' } })
    // The second person comes later, and the partner still takes it for new.
    federation.clock.ahead += 3_600_000
    expect(await accept(bank, id, null, second)).toMatchObject({ json: { state: 'proposed' } })
    expect(await accept(telecom, id)).toMatchObject({ json: { state: 'proposed' } })
    expect(await accept(telecom, id, null)).toMatchObject({ json: { code: 'DUAL_CONTROL' } })
    expect(await accept(telecom, id, 'flags', theirs)).toMatchObject({
      json: { code: 'BAD_REQUEST' },
    })
    expect(await accept(telecom, id, null, theirs)).toMatchObject({ status: 200 })
    for (const member of [bank, telecom]) {
      expect(await ended(member, id)).toMatchObject({
        ...{ state: 'done', people: ['first-admin', 'second'] },
      })
      const [intent] = await psiEntries(member, id)
      expect(intent).toMatchObject({ approvalCommit: expect.stringMatching(/^[0-9a-f]{64}$/) })
    }
  })

  it('need the role', async () => {
    const { id } = await propose(bank)
    const fg = await telecom.person('fg', 'fg')
    const operator = await telecom.person('op', 'operator')
    expect(await accept(telecom, id, 'flags', fg)).toMatchObject({ status: 403 })
    expect(await telecom.api('GET', '/psi', undefined, fg)).toMatchObject({ status: 403 })
    expect(await tried(telecom, { partner: 'bank-a' }, operator)).toMatchObject({ status: 403 })
    expect(await accept(telecom, id, 'flags', operator)).toMatchObject({ status: 200 })
    await ended(telecom, id)
    // Who consents for the partner need not see what came out.
    const seen = await telecom.api('GET', `/psi/${id}/items`, undefined, operator)
    expect(seen.status).toBe(403)
  })
})

describe('the convenant', () => {
  it.each([
    [{ purpose: 'fraude-onderzoek' }, 'UNKNOWN_PURPOSE'],
    [{ partner: 'nobody' }, 'NOT_A_MEMBER'],
    [{ partner: 'bank-a' }, 'PARTNER_NOT_ALLOWED'],
    [{ kind: 'iban' }, 'UNKNOWN_KIND'],
  ] as const)('refuses %o, and the log says so', async (asked, code) => {
    const before = (await bank.entries()).length
    expect(await tried(bank, asked)).toMatchObject({ status: 403, json: { at: code } })
    const [entry, ...rest] = (await bank.entries()).slice(before)
    expect(entry).toMatchObject({ type: 'psi.refused', role: 'asker', reason: code })
    expect(rest).toEqual([])
    expect(JSON.stringify(entry)).not.toMatch(/nobody/)
  })

  it('refuses a list that is too small on either side, and what was brought is gone', async () => {
    const small = await bring(bank, hosts(0, 4))
    expect(await tried(bank, { input: small })).toMatchObject({ json: { at: 'LIST_TOO_SMALL' } })
    const { id } = await propose(bank)
    const theirs = await bring(telecom, hosts(0, 4))
    expect(await accept(telecom, id, theirs)).toMatchObject({ json: { at: 'LIST_TOO_SMALL' } })
    expect(await psiEntries(telecom, id)).toMatchObject([{ reason: 'LIST_TOO_SMALL' }])
    // The proposal still waits for a better one.
    expect(await accept(telecom, id)).toMatchObject({ status: 200 })
    expect(await ended(bank, id)).toMatchObject({ state: 'done' })
  })
})

describe('time', () => {
  it('ends proposals, results and lists that nobody took', async () => {
    const { id } = await propose(bank)
    const done = await propose(bank, { purpose: 'vier-ogen' })
    await bring(bank, hosts(0, 5), 'left-behind')
    const { intersections } = bank.live.node.sessions
    const { tidyIntersections } = await import('@drempel/node/internal/sessions')
    federation.clock.ahead += 7 * 86_400_000 + 60_000
    await tidyIntersections(bank.ctx, intersections)
    expect(await shown(bank, id)).toMatchObject({ state: 'failed', reason: 'PSI_EXPIRED' })
    expect(await shown(bank, done.id)).toMatchObject({ state: 'failed', reason: 'PSI_EXPIRED' })
    const names = await bank.ctx.store.psi.partsBefore(Number.MAX_SAFE_INTEGER)
    expect(names.filter((name) => name.startsWith('list/'))).toEqual([])
    expect(names.length).toBeGreaterThan(0)
    federation.clock.ahead += 84 * 86_400_000
    await tidyIntersections(bank.ctx, intersections)
    expect(await bank.ctx.store.psi.partsBefore(Number.MAX_SAFE_INTEGER)).toEqual([])
  })
})
