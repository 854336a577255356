/** Members compare their logs once a day: heads are anchored, and what does not agree is told. */

import { createDaily } from '@drempel/node/internal/sessions'
import { type Diagnosis, witnessing } from '@drempel/protocol/api'
import { fromUtf8, jcs, ProtocolError } from '@drempel/protocol/encoding'
import {
  encodeEvent,
  encodeReceipt,
  type LeafFields,
  parseEvent,
  parseReceipt,
} from '@drempel/protocol/log'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import { asJson } from '../../kit/lead.ts'
import type { Entry, Member } from '../../kit/member.ts'
import { post } from '../../kit/peer.ts'
import { publish } from '../../kit/publication.ts'
import { Tree } from '../../kit/tree.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let federation: Federation
let asker: Member
let holder: Member
let daily: Map<Member, ReturnType<typeof createDaily>>
const restore: (() => void)[] = []

beforeAll(async () => {
  federation = await Federation.open({
    rules: [{ kind: 'host', t: 2 }],
    maxAgeHours: 8_000,
    background: false,
  })
  asker = federation.member('bank-a')
  holder = federation.member('telecom')
  // Well inside a quarter, whenever this runs: a new quarter's log is one more to anchor.
  const now = new Date()
  const quarter = Math.floor(now.getUTCMonth() / 3)
  federation.clock.ahead = Date.UTC(now.getUTCFullYear(), 3 * quarter + 3, 10) - now.getTime()
  await asker.generateKey()
  await publish(federation, ['over.example'])
  daily = new Map(federation.members.map((member) => [member, createDaily(member.ctx)]))
  // The first look is when a member is met; the day begins then.
  await nextDay(0)
})
afterAll(() => federation.close())
afterEach(() => {
  for (const undo of restore.splice(0)) undo()
})

/** @returns what each node entered */
async function nextDay(ms = DAY): Promise<Map<Member, Entry[]>> {
  federation.clock.ahead += ms
  const added = new Map<Member, Entry[]>()
  for (const member of federation.members) {
    added.set(member, await member.adds(() => daily.get(member)!.run()))
  }
  return added
}

async function ask(): Promise<string> {
  for (;;) {
    const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' }
    const answer = await asker.api('POST', '/checks', { ...question, value: 'over.example' })
    expect(answer.status).toBe(200)
    const result = (await asker.entries()).findLast(({ type }) => type === 'query.result')!
    if ('parties' in result && result.parties?.includes(holder.id)) {
      return (answer.json as { txid: string }).txid
    }
  }
}

type Append = Member['ctx']['audit']['append']

/** What a member's log makes of one type of entry. */
function bend(
  member: Member,
  type: string,
  lie: (append: Append, ...args: Parameters<Append>) => unknown,
) {
  const audit = member.ctx.audit as { append: Append }
  const { append } = audit
  audit.append = ((event, record) =>
    event.type === type ? lie(append, event, record) : append(event, record)) as Append
  restore.push(() => {
    audit.append = append
  })
}

const view = async (member: Member) =>
  witnessing.parse((await member.api('GET', '/witnessing')).json)
const doctor = async (member: Member) =>
  ((await member.api('GET', '/doctor')).json as Diagnosis).checks.find(
    ({ name }) => name === 'logs compared',
  )
const types = (entries: readonly Entry[] | undefined) => entries?.map(({ type }) => type)

describe('honest nodes', () => {
  test('anchor each other once where their logs grew, and find no discrepancy', async () => {
    await ask()
    for (const [member, entries] of await nextDay()) {
      expect(types(entries)).toEqual(['witness.anchored'])
      const others = federation.members.filter((other) => other !== member).map(({ id }) => id)
      expect(entries[0]).toMatchObject({ parties: others.sort() })
      const { peerCheckpoints } = entries[0] as { peerCheckpoints?: readonly { origin: string }[] }
      const anchored = peerCheckpoints!.map(({ origin }) => origin.split('/')[2])
      expect([...new Set(anchored)]).toEqual(others)
      expect((await view(member)).discrepancies).toEqual([])
      expect(await doctor(member)).toMatchObject({ ok: true })
    }
  })

  test('at rest write nothing more, for ever', async () => {
    for (let day = 0; day < 5; day++) {
      for (const entries of (await nextDay()).values()) expect(types(entries)).toEqual([])
    }
  })

  test('anchor the one that did something, once a day however often they look', async () => {
    await holder.ctx.audit.append({ type: 'node.started' }, null)
    for (const [member, entries] of await nextDay()) {
      expect(types(entries)).toEqual(member === holder ? [] : ['witness.anchored'])
      if (member !== holder) expect(entries[0]).toMatchObject({ parties: [holder.id] })
    }
    await holder.ctx.audit.append({ type: 'node.started' }, null)
    for (let i = 0; i < 3; i++) {
      for (const entries of (await nextDay(HOUR)).values()) expect(types(entries)).toEqual([])
    }
    const later = await nextDay()
    expect(types(later.get(asker))).toEqual(['witness.anchored'])
    for (const entries of (await nextDay()).values()) expect(types(entries)).toEqual([])
  })

  test('an anchor names the head that its owner signed', async () => {
    await holder.ctx.audit.append({ type: 'node.started' }, null)
    const origin = (await holder.ctx.audit.origin())!
    const { size, root } = (await holder.ctx.audit.head(origin))!
    const [entry] = (await nextDay()).get(asker)!
    expect(entry).toMatchObject({
      peerCheckpoints: [{ origin, size, root: Buffer.from(root).toString('base64') }],
    })
    const { notes } = (await asker.record(entry!)) as { notes: string[] }
    expect(notes[0]).toContain(origin)
  })

  test('go on where they were after a restart', async () => {
    await asker.restart()
    daily.set(asker, createDaily(asker.ctx))
    await nextDay()
    const again = await nextDay()
    expect(types(again.get(asker))).toEqual([])
  })
})

describe('a quarter that begins', () => {
  test('with nothing but anchors is as much at rest', async () => {
    await nextDay(85 * DAY)
    await holder.ctx.audit.append({ type: 'node.started' }, null)
    const entries = await nextDay()
    for (const [member, list] of entries) {
      expect(types(list)).toEqual(member === holder ? [] : ['witness.anchored'])
    }
    for (let day = 0; day < 3; day++) {
      for (const list of (await nextDay()).values()) expect(types(list)).toEqual([])
    }
  })
})

describe('a member that', () => {
  test('left its entry out is found by who asked it, told once, and shown', async () => {
    bend(holder, 'oprf.evaluated', async () => ({}))
    const txid = await ask()
    for (const undo of restore.splice(0)) undo()
    const entries = (await nextDay()).get(asker)!
    const told = entries.filter(({ type }) => type === 'log.discrepancy')
    expect(told).toMatchObject([
      { role: 'peer', parties: [holder.id], reason: 'ONE_SIDED', sizeBucket: 16 },
    ])
    expect(await asker.record(told[0]!)).toMatchObject({ found: [{ txid, kind: 'one-sided' }] })
    expect(new TextDecoder().decode(jcs(told[0] as never))).not.toContain(txid)
    expect((await view(asker)).discrepancies[0]).toMatchObject({
      ...{ member: holder.id, txid, kind: 'one-sided', fields: [], minutes: null },
    })
    expect(await doctor(asker)).toMatchObject({ ok: false, detail: `${holder.id}: 1` })
    const { json } = await asker.api('GET', '/alerts')
    expect((json as { alerts: unknown[] }).alerts).toContainEqual(
      expect.objectContaining({ code: 'LOGS_DIFFER', member: holder.id }),
    )
    expect(types((await nextDay()).get(asker))).not.toContain('log.discrepancy')
  })

  test('altered kind and count is found with the fields', async () => {
    bend(holder, 'oprf.evaluated', (append, event, record) =>
      append({ ...event, kind: 'email', sizeBucket: 64 } as typeof event, record),
    )
    const txid = await ask()
    for (const undo of restore.splice(0)) undo()
    const entries = (await nextDay()).get(asker)!
    expect(entries.find(({ type }) => type === 'log.discrepancy')).toMatchObject({
      reason: 'FIELD_MISMATCH',
    })
    expect((await view(asker)).discrepancies[0]).toMatchObject({
      ...{ txid, kind: 'mismatch', fields: ['kind', 'sizeBucket'] },
    })
  })

  test('wrote its entry an hour later is late', async () => {
    const later: (() => Promise<unknown>)[] = []
    bend(holder, 'oprf.evaluated', async (append, event, record) => {
      later.push(() => append(event, record))
      return {}
    })
    const txid = await ask()
    for (const undo of restore.splice(0)) undo()
    federation.clock.ahead += HOUR
    for (const write of later) await write()
    await nextDay()
    const [found] = (await view(asker)).discrepancies
    expect(found).toMatchObject({ txid, kind: 'late', member: holder.id })
    expect(Math.abs(found!.minutes! - 60)).toBeLessThanOrEqual(1)
  })

  test('asked and shows no intent any more is found by the holder', async () => {
    const txid = await ask()
    const find = asker.ctx.audit as { find: Member['ctx']['audit']['find'] }
    const honest = find.find
    find.find = async (asked) => (asked === txid ? [] : honest(asked))
    const entries = (await nextDay()).get(holder)!
    find.find = honest
    expect(entries.find(({ type }) => type === 'log.discrepancy')).toMatchObject({
      ...{ parties: [asker.id], reason: 'ONE_SIDED' },
    })
    expect((await view(holder)).discrepancies[0]).toMatchObject({ txid, member: asker.id })
  })

  test('keeps a second log to show to who asks is caught with both', async () => {
    const events: Parameters<Append>[0][] = []
    bend(holder, 'oprf.evaluated', async (_append, event) => {
      events.push(event)
      return {}
    })
    const txid = await ask()
    for (const undo of restore.splice(0)) undo()
    const origin = (await holder.ctx.audit.origin())!
    const template = parseEvent(await holder.ctx.audit.leaf(origin, 0))
    const { v, time, software, retentionClass, period, commit } = template
    const base = { v, time, software, retentionClass, period, commit }
    const inForce = holder.ctx.inForce()
    const convenant = { version: inForce.convenant.version, digest: inForce.digest }
    const leaf = encodeEvent({ ...base, convenant, ...events.at(-1) } as LeafFields)
    const checkpoint = await new Tree(origin, holder.ctx.signer, [leaf]).checkpoint(1)
    const receipt = encodeReceipt({ index: 0, proof: [], checkpoint, extra: leaf })
    restore.push(
      holder.lie('log/shared', async (_from, body, honest) => {
        const { txids } = JSON.parse(fromUtf8(body)) as { txids: string[] }
        const { entries } = (await honest()) as { entries: string[][] }
        return { entries: entries.map((list, i) => (txids[i] === txid ? [receipt] : list)) }
      }),
    )
    const entries = (await nextDay()).get(asker)!
    const told = entries.filter(({ type }) => type === 'log.discrepancy')
    expect(told).toMatchObject([{ parties: [holder.id], reason: 'LOG_ROLLED_BACK' }])
    const { evidence } = (await asker.record(told[0]!)) as { evidence: string }
    expect(Buffer.from(evidence, 'base64').toString()).toBe(checkpoint)
    for (const undo of restore.splice(0)) undo()
    // Without the second log what is missing is found, at the next hour.
    federation.clock.ahead += 2 * HOUR
    await daily.get(asker)!.run()
    expect((await view(asker)).discrepancies[0]).toMatchObject({ txid, kind: 'one-sided' })
  })

  test('shows another transaction in the place of the one that it left out is found', async () => {
    const shown = await ask()
    bend(holder, 'oprf.evaluated', async () => ({}))
    const txid = await ask()
    for (const undo of restore.splice(0)) undo()
    const { origin, index } = (await holder.ctx.audit.find(shown)).at(-1)!
    const receipt = await holder.ctx.audit.receipt(origin, index)
    restore.push(
      holder.lie('log/shared', async (_from, body, honest) => {
        const { txids } = JSON.parse(fromUtf8(body)) as { txids: string[] }
        const { entries } = (await honest()) as { entries: string[][] }
        return { entries: entries.map((list, i) => (txids[i] === txid ? [receipt] : list)) }
      }),
    )
    await nextDay()
    const found = (await view(asker)).discrepancies.filter((one) => one.txid === txid)
    expect(found).toMatchObject([{ kind: 'one-sided', member: holder.id }])
  })

  type Head = { checkpoint: string | null; proof: string[]; quiet: string[] | null }
  test.each<[string, (origin: string, from: number, to: number) => Promise<string[]>]>([
    ['nothing', async () => []],
    ['entries of another kind', (origin, from, to) => receipts(origin, from, to, (index) => index)],
    [
      'an anchor of before',
      async (origin, from, to) => {
        const anchors = (await holder.entries()).filter((one) => one.origin === origin)
        const { at } = anchors.find(({ type }) => type === 'witness.anchored')!
        return receipts(origin, from, to, () => at)
      },
    ],
  ])('says that it only anchored, and shows %s, is anchored', async (_, lie) => {
    // What is quiet is anchored by nobody; one day with something to anchor, and one to be at rest.
    await asker.ctx.audit.append({ type: 'node.started' }, null)
    await nextDay()
    await nextDay()
    await holder.ctx.audit.append({ type: 'node.started' }, null)
    restore.push(
      holder.lie('log/head', async (_from, body, honest) => {
        const { origin, size } = JSON.parse(fromUtf8(body)) as { origin: string; size: number }
        const head = (await honest()) as unknown as Head
        const now = head.checkpoint === null ? 0 : (await holder.ctx.audit.size(origin))!
        return size < now ? { ...head, quiet: await lie(origin, size, now) } : asJson(head)
      }),
    )
    const entries = (await nextDay()).get(asker)!
    const anchored = entries.filter(({ type }) => type === 'witness.anchored')
    expect(anchored).toMatchObject([{ parties: [holder.id] }])
  })

  /** Under the head of that size, as many as lie between. */
  async function receipts(
    origin: string,
    from: number,
    to: number,
    place: (index: number) => number,
  ): Promise<string[]> {
    const { audit } = holder.ctx
    const checkpoint = (await audit.checkpoint(origin))!
    const made: string[] = []
    for (let nth = from; nth < to; nth++) {
      const index = place(nth)
      const [extra, proof] = [await audit.leaf(origin, index), await audit.proof(origin, index, to)]
      made.push(encodeReceipt({ index, proof, checkpoint, extra }))
    }
    return made
  }

  test('answers with what is no log is entered, not passed over', async () => {
    await ask()
    const receipt = encodeReceipt({
      ...{ index: 0, proof: [], extra: new TextEncoder().encode('{}') },
      checkpoint: await new Tree('example.com/log', holder.ctx.signer, [
        new Uint8Array(),
      ]).checkpoint(1),
    })
    restore.push(
      holder.lie('log/shared', async (_from, _body, honest) => {
        const { entries } = (await honest()) as { entries: string[][] }
        return { entries: entries.map(() => [receipt]) }
      }),
    )
    const entries = (await nextDay()).get(asker)!
    expect(entries.filter(({ type }) => type === 'log.discrepancy')).toMatchObject([
      { parties: [holder.id], reason: 'BAD_ORIGIN' },
    ])
    // A restart has it entered no sooner again.
    daily.set(asker, createDaily(asker.ctx))
    expect(types((await nextDay(2 * HOUR)).get(asker))).not.toContain('log.discrepancy')
  })

  test('shows nothing for a week is entered, once a week, and shown', async () => {
    const busy = holder.lie('log/head', async () => {
      throw new ProtocolError('BUSY')
    })
    restore.push(busy)
    const told = (entries: readonly Entry[] | undefined) =>
      entries!.flatMap((entry) => (entry.type === 'log.discrepancy' ? [entry.reason] : []))
    expect(told((await nextDay(6 * DAY)).get(asker))).toEqual([])
    expect(told((await nextDay()).get(asker))).toEqual(['NOT_COMPARED'])
    expect(told((await nextDay()).get(asker))).toEqual([])
    const { detail } = (await doctor(asker))!
    expect(detail).toMatch(new RegExp(`not to be compared for a week: ${holder.id}$`))
    expect(told((await nextDay(6 * DAY)).get(asker))).toEqual(['NOT_COMPARED'])
  })

  test('shows nothing is not accused by who was away itself, before that asked for a day', async () => {
    await nextDay()
    const busy = holder.lie('log/head', async () => {
      throw new ProtocolError('BUSY')
    })
    restore.push(busy)
    // Begun anew, as after a week of standstill.
    daily.set(asker, createDaily(asker.ctx))
    const told = (entries: readonly Entry[] | undefined) =>
      entries!.flatMap((entry) => (entry.type === 'log.discrepancy' ? [entry.reason] : []))
    expect(told((await nextDay(8 * DAY)).get(asker))).toEqual([])
    expect(told((await nextDay(2 * HOUR)).get(asker))).toEqual([])
    expect(told((await nextDay()).get(asker))).toEqual(['NOT_COMPARED'])
  })

  test('shows nothing is entered by who restarts every day too, and once', async () => {
    await nextDay()
    const busy = holder.lie('log/head', async () => {
      throw new ProtocolError('BUSY')
    })
    restore.push(busy)
    const told: string[] = []
    const later = async (ms: number) => {
      federation.clock.ahead += ms
      const entries = await asker.adds(() => daily.get(asker)!.run())
      for (const entry of entries) if (entry.type === 'log.discrepancy') told.push(entry.reason)
    }
    for (let day = 0; day < 9; day++) {
      // As after a restart: nothing in memory knows of it.
      daily.set(asker, createDaily(asker.ctx))
      await later(2 * HOUR)
      expect(told).toEqual(day < 7 ? [] : ['NOT_COMPARED'])
      await later(22 * HOUR)
    }
    expect(told).toEqual(['NOT_COMPARED'])
  })

  test('is not there is asked again within hours, and stops nobody', async () => {
    await holder.stop()
    const before = (await view(asker)).compared
    await asker.ctx.audit.append({ type: 'node.started' }, null)
    federation.clock.ahead += DAY
    await daily.get(asker)!.run()
    const during = (await view(asker)).compared
    const timeOf = (list: typeof before, id: string) =>
      list.find(({ member }) => member === id)?.time
    expect(timeOf(during, holder.id)).toBe(timeOf(before, holder.id))
    expect(timeOf(during, 'bank-b')).not.toBe(timeOf(before, 'bank-b'))
    await holder.restart()
    daily.set(holder, createDaily(holder.ctx))
    federation.clock.ahead += 2 * HOUR
    await daily.get(asker)!.run()
    expect(timeOf((await view(asker)).compared, holder.id)).not.toBe(timeOf(before, holder.id))
  })
})

describe('what a member shows of its log', () => {
  test('is the entries that name who asks, with their proofs, and no others', async () => {
    const txid = await ask()
    const { status, body } = await post(holder, asker, 'log/shared', { txids: [txid] })
    expect(status).toBe(200)
    const { entries } = JSON.parse(fromUtf8(body)) as { entries: string[][] }
    const shown = entries[0]!.map((text) => parseEvent(parseReceipt(text).extra!))
    expect(shown.map(({ type }) => type)).toEqual(['query.intent'])
    // The asker evaluates for itself as well; that entry names nobody else.
    const own = (await asker.entries()).filter((entry) => 'txid' in entry && entry.txid === txid)
    expect(own.length).toBeGreaterThan(2)
    const stranger = await post(holder, federation.member('bank-b'), 'log/shared', {
      txids: [txid, '0'.repeat(32)],
    })
    const others = (JSON.parse(fromUtf8(stranger.body)) as { entries: string[][] }).entries
    expect(others.map((list) => list.length)).toEqual([0, 0])
  })

  test('is nothing to who asks for too much', async () => {
    const many = Array.from({ length: 129 }, (_, i) => i.toString(16).padStart(32, '0'))
    const { problem } = await post(holder, asker, 'log/shared', { txids: many })
    expect(problem.code).toBe('BAD_REQUEST')
    let refused: string | undefined
    for (let i = 0; i < 70; i++) {
      const answer = await post(holder, asker, 'log/head', { origin: 'drempel/x', size: 0 })
      refused = answer.problem.code ?? refused
    }
    expect(refused).toBe('BUSY')
  })

  test('a head that does not extend the last one is entered with it', async () => {
    federation.clock.ahead += 2 * 60_000
    await holder.ctx.audit.append({ type: 'node.started' }, null)
    await nextDay()
    const origin = (await holder.ctx.audit.origin())!
    const [old, size] = [await holder.ctx.audit.checkpoint(origin), 1]
    expect(old).toBeTruthy()
    const audit = holder.ctx.audit as { consistency: unknown }
    const { consistency } = holder.ctx.audit
    audit.consistency = () => holder.ctx.audit.proof(origin, 0, size)
    await holder.ctx.audit.append({ type: 'node.started' }, null)
    const entries = (await nextDay()).get(asker)!
    audit.consistency = consistency
    expect(entries.filter(({ type }) => type === 'log.discrepancy')).toMatchObject([
      { parties: [holder.id], reason: 'LOG_ROLLED_BACK' },
    ])
  })
})
