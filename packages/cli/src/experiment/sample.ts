/**
 * A part of an experiment that is small enough for real nodes: some partners and some identifiers,
 * drawn with the experiment's seed, half of them from those that several of the partners have, since the
 * others meet no rule.
 */

import { type Draws, seededDraws } from './draws.ts'
import type { Item, Material } from './model.ts'
import { countRulesOf, kindsOf, rulesOf } from './rules.ts'
import type { Experiment } from './schema.ts'
import { choiceOf } from './terms.ts'

export type Sample = {
  readonly experiment: Experiment
  readonly material: Material
  /** Different identifiers, of all kinds. */
  readonly identifiers: number
}

const MOST_PARTNERS = 5
const OF_A_KIND = 200

/** Undefined when there is nothing to draw, or no rule of which a convenant may hold. */
export function sampleOf(experiment: Experiment, material: Material): Sample | undefined {
  const draws = seededDraws(experiment.seed, 'sample')
  const all = material.partners.map((_, i) => i)
  const chosen = drawn(all, MOST_PARTNERS, draws).sort((a, b) => a - b)
  const items = kindsOf(experiment).flatMap((kind) => {
    const there = material.items.flatMap((item) => {
      const left = among(item, chosen)
      return item.kind === kind && left.reports.length > 0 ? [left] : []
    })
    const shared = drawn(there.filter(isShared), OF_A_KIND / 2, draws)
    return [
      ...shared,
      ...drawn(
        there.filter((item) => !isShared(item)),
        OF_A_KIND / 2,
        draws,
      ),
    ]
  })
  if (chosen.length < 3 || items.length === 0) return undefined
  const ids = new Set(chosen.map((i) => experiment.partners[i]!.id))
  const counted = new Set<string>()
  const rules = experiment.rules.flatMap((sweep): Experiment['rules'] => {
    const consumers =
      sweep.consumers === 'all' ? 'all' : sweep.consumers.filter((id) => ids.has(id))
    if (sweep.output !== 'aggregates') return [{ ...sweep, consumers }]
    // Each of them takes nodes and a convenant of its own: one of a kind is tried.
    const kinds = sweep.kinds.filter((kind) => !counted.has(kind))
    for (const kind of kinds) counted.add(kind)
    return kinds.length === 0 ? [] : [onlyFirst({ ...sweep, kinds })]
  })
  const partners = chosen.map((i) => experiment.partners[i]!)
  const smaller = { ...experiment, partners, rules }
  const possible = rulesOf(smaller).some((rule) => choiceOf(rule, smaller) !== undefined)
  if (!possible && countRulesOf(smaller).length === 0) return undefined
  return {
    experiment: smaller,
    material: { ...material, partners, items, victims: [] },
    identifiers: items.length,
  }
}

function onlyFirst(sweep: Experiment['rules'][number]): Experiment['rules'][number] {
  const { aggregates, listAgeDays } = sweep
  if (aggregates === undefined) return { ...sweep, listAgeDays: listAgeDays.slice(0, 1) }
  const { show, minCell, from } = aggregates
  return {
    ...sweep,
    listAgeDays: listAgeDays.slice(0, 1),
    aggregates: {
      ...aggregates,
      ...{ show: show.slice(0, 1), minCell: minCell.slice(0, 1), from: from.slice(0, 1) },
    },
  }
}

/** What some partners reported, by their numbers among these. */
function among(item: Item, partners: readonly number[]): Item {
  const reports = item.reports.flatMap(({ day, partner }) => {
    const at = partners.indexOf(partner)
    return at < 0 ? [] : [{ day, partner: at }]
  })
  return { ...item, reports }
}

function isShared({ reports }: Item): boolean {
  return reports.some(({ partner }) => partner !== reports[0]!.partner)
}

/** So many of a list, or all of a shorter one (Fisher and Yates). */
function drawn<T>(list: readonly T[], count: number, draws: Draws): T[] {
  const left = [...list]
  for (let i = 0; i < Math.min(count, left.length); i++) {
    const other = i + draws.below(left.length - i)
    ;[left[i], left[other]] = [left[other]!, left[i]!]
  }
  return left.slice(0, count)
}
