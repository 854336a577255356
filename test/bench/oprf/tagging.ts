/**
 * Tagging with a quorum of 3 of 4: what an identifier costs an asker that holds one of the shares, and
 * each of the two other holders. Batches are padded as nodes pad them; cost is per real identifier.
 */

import { deepStrictEqual } from 'node:assert/strict'
import type { Bytes } from '@drempel/protocol/encoding'
import { concat } from '@drempel/protocol/encoding'
import type { Group } from '@drempel/protocol/group'
import {
  blindEvaluate,
  blindInputs,
  combineShares,
  decodeElements,
  evaluateOwnShare,
  evaluateShare,
  finalHashes,
  hashInputs,
  padBlinded,
  type ShareEvaluation,
  type VerifiedShare,
  verifyShare,
} from '@drempel/protocol/oprf'
import { type Result, resultOf } from '../harness/results.ts'
import { type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { inputsOf, QUORUM, random, type SharedKey, sharedKey, split } from './keys.ts'

export async function benchTagging(
  group: Group,
  count: number,
  limits: TurnLimits,
): Promise<Result[]> {
  const inputs = inputsOf(count)
  const shared = sharedKey(group)
  const holder: number[] = []
  let output: readonly Bytes[] = []
  const run = async () => {
    const tagged = await tagOnce(group, shared, inputs)
    output = tagged.output
    holder.push(tagged.holder)
    return tagged.asker
  }
  const turns = await takeTurns([{ name: 'asker', run }], limits)
  deepStrictEqual(concat(...output), concat(...inTheClear(group, shared, inputs)))

  const asker = turns.of('asker')
  const cost = (name: string, seconds: readonly number[]) =>
    resultOf(
      { name, unit: 'µs/identifier', better: 'lower' },
      seconds.map((s) => (1e6 * s) / count),
    )
  return [
    cost(`tagging ${QUORUM} of ${shared.shares.length}, asker`, asker),
    // Turns that did not count come first.
    cost(
      `tagging ${QUORUM} of ${shared.shares.length}, each other holder`,
      holder.slice(-asker.length),
    ),
  ]
}

async function tagOnce(group: Group, { shares, key }: SharedKey, inputs: readonly Bytes[]) {
  let asker = 0
  let holder = 0
  const asking = async <T>(work: () => Promise<T>): Promise<T> => {
    let value: T | undefined
    asker += await timed(async () => {
      value = await work()
    })
    return value as T
  }
  const { batch, elements, state } = await asking(async () => {
    const { blinded, state } = await blindInputs(group, inputs, random)
    const batch = padBlinded(group, blinded, random)
    return { batch, elements: await decodeElements(group, batch), state }
  })
  const [own, ...others] = shares.slice(0, QUORUM)
  const verified: VerifiedShare[] = []
  for (const share of others) {
    let answer: ShareEvaluation | undefined
    holder += await timed(async () => {
      answer = await evaluateShare(group, share, batch, random)
    })
    verified.push(await asking(() => verifyShare(group, key, share.index, elements, answer!)))
  }
  const output = await asking(async () => {
    verified.push(await evaluateOwnShare(group, key, own!, elements))
    return combineShares(group, state, inputs, verified)
  })
  return { asker, holder: holder / others.length, output }
}

/** What whoever had the whole key would compute. */
function inTheClear(group: Group, { secret }: SharedKey, inputs: readonly Bytes[]): Bytes[] {
  const evaluated = split(blindEvaluate(group, secret, hashInputs(group, 'voprf', inputs)))
  return inputs.map((input, i) => finalHashes([input], evaluated[i]!))
}
