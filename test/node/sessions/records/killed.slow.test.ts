/**
 * A process that is killed at each durable step of a shred: its log is sound, what it acknowledged is
 * there, a key that was to go is gone after the next start, and nothing is attested that was not done.
 */

import { dirname } from 'node:path'
import { fsck } from '@drempel/node/internal/app'
import { base64 } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { type Acknowledged, type Killed, shredUntilKilled } from './killed.ts'

const DAY = 86_400_000
const SECRET = { case: 'zaak-zeven' }
const DAY_KEY = { purpose: 'fraude-onderzoek', day: '2027-01-01' }

const KILLS: readonly Killed[] = [
  { step: 'begin', when: 'after' },
  // Overwritten, not yet unlinked.
  { step: 'purpose-key', when: 'before' },
  { step: 'purpose-key', when: 'after' },
  { step: 'key', when: 'before' },
  { step: 'key', when: 'after' },
  { step: 'entry', when: 'before' },
  { step: 'entry', when: 'after' },
  { step: 'end', when: 'before' },
  { step: 'end', when: 'after' },
]

let federation: Federation
let node: Member
let token: string
const shreds: (Acknowledged & { readonly period: string; readonly id: string })[] = []

beforeAll(async () => {
  federation = await Federation.open({ size: 3, background: false })
  node = federation.member('bank-a')
  token = await node.person('bakker', 'operator')
  const auditor = await node.person('jansen', 'auditor')
  const entries: Acknowledged[] = []
  for (const _ of KILLS) {
    const { origin, index, leaf } = await node.ctx.audit.append({ type: 'node.started' }, SECRET)
    await node.ctx.purposeKeys.create({ ...DAY_KEY, period: origin.slice(-6) })
    entries.push({ origin, index, leaf: base64(leaf) })
    federation.clock.ahead += 92 * DAY
  }
  await node.ctx.audit.append({ type: 'node.started' }, null)
  for (const entry of entries) {
    const period = entry.origin.slice(-6)
    const subject = { act: 'shred', period, force: true, reason: 'besluit' }
    const asked = await node.api('POST', '/proposals', subject, token)
    const { id } = asked.json as { id: string }
    await node.api('POST', `/proposals/${id}/decision`, { approve: true }, auditor)
    shreds.push({ ...entry, period, id })
  }
  await node.stop()
})
afterAll(() => federation.close())

test('killed at any step, a node loses nothing and brings back no key', async () => {
  const folder = dirname(node.live.node.home.paths.store)
  const kept: Acknowledged[] = [...shreds]
  for (const [i, { step, when }] of KILLS.entries()) {
    const ahead = String(federation.clock.ahead)
    kept.push(...(await shredUntilKilled([folder, ahead, shreds[i]!.id, token, step, when])))
    const checked = await fsck(folder)
    const damaged = checked.flatMap(({ damage }) => damage)
    expect(damaged, `${when} ${step}`).toEqual([])
    // No record of a period whose key was overwritten opens, before the next start either.
    const gone = checked.filter(({ entries, erased }) => erased === entries).length
    const erasing = !['begin', 'purpose-key'].includes(step)
    expect(gone, `${when} ${step}`).toBe(i + (erasing ? 1 : 0))
  }
  expect(kept.length).toBeGreaterThan(2 * KILLS.length)

  await node.restart()
  const entries = await node.entries()
  for (const [i, { step, when }] of KILLS.entries()) {
    const { period, origin, index, id } = shreds[i]!
    const told = entries.filter((one) => one.type === 'shred' && one.shredded === period)
    expect(told.length, `${when} ${step}`).toBe(1)
    await expect(node.ctx.audit.openRecord(origin, index)).rejects.toMatchObject({
      code: 'RECORD_ERASED',
    })
    expect(await node.ctx.purposeKeys.load({ ...DAY_KEY, period })).toBeNull()
    expect((await node.api('POST', `/proposals/${id}/shredding`, {}, token)).status).toBe(409)
  }
  const live = (await node.ctx.audit.origin())!.slice(-6)
  expect(await node.ctx.periodKeys.list()).toEqual([live])
  for (const { origin, index, leaf } of kept) {
    expect(base64(await node.ctx.audit.leaf(origin, index))).toBe(leaf)
  }
})
