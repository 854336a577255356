/**
 * A process that is killed at each durable step of an append and of a cosignature: its log is sound,
 * what it acknowledged is there, no size of a member's log gets two cosignatures, and what proves a
 * second tree stays.
 */

import { dirname } from 'node:path'
import { fsck } from '@drempel/node/internal/app'
import { base64, utf8 } from '@drempel/protocol/encoding'
import { quarterOf } from '@drempel/protocol/log'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { leaves, Tree } from '../../kit/tree.ts'
import { type Acknowledged, cosignUntilKilled, type Killed } from './killed.ts'

/** In which no node writes anything. */
const past = quarterOf(Date.now() - 91 * 86_400_000)
const SIZE = 5

let federation: Federation
let owner: Member
let node: Member
let log: Tree
let other: Tree
const kept: Acknowledged[] = []

beforeAll(async () => {
  federation = await Federation.open({
    ...{ size: 3, background: false, witnesses: ['telecom', 'bank-b'] },
  })
  owner = federation.member('bank-a')
  node = federation.member('telecom')
  const origin = `drempel/proef/${owner.id}/${past}`
  log = new Tree(origin, owner.ctx.signer, leaves(20))
  other = new Tree(origin, owner.ctx.signer, leaves(20, 'other'))
  const first = utf8(await log.growth(0, SIZE))
  expect(await node.ctx.witnessing.witness.add(owner.id, first)).toMatchObject({ status: 200 })
})
afterAll(() => federation.close())

/** Stopped, killed at that step, checked, and started again. */
async function killAt({ step, when }: Killed, body = ''): Promise<void> {
  await node.stop()
  const folder = dirname(node.live.node.home.paths.store)
  const ahead = String(federation.clock.ahead)
  const sent = base64(utf8(body))
  const told = await cosignUntilKilled([folder, ahead, step, when, owner.id, sent])
  expect(told.length).toBeGreaterThanOrEqual(3)
  kept.push(...told)
  expect((await fsck(folder)).flatMap(({ damage }) => damage)).toEqual([])
  await node.restart()
  for (const { origin, index, leaf } of kept) {
    expect(base64(await node.ctx.audit.leaf(origin, index))).toBe(leaf)
  }
}

const add = (text: string) => node.ctx.witnessing.witness.add(owner.id, utf8(text))
const held = async () => (await node.ctx.store.witness.heads()).map(({ size }) => size)

test.each(['before', 'after'] as const)('an append, killed %s it', async (when) => {
  await killAt({ step: 'append', when })
})

test('a cosignature, killed before its head is kept: it was not given, and can be', async () => {
  const growth = await log.growth(SIZE, SIZE + 1)
  await killAt({ step: 'advance', when: 'before' }, growth)
  expect(await held()).toEqual([SIZE])
  expect(await add(growth)).toMatchObject({ status: 200 })
})

test('a cosignature, killed after its head is kept: no other tree of that size gets one', async () => {
  await killAt({ step: 'advance', when: 'after' }, await log.growth(SIZE + 1, SIZE + 2))
  expect(await held()).toEqual([SIZE + 2])
  expect(await add(await log.growth(SIZE + 1, SIZE + 2))).toEqual({ status: 409, size: SIZE + 2 })
  expect(await add(await log.growth(SIZE + 2, SIZE + 2))).toMatchObject({ status: 200 })
})

test.each(['before', 'after'] as const)(
  'what the own witnesses cosigned, killed %s it is kept: the next pass has it',
  async (when) => {
    await killAt({ step: 'setCosigned', when })
    const origin = (await node.ctx.audit.origin())!
    await node.ctx.witnessing.cosigning.run()
    const { size } = (await node.ctx.audit.head(origin))!
    expect((await node.ctx.store.witness.cosigned(origin))?.size).toBe(size)
  },
)

test('a second tree, killed before and after it is kept: it is met again, and stays', async () => {
  const second = await other.growth(0, SIZE + 2)
  await killAt({ step: 'keepConflict', when: 'before' }, second)
  expect(await node.ctx.store.witness.conflicts()).toEqual([])
  await killAt({ step: 'keepConflict', when: 'after' }, second)
  expect(await node.ctx.store.witness.conflicts()).toMatchObject([{ code: 'LOG_FORKED' }])
  await expect(add(await log.growth(SIZE + 2, SIZE + 3))).rejects.toMatchObject({
    code: 'LOG_FORKED',
  })
})
