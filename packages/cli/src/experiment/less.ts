/** The same yield with less: for a wanted detection, the rule that exposes fewest who did nothing. */

import { type Finding, type RuleFinding, wronged, yieldOf } from './evaluate.ts'

export type Less = {
  /** Part of what pooling detects. */
  readonly wanted: number
  /** The rule's id; null when none reaches it. */
  readonly rule: string | null
}

const LEVELS = [0.25, 0.5, 0.75, 0.9]

/** For a few levels and the wanted one, on one kind of identifier. */
export function leastExposure(
  findings: readonly RuleFinding[],
  pooling: Finding,
  wanted: number,
): Less[] {
  const levels = [...new Set([...LEVELS, wanted])].sort((a, b) => a - b)
  return levels.map((level) => {
    const enough = findings.filter((finding) => yieldOf(finding) >= level * yieldOf(pooling))
    const best = enough.reduce<RuleFinding | undefined>(
      (least, next) => (least === undefined || exposesLess(next, least) ? next : least),
      undefined,
    )
    return { wanted: level, rule: best?.rule.id ?? null }
  })
}

/** First those who did nothing, then mules, then all that is told to anyone. */
function exposesLess(a: RuleFinding, b: RuleFinding): boolean {
  for (const [x, y] of [
    [wronged(a), wronged(b)],
    [a.exposures, b.exposures],
    [a.holders.mule, b.holders.mule],
    [told(a), told(b)],
  ] as const) {
    if (x !== y) return x < y
  }
  return false
}

const told = ({ learns }: RuleFinding) =>
  learns.reduce((sum, { ownOver, others }) => sum + ownOver + others, 0)
