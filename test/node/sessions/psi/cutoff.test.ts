/** An end of an intersection that was entered, and cut off before the row said so: it is what was entered. */

import { tidyIntersections } from '@drempel/node/internal/sessions'
import type { PsiRecord } from '@drempel/node/internal/store'
import { ProtocolError } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bend, hold, moment } from '../../kit/bend.ts'
import type { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { takeOver } from './channels.ts'
import {
  accept,
  ended,
  items,
  openThree,
  propose,
  psiEntries,
  refuse,
  runsOf,
  shown,
} from './world.ts'

let federation: Federation
let bank: Member
let telecom: Member

beforeAll(async () => {
  const opened = await openThree((drafted) => [
    drafted,
    { ...drafted, id: 'vier-ogen', fourEyes: true },
  ])
  ;({ federation, bank, telecom } = opened)
  for (const member of [bank, telecom]) await member.flag(['a.example', `${member.id}.example`])
})
afterAll(() => federation?.close())

/** As a kill leaves it that comes before this: the row as it was. */
function cuttingOff(member: Member, to: PsiRecord['state']): () => Promise<void> {
  const { psi } = member.ctx.store
  let before: PsiRecord | null = null
  const restore = bend(psi, 'transition', (transition) => async (id, from, next, patch) => {
    if (next === to) before ??= await psi.get(id)
    return transition(id, from, next, patch)
  })
  return async () => {
    restore()
    const { id, state, sealed, reason, culprit, committedAt } = before!
    await psi.transition(id, [to], state, { sealed, reason, culprit, committedAt })
    await member.restart()
  }
}
const types = async (member: Member, id: string) =>
  (await psiEntries(member, id)).map(({ type }) => type)

test('a result that was entered is there after the next start', async () => {
  const cutOff = cuttingOff(bank, 'done')
  const { id } = await propose(bank)
  expect((await accept(telecom, id)).status).toBe(200)
  const done = await ended(bank, id)
  expect(done).toMatchObject({ state: 'done', result: { learned: 'items', size: 1 } })
  await ended(telecom, id)
  const rows = await items(bank, id)
  await cutOff()
  const { updatedAt: _, ...rest } = done
  expect(await shown(bank, id)).toMatchObject(rest)
  expect(await items(bank, id)).toEqual(rows)
  expect(await types(bank, id)).toEqual(['psi.intent', 'psi.result'])
})

test('a failure that was entered has the reason that the log has', async () => {
  const cutOff = cuttingOff(bank, 'failed')
  takeOver(telecom)
  const { id } = await propose(bank)
  expect((await accept(telecom, id)).status).toBe(200)
  await refuse(bank, id)
  expect(await ended(bank, id)).toMatchObject({ state: 'failed', reason: 'PSI_STOPPED' })
  await cutOff()
  expect(await shown(bank, id)).toMatchObject({ state: 'failed', reason: 'PSI_STOPPED' })
  expect(await types(bank, id)).toEqual(['psi.intent', 'psi.result'])
})

test('a refusal that can not be entered is none', async () => {
  const { id } = await propose(bank)
  const audit = telecom.ctx.audit as { append: typeof telecom.ctx.audit.append }
  const { append } = audit
  audit.append = async () => {
    throw new ProtocolError('LOG_UNAVAILABLE')
  }
  expect((await refuse(telecom, id)).status).toBe(503)
  audit.append = append
  expect(await shown(telecom, id)).toMatchObject({ state: 'proposed' })
  await refuse(telecom, id)
  expect(await ended(bank, id)).toMatchObject({ state: 'refused', reason: 'REFUSED_BY_PERSON' })
})

test('a refusal that was entered is one, and the other member is told', async () => {
  const { id } = await propose(bank)
  const { psi } = telecom.ctx.store
  const bent = psi as { transition: typeof psi.transition }
  const { transition } = bent
  bent.transition = async () => {
    throw new ProtocolError('STORE_FAILED')
  }
  await refuse(telecom, id)
  bent.transition = transition
  expect(await shown(telecom, id)).toMatchObject({ state: 'proposed' })
  await tidyIntersections(telecom.ctx, runsOf(telecom))
  expect(await shown(telecom, id)).toMatchObject({ state: 'refused' })
  expect(await ended(bank, id)).toMatchObject({
    ...{ state: 'refused', reason: 'REFUSED_BY_PERSON', culprit: 'telecom' },
  })
  for (const member of [bank, telecom]) expect(await types(member, id)).toEqual(['psi.refused'])
})

describe('a proposal that is withdrawn while it goes out', () => {
  const withdrawn = (id: string) =>
    expect
      .poll(() => shown(telecom, id), { timeout: 5_000 })
      .toMatchObject({ state: 'refused', reason: 'WITHDRAWN', culprit: 'bank-a' })

  test('between the word of a second person and the entry of another', async () => {
    const [one, other] = await Promise.all(['a', 'b'].map((name) => bank.person(name, 'analyst')))
    const { id, state } = await propose(bank, { purpose: 'vier-ogen' }, one)
    expect(state).toBe('drafted')
    const held = hold(bank.ctx.audit, 'append', ({ type }: { type: string }) => {
      return type === 'psi.refused'
    })
    const refused = refuse(bank, id)
    await held.reached
    expect(await accept(bank, id, null, other)).toMatchObject({ json: { state: 'proposed' } })
    expect(await shown(telecom, id)).toMatchObject({ state: 'proposed' })
    held.release()
    expect(await refused).toMatchObject({ json: { state: 'refused', reason: 'WITHDRAWN' } })
    await withdrawn(id)
  })

  test('before the other member has it', async () => {
    const held = hold(bank.ctx, 'call', (_: string, method: string) => method === 'psi/propose')
    const proposed = propose(bank)
    await held.reached
    const [{ id }] = (await bank.ctx.store.psi.open()) as [PsiRecord]
    await refuse(bank, id)
    await moment()
    held.release()
    expect(await proposed).toMatchObject({ id, state: 'refused' })
    await withdrawn(id)
  })

  test('or fails while a second person sends it', async () => {
    const [one, other] = await Promise.all(['d', 'e'].map((name) => bank.person(name, 'analyst')))
    const { id } = await propose(bank, { purpose: 'vier-ogen' }, one)
    const held = hold(bank.ctx.audit, 'find', (txid: string) => txid === id)
    const failed = runsOf(bank).fail(id, new ProtocolError('PSI_LIST_OUTDATED'))
    await held.reached
    const sent = accept(bank, id, null, other)
    await expect.poll(() => telecom.ctx.store.psi.get(id), { timeout: 5_000 }).not.toBeNull()
    expect(await sent).toMatchObject({ json: { state: 'proposed' } })
    held.release()
    await failed
    await expect
      .poll(() => shown(telecom, id), { timeout: 5_000 })
      .toMatchObject({ state: 'failed', culprit: 'bank-a' })
  })

  test('is told to nobody while it is a draft', async () => {
    const one = await bank.person('c', 'analyst')
    const { id } = await propose(bank, { purpose: 'vier-ogen' }, one)
    const told: string[] = []
    bend(bank.ctx, 'call', (call) => async (to, method, ...given) => {
      told.push(method)
      return call(to, method, ...given)
    })
    expect(await refuse(bank, id)).toMatchObject({ json: { state: 'refused' } })
    const other = await propose(bank, { purpose: 'vier-ogen' }, one)
    federation.clock.ahead += 8 * 86_400_000
    await tidyIntersections(bank.ctx, runsOf(bank))
    expect(await shown(bank, other.id)).toMatchObject({ state: 'failed', reason: 'PSI_EXPIRED' })
    expect(told).toEqual([])
  })
})
