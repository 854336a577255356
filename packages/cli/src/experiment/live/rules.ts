/** An experiment's rules among those of a convenant: live nodes run no others. */

import type { Convenant } from '@drempel/protocol/convenant'
import { fail } from '../../output/errors.ts'
import { rulesOf } from '../rules.ts'
import type { Experiment } from '../schema.ts'

export type LiveRule = Convenant['rules'][number]

/** In the convenant's order. @throws ProtocolError `EXPERIMENT_DATA` with the rules that there are */
export function rulesInForce(experiment: Experiment, { rules }: Convenant): LiveRule[] {
  const named = rulesOf(experiment).map((wanted) => {
    const found = rules.find(
      ({ kind, t, minSectors = 1, reports = 0, output }) =>
        kind === wanted.kind &&
        t === wanted.t &&
        minSectors === wanted.sectors &&
        reports === (wanted.reports > t ? wanted.reports : 0) &&
        output === wanted.output,
    )
    return found ?? none(wanted.id, rules)
  })
  const counted = experiment.rules.flatMap(({ output, kinds, aggregates }) =>
    output !== 'aggregates'
      ? []
      : kinds.map((kind) => {
          const found = rules.find((rule) => rule.kind === kind && fits(rule, aggregates))
          return found ?? none(`${kind} aggregates`, rules)
        }),
  )
  const wanted = new Set([...named, ...counted])
  return rules.filter((rule) => wanted.has(rule))
}

/** Without terms in the experiment those of the convenant are meant. */
function fits({ aggregates: there }: LiveRule, asked: Experiment['rules'][number]['aggregates']) {
  if (there === undefined) return false
  if (asked === undefined) return true
  return (
    asked.show.includes(there.show) &&
    asked.minCell.includes(there.minCell) &&
    asked.from.includes(there.from ?? 2) &&
    (asked.upTo === undefined || asked.upTo === there.upTo)
  )
}

function none(id: string, rules: readonly LiveRule[]): never {
  const hint = `the convenant in force has ${rules.map((rule) => rule.id).join(', ')}`
  return fail('EXPERIMENT_DATA', { at: id, hint })
}
