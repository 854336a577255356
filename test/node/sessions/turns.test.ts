/** The moments at which a rehearsal begins and ends, as an opponent of them: work in flight, and crashes. */

import { catchUp } from '@drempel/node/internal/sessions'
import { convenantDigest, rehearsalDigest } from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bend } from '../kit/bend.ts'
import { Federation } from '../kit/federation.ts'
import { Lead } from '../kit/lead.ts'
import type { Member } from '../kit/member.ts'
import { encodePublication, publicationOf } from '../kit/publication.ts'

let federation: Federation
let a: Member

beforeAll(async () => {
  federation = await Federation.open({ size: 3, background: false })
  a = federation.members[0]!
})
afterAll(() => federation?.close())
beforeEach(async () => {
  expect(await view()).toMatchObject({ rehearsal: null, inUse: false, flags: 0 })
})

type Answer = { readonly status: number; readonly code: string | undefined }
const post = async (path: string, body: object): Promise<Answer> => {
  const { status, json } = await a.api('POST', path, body as never)
  return { status, code: (json as { code?: string }).code }
}
const begin = (word: string) => post('/rehearsal', { word })
const end = () => post('/rehearsal/end', {})
const load = (values: readonly string[], id: string) => {
  const rows = values.map((value, row) => ({ row, value }))
  return post('/flags/import', { kind: 'host', import: id, rows })
}
const view = async () =>
  (await a.api('GET', '/rehearsal')).json as { rehearsal: unknown; flags: number; inUse: boolean }
const changes = async () =>
  (await a.entries()).filter(({ type }) => type === 'convenant.changed').length

/** What is done where the node calls one of these next; the node's own is called after it. */
function atNext<Name extends 'begin' | 'clear' | 'inUse' | 'turn'>(
  name: Name,
  work: () => Promise<unknown>,
): void {
  const parts = a.ctx.store.rehearsals as unknown as Record<string, (...v: unknown[]) => unknown>
  const real = parts[name]!
  parts[name] = async (...values) => {
    parts[name] = real
    const result = name === 'inUse' ? await real(...values) : undefined
    await work()
    return result ?? real(...values)
  }
}

/** Work of a request that is half-way: it looked at what is in force, and writes when it is let. */
function halfway(write: () => Promise<unknown>): () => Promise<unknown> {
  const { promise, resolve: go } = Promise.withResolvers<void>()
  const done = a.live.node.convenant.modes.flow(async () => {
    a.ctx.inForce()
    await promise
    await write()
  })
  const outcome = done.then(
    () => 'written',
    (error: { code?: string }) => error.code,
  )
  return () => {
    go()
    return outcome
  }
}

describe('the end of a rehearsal', () => {
  it('leaves nothing of imports that went on meanwhile', async () => {
    await begin('een')
    let [stop, number] = [false, 0]
    const loop = async (size: number) => {
      for (;;) {
        const n = number++
        const values = Array.from({ length: size }, (_, j) => `h${n}-${j}.example`)
        const { status, code } = await load(values, 'rehearsal-x')
        if (status !== 200 || stop) return code
      }
    }
    const loops = [loop(50), loop(3_000), loop(3_000)]
    while ((await view()).flags === 0);
    expect((await end()).status).toBe(200)
    stop = true
    for (const code of await Promise.all(loops)) expect(code).toMatch(/REHEARSING/)
    expect(await view()).toMatchObject({ rehearsal: null, inUse: false, flags: 0 })
  })

  it('leaves nothing that work in flight would still write', async () => {
    await begin('twee')
    const { store } = a.ctx
    const bytes = new Uint8Array(32)
    const row = { state: 'active', signatures: [], transcript: bytes, sealedShare: bytes } as const
    const request = { id: '0f', receivedAt: 1, dueAt: 2 }
    const writes: (() => Promise<unknown>)[] = [
      () => store.keys.put({ kind: 'host', epoch: '9', ...row }),
      () => store.lists.accept([]),
      () => store.asked.remember('day', '0d', [bytes]),
      () => store.feedback.put('0d', 0, bytes),
      () => store.psi.addPart('upload/1', bytes),
      () => store.psi.prepared.transition('0d', ['masking'], 'ready'),
      () => store.meta.set('opened/host', 'x'),
      () => store.cases.open({ ...request, type: 'access', kind: 'host', sealed: bytes }),
    ]
    const held = writes.map(halfway)
    // Some write while it ends, the others after it.
    const early: Promise<unknown>[] = []
    atNext('clear', async () => {
      for (const go of held.slice(0, 3)) early.push(go())
      expect(await load(['www.a.example'], 'rehearsal-x')).toMatchObject({ code: 'REHEARSING' })
      expect(await load(['www.bank.nl'], 'real')).toMatchObject({ code: 'REHEARSING' })
    })
    expect((await end()).status).toBe(200)
    const late = held.slice(3).map((go) => go())
    expect(await Promise.all([...early, ...late])).toEqual(writes.map(() => 'REHEARSING'))
    expect(await store.keys.list()).toEqual([])
  })

  it('cuts off a round, and its log says so before it ends', async () => {
    const [, leader, ...others] = federation.members as [Member, Member, Member]
    for (const member of federation.members)
      await member.api('POST', '/rehearsal', { word: 'ronde' })
    await a.generateKey()
    await load(['www.a.example'], 'rehearsal-x')
    await Lead.open(federation, leader)
    const added = await a.adds(end)
    const last = added.flatMap(({ type }) => (/^(round|key|convenant)[.]/.test(type) ? [type] : []))
    expect(last).toEqual(['round.failed', 'key.erased', 'convenant.changed'])
    expect(await a.ctx.store.rounds.list({ limit: 9 })).toEqual([])
    for (const member of [leader, ...others]) await member.api('POST', '/rehearsal/end', {})
  })

  it('leaves no key of it, which its log says', async () => {
    await begin('sleutels')
    const sealedShare = new Uint8Array(32)
    const row = { state: 'active', signatures: [], transcript: new Uint8Array(32) } as const
    await a.ctx.store.keys.put({ kind: 'host', epoch: '9', ...row, sealedShare })
    const added = await a.adds(end)
    expect(added).toMatchObject([{ type: 'key.erased', epoch: '9' }, { type: 'convenant.changed' }])
    const keys = await a.ctx.store.keys.list()
    expect(keys.find(({ epoch }) => epoch === '9')).toMatchObject({
      state: 'dropped',
      sealedShare: null,
    })
  })

  it('says whether anything of it is left', async () => {
    const told = async () => (await a.api('POST', '/rehearsal/end', {})).json
    await begin('schoon')
    expect(await told()).toEqual({ clean: true })
    await begin('resten')
    const honest = bend(a.ctx.store.rehearsals, 'inUse', () => async () => true)
    expect(await told()).toEqual({ clean: false })
    honest()
  })

  it('goes on at the next start where the node stopped in the middle', async () => {
    await begin('drie')
    await load(['www.a.example'], 'rehearsal-x')
    atNext('clear', () => Promise.reject(new Error('stopped')))
    expect((await end()).status).toBe(500)
    // There is no way back: nothing comes in, made up or real.
    expect(await load(['www.b.example'], 'rehearsal-x')).toMatchObject({ code: 'REHEARSING' })
    await a.restart()
    expect(await view()).toMatchObject({ rehearsal: null, inUse: false, flags: 0 })
    expect(await end()).toMatchObject({ code: 'NOT_REHEARSING' })
  })

  it('is made good by the same command too', async () => {
    await begin('vier')
    atNext('clear', () => Promise.reject(new Error('stopped')))
    expect((await end()).status).toBe(500)
    expect((await end()).status).toBe(200)
  })
})

it('is no lie of a member that still rehearses, where another does not any more', async () => {
  const convenant = hex(rehearsalDigest(convenantDigest(federation.convenant), 'een'))
  const bytes = (first: number) => new Uint8Array(9).fill(first)
  const theirs = publicationOf(federation, bytes(1), { convenant })
  const other = federation.member(federation.convenant.computeNodes.find((id) => id !== a.id)!)
  let listed = theirs
  const undo = other.lie('lists/current', async () => encodePublication(listed))
  expect(await a.adds(() => catchUp(a.ctx))).toEqual([])
  // One of the convenant in force is looked at still.
  const [statement] = publicationOf(federation, bytes(2)).statements
  listed = { ...theirs, statements: [statement!, statement!, statement!] }
  expect(await a.adds(() => catchUp(a.ctx))).toMatchObject([{ type: 'list.refused' }])
  undo()
})

describe('the begin of a rehearsal', () => {
  const share = async () => (await a.ctx.store.keys.current('host'))?.sealedShare

  it('takes no flag that a real import wrote in the same moment, nor such an import any', async () => {
    const late = halfway(() => a.ctx.store.flags.upsert('host', [], 'real'))
    expect((await begin('vijf')).status).toBe(200)
    expect(await late()).toBe('REHEARSING')
    expect((await end()).status).toBe(200)
  })

  it('goes on at the next start where the node stopped in the middle', async () => {
    await a.generateKey()
    const changed = await changes()
    atNext('turn', () => Promise.reject(new Error('stopped')))
    expect((await begin('zes')).status).toBe(500)
    expect(await load(['www.a.example'], 'rehearsal-x')).toMatchObject({ code: 'REHEARSING' })
    await a.restart()
    expect(await view()).toMatchObject({ rehearsal: { word: 'zes', step: 'begun' } })
    expect(await share()).toBeUndefined()
    expect(await changes()).toBeGreaterThan(changed)
    expect(await load(['www.a.example'], 'rehearsal-x')).toMatchObject({ status: 200 })
    expect((await end()).status).toBe(200)
  })

  // Last: the node is in use from then on.
  it('costs a node nothing that is in use by then', async () => {
    await a.generateKey()
    const changed = await changes()
    atNext('inUse', () => load(['www.bank.nl'], 'real'))
    expect(await begin('zeven')).toMatchObject({ status: 409, code: 'NODE_IN_USE' })
    expect(await share()).toBeInstanceOf(Uint8Array)
    expect(await changes()).toBe(changed)
    expect(await load(['www.winkel.nl'], 'real')).toMatchObject({ status: 200 })
    await a.restart()
    expect(await view()).toMatchObject({ rehearsal: null, inUse: true, flags: 2 })
    expect(await share()).toBeInstanceOf(Uint8Array)
  })
})
