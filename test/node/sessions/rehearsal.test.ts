/** A rehearsal at a node as an opponent of it: nothing real may come in, nothing made up may stay. */

import { convenantDigest, rehearsalDigest } from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failing } from '../kit/bend.ts'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'

let federation: Federation
let a: Member
let b: Member
let own: string
let rehearsed: string

beforeAll(async () => {
  federation = await Federation.open({ size: 3, background: false })
  ;[a, b] = federation.members as [Member, Member]
  own = hex(convenantDigest(federation.convenant))
  rehearsed = hex(rehearsalDigest(convenantDigest(federation.convenant), 'herfst'))
})
afterAll(() => federation?.close())

const begin = (member: Member, word = 'herfst') => member.api('POST', '/rehearsal', { word })
const end = (member: Member) => member.api('POST', '/rehearsal/end', {})
const load = (member: Member, values: readonly string[], id = 'rehearsal-1') => {
  const rows = values.map((value, row) => ({ row, value }))
  return member.api('POST', '/flags/import', { kind: 'host', import: id, rows })
}
const code = async (answer: ReturnType<Member['api']>) =>
  ((await answer).json as { code?: string }).code
const analyst = (member: Member) =>
  member.api('POST', '/tokens', { name: 'rehearsal-1', roles: ['analyst'] })
const held = (member: Member) => member.ctx.store.flags.countActive('host', Date.now())
const MADE_UP = ['www.a.example', 'www.b.example', 'www.c.test']

describe('before a rehearsal', () => {
  it('takes no flags that are late for one, though they are made up', async () => {
    expect(await code(load(a, MADE_UP))).toBe('NOT_REHEARSING')
    expect(await code(end(a))).toBe('NOT_REHEARSING')
    expect(await code(a.api('POST', '/rehearsal/step', { step: 'loaded' }))).toBe('NOT_REHEARSING')
    expect(await held(a)).toBe(0)
  })

  it.each(['active', 'withdrawn'])('does not begin beside a flag that is %s', async (state) => {
    await b.flag(['real.nl'])
    if (state === 'withdrawn') {
      await b.api('POST', '/flags/withdraw', { kind: 'host', values: ['real.nl'] })
    }
    expect(await code(begin(b))).toBe('NODE_IN_USE')
    expect(b.ctx.inForce().digest).toBe(own)
  })

  it('has the case that was cut off behind its entry, which stays when it ends', async () => {
    const c = federation.members[2]!
    failing(c.ctx.store.cases, 'open')
    const access = { kind: 'host', value: 'real.nl', proof: 'passport' }
    expect((await c.api('POST', '/subjects/access', access)).status).toBe(503)
    expect((await begin(c)).status).toBe(200)
    expect((await end(c)).status).toBe(200)
    const { cases } = (await c.api('GET', '/subjects?all=true')).json as { cases: unknown[] }
    expect(cases).toMatchObject([{ type: 'access' }])
  })

  it('compares no logs, and makes no token that would end with one', async () => {
    expect(await code(a.api('GET', '/rehearsal/comparison'))).toBe('NOT_REHEARSING')
    expect(await code(analyst(a))).toBe('NOT_REHEARSING')
  })

  it('takes people who may load flags', async () => {
    const token = await a.person('reader', 'auditor', 'analyst')
    for (const path of ['/rehearsal', '/rehearsal/step', '/rehearsal/end']) {
      expect((await a.api('POST', path, {}, token)).status).toBe(403)
    }
    expect((await a.api('GET', '/rehearsal', undefined, token)).status).toBe(200)
  })
})

describe('a rehearsal', () => {
  it('stands in the log before it begins, under a digest of its own', async () => {
    const added = await a.adds(async () => {
      expect((await begin(a)).json).toMatchObject({ word: 'herfst', digest: rehearsed })
      // The same again, by whoever gave the command twice.
      expect((await begin(a)).status).toBe(200)
      expect(await code(begin(a, 'ander'))).toBe('REHEARSING')
    })
    expect(added).toHaveLength(1)
    expect(added[0]).toMatchObject({
      type: 'convenant.changed',
      convenant: { digest: rehearsed },
      previousConvenant: { digest: own },
      alerts: ['rehearsal'],
    })
    expect(await a.record(added[0]!)).toMatchObject({ word: 'herfst', begun: true })
  })

  it('is told to other members, who are under the convenant itself', async () => {
    const { json } = await b.api('GET', '/rehearsal')
    expect(json).toMatchObject({ convenant: own, rehearsal: null, inUse: true })
    const { peers } = json as { peers: { member: string }[] }
    expect(peers.find(({ member }) => member === 'bank-a')).toMatchObject({
      ...{ code: null, convenant: own, clockSeconds: 0 },
      rehearsal: { digest: rehearsed, step: 'begun' },
    })
  })

  it('refuses what is real: imports by name or by content, questions, another convenant', async () => {
    expect(await code(load(a, ['bank.nl'], 'import-1'))).toBe('REHEARSING')
    expect(await code(load(a, MADE_UP, 'import-1'))).toBe('REHEARSING')
    // One real name among made-up ones: none of them comes in.
    expect(await code(load(a, [...MADE_UP, 'www.bank.nl']))).toBe('REHEARSING')
    expect(await held(a)).toBe(0)
    const asked = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2', value: 'bank.nl' }
    expect(await code(a.api('POST', '/checks', asked))).toBe('REHEARSING')
    const access = { kind: 'host', value: 'bank.nl', proof: 'passport' }
    expect(await code(a.api('POST', '/subjects/access', access))).toBe('REHEARSING')
    const installed = await a.api('PUT', '/convenant', { convenant: federation.signed as never })
    expect(installed.json).toMatchObject({ code: 'REHEARSING' })
  })

  it('takes made-up flags, and goes on after the node stopped', async () => {
    expect((await load(a, MADE_UP)).json).toMatchObject({ added: 3, rejected: [] })
    await a.api('POST', '/rehearsal/step', { step: 'loaded' })
    // The others may have gone on by it.
    await a.api('POST', '/rehearsal/step', { step: 'begun' })
    await a.restart()
    expect(await held(a)).toBe(3)
    expect((await a.api('GET', '/rehearsal')).json).toMatchObject({
      rehearsal: { digest: rehearsed, step: 'loaded' },
      flags: 3,
    })
    expect(await code(load(a, ['bank.nl'], 'import-1'))).toBe('REHEARSING')
  })

  it('makes no key and runs no round with a member that does not rehearse', async () => {
    await expect(a.generateKey()).rejects.toMatchObject({ code: 'KEY_FAILED' })
    expect(await a.ctx.store.keys.current('host')).toBeNull()
    const refused = (await b.entries()).filter(({ type }) => type === 'peer.refused')
    expect(refused.at(-1)).toMatchObject({ parties: ['bank-a'], reason: 'CONVENANT_DIFFERS' })
  })

  it('ends with nothing left but the log, in which every entry of it names it', async () => {
    const { token } = (await analyst(a)).json as { token: string }
    const access = { kind: 'host', value: MADE_UP[0]!, proof: 'rehearsal' }
    expect((await a.api('POST', '/subjects/access', access)).status).toBe(200)
    const added = await a.adds(() => end(a))
    expect(added.at(-1)).toMatchObject({
      ...{ type: 'convenant.changed', alerts: ['rehearsal'] },
      ...{ convenant: { digest: own }, previousConvenant: { digest: rehearsed } },
    })
    expect((await a.api('GET', '/rehearsal')).json).toMatchObject({
      ...{ rehearsal: null, inUse: false, flags: 0, convenant: own },
    })
    expect((await a.api('GET', '/status', undefined, token)).status).toBe(401)
    expect((await a.api('GET', '/subjects?all=true')).json).toEqual({ cases: [] })
    const entries = await a.entries()
    const changes = entries.flatMap(({ type }, i) => (type === 'convenant.changed' ? [i] : []))
    const [from, to] = changes.slice(-2) as [number, number]
    for (const entry of entries.slice(from, to)) {
      expect(entry).toMatchObject({ convenant: { digest: rehearsed } })
    }
    expect((await load(a, ['bank.nl'], 'import-1')).json).toMatchObject({ added: 1 })
    expect(await code(load(a, MADE_UP))).toBe('NOT_REHEARSING')
    // Nor does the end of a late one withdraw what is not of it.
    const late = { kind: 'host', import: 'rehearsal-1', replace: true }
    expect(await code(a.api('POST', '/flags/import/finish', late))).toBe('NOT_REHEARSING')
    expect(await held(a)).toBe(1)
    expect(await code(begin(a, 'winter'))).toBe('NODE_IN_USE')
  })
})
