/**
 * How full a list may be so that no record has to wait more than W slots, up to chance.
 *
 * A list is a queue that serves one record a slot; at load ρ records a slot the chance that a
 * record waits more than W slots is below e^(-θW) per slot, θ the positive solution of
 * ρ(e^θ - 1) = θ (Kingman's bound for the discrete queue, records falling uniformly). Read the
 * other way round: with T slots in the round, θ = ln(T·2^30)/W makes the chance of a failed round
 * at most 2^-30, and ρ = θ/(e^θ - 1) is the greatest load.
 *
 * Only +, -, * and / of doubles are used, which ECMAScript defines to the last bit: every engine
 * finds the same load. Math.exp and Math.log carry no such promise.
 */

const FAILURE_BITS = 30

/** Far more than what rounding can have added. */
const MARGIN = 1 - 1e-9

const loads = new Map<number, number>()

/** @param slots base slots of all lists and bins together: sum of factors · base · bins */
export function maxLoad(slots: number, window: number): number {
  const eighths = eighthBits(slots)
  const key = eighths * 65536 + window
  let load = loads.get(key)
  if (load === undefined) {
    const theta = ((FAILURE_BITS + eighths / 8) * Math.LN2) / window
    load = (theta / expMinusOne(theta)) * MARGIN
    loads.set(key, load)
  }
  return load
}

/** log2 of n in eighths, rounded up: the least k with n^8 <= 2^k. */
function eighthBits(n: number): number {
  const square = n * n
  const fourth = square * square
  const eighth = fourth * fourth
  let bits = 0
  for (let power = 1; power < eighth; power *= 2) bits++
  return bits
}

function expMinusOne(x: number): number {
  let term = x
  let sum = 0
  for (let i = 2; sum + term !== sum; i++) {
    sum += term
    term *= x / i
  }
  return sum
}
