/** Server: decode, multiply by the key, encode. */

import { deepStrictEqual } from 'node:assert/strict'
import { concat } from '@drempel/protocol/encoding'
import type { Group } from '@drempel/protocol/group'
import { blindEvaluate } from '@drempel/protocol/oprf'
import { ristretto255 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import sodium from 'libsodium-wrappers-sumo'
import { type Result, rateOf, ratioOf } from '../harness/results.ts'
import { type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { peerName } from '../harness/versions.ts'
import { batchOf, singleKey, split } from './keys.ts'

export async function benchEvaluate(
  group: Group,
  count: number,
  limits: TurnLimits,
): Promise<Result[]> {
  const blinded = batchOf(group, count)
  const elements = split(blinded)
  const { secret } = singleKey(group).share
  const scalar = bytesToNumberLE(secret)

  const ours = () => blindEvaluate(group, secret, blinded)
  const libsodium = () =>
    elements.map((element) => sodium.crypto_scalarmult_ristretto255(secret, element))
  // One at a time and slowly, so that a part is enough.
  const part = elements.slice(0, Math.ceil(count / 8))
  const noble = () =>
    part.map((element) => ristretto255.Point.fromBytes(element).multiply(scalar).toBytes())
  deepStrictEqual(concat(...libsodium()), ours())
  deepStrictEqual(concat(...noble()), ours().slice(0, 32 * part.length))

  const turns = await takeTurns(
    [
      { name: 'ours', run: () => timed(ours) },
      { name: 'libsodium', run: () => timed(libsodium) },
      { name: 'noble', run: async () => ((await timed(noble)) * count) / part.length },
    ],
    limits,
  )
  const against = (name: string, rival: string, dependency: string, goal?: number) =>
    ratioOf(
      { name, peer: peerName(dependency), ...(goal === undefined ? {} : { goal }) },
      turns.of('ours'),
      turns.of(rival),
    )
  return [
    rateOf('oprf evaluate', count, turns.of('ours')),
    against('oprf evaluate / libsodium', 'libsodium', 'libsodium-wrappers-sumo', 3.3),
    against('oprf evaluate / noble', 'noble', '@noble/curves'),
  ]
}
