/**
 * Each durable step of an opening and of a shred fails, before it was written and after: nothing is
 * shown that is not entered, nothing is attested that was not done, and a restart ends what was begun.
 */

import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fsck } from '@drempel/node/internal/app'
import type { Json } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Fault, failOnce } from '../../kit/bend.ts'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'

const DAY = 86_400_000
const SECRET = { operator: 'a1b2c3d4e5f6', case: 'zaak-zeven' }

let federation: Federation
let node: Member
let tokens: ReadonlyMap<string, string>

beforeAll(async () => {
  federation = await Federation.open({ size: 3 })
  node = federation.member('bank-a')
  tokens = await node.people({ jansen: 'auditor', bakker: 'operator' })
})
afterAll(async () => {
  try {
    await node.stop()
    const checked = await fsck(dirname(node.live.node.home.paths.store))
    expect(checked.flatMap(({ damage }) => damage)).toEqual([])
  } finally {
    await federation.close()
  }
})

const as = (who: string, path: string, body: Json) =>
  node.api('POST', `/proposals${path}`, body, tokens.get(who)!)

const opened = async () =>
  (await node.entries()).filter(({ type }) => type === 'record.opened').length
const shreds = async () => (await node.entries()).filter(({ type }) => type === 'shred').length

describe.each<Fault>(['lost', 'persisted'])('a step of an opening that is %s', (fault) => {
  let id: string
  let before: number

  async function approved(): Promise<string> {
    const entry = await node.ctx.audit.append({ type: 'node.started' }, SECRET)
    const { origin, index } = entry
    const asked = await as('jansen', '', { act: 'open', origin, index, reason: 'toezicht' })
    const { id } = asked.json as { id: string }
    expect((await as('bakker', `/${id}/decision`, { approve: true })).status).toBe(200)
    return id
  }
  beforeEach(async () => {
    id = await approved()
    before = await opened()
  })
  const open = () => as('jansen', `/${id}/opening`, {})

  test.each(['begin', 'end'])('%s: what was shown is entered, and once at most', async (step) => {
    const { failed } = failOnce(node.ctx.store.proposals, step, fault)
    const answer = await open()
    expect(failed()).toBe(true)
    expect(answer.status).toBe(503)
    expect(answer.text).not.toContain('zaak-zeven')
    await node.restart()
    const again = await open()
    // Only a step that never began leaves the approval.
    const left = step === 'begin' && fault === 'lost'
    expect(again.status).toBe(left ? 200 : 409)
    expect(await opened()).toBe(before + (left || step === 'end' ? 1 : 0))
    await node.ctx.audit.verifySelf()
  })

  test('the entry: nothing is shown', async () => {
    const { failed } = failOnce(node.ctx.store.log, 'append', fault)
    const answer = await open()
    expect([failed(), answer.status]).toEqual([true, 503])
    expect(answer.text).not.toContain('zaak-zeven')
    expect((await open()).status).toBe(409)
    await node.restart()
    expect(await opened()).toBe(before + (fault === 'persisted' ? 1 : 0))
    await node.ctx.audit.verifySelf()
  })
})

describe.each<Fault>(['lost', 'persisted'])('a step of a shred that is %s', (fault) => {
  let id: string
  let period: string
  let before: number

  /** A quarter that ended, with both people's word for its end. */
  beforeEach(async () => {
    const { origin } = await node.ctx.audit.append({ type: 'node.started' }, SECRET)
    period = origin.slice(-6)
    federation.clock.ahead += 95 * DAY
    await node.ctx.audit.append({ type: 'node.started' }, null)
    const asked = await as('bakker', '', { act: 'shred', period, force: true, reason: 'besluit' })
    id = (asked.json as { id: string }).id
    expect((await as('jansen', `/${id}/decision`, { approve: true })).status).toBe(200)
    before = await shreds()
  })
  const shred = () => as('bakker', `/${id}/shredding`, {})
  const isThere = async () =>
    (await readdir(node.live.node.home.paths.periods)).includes(`${period}.key`)

  test('begin: the key is there, or the next start ends it', async () => {
    failOnce(node.ctx.store.proposals, 'begin', fault)
    expect((await shred()).status).toBe(503)
    expect(await isThere()).toBe(true)
    expect(await shreds()).toBe(before)
    await node.restart()
    expect(await isThere()).toBe(fault === 'lost')
    expect(await shreds()).toBe(before + (fault === 'lost' ? 0 : 1))
    expect((await shred()).status).toBe(fault === 'lost' ? 200 : 409)
    expect(await isThere()).toBe(false)
    expect(await shreds()).toBe(before + 1)
  })

  test('the erasing: nothing is attested before it is done', async () => {
    failOnce(node.ctx.periodKeys, 'erase', fault)
    expect((await shred()).status).toBe(503)
    expect(await shreds()).toBe(before)
    await node.restart()
    expect([await isThere(), await shreds()]).toEqual([false, before + 1])
    expect((await shred()).status).toBe(409)
  })

  test('the entry: it follows at the next start', async () => {
    failOnce(node.ctx.store.log, 'append', fault)
    expect((await shred()).status).toBe(503)
    expect(await isThere()).toBe(false)
    await node.restart()
    expect(await shreds()).toBe(before + 1)
    await node.ctx.audit.verifySelf()
    expect((await node.adds(() => node.restart())).map(({ type }) => type)).not.toContain('shred')
  })

  test('the end: it is not entered again', async () => {
    failOnce(node.ctx.store.proposals, 'end', fault)
    expect((await shred()).status).toBe(503)
    await node.restart()
    expect(await shreds()).toBe(before + 1)
    expect(await isThere()).toBe(false)
  })
})
