/** What backends that work on one element at a time compose of their other methods. */

import type { Bytes } from '../encoding/index.ts'
import { type Elements, encodingsOf } from './decoded.ts'
import { fail } from './errors.ts'
import { countOf, flatFrom, itemAt } from './flat.ts'
import type { Group } from './group.ts'
import { assertNonZeroScalars } from './scalar.ts'

export function combineMinus(
  group: Group,
  weights: Bytes,
  rows: readonly Elements[],
  scalars: Bytes,
  base: Bytes,
): Bytes {
  assertCombination(weights, rows, scalars)
  const sum = rows
    .map((row, i) => group.multiplyPublic(itemAt(weights, i), row))
    .reduce((total, row) => group.add(total, row))
  const bases = flatFrom(countOf(scalars), () => base)
  return group.subtract(sum, group.multiplySecret(scalars, bases))
}

export function hashPlusBase(
  group: Group,
  messages: readonly Bytes[],
  dst: Bytes,
  scalars: Bytes,
): Bytes {
  return group.add(group.hashToGroup(messages, dst), group.multiplyBaseSecret(scalars))
}

/** A weight for each row, and rows as long as the scalars. @throws as `multiplySecret` for scalars */
export function assertCombination(weights: Bytes, rows: readonly Elements[], scalars: Bytes): void {
  assertNonZeroScalars(weights)
  assertNonZeroScalars(scalars)
  if (rows.length === 0 || countOf(weights) !== rows.length) fail('BAD_LENGTH')
  if (rows.some((row) => encodingsOf(row).length !== scalars.length)) fail('BAD_LENGTH')
}
