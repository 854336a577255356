/** Four real nodes, each a process with its own home, through everything that partners do. */

import {
  ApiError,
  Federation,
  logKey,
  verifyLogs,
  verifyOwnReceipt,
} from '@drempel/examples/federation/index'
import { encodeTilePath, openCheckpoint, verifyLog } from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { overInTheClear, PARTNERS, plannedLists } from './lists.ts'

const ids = PARTNERS.map(({ id }) => id)
const lists = plannedLists(ids, 12)
const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' } as const

let federation: Federation

beforeAll(async () => {
  federation = await Federation.create({
    partners: PARTNERS,
    convenant: {
      id: 'e2e',
      kinds: ['host', 'domain'],
      rules: [
        { kind: 'host', t: 2 },
        { kind: 'host', t: 3 },
        { kind: 'domain', t: 3, output: 'owners', keys: 'plain' },
      ],
      listCap: 1_000,
    },
  })
  for (const [id, list] of lists) {
    const { api } = federation.node(id)
    expect(await api.importFlags('host', list)).toMatchObject({ active: list.length, rejected: [] })
  }
}, 120_000)

afterAll(() => federation?.remove())

/** A partner's own flags that its node says are over a rule's threshold. */
async function ownOver(id: string, kind: 'host' | 'domain', rule: string): Promise<string[]> {
  const flags = await federation.node(id).api.flags(kind, rule)
  return flags.flatMap(({ value, over }) => (over ? [value] : [])).sort()
}

async function events(id: string): Promise<Record<string, unknown>[]> {
  const logs = await verifyLogs(federation.node(id).api, federation.convenant, id)
  return logs.flatMap(({ leaves }) => leaves.map((leaf) => JSON.parse(leaf)))
}

async function problemOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  return error instanceof ApiError ? error.problem : error
}

describe('before a key and a round', () => {
  it('answers nothing', async () => {
    const { api } = federation.coordinator
    const check = api.check({ ...question, value: 'held-by-1-0.example.net' })
    expect(await problemOf(check)).toMatchObject({ status: 409, code: 'NO_LIST' })
    expect(await problemOf(api.startRound('host'))).toMatchObject({ status: 409, code: 'NO_KEY' })
  })

  it('rejects an entry that is no host, by its row, and takes the others', async () => {
    const { api } = federation.node('bank-zuid')
    const known = lists.get('bank-zuid')!
    const entries = [known[0]!, '127.0.0.1', 'a b.example', known[1]!]
    expect(await api.importFlags('host', entries)).toEqual({
      added: 0,
      unchanged: 2,
      withdrawn: 0,
      active: known.length,
      rejected: [
        { value: '127.0.0.1', code: 'HOST_IP' },
        { value: 'a b.example', code: 'HOST_CHARACTER' },
      ],
    })
  })

  it('tells who may not: no token, another token, a role that does not suffice', async () => {
    const { url } = federation.coordinator.member
    const status = async (authorization?: string) => {
      const headers = authorization === undefined ? {} : { authorization }
      return (await fetch(`${url}/api/v1/flags?kind=host`, { headers })).status
    }
    expect(await status()).toBe(401)
    expect(await status(`Bearer drm_000000000000_${'A'.repeat(43)}`)).toBe(401)
    const { api } = federation.coordinator
    const { token } = await api.createToken('reader', ['auditor'])
    expect(await status(`Bearer ${token}`)).toBe(403)
  })
})

describe('a round', () => {
  it('ends with the same lists everywhere', async () => {
    const { epoch, quorum } = await federation.coordinator.api.generateKey('host')
    expect({ epoch, quorum }).toEqual({ epoch: '1', quorum: 3 })
    const round = await federation.runRound('host')
    expect(round).toMatchObject({ state: 'published', contributors: [...ids].sort(), leftOut: [] })
    // 11 of the 15 sets of four partners have at least two, 5 at least three.
    expect(round.lists).toMatchObject([
      { rule: 'host-t2', size: 11 * 12 },
      { rule: 'host-t3', size: 5 * 12 },
    ])
    for (const { api } of federation.nodes) {
      expect((await api.round(round.round)).lists).toEqual(round.lists)
    }
  }, 120_000)

  it.each([2, 3])('tells each partner which of its own flags at least %i hold', async (t) => {
    for (const [id, expected] of overInTheClear(lists, t)) {
      expect(await ownOver(id, 'host', `host-t${t}`)).toEqual(expected)
      const own = await federation.node(id).api.own('host', `host-t${t}`)
      expect(own).toMatchObject({ flags: lists.get(id)!.length, over: expected.length })
    }
  })

  it('tells it page by page as in one', async () => {
    const { api } = federation.node('bank-zuid')
    const whole = await api.flags('host', 'host-t2')
    expect(await api.flags('host', 'host-t2', 7)).toEqual(whole)
    expect(whole.filter(({ over }) => over).length).toBeLessThan(whole.length)
  })

  it('tells of several rules at once, and leaves out what is over none of them', async () => {
    for (const { id, api } of federation.nodes) {
      const told = await api.flagsOver('host', ['host-t2', 'host-t3'])
      expect(told.every(({ over }) => over)).toBe(true)
      for (const rule of ['host-t2', 'host-t3']) {
        const names = told.filter(({ rules }) => rules?.includes(rule)).map(({ value }) => value)
        expect(names.sort()).toEqual(await ownOver(id, 'host', rule))
      }
    }
    const { api } = federation.coordinator
    expect(await problemOf(api.flagsOver('host', ['host-t2', 'nothing']))).toMatchObject({
      code: 'NO_LIST',
    })
  })

  it('tells owners alone, without a key, when the rule says so', async () => {
    const domains = new Map([...lists].map(([id, names]) => [id, names.map(domainOf)]))
    for (const [id, list] of domains) await federation.node(id).api.importFlags('domain', list)
    const round = await federation.runRound('domain')
    expect(round).toMatchObject({ state: 'published', leftOut: [] })
    for (const [id, expected] of overInTheClear(domains, 3)) {
      expect(await ownOver(id, 'domain', 'domain-t3-owners')).toEqual(expected)
      const told = await federation.node(id).api.flagsOver('domain', ['domain-t3-owners'])
      expect(told.map(({ value }) => value).sort()).toEqual(expected)
    }
    const asked = { kind: 'domain', rule: 'domain-t3-owners', purpose: question.purpose } as const
    const check = federation.coordinator.api.check({ ...asked, value: domains.get(ids[0]!)![0]! })
    expect(await problemOf(check)).toMatchObject({ status: 403, code: 'REFUSED' })
  }, 120_000)
})

/** `held-by-101-0.example.net` as a registrable domain. */
function domainOf(name: string): string {
  return name.replace('.example.net', '.nl')
}

describe('a check', () => {
  it.each([
    ['over: others flag it', 'held-by-1100-3.example.net', 'over'],
    ['over: the asker flags it too', 'held-by-101-3.example.net', 'over'],
    ['not over: one other flags it', 'held-by-1000-3.example.net', 'not-over'],
    ['not over: nobody flags it', 'unheard-of.example.net', 'not-over'],
  ])('%s', async (_, value, expected) => {
    const { api, id } = federation.coordinator
    const { answer, receipt, txid, stale } = await api.check({ ...question, value })
    expect({ answer, stale }).toEqual({ answer: expected, stale: false })
    const leaf = JSON.parse(verifyOwnReceipt(federation.convenant, id, receipt.proof))
    expect(leaf).toMatchObject({ type: 'query.result', status: 'answered', txid })
    expect(await api.receipt(txid)).toMatchObject({ txid, leaf: receipt.leaf })
    expect(() => verifyOwnReceipt(federation.convenant, 'bank-zuid', receipt.proof)).toThrow()
  })

  it('stands in the logs of the asker and of a quorum under one txid, the intent first', async () => {
    const { api, id } = federation.node('telecom-oost')
    const { txid } = await api.check({ ...question, value: 'held-by-1100-4.example.net' })
    const all = await Promise.all(ids.map(async (node) => ({ node, events: await events(node) })))
    const found = all.flatMap(({ node, events }) =>
      events.filter((event) => event.txid === txid).map(({ type }) => `${node} ${type}`),
    )
    expect(found.filter((entry) => entry.endsWith('oprf.evaluated'))).toHaveLength(3)
    const own = all.find(({ node }) => node === id)!.events.filter((event) => event.txid === txid)
    expect(own.map(({ type }) => type)).toEqual(['query.intent', 'oprf.evaluated', 'query.result'])
  })

  it('screens a file: one answer a row, a row that is no host by its code', async () => {
    const values = ['held-by-11-5.example.net', '::1', 'held-by-1000-5.example.net']
    const { results } = await federation.coordinator.api.screen({ ...question, values })
    expect(results).toEqual([
      { answer: 'over' },
      { rejected: expect.stringMatching(/^HOST_/) },
      { answer: 'not-over' },
    ])
  })

  it.each([
    ['a purpose of others', { purpose: 'klantacceptatie' }, 'ASKER_NOT_ALLOWED'],
    ['a purpose that the convenant lacks', { purpose: 'nieuwsgierigheid' }, 'UNKNOWN_PURPOSE'],
    ['a rule that the convenant lacks', { rule: 'host-t1' }, 'UNKNOWN_RULE'],
  ])('is refused for %s, and the refusal is logged', async (_, change, reason) => {
    const { api, id } = federation.node('platform-west')
    const check = api.check({ ...question, ...change, value: 'held-by-11-5.example.net' })
    expect(await problemOf(check)).toMatchObject({ status: 403, code: 'REFUSED', at: reason })
    const refusals = (await events(id)).filter(({ type }) => type === 'query.refused')
    expect(refusals.at(-1)).toMatchObject({ reason })
    expect(JSON.stringify(refusals)).not.toContain('nieuwsgierigheid')
  })
})

describe('the next round', () => {
  it('follows a withdrawal', async () => {
    const { api } = federation.node('telecom-oost')
    const name = 'held-by-101-7.example.net'
    expect(await api.withdraw('host', [name])).toMatchObject({ withdrawn: 1 })
    const round = await federation.runRound('host')
    expect(round.lists).toMatchObject([{ size: 11 * 12 - 1 }, { size: 5 * 12 }])
    const { answer } = await federation.coordinator.api.check({ ...question, value: name })
    expect(answer).toBe('not-over')
    // Toggling a flag is a probe: in the same epoch it stays withdrawn.
    expect(await api.importFlags('host', [name])).toMatchObject({ added: 0 })
    expect(await ownOver('telecom-oost', 'host', 'host-t2')).not.toContain(name)
  }, 60_000)

  it('fails by name without a partner of the last one, and changes nothing', async () => {
    const absent = federation.node('bank-zuid')
    const { api } = federation.coordinator
    const before = (await api.status()).lists
    await absent.stop()
    const round = await federation.runRound('host')
    expect(round).toMatchObject({ state: 'failed', reason: 'TOO_FEW_CONTRIBUTORS' })
    expect((await api.status()).lists).toMatchObject(
      before.map(({ rule, round: last, size }) => ({ rule, round: last, size })),
    )
    await absent.start()
    expect(await federation.runRound('host')).toMatchObject({ state: 'published' })
  }, 60_000)
})

describe('the logs', () => {
  it.each(ids)('of %s verify from their tiles, and not with one bit changed', async (id) => {
    const { api } = federation.node(id)
    const [log] = await verifyLogs(api, federation.convenant, id)
    expect(log!.size).toBeGreaterThan(20)
    const { origin } = log!
    const key = logKey(federation.convenant, id, origin)
    const note = await api.checkpoint(origin)
    const checkpoint = openCheckpoint(note, key)
    const forged = verifyLog(checkpoint, async (tile) => {
      const bytes = await api.tile(origin, encodeTilePath(tile))
      if (tile.level === 'entries') bytes![40]! ^= 1
      return bytes
    })
    await expect(forged).rejects.toMatchObject({ code: expect.stringMatching(/BAD_TILE|ROOT/) })
    const lastYear = logKey(federation.convenant, id, origin.replace(/\d{4}Q/, '2001Q'))
    expect(() => openCheckpoint(note, lastYear)).toThrow()
  })
})
