/**
 * Each durable step of a key generation fails at its leader or at a holder, before it was written and after:
 * no holder has half a key, the next generation is whole, and the logs are sound.
 */

import { dirname } from 'node:path'
import { fsck } from '@drempel/node/internal/app'
import { catchUp, evaluateInputs } from '@drempel/node/internal/sessions'
import type { LogBatch } from '@drempel/node/internal/store'
import { hex, utf8 } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failOnce, type DurableStep as Step } from '../kit/bend.ts'
import { Federation } from '../kit/federation.ts'
import { eventually, type Member } from '../kit/member.ts'

const STEPS: readonly Step[] = [
  { step: 'what it drew', of: ({ keys }) => keys, name: 'saveGeneration' },
  {
    ...{ step: 'its share', of: ({ meta }) => meta, name: 'set' },
    meant: (name: string) => name.startsWith('dkg-share/'),
  },
  {
    ...{ step: 'the entry', of: ({ log }) => log, name: 'append' },
    meant: (_: string, { entries }: LogBatch) => entries.some(({ type }) => type === 'key.epoch'),
  },
  { step: 'the key', of: ({ keys }) => keys, name: 'put' },
  { step: 'that the key before is replaced', of: ({ keys }) => keys, name: 'setState' },
]

let federation: Federation
let leader: Member

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }], background: false })
  leader = federation.member('bank-a')
  await leader.generateKey()
})

afterAll(async () => {
  try {
    for (const member of federation.members) {
      await member.stop()
      const checked = await fsck(dirname(member.live.node.home.paths.store))
      expect(checked.flatMap(({ damage }) => damage)).toEqual([])
    }
  } finally {
    await federation.close()
  }
})

async function output({ ctx }: Member, epoch: string): Promise<string> {
  const inputs = [utf8('a.example')]
  const asked = { protocol: 'tag', kind: 'host', epoch, inputs, count: 1, record: {} } as const
  return hex((await evaluateInputs(ctx, asked)).outputs[0]!)
}

/** All holders have the latest key, with their shares, and any quorum of them evaluates alike. */
async function expectOneKey(epoch: string): Promise<void> {
  for (const { ctx } of federation.members) {
    const row = await ctx.store.keys.current('host')
    expect([row?.epoch, row?.sealedShare === null]).toEqual([epoch, false])
  }
  const outputs = await Promise.all(federation.members.map((member) => output(member, epoch)))
  expect(new Set(outputs).size).toBe(1)
}

const cases = (['bank-a', 'telecom'] as const).flatMap((who) =>
  (['lost', 'persisted'] as const).flatMap((fault) =>
    STEPS.map((step) => ({ who, fault, ...step })),
  ),
)

test.each(cases)('at $who, $fault: $step', async ({ who, fault, of, name, meant }) => {
  const victim = federation.member(who)
  const { failed, restore } = failOnce(of(victim.ctx.store), name, fault, meant)
  await leader.generateKey().catch(() => undefined)
  await eventually(async () => (failed() ? true : undefined))
  restore()
  // Whoever has the key of all that signed hands it to who has not.
  for (const member of federation.members) await catchUp(member.ctx)
  const epochs = await Promise.all(
    federation.members.map(async ({ ctx }) => (await ctx.store.keys.current('host'))!.epoch),
  )
  expect(new Set(epochs).size).toBe(1)
  await expectOneKey(epochs[0]!)
  const { epoch } = await leader.generateKey()
  expect(Number(epoch)).toBeGreaterThan(Number(epochs[0]))
  await expectOneKey(epoch)
})
