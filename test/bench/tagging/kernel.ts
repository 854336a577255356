/**
 * What one identifier costs in curve arithmetic and hashing alone: every step that some node takes for
 * it, one after the other on one thread, as processor time.
 */

import { randomBytes } from 'node:crypto'
import { group } from '@drempel/node/internal/workers'
import { type Bytes, utf8 } from '@drempel/protocol/encoding'
import {
  blindInputs,
  combineShares,
  decodeElements,
  evaluateOwnShare,
  evaluateShare,
  verifyShare,
} from '@drempel/protocol/oprf'
import { type SharedKey, sharedKey } from '../oprf/keys.ts'

const random = (length: number): Bytes => new Uint8Array(randomBytes(length))

/** @returns of each turn seconds for an identifier: the asker's part, its own share, two other holders and their proofs */
export async function kernelTimes(batch: number, turns: number): Promise<number[]> {
  const key = sharedKey(group)
  const inputs = Array.from({ length: batch }, (_, i) => utf8(`drempel/v1/device:${i}`))
  const samples: number[] = []
  for (let turn = 0; turn < turns; turn++) {
    const before = process.cpuUsage()
    await tagOnce(key, inputs)
    const { user, system } = process.cpuUsage(before)
    samples.push((user + system) / 1e6 / batch)
  }
  return samples
}

async function tagOnce({ shares, key }: SharedKey, inputs: readonly Bytes[]): Promise<void> {
  const { blinded, state } = await blindInputs(group, inputs, random)
  const [own, ...others] = shares.slice(0, key.quorum)
  const elements = await decodeElements(group, blinded)
  const verified = [await evaluateOwnShare(group, key, own!, elements)]
  for (const share of others) {
    const answer = await evaluateShare(group, share, blinded, random)
    verified.push(await verifyShare(group, key, share.index, elements, answer))
  }
  await combineShares(group, state, inputs, verified)
}
