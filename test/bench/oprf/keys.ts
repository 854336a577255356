/** The inputs and keys of the OPRF suite. */

import { randomBytes } from 'node:crypto'
import { type Bytes, utf8 } from '@drempel/protocol/encoding'
import {
  countOf,
  type Group,
  itemAt,
  randomScalar,
  type SecretShare,
  splitSecret,
} from '@drempel/protocol/group'
import { randomBlinded, type ThresholdKey } from '@drempel/protocol/oprf'

export const random = (length: number): Bytes => new Uint8Array(randomBytes(length))

export const QUORUM = 3
const HOLDERS = [1, 2, 3, 4]

export function inputsOf(count: number): Bytes[] {
  return Array.from({ length: count }, (_, i) => utf8(`drempel/v1/phone:+316${10_000_000 + i}`))
}

/** What a holder gets to see. */
export function batchOf(group: Group, count: number): Bytes {
  return randomBlinded(group, count, random)
}

export function split(flat: Bytes): Bytes[] {
  return Array.from({ length: countOf(flat) }, (_, i) => itemAt(flat, i))
}

/** One key in one hand, as single-key libraries know it. */
export type SingleKey = { readonly share: SecretShare; readonly key: ThresholdKey }

export function singleKey(group: Group): SingleKey {
  const secret = randomScalar(group, random)
  const element = group.multiplyBaseSecret(secret)
  const publicShares = [{ index: 1, id: 'holder', element }]
  return { share: { index: 1, secret }, key: { quorum: 1, publicKey: element, publicShares } }
}

/** A key shared among four holders, any three of which evaluate. */
export type SharedKey = {
  readonly secret: Bytes
  readonly shares: readonly SecretShare[]
  readonly key: ThresholdKey
}

export function sharedKey(group: Group): SharedKey {
  const secret = randomScalar(group, random)
  const shares = splitSecret(group, secret, QUORUM, HOLDERS, random)
  const publicShares = shares.map((share) => ({
    index: share.index,
    id: `holder${share.index}`,
    element: group.multiplyBaseSecret(share.secret),
  }))
  const publicKey = group.multiplyBaseSecret(secret)
  return { secret, shares, key: { quorum: QUORUM, publicKey, publicShares } }
}
