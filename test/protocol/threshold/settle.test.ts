/** A node that tells the two others different things before they compute. */

import { describe, expect, test } from 'vitest'
import { expectExact, overlapping, rulesFor } from '../worlds/exactness.ts'
import { computing, type RoundWorld, runRound, upload } from '../worlds/round.ts'
import { type Adversary, members, threeParties } from '../worlds/three.ts'

const seed = process.env.SEED ?? 'settle'
const lists = overlapping([30, 20, 10], 20, seed)
const honest: RoundWorld = { seed, lists, rules: rulesFor([2]), threads: [2, 3, 2] }
const uploaded = upload(honest)

/** Node 1 says otherwise to node 2 than to node 0. @param nth of such messages, from 1 on */
async function lying(step: string, change: (payload: Uint8Array) => void, nth = 1) {
  const said = new Set<string>()
  let met = 0
  const adversary: Adversary = (message) => {
    said.add(message.step)
    if (message.from !== 1 || message.to !== 2 || message.step !== step) return message
    if (++met !== nth) return message
    const payload = message.payload.slice()
    change(payload)
    return { ...message, payload }
  }
  const world = { ...honest, adversary }
  const ended = await threeParties(world, computing(world, uploaded))
  expect(met).toBeGreaterThanOrEqual(nth)
  return { said, errors: ended.map((result) => result.status === 'rejected' && result.reason) }
}

test('nodes with threads that differ go by the fewest', async () => {
  expectExact(await runRound(honest, uploaded), lists, honest.rules, seed)
})

describe('the two others stop before they compute, and name nobody', () => {
  test.each([
    ['inputs', 'inputs/found', (payload: Uint8Array) => payload.fill(1, 0, 1)],
    ['threads', 'inputs/found', (payload: Uint8Array) => payload.fill(1, -1)],
    ['round trip', 'hello', (payload: Uint8Array) => payload.fill(9, -2)],
  ])('told different %s', async (at, step, change) => {
    const { said, errors } = await lying(step, change)
    const nobody = { code: 'NODES_DISAGREE', at, culprit: undefined }
    expect(errors[0]).toMatchObject(nobody)
    expect(errors[2]).toMatchObject(nobody)
    expect([...said]).toEqual(['hello', 'inputs/digests', 'inputs/found', 'inputs/settled'])
  })

  test.each([
    ['inputs', 0],
    ['threads', lists.length],
    ['round trip', lists.length + 4],
  ])('told otherwise what came of %s', async (at, byte) => {
    const change = (payload: Uint8Array) => payload.fill(9, byte, byte + 1)
    const { errors } = await lying('inputs/settled', change)
    expect(errors[2]).toMatchObject({ code: 'NODES_DISAGREE', at, culprit: undefined })
    // Who waits for that node's links for parts does not wait long.
    expect(errors[0]).toMatchObject({ code: 'PEER_GONE' })
  })
})

test('in a part a node that takes itself to be elsewhere than was settled is named', async () => {
  const { errors } = await lying('hello', (payload) => void payload.fill(9, -2), 2)
  const named = { code: 'SESSION_MISMATCH', at: 'round trip', culprit: members[1] }
  expect(errors[2]).toMatchObject(named)
})
