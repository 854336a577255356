/**
 * A node that is killed between what it found and its entry: a round that failed, an alert, a member's two
 * logs. Each is in the store, and after the next start in the log.
 */

import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import { runUntilKilled } from '../kit/killed.ts'
import type { Member } from '../kit/member.ts'
import { leaves, Tree } from '../kit/tree.ts'

let federation: Federation
let node: Member

beforeAll(async () => {
  federation = await Federation.open({ size: 3, background: false, witnesses: ['bank-a'] })
  node = federation.member('bank-a')
})
afterAll(() => federation.close())

test.each([
  // Nothing of it is in the log yet.
  { when: 'before', liar: 'bank-b', round: '0a', times: 1 },
  // Whether it was written nobody knows: twice is no untruth.
  { when: 'after', liar: 'telecom', round: '0b', times: 2 },
])('killed $when the entries are written', async ({ when, liar, round, times }) => {
  const home = dirname(node.live.node.home.paths.store)
  const member = federation.member(liar)
  const origin = (await member.ctx.audit.origin())!
  const requests = await Promise.all(
    ['one', 'other'].map((text) =>
      new Tree(origin, member.ctx.signer, leaves(3, text)).growth(0, 3),
    ),
  )
  await node.stop()
  const child = new URL('./unentered.child.ts', import.meta.url)
  const args = [home, String(federation.clock.ahead), when, round.repeat(16), liar, ...requests]
  expect(await runUntilKilled(child, args)).toEqual([])

  await node.restart()
  const entries = await node.entries()
  const { store, audit } = node.ctx
  const failed = entries.filter((one) => one.type === 'round.failed' && one.round.startsWith(round))
  expect(failed).toHaveLength(times)
  const said = { kind: 'host', role: 'compute', reason: 'BAD_UPLOAD', parties: ['telecom'] }
  expect(failed[0]).toMatchObject(said)
  const row = { state: 'failed', reason: 'BAD_UPLOAD', culprit: 'telecom' }
  expect(await store.rounds.get(round.repeat(16))).toMatchObject(row)

  const purpose = `fraude-${when}`
  const alerts = entries.filter((one) => one.type === 'alert.raised' && one.purpose === purpose)
  expect(alerts).toHaveLength(times)
  expect(alerts[0]).toMatchObject({ role: 'asker', reason: 'IDENTIFIER_REPEATED', kind: 'host' })
  const known = await store.alerts.list({ all: true, limit: 9 })
  expect(known.filter((one) => one.purpose === purpose)).toHaveLength(1)

  const refused = entries.filter(
    (one) => one.type === 'witness.refused' && one.parties.includes(liar),
  )
  expect(refused).toHaveLength(times)
  expect(refused[0]).toMatchObject({ reason: 'LOG_FORKED' })
  const conflict = (await store.witness.conflicts()).find(({ log }) => log.startsWith(origin))!
  const { first, second } = conflict
  expect(await audit.openRecord(refused[0]!.origin, refused[0]!.at)).toEqual({ first, second })

  // Once, however often it starts.
  const started = await node.adds(() => node.restart())
  expect(started.map(({ type }) => type)).toEqual(['node.stopped', 'node.started'])
})
