/**
 * A made-up world of victims, for those who help them: some become a victim again and again. At each
 * crime a victim may turn to a desk, and sometimes to a second one, so that a desk alone sees less
 * than there was, and two desks together may take one crime for two.
 */

import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { seededDraws } from './draws.ts'
import { madeUpIdentifier } from './identifiers.ts'
import type { Item, Material, Report } from './model.ts'
import type { ParameterValues } from './parameters.ts'
import type { ExperimentPartner } from './schema.ts'

export type PeopleOptions = {
  readonly seed: number
  readonly partners: readonly ExperimentPartner[]
  readonly kinds: readonly IdentifierKind[]
  readonly values: ParameterValues
}

export function makePeople({ seed, partners, kinds, values }: PeopleOptions): Material {
  const weights = partners.map(({ weight }) => weight)
  const items: Item[] = []
  for (let person = 0; person < values.people; person++) {
    const draws = seededDraws(seed, `person/${person}`)
    const again = draws.chance(values.repeatShare)
    const crimes = again ? 2 + draws.poisson(values.moreCrimes) : 1
    const reports: Report[] = []
    for (let crime = 0; crime < crimes; crime++) {
      const day = draws.uniform() * values.days
      const [seeks, second, late] = [draws.uniform(), draws.uniform(), draws.uniform()]
      const desk = draws.weighted(weights)
      const other = draws.weighted(weights.map((weight, i) => (i === desk ? 0 : weight)))
      if (seeks >= values.seekHelp) continue
      const flagged = Math.floor(day - values.delayOthers * Math.log(1 - late))
      if (flagged > values.days) continue
      reports.push({ day: flagged, partner: desk })
      if (second < values.secondDesk) reports.push({ day: flagged, partner: other })
    }
    reports.sort((a, b) => a.day - b.day || a.partner - b.partner)
    for (const kind of kinds) {
      items.push({
        ...{ kind, value: madeUpIdentifier(kind, person), campaigns: [], reports },
        holder: again ? 'repeat' : 'once',
      })
    }
  }
  return {
    ...{ partners, items, victims: [], lastDay: values.days, dated: true, truth: true },
    ...{ sought: 'victims', rejected: [] },
  }
}
