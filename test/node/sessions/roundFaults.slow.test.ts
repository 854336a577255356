/**
 * Each durable step of a round fails at a node that leads or takes part, before it was written and after:
 * the round ends, no list is half in force, the next round is whole, and all that was acknowledged stays.
 */

import { dirname } from 'node:path'
import { fsck } from '@drempel/node/internal/app'
import type { LogBatch } from '@drempel/node/internal/store'
import { base64 } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failOnce, type DurableStep as Step } from '../kit/bend.ts'
import { Federation } from '../kit/federation.ts'
import { flagLists, RULES } from '../kit/lists.ts'
import { eventually, type Member } from '../kit/member.ts'

const moves = (to: string, withData: boolean): Step => ({
  step: `its state: ${to}${withData ? ', with what was said' : ''}`,
  of: ({ rounds }) => rounds,
  name: 'transition',
  meant: (_id: string, _from: string[], state: string, patch: { data?: unknown } = {}) =>
    state === to && (patch.data !== undefined) === withData,
})
const enters = (type: string): Step => ({
  step: `its entry: ${type}`,
  of: ({ log }) => log,
  name: 'append',
  meant: (_origin: string, { entries }: LogBatch) => entries.some((one) => one.type === type),
})

const TAKES_PART: readonly Step[] = [
  { step: 'its row', of: ({ rounds }) => rounds, name: 'create' },
  enters('round.announced'),
  moves('collecting', false),
  { step: 'its tags', of: ({ tags }) => tags, name: 'put' },
  enters('round.committed'),
  moves('collecting', true),
  moves('computing', false),
  { step: 'what it contributed', of: ({ contributions }) => contributions, name: 'record' },
  enters('list.accepted'),
  { step: 'its lists', of: ({ lists }) => lists, name: 'accept' },
]
const COMPUTES: readonly Step[] = [
  moves('opening', false),
  moves('opening', true),
  enters('round.published'),
]

let federation: Federation
let leader: Member
let fresh = 0
const kept: { member: Member; origin: string; index: number; leaf: string }[] = []

beforeAll(async () => {
  federation = await Federation.open({
    ...{ rules: RULES, contributorsMayChange: true, background: false },
  })
  leader = federation.member('bank-a')
  for (const member of federation.members) {
    const audit = member.ctx.audit as { append: Member['ctx']['audit']['append'] }
    const { append } = audit
    audit.append = async (event, record) => {
      const appended = await append(event, record)
      const { origin, index, leaf } = appended
      kept.push({ member, origin, index, leaf: base64(leaf) })
      return appended
    }
  }
  await leader.generateKey()
  await flagLists(federation)
  await wholeRound()
})

afterAll(async () => {
  try {
    expect(kept.length).toBeGreaterThan(500)
    for (const { member, origin, index, leaf } of kept) {
      expect(base64(await member.ctx.audit.leaf(origin, index))).toBe(leaf)
    }
    for (const member of federation.members) {
      const home = dirname(member.live.node.home.paths.store)
      await member.stop()
      expect((await fsck(home)).flatMap(({ damage }) => damage)).toEqual([])
    }
  } finally {
    await federation.close()
  }
})

/** All lists in force are of one round, which did not fail here; of one whose row was lost there is none. */
async function inForce({ ctx: { store } }: Member): Promise<string> {
  const [first, second, ...more] = await store.lists.inForce()
  expect([first!.rule, second!.rule, more]).toEqual(['host-t2', 'host-t2-owners', []])
  expect(second!.round).toBe(first!.round)
  expect((await store.rounds.get(first!.round))?.state ?? 'published').toBe('published')
  return first!.round
}

/** With a flag more at two of them, so that there is something to tag, to find and to log. */
async function wholeRound(): Promise<string> {
  const value = `new-${fresh++}.example`
  for (const id of ['bank-b', 'telecom']) await federation.member(id).flag([value])
  const round = await leader.round()
  expect(round).toMatchObject({ state: 'published', leftOut: [] })
  for (const member of federation.members) {
    expect(await member.ended(round.round)).toMatchObject({ state: 'published' })
    expect(await inForce(member)).toBe(round.round)
  }
  const { results } = await leader.ask([value], 'klantacceptatie')
  expect(results).toEqual([{ over: true }])
  return round.round
}

describe.each(['lost', 'persisted'] as const)('%s', (fault) => {
  const cases = [
    ...[...TAKES_PART, ...COMPUTES].map((one) => ({ ...one, who: 'bank-a' })),
    ...TAKES_PART.map((one) => ({ ...one, who: 'bank-b' })),
  ]

  test.each(cases)('$who, $step', async ({ who, of, name, meant }) => {
    const victim = federation.member(who)
    const { failed, restore } = failOnce(of(victim.ctx.store), name, fault, meant)
    for (const id of ['bank-b', 'telecom', 'bank-a']) {
      await federation.member(id).flag([`new-${fresh}.example`])
    }
    fresh++
    // Either is in order: it ends without that member, or for all.
    await leader.round().catch(() => undefined)
    await eventually(async () => (failed() ? true : undefined))
    restore()
    // As every node does by itself, when its coordinator was silent for so long.
    for (const member of federation.members) {
      await eventually(async () => {
        federation.clock.ahead += 3 * 60_000
        await member.rounds.expire()
        return (await member.ctx.store.rounds.open()).length === 0 ? true : undefined
      })
      await inForce(member)
    }
    await wholeRound()
  })
})
