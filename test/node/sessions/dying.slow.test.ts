/** Members that die or stall at a step: no half key, the next generation succeeds, a check is answered. */

import { evaluateInputs } from '@drempel/node/internal/sessions'
import { hex, utf8 } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'

let federation: Federation
let leader: Member
let victim: Member

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }] })
  leader = federation.member('bank-a')
  victim = federation.member('telecom')
})

afterAll(() => federation.close())

async function output(member: Member, epoch: string): Promise<string> {
  const { outputs } = await evaluateInputs(member.ctx, {
    protocol: 'tag',
    kind: 'host',
    epoch,
    inputs: [utf8('a.example')],
    count: 1,
    record: {},
  })
  return hex(outputs[0]!)
}

/** All have the same key, and each quorum evaluates with it alike. */
async function expectOneKey(epoch: string): Promise<void> {
  const current = async () => {
    const rows = await Promise.all(
      federation.members.map(({ ctx }) => ctx.store.keys.current('host')),
    )
    return rows.map((row) => `${row?.epoch} ${row?.sealedShare !== null}`)
  }
  await expect.poll(current, { timeout: 90_000 }).toEqual(Array(4).fill(`${epoch} true`))
  const outputs = []
  for (const member of federation.members) outputs.push(await output(member, epoch))
  expect(new Set(outputs).size).toBe(1)
}

test.each(['begin', 'shares', 'finish'])('a holder that dies at %s', async (step) => {
  const before = await leader.ctx.store.keys.current('host')
  let stopped: Promise<void> | undefined
  victim.lie(`keys/${step}`, async (_from, _body, honest) => {
    await honest()
    stopped = victim.stop()
    return new Promise(() => {})
  })
  await expect(leader.generateKey()).rejects.toMatchObject({ culprit: 'telecom' })
  await stopped
  for (const { ctx, id } of federation.members) {
    if (id === victim.id) continue
    expect((await ctx.store.keys.current('host'))?.epoch).toBe(before?.epoch)
  }
  await victim.restart()
  const { epoch } = await leader.generateKey()
  await expectOneKey(epoch)
})

test('a holder that dies before it hears that all signed', async () => {
  let stopped: Promise<void> | undefined
  victim.lie('keys/install', async () => {
    stopped = victim.stop()
    return new Promise(() => {})
  })
  const { epoch } = await leader.generateKey()
  await stopped
  await victim.restart()
  await expectOneKey(epoch)
})

test('a leader that dies after each step leaves no key, and another leads the next', async () => {
  for (const step of ['begin', 'shares', 'finish']) {
    let stopped: Promise<void> | undefined
    leader.lie(`keys/${step}`, async (_from, _body, honest) => {
      await honest()
      stopped = leader.stop()
      return new Promise(() => {})
    })
    leader.generateKey().catch(() => undefined)
    await expect.poll(() => stopped !== undefined).toBe(true)
    await stopped
    await leader.restart()
    const { epoch } = await victim.generateKey()
    await expectOneKey(epoch)
  }
})

test('a holder that never answers is passed over when its time is up', async () => {
  const epoch = (await leader.ctx.store.keys.current('host'))!.epoch
  const expected = await output(victim, epoch)
  let asked = 0
  const honest = victim.lie('oprf/evaluate', () => {
    asked++
    return new Promise(() => {})
  })
  while (asked === 0) expect(await output(leader, epoch)).toBe(expected)
  honest()
})
