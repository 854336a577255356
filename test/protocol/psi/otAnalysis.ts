/** The bound of packages/protocol/src/psi/ot/parameters.ts, in numbers, and lists to try it on. */

import type { RandomBytes } from '@drempel/protocol/encoding'

/**
 * log2 of an upper bound on the probability that n items, each with three distinct bins of m, have no
 * table: the sum over t of the terms, each coefficient bounded by its saddle point. Above 2,000 terms
 * are taken at intervals and weighted by them: they follow a smooth curve.
 */
export function missingTableBits(n: number, m: number): number {
  const interval = Math.max(1, Math.floor(n / 5000))
  let sum = Number.NEGATIVE_INFINITY
  for (let t = 4; t <= Math.min(n, m + 1); ) {
    const weight = t < 2000 ? 1 : interval
    sum = addLog(sum, logTerm(n, m, t) + Math.log(weight))
    t += weight
  }
  return sum / Math.LN2
}

function logTerm(n: number, m: number, t: number): number {
  const x = saddle((3 * t) / (t - 1))
  const coefficient = (t - 1) * Math.log(Math.expm1(x) - x) - 3 * t * Math.log(x)
  const draws = t * (Math.log(m) + Math.log(m - 1) + Math.log(m - 2))
  return logChoose(n, t) + logChoose(m, t - 1) + logFactorial(3 * t) + coefficient - draws
}

/** Where x (e^x - 1) / (e^x - 1 - x) is the mean number of items in a bin. */
function saddle(mean: number): number {
  let [low, high] = [1e-6, 50]
  for (let i = 0; i < 50; i++) {
    const x = (low + high) / 2
    if ((x * Math.expm1(x)) / (Math.expm1(x) - x) < mean) low = x
    else high = x
  }
  return low
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k)
}

/** Stirling's series, from 20 on. */
function logFactorial(n: number): number {
  let [x, product] = [n + 1, 1]
  while (x < 20) product *= x++
  const series = 1 / (12 * x) - 1 / (360 * x ** 3)
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product)
}

function addLog(a: number, b: number): number {
  const larger = Math.max(a, b)
  if (larger === Number.NEGATIVE_INFINITY) return larger
  return larger + Math.log(Math.exp(a - larger) + Math.exp(b - larger))
}

/** Records of which only the bins are set, three distinct ones each. */
export function randomRecords(count: number, bins: number, random: RandomBytes): Uint32Array {
  const records = new Uint32Array(8 * (count + 1))
  const bytes = random(12 * count)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let record = 1; record <= count; record++) {
    const taken: number[] = []
    for (let hash = 0; hash < 3; hash++) {
      let bin = Math.floor((view.getUint32(12 * (record - 1) + 4 * hash) / 2 ** 32) * (bins - hash))
      for (const other of taken.toSorted((a, b) => a - b)) if (bin >= other) bin++
      taken.push(bin)
    }
    records.set(taken, 8 * record + 4)
  }
  return records
}
