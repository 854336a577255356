/** A horizontal axis with round steps. */

export type Axis = { readonly from: number; readonly to: number; readonly ticks: readonly number[] }

const WANTED_TICKS = 5

/**
 * Covers all values and zero.
 * @param format labels of ticks, which are all different: counts have no steps of a half
 */
export function axisFor(values: readonly number[], format: (value: number) => string): Axis {
  const least = Math.min(0, ...values)
  const most = Math.max(0, ...values) || (least === 0 ? 1 : 0)
  const rough = (most - least) / WANTED_TICKS
  const power = 10 ** Math.floor(Math.log10(rough))
  for (const unit of [1, 2, 5, 10, 20, 50]) {
    const step = unit * power
    if (step < rough) continue
    const from = Math.floor(least / step)
    const to = Math.max(from + 1, Math.ceil(most / step))
    const ticks = Array.from({ length: to - from + 1 }, (_, i) => (from + i) * step)
    if (new Set(ticks.map(format)).size === ticks.length) {
      return { from: ticks[0]!, to: ticks.at(-1)!, ticks }
    }
  }
  return { from: least, to: most, ticks: [least, most] }
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
