/** Intervals, quantiles and entropies. */

export type Interval = { readonly low: number; readonly high: number }

/**
 * A count out of a total, with Wilson's score interval at 95% (Wilson 1927, JASA 22:209), of as many
 * independent ones as these are worth.
 */
export type Proportion = { readonly count: number; readonly of: number } & (
  | ({ readonly share: number } & Interval)
  | { readonly share: null; readonly low: null; readonly high: null }
)

const Z = 1.959963984540054

/** @param effect by how much less these tell than as many independent ones would */
export function proportion(count: number, of: number, effect = 1): Proportion {
  if (of === 0) return { count, of, share: null, low: null, high: null }
  const share = count / of
  const independent = of / effect
  const square = (Z * Z) / independent
  const middle = (share + square / 2) / (1 + square)
  const variance = (share * (1 - share)) / independent
  const half = (Z * Math.sqrt(variance + square / (4 * independent))) / (1 + square)
  // The ends are exact at none and all; arithmetic alone would give -1e-17.
  const low = count === 0 ? 0 : middle - half
  const high = count === of ? 1 : middle + half
  return { count, of, share, low, high }
}

/**
 * Kish's design effect (Survey Sampling, 1965) of what comes in clusters that resemble each other within:
 * the variance of their ratio, over that of as many independent ones. At least 1.
 */
export function designEffect(
  clusters: Iterable<{ readonly count: number; readonly of: number }>,
): number {
  const all = [...clusters]
  const of = all.reduce((sum, cluster) => sum + cluster.of, 0)
  const share = all.reduce((sum, { count }) => sum + count, 0) / of
  const independent = of * share * (1 - share)
  if (all.length < 2 || !(independent > 0)) return 1
  const squares = all.reduce((sum, cluster) => sum + (cluster.count - share * cluster.of) ** 2, 0)
  return Math.max(1, ((all.length / (all.length - 1)) * squares) / independent)
}

export type Quantiles = {
  readonly count: number
  readonly p10: number
  readonly median: number
  readonly p90: number
}

/** Null of nothing. The value at rank ceil(p·n): one that occurs. */
export function quantiles(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const at = (p: number) => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)]!
  return { count: sorted.length, p10: at(0.1), median: at(0.5), p90: at(0.9) }
}

/** Bits that one draw from these counts tells. */
export function entropy(counts: Iterable<number>): number {
  const list = [...counts].filter((count) => count > 0)
  const total = list.reduce((sum, count) => sum + count, 0)
  return list.reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0) + 0
}
