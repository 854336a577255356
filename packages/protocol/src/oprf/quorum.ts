/**
 * What it costs to combine the answers of these holders, before they are asked. A Lagrange coefficient
 * that is a small integer or the negative of one costs a few additions an element, a fraction costs a
 * multiplication: of four holders, the quorums {1,2,3}, {1,3,4} and {2,3,4} have integers only, and
 * {1,2,4} has thirds. An asker that is free to choose among holders saves by asking the right ones.
 */

import { bitLength, type Group, lagrangeAtZero, nearestToZero } from '../group/index.ts'

/**
 * The bits of the longest coefficient as an integer near zero: 2 for holders 1, 2 and 3; about 252
 * when there are fractions.
 * @throws ProtocolError `BAD_INDEX`, `DUPLICATE_INDEX`
 */
export function combinationBits(group: Group, indices: readonly number[]): number {
  const coefficients = lagrangeAtZero(group, indices).map(nearestToZero)
  return Math.max(...coefficients.map(({ magnitude }) => bitLength(magnitude)))
}
