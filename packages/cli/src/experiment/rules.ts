/** The rules that a sweep stands for, in its order, each once. */

import { MOST_REPORTS, type Rule } from './model.ts'
import type { Experiment } from './schema.ts'

export function rulesOf({ rules, partners }: Experiment): Rule[] {
  const found = new Map<string, Rule>()
  for (const sweep of rules) {
    const consumers = partners.flatMap(({ id }, i) =>
      sweep.consumers === 'all' || sweep.consumers.includes(id) ? [i] : [],
    )
    for (const kind of sweep.kinds)
      for (const t of sweep.t)
        for (const sectors of sweep.sectors)
          for (const reports of sweep.reports)
            for (const listAgeDays of sweep.listAgeDays) {
              const { output } = sweep
              const rule = { kind, t, sectors, reports, listAgeDays, output, consumers }
              // More sectors than partners, or more reports than can count, is met by nothing.
              if (t > partners.length || sectors > t) continue
              if (reports > MOST_REPORTS * partners.length) continue
              const id = idOf(rule, sweep.consumers === 'all')
              found.set(id, { id, ...rule })
            }
  }
  return [...found.values()]
}

function idOf(
  { kind, t, sectors, reports, listAgeDays, output }: Omit<Rule, 'id'>,
  everyone: boolean,
): string {
  return [
    kind,
    `t${t}`,
    ...(sectors > 1 ? [`s${sectors}`] : []),
    ...(reports > 0 ? [`r${reports}`] : []),
    ...(listAgeDays > 0 ? [`d${listAgeDays}`] : []),
    ...(output === 'owners' ? ['owners'] : []),
    ...(everyone ? [] : ['some']),
  ].join('-')
}
