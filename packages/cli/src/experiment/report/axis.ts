/** A horizontal axis with round steps. */

export type Axis = { readonly from: number; readonly to: number; readonly ticks: readonly number[] }

const WANTED_TICKS = 5

/** Covers all values and zero. */
export function axisFor(values: readonly number[]): Axis {
  const least = Math.min(0, ...values)
  const most = Math.max(0, ...values) || (least === 0 ? 1 : 0)
  const rough = (most - least) / WANTED_TICKS
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((unit) => unit * power).find((unit) => unit >= rough)!
  const from = Math.floor(least / step)
  const to = Math.max(from + 1, Math.ceil(most / step))
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => (from + i) * step)
  return { from: ticks[0]!, to: ticks.at(-1)!, ticks }
}

/** Where a value stands between two pixels. */
export function scale({ from, to }: Axis, left: number, right: number): (value: number) => number {
  return (value) => left + ((value - from) / (to - from)) * (right - left)
}

/** Short and the same on every machine. */
export function at(pixels: number): string {
  return String(Math.round(pixels * 10) / 10)
}

/** Okabe and Ito's palette, which people with any colour vision tell apart; no yellow on white. */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'] as const
export const GREY = '#6b6b6b'
