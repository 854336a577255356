/**
 * Nodes are killed in the middle of an intersection, on either side, and of masking a list ahead.
 * Nothing that was acknowledged is gone, both sides say that it failed, both logs and stores are whole,
 * and the next one succeeds.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Federation, type FederationNode } from '@drempel/examples/federation/index'
import { fsck } from '@drempel/node/internal/app'
import type { Psi, PsiPrepared } from '@drempel/protocol/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PARTNERS } from './lists.ts'
import { Memory } from './memory.ts'

const CHUNK = 5_000
let federation: Federation
let memory: Memory
let proposer: FederationNode
let partner: FederationNode

beforeAll(async () => {
  federation = await Federation.create({
    partners: PARTNERS.slice(0, 3),
    convenant: { id: 'psi-crash', intersections: true, crossSector: true, minList: 1 },
  })
  memory = new Memory(federation)
  proposer = federation.node('bank-noord')
  partner = federation.node('telecom-oost')
})

afterAll(() => federation?.remove())

async function call(node: FederationNode, method: string, path: string, body?: object) {
  const response = await fetch(`${node.member.url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${tokenOf(node)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}

function tokenOf({ home }: FederationNode): string {
  return readFileSync(join(home, 'token'), 'utf8').trim()
}

let lists = 0
async function bring(node: FederationNode, from: number, to: number): Promise<{ list: string }> {
  const list = `list-${lists++}`
  for (let at = from; at < to; at += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, to - at) }, (_, i) => ({
      ...{ row: at + i, value: `name-${at + i}.example.net` },
    }))
    await call(node, 'POST', 'psi/lists', { kind: 'host', list, rows })
  }
  return { list }
}

async function begin(protocol: 'ecdh' | 'ot', size: number): Promise<string> {
  const proposed: Psi = await call(proposer, 'POST', 'psi', {
    ...{ partner: partner.id, purpose: 'lijsten-vergelijken', kind: 'host', output: 'items' },
    ...{ to: 'both', protocol, input: await bring(proposer, 0, size) },
  })
  const input = await bring(partner, size - 500, 2 * size)
  await call(partner, 'POST', `psi/${proposed.id}/acceptance`, { input })
  return proposed.id
}

const shown = (node: FederationNode, id: string): Promise<Psi> => call(node, 'GET', `psi/${id}`)

async function when(node: FederationNode, id: string, is: (session: Psi) => boolean): Promise<Psi> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const session = await shown(node, id)
    if (is(session)) return session
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`${node.id} does not get there`)
}

it.each(['proposer', 'partner'])(
  'a %s killed in the middle of one leaves both sides whole',
  async (role) => {
    const [victim, other] = role === 'proposer' ? [proposer, partner] : [partner, proposer]
    const id = await begin('ecdh', 6_000)
    const told = federation.nodes.map((node) => memory.head(node))
    await when(victim, id, ({ done = 0 }) => done > 0)
    await Promise.all(told)
    await victim.kill()
    await victim.start()
    expect(await memory.losses()).toEqual([])
    const ours = await when(victim, id, ({ state }) => state === 'failed')
    expect(ours).toMatchObject({ reason: 'NODE_RESTARTED', culprit: victim.id })
    const theirs = await when(other, id, ({ state }) => state !== 'running')
    // Who learns first may have had it all by then.
    if (theirs.state === 'done') expect(theirs.result).toEqual({ learned: 'items', size: 500 })
    else expect(theirs).toMatchObject({ state: 'failed', culprit: victim.id })
    // What was listed for it is gone, and nothing of a result is there.
    expect(await call(victim, 'GET', `psi/${id}/items`)).toEqual({ rows: [], next: null })
  },
)

describe('a list masked ahead', () => {
  let list: string

  const prepared = async (node: FederationNode): Promise<PsiPrepared | undefined> => {
    const { lists } = await call(node, 'GET', 'psi/prepared')
    return (lists as PsiPrepared[]).find(({ id }) => id === list)
  }

  async function until(node: FederationNode, is: (list: PsiPrepared | undefined) => boolean) {
    for (const end = Date.now() + 90_000; Date.now() < end; ) {
      const found = await prepared(node)
      if (is(found)) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error(`${node.id} does not get there`)
  }

  const question = async (): Promise<string> => {
    const { id }: Psi = await call(proposer, 'POST', 'psi', {
      ...{ partner: partner.id, purpose: 'lijsten-vergelijken', kind: 'host', output: 'items' },
      ...{ to: 'both', protocol: 'prepared', input: await bring(proposer, 5_950, 6_050) },
    })
    await call(partner, 'POST', `psi/${id}/acceptance`, { input: 'prepared' })
    return id
  }

  it('is masked anew where its owner was killed at it, and ready once', async () => {
    const { id } = await call(partner, 'POST', 'psi/prepared', {
      ...{ partner: proposer.id, purpose: 'lijsten-vergelijken', kind: 'host' },
      input: await bring(partner, 0, 6_000),
    })
    list = id
    await until(partner, (found) => (found?.done ?? 0) > 0)
    const told = federation.nodes.map((node) => memory.head(node))
    await Promise.all(told)
    await partner.kill()
    await partner.start()
    expect(await memory.losses()).toEqual([])
    expect(await until(partner, (found) => found?.state !== 'masking')).toMatchObject({
      ...{ state: 'ready', own: 6_000 },
    })
  })

  it('is there after both were killed in the middle of a question', async () => {
    const nodes = [proposer, partner]
    const id = await question()
    await when(proposer, id, ({ received = 0, state }) => received > 0 || state !== 'running')
    await Promise.all(nodes.map((node) => node.kill()))
    await Promise.all(nodes.map((node) => node.start()))
    for (const node of nodes) {
      const { state } = await when(node, id, (now) => now.state !== 'running')
      expect(['done', 'failed']).toContain(state)
    }
    expect((await prepared(partner))?.state).toBe('ready')
    // Once more, with what either has of it by now.
    const again = await question()
    for (const node of nodes) {
      const { state, result } = await when(node, again, (now) => now.state !== 'running')
      expect({ state, result }).toEqual({ state: 'done', result: { learned: 'items', size: 50 } })
      expect((await prepared(node))?.state).toBe('ready')
    }
  })
})

it('the next one succeeds, and both stores are whole', async () => {
  const id = await begin('ot', 2_000)
  for (const node of [proposer, partner]) {
    const { state, result } = await when(node, id, ({ state }) => state !== 'running')
    expect({ state, result }).toEqual({ state: 'done', result: { learned: 'items', size: 500 } })
  }
  await federation.stop()
  for (const node of [proposer, partner]) {
    for (const { damage } of await fsck(node.home)) expect(damage).toEqual([])
  }
})
