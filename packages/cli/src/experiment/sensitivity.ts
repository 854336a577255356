/**
 * How far the outcome rests on each assumption: the world is made again with the parameter at either
 * end of its range, all else and the seed the same, and the rule in focus is tried in it. Shares hardly
 * depend on the size of the world, so that large ones are varied in a small one.
 */

import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { type Cost, costs } from './cost.ts'
import { evaluatePool, evaluateRule, type RuleFinding, wronged, yieldShare } from './evaluate.ts'
import type { Material, Rule } from './model.ts'
import {
  bears,
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterName,
  type ParameterValues,
  rangeOf,
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
  const varied = PARAMETER_NAMES.flatMap((parameter) => {
    const range = rangeOf(parameter, values[parameter])
    const ofWorlds = PARAMETERS[parameter].group !== 'cost' && bears(parameter, experiment)
    return range !== null && ofWorlds ? [{ parameter, range }] : []
  })
  const found: Sensitivity[] = []
  const small = {
    ...values,
    campaigns: Math.min(values.campaigns, MOST_CAMPAIGNS),
    people: Math.min(values.people, MOST_PEOPLE),
  }
  const world = make(small)
  const base = rules.map((rule) => outcome(rule, 0, world, small))
  for (const [i, { parameter, range }] of varied.entries()) {
    const [low, high] = range.map((value) => {
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

export type CostSensitivity = {
  readonly parameter: ParameterName
  readonly kind: IdentifierKind
  readonly rule: string
  readonly base: Expense
  readonly low: Expense
  readonly high: Expense
}

/** Of all partners together: a year of rounds and nodes, and the work on hits. */
export type Expense = {
  readonly value: number
  readonly euroYear: number
  readonly euroStaff: number
}

/** What the prices do; the world stays as it is. Empty where there is no round. */
export function costSensitivityOf(
  { rule, learns }: Pick<RuleFinding, 'rule' | 'learns'>,
  material: Material,
  values: ParameterValues,
): CostSensitivity[] {
  const told = learns.map(({ ownOver, others }) => ownOver + others)
  const expense = (parameter: ParameterName, value: number): Expense | undefined => {
    const found = costs(rule, told, material, { ...values, [parameter]: value })
    return found === null ? undefined : { value, ...sumOf(found) }
  }
  return PARAMETER_NAMES.flatMap((parameter) => {
    const range = rangeOf(parameter, values[parameter])
    if (PARAMETERS[parameter].group !== 'cost' || range === null) return []
    const [base, low, high] = [values[parameter], ...range].map((value) =>
      expense(parameter, value),
    )
    if (base === undefined || low === undefined || high === undefined) return []
    return [{ parameter, kind: rule.kind, rule: rule.id, base, low, high }]
  })
}

function sumOf(found: readonly Cost[]): Pick<Expense, 'euroYear' | 'euroStaff'> {
  let [euroYear, euroStaff] = [0, 0]
  for (const cost of found) {
    euroYear += cost.euroYear
    euroStaff += cost.euroStaff
  }
  return { euroYear, euroStaff }
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
