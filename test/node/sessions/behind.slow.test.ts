/** A node that is killed between an entry and what follows from it: after its next start both say the same. */

import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import { runUntilKilled } from '../kit/killed.ts'
import type { Entry, Member } from '../kit/member.ts'
import { successorOf } from '../kit/successor.ts'

const VALUE = 'objected.example'

let federation: Federation
let node: Member

beforeAll(async () => {
  federation = await Federation.open({ size: 3, background: false })
  node = federation.member('bank-a')
  await node.flag([VALUE])
})
afterAll(() => federation.close())

/** Entries of a type that there are after it, and its next two starts. */
async function killed(what: string, given: string, type: Entry['type']): Promise<Entry[]> {
  const before = (await node.entries()).length
  const home = dirname(node.live.node.home.paths.store)
  await node.stop()
  const child = new URL('./behind.child.ts', import.meta.url)
  const args = [home, String(federation.clock.ahead), what, given]
  expect(await runUntilKilled(child, args)).toEqual([])
  for (let starts = 0; starts < 2; starts++) await node.restart()
  return (await node.entries()).slice(before).filter((entry) => entry.type === type)
}

test('a flag is under bezwaar, as the log says', async () => {
  expect(await killed('object', VALUE, 'bezwaar')).toHaveLength(1)
  const { store, vault } = node.ctx
  const flag = await store.flags.get('host', vault.blindIndex('host', VALUE))
  expect(flag).toMatchObject({ state: 'bezwaar' })
})

test('a key generation came to nothing, and the log says so', async () => {
  expect(await killed('lead', '', 'key.failed')).toMatchObject([
    { reason: 'NODE_RESTARTED', parties: ['bank-a'], epoch: '1' },
  ])
  expect(await node.ctx.store.keys.list('host')).toEqual([])
  expect(await node.generateKey()).toMatchObject({ epoch: '1' })
})

test('a version of the convenant is in force, as the log says', async () => {
  const signed = successorOf(federation, () => ({ title: { nl: 'Tweede', en: 'Second' } }))
  const changed = await killed('install', JSON.stringify(signed), 'convenant.changed')
  expect(changed).toMatchObject([{ convenant: { version: 2 }, previousConvenant: { version: 1 } }])
  expect(node.ctx.inForce().convenant.version).toBe(2)
})
