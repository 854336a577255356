/** VOPRF with batched proofs: the holder evaluates and proves, the asker verifies and finalizes. */

import { deepStrictEqual } from 'node:assert/strict'
import { type Bytes, concat } from '@drempel/protocol/encoding'
import type { Group } from '@drempel/protocol/group'
import { blindInputs, combineShares, evaluateShare, verifyShare } from '@drempel/protocol/oprf'
import { ristretto255_oprf } from '@noble/curves/ed25519.js'
import { type Result, rateOf, ratioOf } from '../harness/results.ts'
import { type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { peerName } from '../harness/versions.ts'
import { inputsOf, random, singleKey, split } from './keys.ts'

export async function benchProofs(
  group: Group,
  count: number,
  limits: TurnLimits,
): Promise<Result[]> {
  const inputs = inputsOf(count)
  const { share, key } = singleKey(group)
  const { blinded, state } = await blindInputs(group, inputs, random)
  const elements = split(blinded)
  const blinds = split(state.blinds)
  const { voprf } = ristretto255_oprf

  let answer = await evaluateShare(group, share, blinded, random)
  let output: readonly Bytes[] = []
  let peerAnswer = voprf.blindEvaluateBatch(share.secret, key.publicKey, elements)
  let peerOutput: readonly Bytes[] = []
  const verify = async () => {
    const verified = await verifyShare(group, key, share.index, blinded, answer)
    output = await combineShares(group, state, inputs, [verified])
  }
  const peerVerify = () => {
    const items = inputs.map((input, i) => ({
      input,
      blind: blinds[i]!,
      blinded: elements[i]!,
      evaluated: peerAnswer.evaluated[i]!,
    }))
    peerOutput = voprf.finalizeBatch(items, key.publicKey, peerAnswer.proof)
  }
  const turns = await takeTurns(
    [
      {
        name: 'evaluate',
        run: () =>
          timed(async () => {
            answer = await evaluateShare(group, share, blinded, random)
          }),
      },
      {
        name: 'evaluate, noble',
        run: () =>
          timed(() => {
            peerAnswer = voprf.blindEvaluateBatch(share.secret, key.publicKey, elements)
          }),
      },
      { name: 'verify', run: () => timed(verify) },
      { name: 'verify, noble', run: () => timed(peerVerify) },
    ],
    limits,
  )
  deepStrictEqual(concat(...output), concat(...peerOutput))

  const peer = peerName('@noble/curves')
  const named = { evaluate: 'voprf evaluate and prove', verify: 'voprf verify and finalize' }
  return (['evaluate', 'verify'] as const).flatMap((step) => [
    rateOf(named[step], count, turns.of(step)),
    ratioOf({ name: `${named[step]} / noble`, peer }, turns.of(step), turns.of(`${step}, noble`)),
  ])
}
