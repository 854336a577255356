/** Asker: blind, and unblind to the output, under one key: what the OPRF itself costs, without proofs. */

import { deepStrictEqual } from 'node:assert/strict'
import { type Bytes, concat, utf8 } from '@drempel/protocol/encoding'
import type { Group } from '@drempel/protocol/group'
import { blindEvaluate, blindInputs, combineShares, evaluateOwnShare } from '@drempel/protocol/oprf'
import { ristretto255_oprf } from '@noble/curves/ed25519.js'
import sodium from 'libsodium-wrappers-sumo'
import { type Result, rateOf, ratioOf } from '../harness/results.ts'
import { type Contender, type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { peerName } from '../harness/versions.ts'
import { expand } from './expand.ts'
import { inputsOf, random, type SingleKey, singleKey } from './keys.ts'

export async function benchClient(
  group: Group,
  count: number,
  limits: TurnLimits,
): Promise<Result[]> {
  const inputs = inputsOf(count)
  const single = singleKey(group)
  const outputs = new Map<string, readonly Bytes[]>()
  const keep = (name: string, run: () => Promise<Run>): Contender => ({
    name,
    run: async () => {
      const { seconds, output } = await run()
      outputs.set(name, output)
      return seconds
    },
  })
  const turns = await takeTurns(
    [
      keep('ours', () => ours(group, single, inputs)),
      keep('libsodium', () => libsodium(group, single, inputs)),
      keep('noble', () => noble(group, single, inputs)),
    ],
    limits,
  )
  deepStrictEqual(concat(...outputs.get('libsodium')!), concat(...outputs.get('ours')!))
  return [
    rateOf('oprf blind and unblind', count, turns.of('ours')),
    ratioOf(
      {
        name: 'oprf blind and unblind / libsodium',
        peer: peerName('libsodium-wrappers-sumo'),
        goal: 7,
      },
      turns.of('ours'),
      turns.of('libsodium'),
    ),
    ratioOf(
      { name: 'oprf blind and unblind / noble', peer: peerName('@noble/curves') },
      turns.of('ours'),
      turns.of('noble'),
    ),
  ]
}

type Run = { readonly seconds: number; readonly output: readonly Bytes[] }

async function ours(group: Group, { share, key }: SingleKey, inputs: readonly Bytes[]) {
  let output: readonly Bytes[] = []
  const { blinded, state, seconds } = await stopwatch(() => blindInputs(group, inputs, random))
  const evaluated = await evaluateOwnShare(group, key, share, blinded)
  const unblinding = await timed(async () => {
    output = await combineShares(group, state, inputs, [evaluated])
  })
  return { seconds: seconds + unblinding, output }
}

/** The same steps by libsodium's functions, called one by one. */
async function libsodium(group: Group, { share }: SingleKey, inputs: readonly Bytes[]) {
  const blinds: Bytes[] = []
  const blinded: Bytes[] = []
  const blinding = await timed(() => {
    for (const input of inputs) {
      const r = sodium.crypto_core_ristretto255_scalar_random()
      const element = sodium.crypto_core_ristretto255_from_hash(expand(input))
      blinds.push(r)
      blinded.push(sodium.crypto_scalarmult_ristretto255(r, element))
    }
  })
  const evaluated = blinded.map((element) => blindEvaluate(group, share.secret, element))
  const output: Bytes[] = []
  const unblinding = await timed(() => {
    inputs.forEach((input, i) => {
      const inverse = sodium.crypto_core_ristretto255_scalar_invert(blinds[i]!)
      const element = sodium.crypto_scalarmult_ristretto255(inverse, evaluated[i]!)
      output.push(finalHash(input, element))
    })
  })
  return { seconds: blinding + unblinding, output }
}

/**
 * noble-curves does one at a time and slowly, so a part is enough. Its unverified mode: the same work,
 * but another tag in the hash, so that outputs differ.
 */
async function noble(group: Group, { share }: SingleKey, all: readonly Bytes[]) {
  const inputs = all.slice(0, Math.ceil(all.length / 8))
  const { oprf } = ristretto255_oprf
  const blinds: { blind: Bytes; blinded: Bytes }[] = []
  const blinding = await timed(() => {
    for (const input of inputs) blinds.push(oprf.blind(input))
  })
  const evaluated = blinds.map(({ blinded }) => blindEvaluate(group, share.secret, blinded))
  const output: Bytes[] = []
  const unblinding = await timed(() => {
    inputs.forEach((input, i) => {
      output.push(oprf.finalize(input, blinds[i]!.blind, evaluated[i]!))
    })
  })
  return { seconds: ((blinding + unblinding) * all.length) / inputs.length, output }
}

async function stopwatch<T extends object>(
  work: () => Promise<T>,
): Promise<T & { seconds: number }> {
  const begin = performance.now()
  const value = await work()
  return { ...value, seconds: (performance.now() - begin) / 1000 }
}

/** The last step of Finalize, RFC 9497, section 3.3.1. */
function finalHash(input: Bytes, element: Bytes): Bytes {
  const length = (bytes: Bytes) => Uint8Array.of(bytes.length >> 8, bytes.length & 0xff)
  return sodium.crypto_hash_sha512(
    concat(length(input), input, length(element), element, utf8('Finalize')),
  )
}
