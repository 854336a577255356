/** Medians and spreads: a busy machine makes means useless. */

/** Linear between the two nearest samples (type 7 of Hyndman and Fan, 1996). @throws RangeError for no samples */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError('no samples')
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)]!
  const above = sorted[Math.ceil(at)]!
  return below + (above - below) * (at - Math.floor(at))
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

/** The middle half's width as a part of the median; null for one sample, which says nothing of it. */
export function spread(samples: readonly number[]): number | null {
  if (samples.length < 2) return null
  const middle = median(samples)
  if (middle === 0) return null
  return (quantile(samples, 0.75) - quantile(samples, 0.25)) / Math.abs(middle)
}
