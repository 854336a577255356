/**
 * How far the outcome rests on each assumption: the world is made again with the parameter at either
 * end of its range, all else and the seed the same, and the rule in focus is tried in it. Shares hardly
 * depend on the size of the world, so that large ones are varied in a small one.
 */

import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { evaluatePool, evaluateRule, wronged, yieldShare } from './evaluate.ts'
import type { Material, Rule } from './model.ts'
import {
  bears,
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterName,
  type ParameterValues,
} from './parameters.ts'
import type { Experiment } from './schema.ts'

export type Outcome = {
  readonly value: number
  /** Part of what pooling detects that the rule detects. */
  readonly kept: number | null
  readonly detected: number | null
  readonly wronged: number
  /** Euros that measures spare; null where there is no loss. */
  readonly saved: number | null
}

export type Sensitivity = {
  readonly parameter: ParameterName
  readonly kind: IdentifierKind
  readonly rule: string
  /** With all as the experiment has it, in a world of the same size as the two others. */
  readonly base: Outcome
  readonly low: Outcome
  readonly high: Outcome
}

const MOST_CAMPAIGNS = 200
const MOST_PEOPLE = 5_000

/** The world that these values make. */
export type MakeWorld = (values: ParameterValues) => Material

/** @param onStep told how many of how many worlds are done */
export async function sensitivityOf(
  experiment: Experiment,
  rules: readonly Rule[],
  values: ParameterValues,
  make: MakeWorld,
  onStep: (done: number, total: number) => void,
): Promise<Sensitivity[]> {
  const varied = PARAMETER_NAMES.filter(
    (name) => PARAMETERS[name].range !== null && bears(name, experiment),
  )
  const found: Sensitivity[] = []
  const small = {
    ...values,
    campaigns: Math.min(values.campaigns, MOST_CAMPAIGNS),
    people: Math.min(values.people, MOST_PEOPLE),
  }
  const world = make(small)
  const base = rules.map((rule) => outcome(rule, 0, world, small))
  for (const [i, parameter] of varied.entries()) {
    const [low, high] = PARAMETERS[parameter].range!.map((value) => {
      const changed = { ...small, [parameter]: value }
      const other = make(changed)
      return rules.map((rule) => outcome(rule, value, other, changed))
    }) as [Outcome[], Outcome[]]
    rules.forEach(({ kind, id }, at) => {
      const ends = { low: low[at]!, high: high[at]! }
      found.push({ parameter, kind, rule: id, base: base[at]!, ...ends })
    })
    onStep(2 * (i + 1), 2 * varied.length)
    // Signals and the progress bar get their turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found
}

function outcome(rule: Rule, value: number, world: Material, values: ParameterValues): Outcome {
  const finding = evaluateRule(rule, world, values)
  return {
    value,
    kept: yieldShare(finding, evaluatePool(rule.kind, world, values)),
    detected: finding.detected?.share ?? null,
    wronged: wronged(finding),
    saved: finding.saved?.euro ?? null,
  }
}
