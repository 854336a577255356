/**
 * What it costs to combine the answers of these holders, before they are asked. Where all Lagrange
 * coefficients are integers, combining takes a few additions an element; where there are fractions,
 * a multiplication more, about as much as a holder spends. Of four holders, the quorums {1,2,3},
 * {1,3,4} and {2,3,4} have integers, and {1,2,4} has thirds.
 */

import { asFractions, lagrangeAtZero } from '../group/index.ts'

/**
 * Asker: whether these holders are a cheap quorum, to be preferred for long batches where nothing
 * else decides.
 * @throws ProtocolError `BAD_INDEX`, `DUPLICATE_INDEX`
 */
export function isCheapQuorum(indices: readonly number[]): boolean {
  return asFractions(lagrangeAtZero(indices))?.denominator === 1n
}
