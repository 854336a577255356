/**
 * How far the outcome rests on each assumption: the world is made again with the parameter at either
 * end of its range, all else and the seed the same, and the rule in focus is tried in it.
 */

import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { evaluatePool, evaluateRule, yieldShare } from './evaluate.ts'
import type { Material, Rule } from './model.ts'
import {
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterName,
  type ParameterValues,
} from './parameters.ts'

export type Outcome = {
  readonly value: number
  /** Part of what pooling detects that the rule detects. */
  readonly kept: number | null
  readonly detected: number | null
  readonly innocents: number
}

export type Sensitivity = {
  readonly parameter: ParameterName
  readonly kind: IdentifierKind
  readonly rule: string
  readonly low: Outcome
  readonly high: Outcome
}

/** The world that these values make. */
export type MakeWorld = (values: ParameterValues) => Material

/** @param onStep told how many of how many worlds are done */
export async function sensitivityOf(
  rules: readonly Rule[],
  values: ParameterValues,
  make: MakeWorld,
  onStep: (done: number, total: number) => void,
): Promise<Sensitivity[]> {
  const varied = PARAMETER_NAMES.filter((name) => PARAMETERS[name].range !== null)
  const found: Sensitivity[] = []
  for (const [i, parameter] of varied.entries()) {
    const [low, high] = PARAMETERS[parameter].range!.map((value) => {
      const changed = { ...values, [parameter]: value }
      const world = make(changed)
      return rules.map((rule) => outcome(rule, value, world, changed))
    }) as [Outcome[], Outcome[]]
    rules.forEach(({ kind, id }, at) => {
      found.push({ parameter, kind, rule: id, low: low[at]!, high: high[at]! })
    })
    onStep(2 * (i + 1), 2 * varied.length)
    // Signals and the progress bar get their turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found
}

export function outcome(
  rule: Rule,
  value: number,
  world: Material,
  values: ParameterValues,
): Outcome {
  const finding = evaluateRule(rule, world, values)
  return {
    value,
    kept: yieldShare(finding, evaluatePool(rule.kind, world, values)),
    detected: finding.detected?.share ?? null,
    innocents: finding.holders.innocent + finding.holders.victim,
  }
}
