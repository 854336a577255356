/** A budget of questions in a key epoch: who tries all numbers is stopped by the key holders. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { expectRefusal, post } from '../kit/peer.ts'
import { ask, elements } from '../kit/question.ts'

/** A holder of four grants three quarters: 48. */
const BUDGET = 64

let federation: Federation
let asker: Member
let holder: Member

beforeAll(async () => {
  federation = await Federation.open({
    amend: (convenant) => ({
      ...convenant,
      kinds: convenant.kinds.map((kind) => ({ ...kind, queryBudget: BUDGET })),
    }),
  })
  asker = federation.member('bank-a')
  holder = federation.member('telecom')
  await asker.generateKey()
})

afterAll(() => federation.close())

const evaluate = async (count: number, question = {}) => {
  const body = await ask(asker, elements(count), { question })
  return () => post(asker, holder, 'oprf/evaluate', body)
}
const refused = { type: 'oprf.refused', reason: 'ENUMERATION_EXCEEDED' }

test('is spent over all purposes, days and restarts, and by two requests at once only once', async () => {
  expect((await (await evaluate(16))()).status).toBe(200)
  const other = federation.convenant.purposes.find(({ id }) => id !== 'fraude-onderzoek')!
  const check = { protocol: 'check', purpose: other.id }
  expect((await (await evaluate(1, check))()).status).toBe(200)
  const both = await Promise.all([evaluate(16), evaluate(16)])
  const answers = await Promise.all(both.map((send) => send()))
  expect(answers.map(({ status }) => status)).toContain(200)
  await holder.restart()
  const used = await holder.ctx.store.usage.used('asked/bank-a/host', '1')
  expect(used).toBeLessThanOrEqual(48)
  await expectRefusal(holder, await evaluate(49 - used), 'REFUSED', refused)
  expect((await (await evaluate(48 - used))()).status).toBe(200)
  federation.clock.ahead += 86_400_000
  await expectRefusal(holder, await evaluate(1, { protocol: 'check' }), 'REFUSED', refused)
})

test('begins anew with the next key, and is another for each member', async () => {
  const body = await ask(federation.member('bank-b'), elements(16))
  const sent = await post(federation.member('bank-b'), holder, 'oprf/evaluate', body)
  expect(sent.status).toBe(200)
  await asker.generateKey()
  expect((await (await evaluate(16, { epoch: '2' }))()).status).toBe(200)
})
