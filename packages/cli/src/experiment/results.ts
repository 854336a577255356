/** All that an experiment finds: a function of its file, its data and nothing else. */

import { hex, jcs, sha256 } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { detectedBy } from './clusters.ts'
import { type Overlap, overlaps } from './copies.ts'
import { type Cost, costs } from './cost.ts'
import { type CountFinding, countFinding } from './counts.ts'
import { evaluatePool, evaluateRule, type Finding, type RuleFinding } from './evaluate.ts'
import { type Bits, bitsLearned, pooledBits } from './information.ts'
import { itemsOf } from './items.ts'
import { type Less, leastExposure } from './less.ts'
import type { CountRule, Material } from './model.ts'
import { type ParameterValues, parameterValues } from './parameters.ts'
import { countRulesOf, kindsOf, rulesOf } from './rules.ts'
import type { Experiment } from './schema.ts'
import { type CostSensitivity, costSensitivityOf, type Sensitivity } from './sensitivity.ts'
import type { Proportion } from './statistics.ts'
import { type PartnerValue, partnerValues } from './value.ts'

export type KindResult = {
  readonly kind: IdentifierKind
  /** Different identifiers on all lists together. */
  readonly listed: number
  /** Per partner, in the experiment's order. */
  readonly sizes: readonly number[]
  /** How many stand on exactly 1, 2, ... lists. */
  readonly histogram: readonly number[]
  /** Of what is sought, by at least 1, 2, ... partners; null where the truth is not known. */
  readonly detectedBy: readonly Proportion[] | null
  readonly pooling: Finding
  /** What the members of a sector find who share all among themselves. */
  readonly sectors: readonly {
    readonly sector: string
    /** From how many reports on, where a rule asks for so many; 0: from the first flag on. */
    readonly reports: number
    readonly finding: Finding
  }[]
  readonly rules: readonly RuleResult[]
  /** Those that only count. */
  readonly counts: readonly CountResult[]
  readonly less: readonly Less[]
  /**
   * The rule that the next measures are about: the one with least exposure for what is wanted. Null where
   * all rules only count.
   */
  readonly focus: string | null
  readonly values: readonly PartnerValue[]
  readonly overlaps: readonly Overlap[]
}

export type RuleResult = RuleFinding & {
  readonly bits: readonly Bits[]
  readonly costs: readonly Cost[] | null
}

export type CountResult = CountFinding & {
  /** Bits that a partner would learn of its own flags, were all lists on one heap. */
  readonly pooledBits: readonly number[]
  readonly costs: readonly Cost[] | null
}

export type Results = {
  readonly format: 'drempel-experiment-results/1'
  readonly experiment: Experiment
  /** SHA-256 of the experiment in canonical JSON, without where its data lie. */
  readonly digest: string
  readonly material: Pick<Material, 'dated' | 'truth' | 'sought' | 'lastDay' | 'rejected'> & {
    readonly victims: number
  }
  readonly parameters: ParameterValues
  readonly kinds: readonly KindResult[]
  readonly costSensitivity: readonly CostSensitivity[]
  readonly sensitivity: readonly Sensitivity[]
}

/** @param onRule told after each rule of the sweep, of how many; others get their turn then */
export async function resultsOf(
  experiment: Experiment,
  material: Material,
  onRule: (done: number, total: number) => void = () => {},
): Promise<Results> {
  const values = parameterValues(experiment.parameters)
  const rules = rulesOf(experiment)
  const counted = countRulesOf(experiment)
  const { dated, truth, sought, lastDay, rejected, victims } = material
  const found: RuleFinding[] = []
  for (const rule of rules) {
    found.push(evaluateRule(rule, material, values))
    onRule(found.length, rules.length)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const kinds = kindsOf(experiment).map((kind) => {
    const own = found.filter(({ rule }) => rule.kind === kind)
    const counts = counted.filter((rule) => rule.kind === kind)
    return kindResult(kind, own, counts, experiment, material, values)
  })
  return {
    format: 'drempel-experiment-results/1',
    experiment,
    digest: digestOf(experiment),
    material: { dated, truth, sought, lastDay, rejected, victims: victims.length },
    parameters: values,
    kinds,
    costSensitivity: kinds.flatMap(({ rules: own, focus }) => {
      const chosen = own.find(({ rule }) => rule.id === focus)
      return chosen === undefined ? [] : costSensitivityOf(chosen, material, values)
    }),
    sensitivity: [],
  }
}

/** SHA-256 of the experiment in canonical JSON, without where its data lie. */
export function digestOf({ base: _, ...terms }: Experiment): string {
  return hex(sha256(jcs(JSON.parse(JSON.stringify(terms)))))
}

function kindResult(
  kind: IdentifierKind,
  found: readonly RuleFinding[],
  counted: readonly CountRule[],
  { wanted }: Experiment,
  material: Material,
  values: ParameterValues,
): KindResult {
  const pooling = evaluatePool(kind, material, values)
  const less = leastExposure(found, pooling, wanted)
  const focus = focusOf(found, less, wanted)
  const sectors = [...new Set(material.partners.map(({ sector }) => sector))]
  const asked = new Set([0, ...found.map(({ rule }) => rule.reports)])
  return {
    kind,
    ...listFacts(kind, material),
    detectedBy: detectedBy(kind, material),
    pooling,
    sectors: sectors.flatMap((sector) =>
      [...asked].map((reports) => {
        const least = reports === 0 ? undefined : reports
        return { sector, reports, finding: evaluatePool(kind, material, values, sector, least) }
      }),
    ),
    rules: found.map((finding) => ({
      ...finding,
      bits: bitsLearned(finding, material),
      costs: costs(
        finding.rule,
        finding.learns.map(({ ownOver, others }) => ownOver + others),
        material,
        values,
      ),
    })),
    counts: counted.map((rule) => ({
      ...countFinding(rule, material),
      pooledBits: pooledBits(rule, material),
      costs: costs(
        rule,
        material.partners.map(() => 0),
        material,
        values,
      ),
    })),
    less,
    focus: focus?.rule.id ?? null,
    values: focus === undefined ? [] : partnerValues(focus.rule, material, values),
    overlaps: overlaps(kind, material),
  }
}

/** Where no rule reaches what is wanted, the first; undefined where all only count. */
export function focusOf(
  found: readonly RuleFinding[],
  less: readonly Less[],
  wanted: number,
): RuleFinding | undefined {
  const chosen = less.find((level) => level.wanted === wanted)?.rule
  return found.find(({ rule }) => rule.id === chosen) ?? found[0]
}

function listFacts(
  kind: IdentifierKind,
  material: Material,
): Pick<KindResult, 'listed' | 'sizes' | 'histogram'> {
  const sizes = material.partners.map(() => 0)
  const histogram = material.partners.map(() => 0)
  let listed = 0
  for (const { item } of itemsOf(material, kind)) {
    const owners = new Set(item.reports.map(({ partner }) => partner))
    if (owners.size === 0) continue
    listed++
    histogram[owners.size - 1]!++
    for (const owner of owners) sizes[owner]!++
  }
  return { listed, sizes, histogram }
}
