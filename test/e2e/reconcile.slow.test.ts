/** drempel log reconcile over real nodes: honest ones, and one that lies in its log. */

import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatSignedConvenant } from '@drempel/protocol/convenant'
import { ProtocolError } from '@drempel/protocol/encoding'
import { quarterOf } from '@drempel/protocol/log'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { drempel, folder, type Loose } from '../cli/world.ts'
import { Federation } from '../node/kit/federation.ts'
import type { Member } from '../node/kit/member.ts'
import { publish } from '../node/kit/publication.ts'

const HOUR = 3_600_000

let federation: Federation
let asker: Member
let holder: Member
let period: string
const restore: (() => void)[] = []

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }], maxAgeHours: 240 })
  // At the edges of a quarter nothing is decided.
  const edges = [-HOUR, 2 * HOUR].map((ms) => quarterOf(Date.now() + ms))
  if (edges[0] !== edges[1]) federation.clock.ahead = 4 * HOUR
  asker = federation.member('bank-a')
  holder = federation.member('telecom')
  period = quarterOf(Date.now() + federation.clock.ahead)
  await asker.generateKey()
  await publish(federation, ['over.example'])
})
afterAll(() => federation.close())
afterEach(() => {
  for (const undo of restore.splice(0)) undo()
})

/** Asks until the holder's answer was used. */
async function ask(): Promise<string> {
  for (;;) {
    const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' }
    const answer = await asker.api('POST', '/checks', { ...question, value: 'over.example' })
    expect(answer.status).toBe(200)
    const { txid } = answer.json as { txid: string }
    const result = (await asker.entries()).findLast(({ type }) => type === 'query.result')!
    if ('parties' in result && result.parties?.includes(holder.id)) return txid
  }
}

/** What the holder's log makes of its next evaluation for the asker. */
function bend(
  lie: (event: Loose, append: (event: Loose) => Promise<Loose>) => Promise<Loose>,
): void {
  const audit = holder.ctx.audit as { append: Loose }
  const { append } = audit
  audit.append = (event: Loose, record: Loose) =>
    event.type === 'oprf.evaluated'
      ? lie(event, (other) => append(other, record))
      : append(event, record)
  restore.push(() => {
    audit.append = append
  })
}

const reconcile = (...more: string[]) => reconcileOf(period, ...more)

async function reconcileOf(period: string, ...more: string[]) {
  const place = folder()
  const file = async (name: string, text: string) => {
    const path = join(place, name)
    await writeFile(path, text)
    return path
  }
  const convenant = await file('convenant.json', formatSignedConvenant(federation.signed))
  const tokens = [await file('a', asker.token), await file('b', holder.token)]
  const pair = more.length === 2 ? more : [asker.descriptor.url, holder.descriptor.url]
  const argv = ['log', 'reconcile', ...pair, '--period', period, '--convenant', convenant]
  const { exit, json, out, err } = await drempel([...argv, '--json', '--token-file', ...tokens])
  return { exit, out, err, told: json() as Loose, convenant, place }
}

describe('log reconcile', () => {
  test('honest nodes agree on every query, from the nodes and from folders', async () => {
    for (let i = 0; i < 3; i++) await ask()
    const { exit, told, convenant, place } = await reconcile()
    expect(told).toMatchObject({ ok: true, findings: [], undecided: 0 })
    expect(exit).toBe(0)
    expect(told.matched).toBeGreaterThanOrEqual(3)
    const folders: string[] = []
    for (const member of [asker, holder]) {
      const dir = join(place, member.id)
      const argv = ['log', 'fetch', dir, '--node', member.descriptor.url, '--convenant', convenant]
      const fetched = await drempel(argv, { env: { DREMPEL_TOKEN: member.token } })
      expect(fetched.exit).toBe(0)
      folders.push(dir)
    }
    expect((await reconcile(...folders)).told).toMatchObject({ ok: true, matched: told.matched })
    // The days on which they asked, and the rest of the quarter.
    const days = (await asker.entries()).map(({ time }) => time.slice(0, 10)).sort()
    const asked = await reconcileOf(`${days[0]}..${days.at(-1)}`, ...folders)
    expect(asked.told).toMatchObject({ ok: true, matched: told.matched })
    const [year, quarter] = [days[0]!.slice(0, 4), Number(period.slice(5))]
    for (const month of [1, 2, 3].map((nth) => 3 * quarter - 3 + nth)) {
      const name = `${year}-${String(month).padStart(2, '0')}`
      if (days.some((day) => day.startsWith(name))) continue
      expect((await reconcileOf(name, ...folders)).told).toMatchObject({ ok: true, matched: 0 })
    }
    // One flipped bit of a folder, and nothing is concluded from it.
    const tile = join(folders[0]!, 'checkpoint')
    await cp(join(folders[1]!, 'checkpoint'), tile)
    expect((await reconcile(...folders)).exit).not.toBe(0)
  })

  test('a holder that leaves its entry out is named with the txid', async () => {
    bend(async () => ({}))
    const txid = await ask()
    const { exit, told } = await reconcile()
    expect(exit).toBe(1)
    const found = told.findings.filter((one: Loose) => one.txid === txid)
    expect(found).toMatchObject([{ kind: 'one-sided', member: 'telecom' }])
  })

  test('a holder that alters kind or count is shown with the field', async () => {
    bend((event, append) => append({ ...event, kind: 'email', sizeBucket: 64 }))
    const txid = await ask()
    const { told } = await reconcile()
    expect(told.findings.filter((one: Loose) => one.txid === txid)).toMatchObject([
      { kind: 'mismatch', fields: ['kind', 'sizeBucket'] },
    ])
  })

  test('a holder that writes its entry an hour later is late by an hour', async () => {
    const later: (() => Promise<unknown>)[] = []
    bend(async (event, append) => {
      later.push(() => append(event))
      return {}
    })
    const txid = await ask()
    federation.clock.ahead += HOUR
    for (const write of later) await write()
    federation.clock.ahead -= HOUR
    const { told } = await reconcile()
    const [found, ...more] = told.findings.filter((one: Loose) => one.txid === txid)
    expect(more).toEqual([])
    expect(found).toMatchObject({ kind: 'late', member: 'telecom' })
    expect(Math.abs(found.minutes - 60)).toBeLessThanOrEqual(1)
  })

  test('a holder whose disk is full refuses; the transaction is named, and nobody accused', async () => {
    const logs = ['telecom', 'platform', 'bank-b'].map(
      (id) => federation.member(id).ctx.store.log as { append: unknown },
    )
    const honest = logs.map(({ append }) => append)
    for (const log of logs) {
      log.append = async () => {
        throw new ProtocolError('STORE_FAILED', { at: 'SQLITE_FULL' })
      }
    }
    const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' }
    const answer = await asker.api('POST', '/checks', { ...question, value: 'over.example' })
    expect(answer).toMatchObject({ status: 503, json: { code: 'QUORUM_LOST' } })
    for (const [i, log] of logs.entries()) log.append = honest[i]
    const result = (await asker.entries()).findLast(({ type }) => type === 'query.result')
    const { txid } = result as Loose
    for (const member of federation.members) await member.ctx.audit.verifySelf()
    const { told } = await reconcile()
    expect(told.unanswered.map((one: Loose) => one.txid)).toContain(txid)
    expect(told.findings.filter((one: Loose) => one.txid === txid)).toEqual([])
  })

  test('an asker that goes back to a log without the query is named, twice over', async () => {
    await asker.stop()
    const { store, periods } = asker.live.node.home.paths
    const files = [store, join(periods, 'logs.sealed')]
    for (const file of files) await cp(file, `${file}.backup`)
    await asker.restart()
    const txid = await ask()
    await asker.stop()
    for (const file of files) await cp(`${file}.backup`, file)
    await asker.restart()
    await asker.ctx.audit.append({ type: 'node.started' }, null)
    const { exit, told } = await reconcile()
    expect(exit).toBe(1)
    const kinds = told.findings
      .filter((one: Loose) => one.txid === txid && one.member === 'bank-a')
      .map((one: Loose) => one.kind)
    expect(kinds.sort()).toEqual(['denied', 'one-sided'])
  })
})
