import { summariseFlags } from '@drempel/node/internal/sessions'
import { ProtocolError } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'

const DAY = 86_400_000

let federation: Federation
let node: Member

beforeAll(async () => {
  federation = await Federation.open({ size: 3, rules: [{ kind: 'host', t: 2 }] })
  node = federation.member('bank-a')
})
afterAll(() => federation.close())

test('a quarter’s flags are summed up once, in buckets, when it is over', async () => {
  await summariseFlags(node.ctx)
  await node.flag(Array.from({ length: 20 }, (_, i) => `${i}.example`))
  const withdrawal = { kind: 'host', values: ['1.example', '2.example'], reason: 'retracted' }
  expect((await node.api('POST', '/flags/withdraw', withdrawal)).json).toMatchObject({
    withdrawn: 2,
  })
  const wrong = { ...withdrawal, reason: 'gone-from-source' }
  expect((await node.api('POST', '/flags/withdraw', wrong)).status).toBe(400)
  expect(await node.adds(() => summariseFlags(node.ctx))).toEqual([])

  // Two quarters later: one entry for each that is over.
  federation.clock.ahead = 190 * DAY
  const audit = node.ctx.audit as { append: typeof node.ctx.audit.append }
  const { append } = audit
  audit.append = async () => {
    throw new ProtocolError('LOG_UNAVAILABLE')
  }
  const before = await node.ctx.store.meta.get('flags-summarised')
  await expect(summariseFlags(node.ctx)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  audit.append = append
  const added = await node.adds(async () => {
    await summariseFlags(node.ctx)
    await summariseFlags(node.ctx)
  })
  const [first, second, ...more] = added.filter(({ type }) => type === 'flag.summary')
  expect(first).toMatchObject({
    kind: 'host',
    counts: { live: 64, added: 64, withdrawn: 16, expired: 16 },
  })
  expect(await node.record(first!)).toMatchObject({
    ...{ live: 18, added: 20, withdrawn: 2, expired: 0, reasons: { retracted: 2 } },
  })
  expect(await node.record(second!)).toMatchObject({ live: 18, added: 0, withdrawn: 0 })
  expect(more).toEqual([])

  // Entered again by no node that was cut off before it noted so.
  await node.ctx.store.meta.set('flags-summarised', before!)
  expect(await node.adds(() => summariseFlags(node.ctx))).toEqual([])
})
