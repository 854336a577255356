/** What a benchmark says: one line a figure, all in one shape. */

import { median, spread } from './stats.ts'

type Better = 'higher' | 'lower'

export type Result = {
  readonly name: string
  /** A median, unless one value is all there is. */
  readonly value: number
  readonly unit: string
  /** Whom a ratio compares with; null when the value stands alone. */
  readonly peer: string | null
  /** In the unit of the value; null when none is set for this size. */
  readonly goal: number | null
  readonly better: Better
  readonly met: boolean | null
  /** Width of the samples' middle half as a part of the median; null for a single sample. */
  readonly spread: number | null
  /** Where the value stands in a plot; null when in none. */
  readonly point: Point | null
}

export type Point = { readonly chart: string; readonly series: string; readonly x: number }

export type Figure = Pick<Result, 'name' | 'unit' | 'better'> &
  Partial<Pick<Result, 'peer' | 'goal' | 'point'>>

/** @throws RangeError for no samples or one that is not finite */
export function resultOf(figure: Figure, samples: readonly number[]): Result {
  if (!samples.every(Number.isFinite)) throw new RangeError(`${figure.name}: not a finite number`)
  const { name, unit, better, peer = null, goal = null, point = null } = figure
  const value = median(samples)
  const met = goal === null ? null : better === 'higher' ? value >= goal : value <= goal
  return {
    name,
    value: rounded(value),
    unit,
    peer,
    goal,
    better,
    met,
    spread: optionally(spread(samples)),
    point,
  }
}

/** `items` done in each sample's seconds. */
export function rateOf(name: string, items: number, seconds: readonly number[]): Result {
  const rates = seconds.map((s) => items / s)
  return resultOf({ name, unit: '1/s', better: 'higher' }, rates)
}

/** How many times as fast as the peer, turn by turn. Both did the same work in their seconds. */
export function ratioOf(
  figure: { readonly name: string; readonly peer: string; readonly goal?: number },
  ours: readonly number[],
  theirs: readonly number[],
): Result {
  if (ours.length !== theirs.length) throw new RangeError(`${figure.name}: turns differ`)
  const ratios = ours.map((seconds, turn) => theirs[turn]! / seconds)
  return resultOf({ ...figure, unit: 'times', better: 'higher' }, ratios)
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function optionally(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(3))
}
