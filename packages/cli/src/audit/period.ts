/** Spans of time that people name: 2026, 2026Q4, 2026-11, 2026-11-22, or two of them with .. between. UTC. */

export type Period = {
  /** Milliseconds since 1970; included. */
  readonly from: number
  /** Not included. */
  readonly until: number
}

const NAMED = /^([0-9]{4})(?:(Q[1-4])|-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?$/

/** Undefined for what names no period, or one that ends before it begins. */
export function parsePeriod(text: string): Period | undefined {
  const [first, last, ...more] = text.split('..')
  const begin = named(first!)
  const end = last === undefined ? begin : named(last)
  if (begin === undefined || end === undefined || more.length > 0) return undefined
  return begin.from < end.until ? { from: begin.from, until: end.until } : undefined
}

function named(text: string): Period | undefined {
  const match = NAMED.exec(text)
  if (match === null) return undefined
  const [year, quarter, month, day] = [Number(match[1]), match[2], match[3], match[4]]
  if (quarter !== undefined) {
    const begin = 3 * (Number(quarter[1]) - 1)
    return { from: Date.UTC(year, begin), until: Date.UTC(year, begin + 3) }
  }
  if (month === undefined) return { from: Date.UTC(year, 0), until: Date.UTC(year + 1, 0) }
  const begin = Number(month) - 1
  if (day === undefined) return { from: Date.UTC(year, begin), until: Date.UTC(year, begin + 1) }
  const from = Date.UTC(year, begin, Number(day))
  // 30 February is no day.
  return new Date(from).getUTCMonth() === begin ? { from, until: from + 86_400_000 } : undefined
}
