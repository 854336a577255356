/**
 * A node that is killed between what it found and its entry: a round that failed, an alert, a member's two
 * logs. Each is in the store, and after the next start in the log.
 */

import { dirname } from 'node:path'
import { jcs } from '@drempel/protocol/encoding'
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
  { when: 'before', liar: 'bank-b', round: '0a' },
  // All of it is, and the store has no note of that.
  { when: 'after', liar: 'telecom', round: '0b' },
])('killed $when the entries are written', async ({ when, liar, round }) => {
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
  expect(failed).toHaveLength(1)
  const said = { kind: 'host', role: 'compute', reason: 'BAD_UPLOAD', parties: ['telecom'] }
  expect(failed[0]).toMatchObject(said)
  const row = { state: 'failed', reason: 'BAD_UPLOAD', culprit: 'telecom' }
  expect(await store.rounds.get(round.repeat(16))).toMatchObject(row)

  const purpose = `fraude-${when}`
  const alerts = entries.filter((one) => one.type === 'alert.raised' && one.purpose === purpose)
  expect(alerts).toHaveLength(1)
  expect(alerts[0]).toMatchObject({ role: 'asker', reason: 'IDENTIFIER_REPEATED', kind: 'host' })
  const known = await store.alerts.list({ all: true, limit: 9 })
  expect(known.filter((one) => one.purpose === purpose)).toHaveLength(1)

  const refused = entries.filter(
    (one) => one.type === 'witness.refused' && one.parties.includes(liar),
  )
  expect(refused).toHaveLength(1)
  expect(refused[0]).toMatchObject({ reason: 'LOG_FORKED' })
  const conflict = (await store.witness.conflicts()).find(({ log }) => log.startsWith(origin))!
  const { first, second } = conflict
  expect(await audit.openRecord(refused[0]!.origin, refused[0]!.at)).toEqual({ first, second })

  // Once, however often it starts.
  const started = await node.adds(() => node.restart())
  expect(started.map(({ type }) => type)).toEqual(['node.stopped', 'node.started'])
})

const typesOf = async (round: string) =>
  (await node.entries()).flatMap((one) => ('round' in one && one.round === round ? [one.type] : []))

test('killed when a round was announced, it says so, and that it came to nothing', async () => {
  const round = '0c'.repeat(16)
  const coordinator = 'bank-b'
  const announcement = {
    ...{ round, coordinator, kind: 'host', epoch: 1, key: null, rules: ['host-t2'] },
    ...{ convenant: node.ctx.inForce().digest, createdAt: '2027-06-15T10:00:00Z' },
  }
  await node.ctx.store.rounds.create({
    ...{ id: round, kind: 'host', role: 'compute', state: 'announced', coordinator },
    ...{ data: jcs(announcement), reason: null, culprit: null, entered: false },
  })
  await node.restart()
  expect(await typesOf(round)).toEqual(['round.announced', 'round.failed'])
})

test('a round that nobody is at work on any more comes to its end while the node runs', async () => {
  const round = '0d'.repeat(16)
  await node.ctx.store.rounds.create({
    ...{ id: round, kind: 'host', role: 'compute', state: 'computing', coordinator: 'bank-b' },
    ...{ data: jcs({}), reason: null, culprit: null },
  })
  await node.rounds.expire()
  expect(await typesOf(round)).toEqual([])
  federation.clock.ahead += 3 * 60_000
  await node.rounds.expire()
  expect(await typesOf(round)).toEqual(['round.failed'])
  expect(await node.ctx.store.rounds.get(round)).toMatchObject({ culprit: node.id })
})
