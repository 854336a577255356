/** How intersections end, are tried again, and are cut off by a new convenant. */

import { createDaily, tellEnds, tidyIntersections } from '@drempel/node/internal/sessions'
import { ProtocolError } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { bend, hold, moment } from '../../kit/bend.ts'
import type { Federation } from '../../kit/federation.ts'
import { eventually, type Member } from '../../kit/member.ts'
import { installAll, successorOf } from '../../kit/successor.ts'
import { takeOver } from './channels.ts'
import {
  accept,
  bring,
  ended,
  hosts,
  items,
  LIMITS,
  openThree,
  propose,
  psiEntries,
  refuse,
  runsOf,
  shown,
} from './world.ts'

let federation: Federation
let bank: Member
let bankB: Member
let telecom: Member

beforeAll(async () => {
  const opened = await openThree((terms) => [
    terms,
    { ...terms, id: 'vanzelf', consent: 'policy' },
    { ...terms, id: 'vier-ogen', fourEyes: true },
    { ...terms, id: 'zelden', quota: { perPair: 9, perList: 1, days: 30 } },
  ])
  ;({ federation, bank, bankB, telecom } = opened)
  await bank.flag(hosts(0, 30))
  await bankB.flag(hosts(0, 9))
  await telecom.flag(hosts(20, 60))
})
afterAll(() => federation?.close())

const cosigning = ({ ctx }: Member) => ctx.witnessing.cosigning as { ready(): Promise<void> }

async function running(): Promise<string> {
  takeOver(telecom)
  const { id } = await propose(bank)
  await accept(telecom, id)
  return id
}

describe('the other side', () => {
  it('says why in one of a few words, which both show and keep', async () => {
    const id = await running()
    await refuse(telecom, id)
    expect(await ended(bank, id)).toMatchObject({
      ...{ reason: 'PSI_ENDED', culprit: 'telecom', cause: 'STOPPED' },
    })
    const entries = await psiEntries(bank, id)
    expect(entries).toMatchObject([{}, { status: 'failed', reason: 'PSI_ENDED' }])
    expect(await bank.record(entries[1]!)).toMatchObject({ cause: 'STOPPED' })
  })

  it('has no other words', async () => {
    const id = await running()
    for (const reason of ['NL91ABNA0417164300', 'LIST_QUOTA_EXCEEDED', 'PSI_STOPPED']) {
      const end = { id, refused: false, reason }
      await expect(telecom.ctx.call('bank-a', 'psi/end', end)).rejects.toMatchObject({
        at: 'BAD_REQUEST',
      })
    }
    expect(await shown(bank, id)).toMatchObject({ state: 'running' })
    await refuse(bank, id)
    expect(await ended(telecom, id)).toMatchObject({ cause: 'STOPPED', culprit: 'bank-a' })
  })

  it('that is slow to begin holds up its own session only', async () => {
    const held = Promise.withResolvers<void>()
    let waits = 0
    bend(cosigning(bank), 'ready', (honest) => () => (waits++ === 0 ? held.promise : honest()))
    const [slow, quick] = [await propose(bank), await propose(bank)]
    const first = accept(telecom, slow.id)
    await eventually(async () => (waits > 0 ? true : undefined))
    await accept(telecom, quick.id)
    expect(await ended(bank, quick.id)).toMatchObject({ state: 'done' })
    expect(await shown(bank, slow.id)).toMatchObject({ state: 'proposed' })
    held.resolve()
    await first
    expect(await ended(bank, slow.id)).toMatchObject({ state: 'done' })
  })

  it('brings one acceptance twice at once, and it begins once', async () => {
    bend(telecom.ctx, 'call', (honest) => async (...given) => {
      if (given[1] !== 'psi/accept') return honest(...given)
      const [answer] = await Promise.all([honest(...given), honest(...given)])
      return answer
    })
    const { id } = await propose(bank)
    expect(await accept(telecom, id)).toMatchObject({ status: 200 })
    expect(await ended(bank, id)).toMatchObject({ state: 'done' })
    const types = (await psiEntries(bank, id)).map(({ type }) => type)
    expect(types).toEqual(['psi.intent', 'psi.result'])
  })
})

describe('an end that comes', () => {
  const stop = (id: string) =>
    telecom.ctx.call('bank-a', 'psi/end', { id, refused: false, reason: 'STOPPED' })

  it('while the agreement is entered is entered after it', async () => {
    const entering = hold(
      bank.ctx.audit,
      'append',
      ({ type }: { type: string }) => type === 'psi.intent',
    )
    const { id } = await propose(bank)
    const accepted = accept(telecom, id)
    await entering.reached
    const stopped = stop(id)
    await Promise.race([stopped, moment()])
    entering.release()
    await Promise.all([accepted, stopped])
    expect(await ended(bank, id)).toMatchObject({ state: 'failed' })
    const entries = await psiEntries(bank, id)
    expect(entries).toMatchObject([{ type: 'psi.intent' }, { type: 'psi.result' }])
    expect(runsOf(bank).find(id)).toBeUndefined()
    await ended(telecom, id)
  })

  it('while the session is agreed to leaves nothing that runs and is not counted', async () => {
    const failing = hold(
      bank.ctx.store.psi,
      'transition',
      (...[, , to]: [string, unknown, string]) => to === 'failed',
    )
    const { id } = await propose(bank)
    const stopped = stop(id)
    await failing.reached
    const accepted = accept(telecom, id)
    await Promise.race([accepted, moment()])
    expect(runsOf(bank).find(id)).toBeUndefined()
    failing.release()
    await Promise.all([accepted, stopped])
    expect(await ended(bank, id)).toMatchObject({ state: 'failed' })
    expect(await psiEntries(bank, id)).toEqual([])
    await ended(telecom, id)
  })
})

describe('a proposal whose answer never came', () => {
  it('waits at nobody for whom it is over', async () => {
    const ids: string[] = []
    const heal = bend(bank.ctx, 'call', (honest) => async (...given) => {
      const answer = await honest(...given)
      if (given[1] !== 'psi/propose') return answer
      ids.push((given[2] as { body: { id: string } }).body.id)
      throw new ProtocolError('PEER_TIMEOUT', { culprit: 'telecom' })
    })
    await expect(propose(bank)).rejects.toThrow('PEER_TIMEOUT')
    heal()
    const [id] = ids as [string]
    expect(await shown(bank, id)).toMatchObject({ state: 'failed', reason: 'PEER_TIMEOUT' })
    expect(await ended(telecom, id)).toMatchObject({ state: 'failed', reason: 'PSI_ENDED' })
  })
})

describe('a member that is down while the other ends a session', () => {
  const DAY = 24 * 3_600_000
  const untold = (member: Member) => member.ctx.store.psi.untold()
  /** What it hears while it is up again, of a node that was killed in between. */
  async function back(of: Member): Promise<void> {
    await telecom.restart()
    await of.restart()
    runsOf(telecom).limit(LIMITS)
    runsOf(of).limit(LIMITS)
    await tellEnds(telecom.ctx)
  }

  it('hears of an acceptance that it never got, and proposes again', async () => {
    const { id } = await propose(bankB)
    await bankB.stop()
    expect(await accept(telecom, id)).toMatchObject({ json: { code: 'PEER_UNREACHABLE' } })
    expect(await shown(telecom, id)).toMatchObject({ state: 'failed', reason: 'PEER_UNREACHABLE' })
    await tellEnds(telecom.ctx)
    expect(await untold(telecom)).toMatchObject([{ id }])
    await back(bankB)
    expect(await shown(bankB, id)).toMatchObject({
      ...{ state: 'failed', reason: 'PSI_ENDED', culprit: 'telecom', cause: 'OTHER' },
    })
    expect(await untold(telecom)).toEqual([])
    const again = await bankB.api('POST', `/psi/${id}/repetition`, {})
    expect(again).toMatchObject({ status: 201 })
    const second = (again.json as { id: string }).id
    await accept(telecom, second)
    expect(await ended(bankB, second)).toMatchObject({ state: 'done' })
  })

  it('hears of a refusal', async () => {
    const { id } = await propose(bankB)
    await bankB.stop()
    expect(await refuse(telecom, id)).toMatchObject({ json: { state: 'refused' } })
    await back(bankB)
    expect(await shown(bankB, id)).toMatchObject({
      ...{ state: 'refused', reason: 'REFUSED_BY_PERSON', culprit: 'telecom' },
    })
    expect(await untold(telecom)).toEqual([])
    // What both know is told no more, and what the other said is not said back.
    const calls: string[] = []
    for (const member of [bankB, telecom]) {
      bend(member.ctx, 'call', (honest) => (...given) => {
        calls.push(given[1])
        return honest(...given)
      })
      await tellEnds(member.ctx)
    }
    expect(calls).toEqual([])
  })

  it('is told again what it could not take, and no more what it does not know', async () => {
    const { id } = await propose(bankB)
    const busy = bankB.lie('psi/end', async () => {
      throw new ProtocolError('BUSY', { at: 'psi' })
    })
    await refuse(telecom, id)
    await tellEnds(telecom.ctx)
    expect(await untold(telecom)).toMatchObject([{ id }])
    busy()
    onTestFinished(
      bankB.lie('psi/end', async () => {
        throw new ProtocolError('PSI_UNKNOWN')
      }),
    )
    await tellEnds(telecom.ctx)
    expect(await untold(telecom)).toEqual([])
    await refuse(bankB, id)
  })

  it('is told for as long as it can wait for it', async () => {
    const { id } = await propose(bankB)
    await bankB.stop()
    await refuse(telecom, id)
    federation.clock.ahead += 6 * DAY
    await tellEnds(telecom.ctx)
    expect(await untold(telecom)).toMatchObject([{ id }])
    federation.clock.ahead += 1.1 * DAY
    await tellEnds(telecom.ctx)
    expect(await untold(telecom)).toEqual([])
    await bankB.restart()
    runsOf(bankB).limit(LIMITS)
    await tidyIntersections(bankB.ctx, runsOf(bankB))
    expect(await shown(bankB, id)).toMatchObject({ state: 'failed', reason: 'PSI_EXPIRED' })
  })
})

describe('consent', () => {
  it('of two people is not spent by what kept it from beginning', async () => {
    const [ours, theirs] = await Promise.all([
      bank.person('second', 'analyst'),
      telecom.person('second', 'operator'),
    ])
    const { id } = await propose(bank, { purpose: 'vier-ogen' })
    await accept(bank, id, null, ours)
    await accept(telecom, id)
    const fault = new ProtocolError('NOT_WITNESSED')
    const honest = bend(cosigning(telecom), 'ready', () => () => Promise.reject(fault))
    expect(await accept(telecom, id, null, theirs)).toMatchObject({
      json: { code: 'NOT_WITNESSED' },
    })
    honest()
    expect(await accept(telecom, id, 'flags', theirs)).toMatchObject({
      json: { code: 'BAD_REQUEST' },
    })
    expect(await accept(telecom, id, null, theirs)).toMatchObject({ status: 200 })
    expect(await ended(telecom, id)).toMatchObject({
      ...{ state: 'done', people: ['first-admin', 'second'] },
    })
  })

  it('of two people is none by a token that was revoked since', async () => {
    const revoke = (member: Member, token: string | undefined) =>
      member.api('DELETE', `/tokens/${token!.split('_')[1]}`)
    const [one, two] = await Promise.all([bank, telecom].map((m) => m.person('gone', 'analyst')))
    // What somebody proposed who is gone goes nowhere.
    const { id: never } = await propose(bank, { purpose: 'vier-ogen' }, one)
    const { id: late } = await propose(bank, { purpose: 'vier-ogen' }, one)
    expect((await accept(bank, late, null)).json).toMatchObject({ state: 'proposed' })
    await accept(telecom, late, 'flags', two)
    expect((await revoke(bank, one)).status).toBe(200)
    expect((await accept(bank, never, null)).json).toMatchObject({
      ...{ code: 'DUAL_CONTROL', at: 'revoked' },
    })
    // The place of one who is gone is another's to take, with a list.
    expect((await revoke(telecom, two)).status).toBe(200)
    const three = await telecom.person('third', 'analyst')
    expect((await accept(telecom, late, null)).json).toMatchObject({ code: 'BAD_REQUEST' })
    expect((await accept(telecom, late)).json).toMatchObject({
      ...{ state: 'proposed', people: ['first-admin'] },
    })
    // It went out before its proposer was gone, and begins no more.
    const { text } = await accept(telecom, late, null, three)
    expect(text).toContain('TWO_PEOPLE_REQUIRED')
    await refuse(telecom, late)
  })

  it('of a node that was busy comes when it is not any more', async () => {
    const busy = new ProtocolError('BUSY', { at: 'psi' })
    const free = bend(runsOf(telecom), 'claim', () => () => Promise.reject(busy))
    const { id } = await propose(bank, { purpose: 'vanzelf' })
    await tidyIntersections(telecom.ctx, runsOf(telecom))
    expect(await shown(telecom, id)).toMatchObject({ state: 'proposed' })
    free()
    await tidyIntersections(telecom.ctx, runsOf(telecom))
    expect(await ended(bank, id)).toMatchObject({ state: 'done' })
    expect(await psiEntries(telecom, id)).toHaveLength(2)
  })
})

describe('what failed', () => {
  it('is proposed again with one word and the same list, for a day', async () => {
    const input = await bring(bank, hosts(15, 25))
    const honest = takeOver(telecom)
    const { id } = await propose(bank, { input, to: 'proposer', case: 'Z-7' })
    await accept(telecom, id)
    await refuse(telecom, id)
    await ended(bank, id)
    honest()
    const again = () => bank.api('POST', `/psi/${id}/repetition`, {})
    const { status, json } = await again()
    expect(status).toBe(201)
    const second = json as { id: string }
    expect(second).toMatchObject({ state: 'proposed', own: 10, source: 'list', case: 'Z-7' })
    expect(second.id).not.toBe(id)
    await accept(telecom, second.id)
    expect(await ended(bank, second.id)).toMatchObject({ state: 'done', result: { size: 5 } })
    expect((await items(bank, second.id)).map(({ row }) => row)).toEqual([7, 8, 9, 10, 11])
    // Its list went with the second.
    expect(await again()).toMatchObject({ json: { code: 'LIST_UNKNOWN' } })
    const done = await bank.api('POST', `/psi/${second.id}/repetition`, {})
    expect(done).toMatchObject({ json: { code: 'PSI_WRONG_STATE', at: 'done' } })
    const theirs = await telecom.api('POST', `/psi/${id}/repetition`, {})
    expect(theirs).toMatchObject({ json: { code: 'PSI_WRONG_STATE' } })
  })

  it('after a byte came has spent its list, also when it is proposed again', async () => {
    // All frames of telecom's but the first of the protocol are lost.
    bend(telecom.ctx, 'connectChannel', (honest) => async (...given) => {
      const channel = await honest(...given)
      let left = 1
      bend(channel, 'send', (send) => async (step, payload) => {
        if (payload[0] !== 0 || left-- > 0) await send(step, payload)
      })
      return channel
    })
    const asked = { purpose: 'zelden', input: await bring(bank, hosts(0, 4)) }
    const { id } = await propose(bank, asked)
    await accept(telecom, id, await bring(telecom, hosts(0, 3)))
    for (const member of [bank, telecom]) {
      await eventually(async () => runsOf(member).find(id)?.link.bytesReceived || undefined)
    }
    await refuse(bank, id)
    for (const member of [bank, telecom]) {
      expect(await ended(member, id)).toMatchObject({ state: 'failed' })
    }
    const refused = { type: 'psi.refused', reason: 'LIST_QUOTA_EXCEEDED' }
    const again = (await bank.api('POST', `/psi/${id}/repetition`, {})).json as { id: string }
    await accept(telecom, again.id)
    expect(await ended(bank, again.id)).toMatchObject({ state: 'failed', reason: refused.reason })
    expect(await psiEntries(bank, again.id)).toMatchObject([refused])
    // Nor is the other's list compared with another one.
    const { id: other } = await propose(bank, { ...asked, input: await bring(bank, hosts(0, 5)) })
    const theirs = await accept(telecom, other, await bring(telecom, hosts(0, 3)))
    expect(theirs).toMatchObject({ json: { at: 'LIST_QUOTA_EXCEEDED' } })
    await refuse(bank, other)
  })

  it('leaves no list after that day', async () => {
    const { id } = await propose(bank, { input: await bring(bank, hosts(0, 9)) })
    const end = { id, refused: false, reason: 'OTHER' }
    await telecom.ctx.call('bank-a', 'psi/end', end)
    const parts = () => bank.ctx.store.psi.parts(`list/${id}`, { after: 0, limit: 1 })
    expect(await parts()).toHaveLength(1)
    federation.clock.ahead += 25 * 3_600_000
    await tidyIntersections(bank.ctx, runsOf(bank))
    expect(await parts()).toEqual([])
  })
})

describe('the logs of the two', () => {
  it('are compared every day, and one that lacks what was begun shows', async () => {
    const daily = new Map([bank, telecom].map((member) => [member, createDaily(member.ctx)]))
    const found = async (member: Member, after: number) => {
      federation.clock.ahead += after
      const added = await member.adds(() => daily.get(member)!.run())
      return added.filter(({ type }) => type === 'log.discrepancy')
    }
    await found(bank, 0)
    await found(telecom, 0)
    const { id } = await propose(bank)
    await accept(telecom, id)
    await Promise.all([ended(bank, id), ended(telecom, id)])
    // All sessions of this file, those that failed among them.
    expect(await found(bank, 25 * 3_600_000)).toEqual([])
    expect(await found(telecom, 0)).toEqual([])
    const second = await propose(bank)
    await accept(telecom, second.id)
    await Promise.all([ended(bank, second.id), ended(telecom, second.id)])
    const honest = bank.lie('log/shared', async (_from, _body, told) => {
      const { entries } = (await told()) as { entries: string[][] }
      return { entries: entries.map(() => []) }
    })
    onTestFinished(honest)
    const [entry] = await found(telecom, 25 * 3_600_000)
    expect(entry).toMatchObject({ reason: 'ONE_SIDED', parties: ['bank-a'] })
    expect(await telecom.record(entry!)).toMatchObject({
      found: [{ txid: second.id, kind: 'one-sided' }],
    })
  })
})

describe('what is over', () => {
  it('is forgotten when its results are, and no quota counts it', async () => {
    const { id } = await propose(bank, { purpose: 'vanzelf' })
    expect(await ended(bank, id)).toMatchObject({ state: 'done' })
    const { retentionDays, quota } = bank.ctx.inForce().convenant.intersections![1]!
    federation.clock.ahead += (Math.max(retentionDays, quota.days) - 1) * 86_400_000
    for (const member of [bank, telecom]) await tidyIntersections(member.ctx, runsOf(member))
    expect(await shown(bank, id)).toMatchObject({ state: 'done' })
    federation.clock.ahead += 2 * 86_400_000
    for (const member of [bank, telecom]) {
      await tidyIntersections(member.ctx, runsOf(member))
      expect((await member.api('GET', `/psi/${id}`)).status).toBe(404)
    }
  })
})

describe('a new convenant', () => {
  it('that suspends a member cuts off what runs and what waits, and both logs say so', async () => {
    const others = [bank, telecom]
    const id = await running()
    const waiting = await propose(bankB)
    const next = successorOf(federation, () => ({ suspended: ['bank-b'] }), others)
    await installAll(federation, next)
    // Neither is suspended, but what they agreed to was the version before.
    for (const member of others) {
      expect(await ended(member, id)).toMatchObject({ state: 'failed' })
      const entries = await psiEntries(member, id)
      expect(entries).toMatchObject([{ type: 'psi.intent' }, { status: 'failed' }])
    }
    const reasons = await Promise.all(
      others.map(async (member) => (await shown(member, id)).reason),
    )
    expect(reasons).toContain('CONVENANT_REPLACED')
    expect(await ended(bankB, waiting.id)).toMatchObject({ reason: 'MEMBER_SUSPENDED' })
    expect(await ended(telecom, waiting.id)).toMatchObject({ state: 'failed' })
  })

  it('that brings the member back leaves nothing of it open', async () => {
    await installAll(
      federation,
      successorOf(federation, () => ({ suspended: [] }), [bank, telecom, bankB]),
    )
    for (const member of federation.members) expect(await runsOf(member).open()).toEqual([])
    const { id } = await propose(bankB)
    await accept(telecom, id)
    expect(await ended(bankB, id)).toMatchObject({ state: 'done' })
  })

  it('that suspends one of the two is its end on either side', async () => {
    const id = await running()
    const next = successorOf(federation, () => ({ suspended: ['telecom'] }), [bank, bankB])
    await installAll(federation, next)
    const [ours, theirs] = [await ended(bank, id), await ended(telecom, id)]
    expect([ours.reason, theirs.reason]).toContain('MEMBER_SUSPENDED')
    for (const { reason, cause } of [ours, theirs]) {
      expect(cause ?? reason).toBe('MEMBER_SUSPENDED')
    }
    for (const member of [bank, telecom]) {
      expect(await psiEntries(member, id)).toMatchObject([{}, { status: 'failed' }])
    }
    const late = telecom.ctx.connectChannel('bank-a', `/peer/v1/psi/${id}/channel`)
    await expect(late).rejects.toMatchObject({ at: 'PSI_WRONG_STATE' })
  })
})
