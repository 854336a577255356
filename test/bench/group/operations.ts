/** What is compared: each operation on a batch, and the same from libsodium's functions one by one. */

import { type Bytes, concat } from '@drempel/protocol/encoding'
import {
  type Group,
  itemAt,
  libsodiumGroup,
  randomScalars,
  smallScalar,
} from '@drempel/protocol/group'
import sodium from 'libsodium-wrappers-sumo'
import { expand, SUITE_TAG } from '../oprf/expand.ts'
import { inputsOf, random, split } from '../oprf/keys.ts'

export type Operation = {
  readonly name: string
  readonly goals?: Readonly<Record<string, number>>
  readonly ours: (group: Group) => Bytes
  /** Gives the same bytes. */
  readonly libsodium: () => Bytes
}

export function operations(count: number): readonly Operation[] {
  const messages = inputsOf(count)
  const scalars = randomScalars(libsodiumGroup, count, random)
  const each = split(scalars)
  const flat = libsodiumGroup.fromUniform(random(64 * count))
  const elements = split(flat)
  const other = split(libsodiumGroup.fromUniform(random(64 * count)))
  const key = itemAt(scalars, 0)
  const publicKey = sodium.crypto_scalarmult_ristretto255_base(key)

  const hashed = () => messages.map((message) => hash(message))
  const products = (factors: readonly Bytes[], of: readonly Bytes[]) =>
    of.map((element, i) => sodium.crypto_scalarmult_ristretto255(factors[i]!, element))
  const sums = (a: readonly Bytes[], b: readonly Bytes[]) =>
    a.map((element, i) => sodium.crypto_core_ristretto255_add(element, b[i]!))

  return [
    {
      name: 'group evaluate',
      goals: { relaxed: 3.3, baseline: 2 },
      ours: (group) => group.multiplySecret(key, flat),
      libsodium: () =>
        concat(...elements.map((element) => sodium.crypto_scalarmult_ristretto255(key, element))),
    },
    {
      name: 'group blind and unblind',
      goals: { relaxed: 7, baseline: 4.5 },
      ours: (group) => {
        const blinded = group.hashPlusBaseSecret(messages, SUITE_TAG, scalars)
        // Evaluated by a key of one, so that both ways end at the hash.
        return group.combineMinusSecret(smallScalar(1), [blinded], scalars, group.generator)
      },
      libsodium: () => {
        const blinded = products(each, hashed())
        const inverses = each.map((r) => sodium.crypto_core_ristretto255_scalar_invert(r))
        return concat(...products(inverses, blinded))
      },
    },
    {
      name: 'group hash',
      ours: (group) => group.hashToGroup(messages, SUITE_TAG),
      libsodium: () => concat(...hashed()),
    },
    {
      name: 'group generator times scalar',
      ours: (group) => group.multiplyBaseSecret(scalars),
      libsodium: () =>
        concat(...each.map((scalar) => sodium.crypto_scalarmult_ristretto255_base(scalar))),
    },
    {
      name: 'group decode',
      ours: (group) => {
        group.assertElements(flat)
        return flat
      },
      libsodium: () => {
        for (const element of elements) {
          if (!sodium.crypto_core_ristretto255_is_valid_point(element)) throw new Error('invalid')
        }
        return flat
      },
    },
    {
      name: 'group decode two, add, encode',
      ours: (group) => group.add(flat, concat(...other)),
      libsodium: () => concat(...sums(elements, other)),
    },
    {
      name: 'group weighted sum of all',
      ours: (group) => group.combinePublic(scalars, flat),
      libsodium: () =>
        products(each, elements).reduce((sum, product) =>
          sodium.crypto_core_ristretto255_add(sum, product),
        ),
    },
    ...combinations(publicKey, scalars, [flat, concat(...other), flat]),
  ]
}

/** Three partial evaluations and a blind to take away, for a cheap quorum and one with fractions. */
function combinations(
  publicKey: Bytes,
  scalars: Bytes,
  rows: readonly Bytes[],
): readonly Operation[] {
  const blinds = split(scalars)
  return [
    { name: 'group combine 1, 2, 3', weights: weightsOf(3, -3, 1) },
    { name: 'group combine 1, 2, 4', weights: weightsOf(8 / 3, -2, 1 / 3) },
  ].map(({ name, weights }) => ({
    name,
    ours: (group) => group.combineMinusSecret(concat(...weights), rows, scalars, publicKey),
    libsodium: () => {
      const columns = blinds.map((blind, j) => {
        const [first, ...more] = rows.map((row, i) =>
          sodium.crypto_scalarmult_ristretto255(weights[i]!, itemAt(row, j)),
        )
        const sum = more.reduce((a, b) => sodium.crypto_core_ristretto255_add(a, b), first!)
        const mask = sodium.crypto_scalarmult_ristretto255(blind, publicKey)
        return sodium.crypto_core_ristretto255_sub(sum, mask)
      })
      return concat(...columns)
    },
  }))
}

/** Thirds as scalars. */
function weightsOf(...values: readonly number[]): Bytes[] {
  const { scalars } = libsodiumGroup
  const third = scalars.invert(smallScalar(3))
  return values.map((value) => {
    const thirds = scalars.multiply(smallScalar(Math.abs(Math.round(3 * value))), third)
    return value < 0 ? scalars.negate(thirds) : thirds
  })
}

function hash(message: Bytes): Bytes {
  return sodium.crypto_core_ristretto255_from_hash(expand(message))
}
