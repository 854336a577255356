/** Probing at real nodes: what both sides notice, and what they say of it. */

import { createRetention, enterRest } from '@drempel/node/internal/sessions'
import type { AlertView, Diagnosis } from '@drempel/protocol/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { raise } from '../../../../packages/node/src/sessions/alerts/raise.ts'
import { bend, failing, moment } from '../../kit/bend.ts'
import { Federation } from '../../kit/federation.ts'
import { eventually, type Member } from '../../kit/member.ts'

const PURPOSE = 'fraude-onderzoek'
const [HOUR, DAY] = [3_600_000, 86_400_000]
const FLAGGED = ['one.example', 'two.example', 'three.example']

let federation: Federation
let asker: Member
let holders: readonly Member[]

beforeAll(async () => {
  federation = await Federation.open()
  for (const member of federation.members) await member.flag(FLAGGED)
  asker = federation.member('bank-a')
  holders = federation.members.filter((member) => member !== asker)
  await asker.generateKey()
  expect(await asker.round()).toMatchObject({ state: 'published' })
})

afterAll(() => federation.close())

async function ask(value: string): Promise<void> {
  const question = { kind: 'host', purpose: PURPOSE, rule: 'host-t2', value, case: 'Z-1' }
  const { status, text } = await asker.api('POST', '/checks', question)
  expect(text).toBe(status === 200 ? text : '')
}

async function of(member: Member, all = false): Promise<AlertView[]> {
  const { json } = await member.api('GET', `/alerts?all=${all}`)
  return (json as { alerts: AlertView[] }).alerts
}
/** Every alert that its node would raise from now on, also one that it raised that day before. */
function raising(): readonly string[] {
  const codes: string[] = []
  bend(asker.ctx.store.alerts, 'raise', (honest) => (once, alert) => {
    codes.push(alert.code)
    return honest(once, alert)
  })
  return codes
}
const raised = async (member: Member) =>
  (await member.entries()).filter(({ type }) => type === 'alert.raised')

describe('an asker that repeats one identifier', () => {
  test('is noticed by its own node, once, and by nobody else', async () => {
    for (let i = 0; i < 3; i++) await ask('again.example')
    expect(await of(asker)).toEqual([])
    for (let i = 0; i < 3; i++) await ask('again.example')
    const [alert] = await eventually(async () => {
      const found = await of(asker)
      return found.length > 0 ? found : undefined
    })
    expect(alert).toMatchObject({
      ...{ code: 'IDENTIFIER_REPEATED', member: null, purpose: PURPOSE, kind: 'host' },
      seenBy: null,
    })
    await asker.settled()
    expect(await raised(asker)).toMatchObject([
      { role: 'asker', reason: 'IDENTIFIER_REPEATED', purpose: PURPOSE, kind: 'host' },
    ])
    for (const holder of holders) expect(await of(holder)).toEqual([])
  })

  test('until somebody has looked', async () => {
    const [alert] = await of(asker)
    const doctor = async () => {
      const { json } = await asker.api('GET', '/doctor')
      const { checks } = json as Diagnosis
      return checks.find(({ name }) => name === 'alerts')
    }
    expect(await doctor()).toMatchObject({ ok: false, next: 'drempel alert list' })
    const seen = () => asker.api('POST', `/alerts/${alert!.id}/seen`, {})
    expect((await seen()).status).toBe(200)
    expect((await seen()).status).toBe(404)
    expect(await of(asker)).toEqual([])
    expect(await doctor()).toMatchObject({ ok: true })
    expect(await of(asker, true)).toMatchObject([{ id: alert!.id, seenBy: 'first-admin' }])
  })

  test('which an analyst may not read', async () => {
    const token = await asker.person('a', 'analyst')
    expect((await asker.api('GET', '/alerts', undefined, token)).status).toBe(403)
  })
})

describe('an alert and its entry', () => {
  const alert = { code: 'RANGE_SWEPT', kind: 'host' } as const
  const entered = async () =>
    (await raised(asker)).filter((one) => 'reason' in one && one.reason === alert.code).length

  test('that was cut off from the note of it is one, and not another day’s', async () => {
    const before = await entered()
    failing(asker.ctx.store.alerts, 'setEntered')
    await expect(raise(asker.ctx, { ...alert, span: 'one' })).rejects.toThrow()
    await raise(asker.ctx, { ...alert, span: 'other' })
    await enterRest(asker.ctx)
    expect(await entered()).toBe(before + 2)
  })

  test('for which there was no room comes when there is, whatever says the same', async () => {
    const before = await entered()
    failing(asker.ctx.audit, 'append')
    await expect(raise(asker.ctx, { ...alert, span: 'third' })).rejects.toThrow()
    const { unentered } = asker.ctx.store.alerts
    const [third] = await unentered()
    const restore = bend(
      asker.ctx.store.alerts,
      'unentered',
      (honest) => async () => (await honest()).filter(({ id }) => id !== third!.id),
    )
    await raise(asker.ctx, { ...alert, span: 'fourth' })
    restore()
    await enterRest(asker.ctx)
    expect(await entered()).toBe(before + 2)
    expect(await unentered()).toEqual([])
  })

  test('are seen by somebody', async () => {
    for (const { id } of await of(asker)) await asker.api('POST', `/alerts/${id}/seen`, {})
    expect(await of(asker)).toEqual([])
  })
})

test('a flag that is made, asked and withdrawn within days is noticed; one that is not asked is not', async () => {
  const told = raising()
  const withdraw = (value: string) =>
    asker.api('POST', '/flags/withdraw', { kind: 'host', values: [value] })
  // A question from before the flag was no test of it.
  await ask('later.example')
  federation.clock.ahead += 120_000
  await asker.flag(['later.example', 'quiet.example', 'probe.example'])
  await ask('probe.example')
  for (const value of ['later.example', 'quiet.example']) await withdraw(value)
  await asker.settled()
  expect(await of(asker)).toEqual([])
  await withdraw('probe.example')
  await eventually(async () => ((await of(asker)).length > 0 ? true : undefined))
  expect(await of(asker)).toMatchObject([{ code: 'FLAG_AS_QUESTION', kind: 'host' }])
  // Each is looked at behind its answer.
  await moment()
  expect(told).toEqual(['FLAG_AS_QUESTION'])
})

test('so is one that was withdrawn when the node was killed, before anybody looked at it', async () => {
  federation.clock.ahead += DAY
  // What it looked at before is no start's to look at.
  await createRetention(asker.ctx)()
  await asker.flag(['cut.example', 'uncut.example', 'late.example'])
  await ask('cut.example')
  federation.clock.ahead += 1_000
  const before = (await of(asker, true)).length
  const withdraw = (value: string) =>
    asker.ctx.store.flags.withdraw('host', asker.ctx.vault.blindIndex('host', value))
  await withdraw('uncut.example')
  // A question that comes after is none about the flag, however late somebody looks.
  await withdraw('late.example')
  federation.clock.ahead += 120_000
  await ask('late.example')
  await createRetention(asker.ctx)()
  expect(await of(asker, true)).toHaveLength(before)
  await withdraw('cut.example')
  for (let starts = 0; starts < 2; starts++) {
    const looks = createRetention(asker.ctx)
    await looks()
    expect(await of(asker, true)).toHaveLength(before + 1)
  }
  expect((await of(asker, true))[0]).toMatchObject({ code: 'FLAG_AS_QUESTION', kind: 'host' })
})

test('so is one that an import left out, and one that was there long before is not', async () => {
  const replace = async (names: readonly string[]) => {
    const rows = names.map((value, row) => ({ row, value }))
    const name = names.join('-').replaceAll('.', '-')
    await asker.api('POST', '/flags/import', { kind: 'host', import: name, rows })
    await asker.api('POST', '/flags/import/finish', { kind: 'host', import: name, replace: true })
    await asker.settled()
  }
  const told = raising()
  const before = (await of(asker, true)).length
  await replace(['old.example', 'calm.example'])
  await ask('old.example')
  federation.clock.ahead += 8 * 86_400_000
  await asker.generateKey()
  expect(await asker.round()).toMatchObject({ state: 'published' })
  await replace(['calm.example'])
  // Nobody asked about it.
  await replace(['bait.example'])
  expect(await of(asker, true)).toHaveLength(before)
  await ask('bait.example')
  await replace(['other.example'])
  await eventually(async () => ((await of(asker, true)).length > before ? true : undefined))
  expect((await of(asker, true))[0]).toMatchObject({ code: 'FLAG_AS_QUESTION', kind: 'host' })
  expect(told.filter((code) => code === 'FLAG_AS_QUESTION')).toHaveLength(1)
})

test('so is one that expires after it was asked about; others that expire are not', async () => {
  const look = createRetention(asker.ctx)
  const before = (await of(asker, true)).length
  // Another day than the alerts before: of one day each is raised once.
  federation.clock.ahead += 2 * DAY
  const soon = new Date(asker.ctx.clock() + 3 * HOUR).toISOString()
  const rows = ['brief.example', 'unasked.example'].map((value, row) => ({
    ...{ row, value, expires: soon },
  }))
  const flag = (some: typeof rows) =>
    asker.api('POST', '/flags/import', { kind: 'host', import: 'brief', rows: some })
  await flag(rows.slice(1))
  await asker.flag(['lasting.example'])
  await ask('lasting.example')
  await look()
  federation.clock.ahead += 4 * HOUR
  await look()
  expect(await of(asker, true)).toHaveLength(before)

  rows[0]!.expires = new Date(asker.ctx.clock() + 3 * HOUR).toISOString()
  await flag(rows.slice(0, 1))
  await ask('brief.example')
  await look()
  expect(await of(asker, true)).toHaveLength(before)
  federation.clock.ahead += 4 * HOUR
  await look()
  expect(await of(asker, true)).toHaveLength(before + 1)
  expect((await of(asker, true))[0]).toMatchObject({ code: 'FLAG_AS_QUESTION', kind: 'host' })
})

test('so is one whose expiry an import sets to what is past', async () => {
  federation.clock.ahead += DAY
  await createRetention(asker.ctx)()
  const before = (await of(asker, true)).length
  const backdate = async (value: string) => {
    const expires = new Date(asker.ctx.clock() - 2 * DAY).toISOString()
    const rows = [{ row: 0, value, expires }]
    await asker.api('POST', '/flags/import', { kind: 'host', import: 'past', rows })
    await asker.settled()
  }
  await asker.flag(['backdated.example', 'unasked-too.example'])
  await ask('backdated.example')
  const told = raising()
  await backdate('unasked-too.example')
  expect(await of(asker, true)).toHaveLength(before)
  await backdate('backdated.example')
  await eventually(async () => ((await of(asker, true)).length > before ? true : undefined))
  expect(told).toEqual(['FLAG_AS_QUESTION'])
  // It is told once.
  federation.clock.ahead += 2 * DAY
  await createRetention(asker.ctx)()
  expect(await of(asker, true)).toHaveLength(before + 1)
})
