/**
 * Nodes are killed at random moments of rounds, checks and imports, as by a power cut. Afterwards
 * nothing that any node acknowledged may be gone, no list half there, and the next round succeeds.
 * All witness each other's logs: none that comes back may be taken for one that was set back.
 * A failing run is repeated with DREMPEL_SEED.
 */

import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Federation, type FederationNode } from '@drempel/examples/federation/index'
import { fsck } from '@drempel/node/internal/app'
import type { RoundState } from '@drempel/protocol/api'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { overInTheClear, PARTNERS, plannedLists } from './lists.ts'
import { Memory } from './memory.ts'

const seed = Number(process.env.DREMPEL_SEED ?? randomInt(2 ** 31))
console.log(`crash test: DREMPEL_SEED=${seed}`)
const random = mulberry32(seed)
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!

const STATES: readonly RoundState[] = ['announced', 'collecting', 'computing', 'opening']
const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' } as const
const ids = PARTNERS.map(({ id }) => id)

/** What each partner has flagged so far. */
const lists = new Map<string, string[]>()
let federation: Federation
let memory: Memory

beforeAll(async () => {
  federation = await Federation.create({
    partners: PARTNERS,
    convenant: { id: 'crash', listCap: 20_000, quotaPerDay: 100_000, witnesses: ids },
  })
  memory = new Memory(federation)
  for (const [id, list] of plannedLists(ids, 10)) await flag(id, list)
  await federation.coordinator.api.generateKey('host')
  await roundSucceeds()
}, 300_000)

/** Who is still down after a failed test is started again, so that the next test means something. */
afterEach(async () => {
  const faults = federation.nodes.flatMap(({ id, fault }) => (fault ? [`${id} ${fault}`] : []))
  for (const node of federation.nodes) if (!node.running) await node.start()
  // Nobody but the victim may end.
  expect(faults).toEqual([])
})

/** Whatever the tests did to it: every row of every store is in order, sealed records too. */
afterAll(async () => {
  try {
    await federation.stop()
    for (const { home } of federation.nodes) {
      const [log, ...more] = await fsck(home)
      expect([log?.damage, more]).toEqual([[], []])
    }
  } finally {
    await federation?.remove()
  }
})

async function flag(id: string, values: readonly string[]): Promise<void> {
  await federation.node(id).api.importFlags('host', values)
  memory.flagged(id, values)
  lists.set(id, [...(lists.get(id) ?? []), ...values])
}

/** A round is published at every node, with exactly what the clear lists give. */
async function roundSucceeds(): Promise<void> {
  const round = await federation.runRound('host')
  expect(round).toMatchObject({ state: 'published', leftOut: [] })
  for (const t of [2, 3]) {
    const looking = [...overInTheClear(lists, t)].map(async ([id, expected]) => {
      const flags = await federation.node(id).api.flags('host', `host-t${t}`)
      const over = flags.flatMap((entry) => (entry.over ? [entry.value] : []))
      expect(over.sort()).toEqual(expected)
    })
    await Promise.all(looking)
  }
  await listsAreWhole()
}

/** Every node has both lists of one round, with the sizes that its compute nodes signed. */
async function listsAreWhole(): Promise<void> {
  const looking = federation.nodes.map(async ({ api }) => {
    const { lists: inForce } = await api.status()
    expect(inForce.map(({ rule }) => rule).sort()).toEqual(['host-t2', 'host-t3'])
    const [round] = new Set(inForce.map(({ round }) => round))
    expect(inForce.every((list) => list.round === round)).toBe(true)
    const { state, lists: signed = [] } = await api.round(round!)
    expect(state).toBe('published')
    for (const { rule, size } of inForce) {
      expect(signed.find((list) => list.rule === rule)).toMatchObject({ size })
    }
  })
  await Promise.all(looking)
}

/** Remembers what the running nodes have said, brings the dead one back, looks for losses. */
async function afterKilling(victim: FederationNode): Promise<void> {
  const alive = federation.nodes.filter((node) => node.running)
  await Promise.all(alive.map((node) => memory.head(node)))
  await victim.start()
  expect(await memory.losses()).toEqual([])
  await listsAreWhole()
}

async function killWhen(victim: FederationNode, when: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (await when().catch(() => false)) break
    await sleep(5)
  }
  await memory.head(victim).catch(() => {})
  await victim.kill()
}

let fresh = 0
/** New flags, so that a round has tagging to do; two partners have each. */
async function flagSomeMore(): Promise<void> {
  const names = Array.from({ length: 20 }, () => `later-${fresh++}.example.org`)
  const [one, other] = [pick(ids), pick(ids)]
  for (const id of new Set([one, other])) await flag(id, names)
}

/** A coordinator that is dead can't tell how its round ended; the others' word is what counts. */
function startRound(): Promise<unknown> {
  return federation.coordinator.api.startRound('host').catch(() => undefined)
}

async function settled(): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const { api, running } = federation.coordinator
    if (!running) return
    const [last] = await api.rounds()
    if (last === undefined || last.state === 'failed' || last.state === 'published') return
    await sleep(200)
  }
  throw new Error('the round neither fails nor ends')
}

const roles = {
  coordinator: () => federation.coordinator,
  'compute node': () => federation.node(federation.convenant.computeNodes[1]!),
  'partner and key holder': () =>
    federation.nodes.find(({ id }) => !federation.convenant.computeNodes.includes(id))!,
}

it.each(Object.keys(roles).flatMap((role) => STATES.map((state) => ({ role, state }))))(
  'survives a $role killed when its round is $state',
  async ({ role, state }) => {
    await flagSomeMore()
    const victim = roles[role as keyof typeof roles]()
    const before = (await victim.api.rounds())[0]?.round
    const started = startRound()
    await killWhen(victim, async () => {
      const [last] = await victim.api.rounds()
      if (last === undefined || last.round === before) return false
      return STATES.indexOf(last.state) >= STATES.indexOf(state) || !STATES.includes(last.state)
    })
    await started
    await settled()
    await afterKilling(victim)
    await roundSucceeds()
  },
)

it.each(Array.from({ length: 8 }, (_, i) => i))(
  'survives a random node killed at a random moment of a round (%i)',
  async () => {
    await flagSomeMore()
    const victim = pick(federation.nodes)
    const moment = random() * 2_500
    const started = startRound()
    await sleep(moment)
    await memory.head(victim).catch(() => {})
    await victim.kill()
    await started
    await settled()
    await afterKilling(victim)
    await roundSucceeds()
  },
)

it.each(Array.from({ length: 6 }, (_, i) => i))(
  'survives a random node killed while all check and import (%i)',
  async () => {
    const victim = pick(federation.nodes)
    let going = true
    const work = federation.nodes.map(async ({ id, api }) => {
      for (let i = 0; going; i++) {
        try {
          const { txid, receipt } = await api.check({
            ...question,
            value: `held-by-11-${i % 10}.example.net`,
          })
          memory.answered(id, txid, receipt.leaf)
          await flag(id, [`busy-${fresh++}.example.org`])
        } catch {
          // The victim is gone, or it was asked for its share: no answer, nothing acknowledged.
          await sleep(20)
        }
      }
    })
    await sleep(200 + random() * 1_500)
    await victim.kill()
    await sleep(200)
    going = false
    await Promise.all(work)
    await afterKilling(victim)
  },
)

it('answers with one key holder dead, as long as a quorum lives', async () => {
  const [asker, ...others] = federation.nodes
  const victim = pick(others)
  await victim.kill()
  const value = 'held-by-11-0.example.net'
  const { answer, txid, receipt } = await asker!.api.check({ ...question, value })
  expect(answer).toBe('over')
  memory.answered(asker!.id, txid, receipt.leaf)
  await afterKilling(victim)
})

it('would notice a loss of each sort', async () => {
  const { id, api } = federation.coordinator
  const { txid, receipt } = await api.check({ ...question, value: 'held-by-11-1.example.net' })
  const [{ origin, size } = { origin: '', size: 0 }] = await api.origins()
  const losses = async (lie: (memory: Memory) => void) => {
    const other = new Memory(federation)
    lie(other)
    return other.losses()
  }
  const root = Buffer.alloc(32).toString('base64')
  expect(await losses((other) => other.answered(id, txid, receipt.leaf))).toEqual([])
  expect(await losses((other) => other.answered(id, txid, root))).toHaveLength(1)
  expect(await losses((other) => other.flagged(id, ['unheard-of.example.net']))).toHaveLength(1)
  expect(await losses((other) => other.told({ origin, size, root }))).toHaveLength(1)
  expect(await losses((other) => other.told({ origin, size: size + 1000, root }))).toHaveLength(1)
})

it('ends with a round, and remembers enough to have meant it', async () => {
  await roundSucceeds()
  expect(memory.size).toBeGreaterThan(100)
})

/** A generator of numbers in [0, 1) that the seed decides. */
function mulberry32(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
