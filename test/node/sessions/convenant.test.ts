/** A convenant that changes under running nodes: what ends, what is kept, and who is refused from then on. */

import { catchUp } from '@drempel/node/internal/sessions'
import type { Convenant, SignedConvenant } from '@drempel/protocol/convenant'
import { ProtocolError } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bend, failing } from '../kit/bend.ts'
import { sessionOf } from '../kit/dkg.ts'
import { Federation, random } from '../kit/federation.ts'
import { announcementOf, asJson, Lead } from '../kit/lead.ts'
import { eventually, type Member } from '../kit/member.ts'
import { expectRefusal, post, readProblem } from '../kit/peer.ts'
import { publish } from '../kit/publication.ts'
import { ask, elements } from '../kit/question.ts'
import { installAll, successorOf } from '../kit/successor.ts'

let federation: Federation
let leader: Member
let holder: Member

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }] })
  leader = federation.member('bank-a')
  holder = federation.member('platform')
  await leader.generateKey()
  await publish(federation, ['over.example'])
})

afterAll(() => federation.close())

const isOver = async (asker: Member) => (await asker.ask(['over.example'])).results[0]

/** The other holders take what a member asks and never answer; `asked` when one of them has it. */
function silenceTo(asker: Member) {
  const others = federation.members.filter((member) => member !== asker)
  let taken = () => {}
  const asked = new Promise<void>((resolve) => {
    taken = resolve
  })
  const undo = others.map((holder) =>
    holder.lie('oprf/evaluate', (from, _body, honest) => {
      if (from !== asker.id) return honest()
      taken()
      return new Promise(() => {})
    }),
  )
  return { asked, end: () => undo.forEach((restore) => void restore()) }
}

const install = (member: Member, convenant: SignedConvenant) =>
  member.api('PUT', '/convenant', asJson({ convenant }))
const title = (nl: string) => () => ({ title: { nl, en: nl } })

describe('a version that does not fit the node', () => {
  const self = (change: object) => (old: Convenant) => ({
    members: old.members.map((member) =>
      member.id === 'bank-a' ? { ...member, ...change } : member,
    ),
  })
  const key = Buffer.from(random(32)).toString('base64url')

  test.each<[string, (old: Convenant) => Partial<Convenant>, string]>([
    ['another URL', self({ url: 'http://127.0.0.1:9' }), 'members.bank-a.url'],
    [
      'other forms of identifiers',
      (old) => ({ formVersions: { ...old.formVersions, unicode: '1.0' } }),
      'formVersions.unicode',
    ],
  ])('%s', async (_, change, at) => {
    const before = leader.ctx.inForce().digest
    const added = await leader.adds(async () => {
      expect(await install(leader, successorOf(federation, change))).toMatchObject({
        status: 422,
        json: { code: 'CONVENANT_UNFIT', at },
      })
    })
    expect(added).toEqual([])
    expect(leader.ctx.inForce().digest).toBe(before)
    expect(await isOver(leader)).toEqual({ over: true })
  })

  test('another signing key is not even signed, let alone installed', async () => {
    const changed = successorOf(federation, self({ signingKey: key }))
    const draft = asJson({ convenant: { ...changed, signatures: [] } })
    expect(await leader.api('POST', '/convenant/sign', draft)).toMatchObject({
      status: 422,
      json: { code: 'CONVENANT_UNFIT', at: 'members.bank-a.signingKey' },
    })
    expect((await install(leader, changed)).status).toBe(422)
  })

  test('one in which the node is no member', async () => {
    const changed = successorOf(federation, ({ members }) => ({
      members: members.map((member) =>
        member.id === 'bank-b' ? { ...member, id: 'bank-c' } : member,
      ),
    }))
    const draft = asJson({ convenant: { ...changed, signatures: [] } })
    const { json } = await federation.member('bank-b').api('POST', '/convenant/sign', draft)
    expect(json).toMatchObject({ code: expect.stringMatching(/^CONVENANT_(UNFIT|INVALID)$/) })
  })
})

describe('a version that succeeds', () => {
  test('ends rounds under way, and keeps key and list where the holders stay', async () => {
    const tagger = federation.member('telecom')
    await tagger.flag(['x.example'])
    const silence = silenceTo(tagger)
    const lead = await Lead.open(federation, leader)
    const { digest } = leader.ctx.inForce()
    await silence.asked
    const first = leader.ctx.inForce().signed
    await installAll(federation, successorOf(federation, title('Tweede')))
    expect((await leader.api('GET', '/convenant/versions')).json).toEqual({
      versions: [first, leader.ctx.inForce().signed],
    })
    for (const member of federation.members) {
      expect(await lead.ended(member.id)).toEqual({
        reason: 'CONVENANT_DIFFERS',
        culprit: member.id,
      })
      const entries = await member.entries()
      expect(entries.findLast(({ type }) => type === 'convenant.changed')).toMatchObject({
        convenant: { version: 2 },
        previousConvenant: { version: 1, digest },
      })
      // A title is no term.
      expect(entries.some((entry) => 'alerts' in entry)).toBe(false)
      // The entry follows the state.
      const failed = async () =>
        (await member.entries()).findLast(({ type }) => type === 'round.failed')
      await expect.poll(failed).toMatchObject({ reason: 'CONVENANT_DIFFERS' })
    }
    // It was cut off while it tagged its flag, and says why.
    const result = await eventually(async () =>
      (await tagger.entries()).find(({ type }) => type === 'query.result'),
    )
    expect(result).toMatchObject({ status: 'failed', reason: 'CONVENANT_DIFFERS' })
    silence.end()
    expect(await isOver(leader)).toEqual({ over: true })
    const fresh = await announcementOf(federation, leader)
    expect((await post(leader, holder, 'rounds/announce', fresh)).status).toBe(200)
    await post(leader, holder, 'rounds/fail', { round: fresh.round, reason: 'X', culprit: null })
  })

  test('at some nodes only: between the two sides nothing is done', async () => {
    const next = successorOf(federation, title('Derde'))
    expect((await install(holder, next)).status).toBe(200)
    const ahead = (await announcementOf(federation, holder)) as never
    await expectRefusal(
      federation.member('telecom'),
      () => post(holder, federation.member('telecom'), 'rounds/announce', ahead),
      'CONVENANT_DIFFERS',
      { type: 'peer.refused', parties: [holder.id], reason: 'CONVENANT_DIFFERS' },
    )
    const body = await ask(leader, elements(1))
    await expectRefusal(
      holder,
      () => post(leader, holder, 'oprf/evaluate', body),
      'INTENT_MISMATCH',
    )
    for (const member of federation.members) {
      if (member !== holder) expect((await install(member, next)).status).toBe(200)
    }
    expect(await isOver(leader)).toEqual({ over: true })
  })

  test('and comes back with the node', async () => {
    const { digest } = holder.ctx.inForce()
    await holder.restart()
    expect(holder.ctx.inForce().digest).toBe(digest)
    expect(await isOver(holder)).toEqual({ over: true })
  })

  test.each<[string, (old: Convenant) => Partial<Convenant>, string]>([
    ['the one before', (old) => ({ version: old.version - 1 }), 'version'],
    ['one that leaves out a version', (old) => ({ version: old.version + 2 }), 'version'],
    ['one of another history', () => ({ previous: 'A'.repeat(43) }), 'previous'],
    ['another federation', () => ({ id: 'ander' }), 'id'],
  ])('is not %s', async (_, change, at) => {
    expect(await install(leader, successorOf(federation, change))).toMatchObject({
      status: 422,
      json: { code: 'CONVENANT_NOT_SUCCESSOR', at },
    })
  })
})

test('a change of threshold, quota or purpose is an alert in every log', async () => {
  const change = (old: Convenant): Partial<Convenant> => ({
    rules: old.rules.map((rule) => ({ ...rule, maxAgeHours: rule.maxAgeHours + 1 })),
    purposes: old.purposes.map((purpose) => ({
      ...purpose,
      quotaPerDay: purpose.quotaPerDay + 1,
      retentionDays: purpose.retentionDays + 1,
    })),
  })
  await installAll(federation, successorOf(federation, change))
  for (const member of federation.members) {
    const changed = (await member.entries()).findLast(({ type }) => type === 'convenant.changed')
    expect(changed).toMatchObject({ alerts: ['purpose', 'quota', 'threshold'] })
    expect(await changedTerms(member)).toBe(1)
  }
})

test('a change of schedule or wording is none', async () => {
  const change = (old: Convenant): Partial<Convenant> => ({
    title: { nl: `${old.title.nl} (herzien)`, en: `${old.title.en} (revised)` },
  })
  await installAll(federation, successorOf(federation, change))
  for (const member of federation.members) {
    const changed = (await member.entries()).findLast(({ type }) => type === 'convenant.changed')
    expect(changed).not.toHaveProperty('alerts')
    expect(await changedTerms(member)).toBe(1)
  }
})

test('a court’s decision is taken as a flag only where every purpose names a licence', async () => {
  const flag = async (evidence: string) => {
    const rows = [{ row: 1, value: 'judged.example', evidence }]
    const { json } = await leader.api('POST', '/flags/import', { kind: 'host', import: 'j', rows })
    return json
  }
  const refused = { added: 0, rejected: [{ row: 1, code: 'CRIMINAL_DATA' }] }
  const licence = {
    basis: { nl: 'UAVG artikel 33, vierde lid', en: 'UAVG article 33(4)' },
    reference: 'vergunning AP z2027-00001',
  }
  const licensed = (last: typeof licence | null) => (old: Convenant) => ({
    purposes: old.purposes.map((purpose, i) => ({
      ...purpose,
      criminalData: i === old.purposes.length - 1 ? last : licence,
    })),
  })
  expect(await flag('rechterlijk')).toMatchObject(refused)
  await installAll(federation, successorOf(federation, licensed(null)))
  expect(await flag('rechterlijk')).toMatchObject(refused)
  const about = { kind: 'host', value: 'judged.example', proof: 'paspoort' }
  const fields = { ...about, evidence: 'rechterlijk' }
  expect(await leader.api('POST', '/subjects/rectification', fields)).toMatchObject({
    status: 422,
    json: { code: 'CRIMINAL_DATA' },
  })
  await installAll(federation, successorOf(federation, licensed(licence)))
  expect(await flag('rechterlijk')).toMatchObject({ added: 1, rejected: [] })
})

async function changedTerms(member: Member): Promise<number> {
  const { json } = await member.api('GET', '/alerts?all=true')
  const { alerts } = json as { readonly alerts: readonly { readonly code: string }[] }
  return alerts.filter(({ code }) => code === 'TERMS_CHANGED').length
}

describe('a suspended member', () => {
  const suspended = () => federation.member('telecom')

  test('is suspended by two thirds, without its own signature', async () => {
    const others = federation.members.filter((member) => member !== suspended())
    const change = () => ({ suspended: ['telecom'] })
    const few = successorOf(federation, change, others.slice(1))
    expect(await install(leader, few)).toMatchObject({
      status: 422,
      json: { code: 'CONVENANT_SIGNATURE_MISSING' },
    })
    await installAll(federation, successorOf(federation, change, others))
    // Three holders are left, so checks go on.
    expect(await isOver(leader)).toEqual({ over: true })
  })

  test.each<[string, () => Promise<Uint8Array | object>]>([
    ['oprf/evaluate', () => ask(suspended(), elements(1))],
    ['rounds/announce', () => announcementOf(federation, suspended())],
    ['keys/begin', async () => sessionOf(federation, { epoch: '2' })],
  ])('is refused at %s', async (method, body) => {
    const sent = (await body()) as never
    await expectRefusal(holder, () => post(suspended(), holder, method, sent), 'REFUSED')
  })

  test('asks no more, and is handed lists without keys', async () => {
    await expect(isOver(suspended())).rejects.toMatchObject({
      code: 'REFUSED',
      at: 'MEMBER_SUSPENDED',
    })
    const keys = (await leader.ctx.store.lists.current('host', 'host-t2'))!.keys
    const current = async (to: Member) =>
      Buffer.from((await post(to, holder, 'lists/current', { kind: 'host' })).body)
    expect((await current(suspended())).includes(Buffer.from(keys))).toBe(false)
    expect((await current(leader)).includes(Buffer.from(keys))).toBe(true)
  })

  test('stops all rounds while it is a compute node', async () => {
    expect(await leader.api('POST', '/rounds', { kind: 'host' })).toMatchObject({
      status: 403,
      json: { at: 'COMPUTE_NODE_SUSPENDED' },
    })
  })
})

test('another quorum asks for another key', async () => {
  const change = (old: Convenant) => ({
    suspended: [],
    keyHolders: { ...old.keyHolders, quorum: 4 },
  })
  await installAll(federation, successorOf(federation, change))
  for (const member of federation.members) {
    const changed = (await member.entries()).findLast(({ type }) => type === 'convenant.changed')
    expect(changed).toMatchObject({ alerts: ['computation', 'suspension'] })
  }
  await expect(isOver(leader)).rejects.toMatchObject({ code: 'NO_KEY' })
  expect(await leader.api('POST', '/rounds', { kind: 'host' })).toMatchObject({
    status: 409,
    json: { code: 'NO_KEY' },
  })
  for (const { ctx } of federation.members) await catchUp(ctx)
  await leader.generateKey()
  const announcement = await announcementOf(federation, leader)
  expect(announcement).toMatchObject({ epoch: 2 })
  expect((await post(leader, holder, 'rounds/announce', announcement)).status).toBe(200)
})

describe('an installation that is cut off', () => {
  const changes = async (version: number) =>
    (await leader.entries()).filter(
      (one) => one.type === 'convenant.changed' && one.convenant.version === version,
    )
  /** One that no member may overlook. */
  const next = () =>
    successorOf(federation, ({ purposes }) => ({
      purposes: purposes.map((one) => ({ ...one, retentionDays: one.retentionDays + 1 })),
    }))
  const alerts = async () => {
    const known = await leader.ctx.store.alerts.list({ all: true, limit: 99 })
    return known.filter(({ code }) => code === 'TERMS_CHANGED').length
  }

  test('before its entry came to nothing', async () => {
    const { digest } = leader.ctx.inForce()
    const signed = next()
    const { version } = signed.convenant
    const restore = bend(leader.ctx.audit, 'append', () => async () => {
      throw new ProtocolError('LOG_UNAVAILABLE')
    })
    expect((await install(leader, signed)).status).toBe(503)
    restore()
    await leader.restart()
    expect(leader.ctx.inForce().digest).toBe(digest)
    expect(await changes(version)).toEqual([])
  })

  test('behind its entry gives way to no other', async () => {
    const signed = next()
    const other = successorOf(federation, title('Anders'))
    const { version } = signed.convenant
    failing(leader.ctx.store.convenants, 'put')
    expect((await install(leader, signed)).status).toBeGreaterThanOrEqual(500)
    const { status, text } = await install(leader, other)
    expect(readProblem(text, status)).toMatchObject({ code: 'CONVENANT_UNFIT', at: 'version' })
    expect(leader.ctx.inForce().convenant.version).toBe(version - 1)
    await installAll(federation, signed)
    expect(await changes(version)).toHaveLength(1)
  })

  test.each(['when the node starts', 'when it is installed again'])(
    'behind its entry is in force as the log says, %s',
    async (when) => {
      const signed = next()
      const { version } = signed.convenant
      const before = await alerts()
      failing(leader.ctx.store.convenants, 'put')
      expect((await install(leader, signed)).status).toBeGreaterThanOrEqual(500)
      expect(leader.ctx.inForce().convenant.version).toBe(version - 1)
      if (when === 'when the node starts') await leader.restart()
      else expect(await install(leader, signed)).toMatchObject({ status: 200 })
      expect(leader.ctx.inForce().convenant.version).toBe(version)
      await installAll(federation, signed)
      await leader.restart()
      expect(leader.ctx.inForce().convenant.version).toBe(version)
      expect(await changes(version)).toHaveLength(1)
      expect(await alerts()).toBe(before + 1)
    },
  )
})
