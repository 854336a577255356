/** Intersections between two nodes, as their people see them and as their logs tell. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { accept, bring, ended, hosts, items, propose, psiEntries, shown } from './world.ts'

let federation: Federation
let bank: Member
let telecom: Member

beforeAll(async () => {
  federation = await Federation.open({ intersections: true, background: false })
  bank = federation.member('bank-a')
  telecom = federation.member('telecom')
  await bank.flag(hosts(0, 30))
  await telecom.flag(hosts(20, 60))
})

afterAll(() => federation?.close())

describe('two lists', () => {
  it('of flags, to both', async () => {
    const { id, state } = await propose(bank, { case: 'Z-1' })
    expect(state).toBe('proposed')
    expect(await shown(telecom, id)).toMatchObject({
      side: 'partner',
      state: 'proposed',
      own: null,
    })
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
    expect(ours).toMatchObject({ side: 'proposer', own: 30, case: 'Z-1' })
    const common = hosts(20, 30).map((value) => ({ row: 0, value }))
    expect(await items(bank, id)).toEqual(common)
    expect(await items(telecom, id)).toEqual(common)
    const logs = await Promise.all([bank, telecom].map((member) => psiEntries(member, id)))
    for (const [i, log] of logs.entries()) {
      expect(log.map(({ type }) => type)).toEqual(['psi.intent', 'psi.result'])
      expect(log).toMatchObject([
        { parties: [['telecom'], ['bank-a']][i], protocol: 'psi-ecdh', sizeBucket: 64 },
        { status: 'answered' },
      ])
    }
    expect(logs[0]![0]).toMatchObject({ digest: (logs[1]![0] as { digest: string }).digest })
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
    expect(ours).toMatchObject({ own: 11, protocol: 'ot', why: 'ASKED', state: 'done' })
    expect(ours.result).toEqual({ learned: 'items', size: 5 })
    expect(theirs).toMatchObject({ state: 'done', result: { learned: 'nothing' } })
    const common = hosts(20, 25).map((value, i) => ({ row: 7 + i, value }))
    expect(await items(bank, id)).toEqual(common)
    expect(await items(telecom, id)).toEqual([])
    expect(await psiEntries(bank, id)).toMatchObject([
      { protocol: 'psi-ot' },
      { status: 'answered' },
    ])
  })

  it('only their size, to the partner alone or both', async () => {
    const { id } = await propose(bank, { output: 'size' })
    await accept(telecom, id)
    for (const member of [bank, telecom]) {
      const { result } = await ended(member, id)
      expect(result).toEqual({ learned: 'size', size: 10 })
      expect(await items(member, id)).toEqual([])
    }
  })
})
