/** VOPRF with batched proofs: the holder evaluates and proves, the asker verifies and finalizes. */

import { deepStrictEqual } from 'node:assert/strict'
import { type Bytes, concat } from '@drempel/protocol/encoding'
import type { Group } from '@drempel/protocol/group'
import { blindInputs, combineShares, evaluateShare, verifyShare } from '@drempel/protocol/oprf'
import { ristretto255_oprf } from '@noble/curves/ed25519.js'
import { type Result, rateOf, ratioOf } from '../harness/results.ts'
import { type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { peerName } from '../harness/versions.ts'
import { inputsOf, random, type SingleKey, singleKey } from './keys.ts'
import { VoprfTs } from './voprfTs.ts'

/** Both steps of one implementation under one key; each keeps what the next needs. */
type Steps = {
  evaluate(): Promise<void>
  verify(): Promise<void>
  output(): readonly Bytes[]
}

export async function benchProofs(
  group: Group,
  count: number,
  limits: TurnLimits,
): Promise<Result[]> {
  const inputs = inputsOf(count)
  const single = singleKey(group)
  const implementations = {
    ours: await ours(group, single, inputs),
    'voprf-ts': await voprfTs(single, inputs),
    noble: noble(single, inputs),
  }
  const names = Object.keys(implementations) as (keyof typeof implementations)[]
  for (const name of names) await implementations[name].evaluate()
  const turns = await takeTurns(
    (['evaluate', 'verify'] as const).flatMap((step) =>
      names.map((name) => ({
        name: `${step}, ${name}`,
        run: () => timed(() => implementations[name][step]()),
      })),
    ),
    limits,
  )
  for (const name of names) {
    deepStrictEqual(
      concat(...implementations[name].output()),
      concat(...implementations.ours.output()),
    )
  }

  const named = { evaluate: 'voprf evaluate and prove', verify: 'voprf verify and finalize' }
  return (['evaluate', 'verify'] as const).flatMap((step) => {
    const against = (rival: string, dependency: string, goal?: number) =>
      ratioOf(
        {
          name: `${named[step]} / ${rival}`,
          peer: peerName(dependency),
          ...(goal === undefined ? {} : { goal }),
        },
        turns.of(`${step}, ours`),
        turns.of(`${step}, ${rival}`),
      )
    return [
      rateOf(named[step], count, turns.of(`${step}, ours`)),
      against('voprf-ts', '@cloudflare/voprf-ts', 40),
      against('noble', '@noble/curves'),
    ]
  })
}

async function ours(
  group: Group,
  { share, key }: SingleKey,
  inputs: readonly Bytes[],
): Promise<Steps> {
  const { blinded, state } = await blindInputs(group, inputs, random)
  let answer = await evaluateShare(group, share, blinded, random)
  let output: readonly Bytes[] = []
  return {
    async evaluate() {
      answer = await evaluateShare(group, share, blinded, random)
    },
    async verify() {
      const verified = await verifyShare(group, key, share.index, blinded, answer)
      output = await combineShares(group, state, inputs, [verified])
    },
    output: () => output,
  }
}

async function voprfTs({ share, key }: SingleKey, inputs: readonly Bytes[]): Promise<Steps> {
  const peer = new VoprfTs(share.secret, key.publicKey)
  const { request, state } = await peer.blind(inputs)
  let answer: Bytes = new Uint8Array()
  let output: readonly Bytes[] = []
  return {
    async evaluate() {
      answer = await peer.evaluateAndProve(request)
    },
    async verify() {
      output = await peer.verifyAndFinalize(state, answer)
    },
    output: () => output,
  }
}

function noble({ share, key }: SingleKey, inputs: readonly Bytes[]): Steps {
  const { voprf } = ristretto255_oprf
  const blinds = inputs.map((input) => voprf.blind(input))
  const elements = blinds.map(({ blinded }) => blinded)
  let answer: ReturnType<typeof voprf.blindEvaluateBatch> | undefined
  let output: readonly Bytes[] = []
  return {
    async evaluate() {
      answer = voprf.blindEvaluateBatch(share.secret, key.publicKey, elements)
    },
    async verify() {
      const { evaluated, proof } = answer!
      const items = inputs.map((input, i) => ({
        input,
        ...blinds[i]!,
        evaluated: evaluated[i]!,
      }))
      output = voprf.finalizeBatch(items, key.publicKey, proof)
    },
    output: () => output,
  }
}
