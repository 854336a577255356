/**
 * What an experiment's fields say of each other. What could be met by nothing, or would be passed over in
 * silence, is complained of with its place: else a slip looks like an outcome.
 */

import { FRAUDS, SEES, USES } from './frauds.ts'
import { MOST_REPORTS } from './model.ts'
import { bears, type ParameterName, parameterValues } from './parameters.ts'
import type { Experiment } from './schema.ts'

type Path = readonly (string | number)[]
type Complain = (path: Path, message: string) => void

/** Rules of one experiment: each takes its time, and its place in the report. */
const MOST_RULES = 500
const MOST_VICTIMS = 5_000_000

export type Complaint = { readonly path: Path; readonly message: string }

/** Of an experiment whose fields are right one by one. */
export function complaintsAbout(experiment: Experiment): Complaint[] {
  const found: Complaint[] = []
  const complain: Complain = (path, message) => void found.push({ path, message })
  const ids = experiment.partners.map(({ id }) => id)
  ids.forEach((id, i) => {
    if (ids.indexOf(id) < i)
      complain(['partners', i, 'id'], `${id} is there already: give another id`)
  })
  const known = (id: string, path: Path) => {
    if (!ids.includes(id)) complain(path, `no such partner: one of ${ids.join(', ')}`)
  }
  aboutData(experiment, known, complain)
  aboutRules(experiment, known, complain)
  for (const name of Object.keys(experiment.parameters) as ParameterName[]) {
    if (!bears(name, experiment))
      complain(['parameters', name], 'changes nothing with these data: leave it out')
  }
  return found
}

type Known = (id: string, path: Path) => void

function aboutData({ data, ...experiment }: Experiment, known: Known, complain: Complain): void {
  if ('files' in data) {
    data.files.forEach(({ partner, file, npm }, i) => {
      known(partner, ['data', 'files', i, 'partner'])
      if ((file === undefined) === (npm === undefined))
        complain(['data', 'files', i], 'give either file or npm')
    })
    if (data.period !== undefined && data.period.from > data.period.until)
      complain(['data', 'period', 'until'], 'lies before from')
  } else if ('nodes' in data) {
    data.nodes.forEach(({ partner, home, url, token }, i) => {
      known(partner, ['data', 'nodes', i, 'partner'])
      if (data.nodes.findIndex((other) => other.partner === partner) < i)
        complain(['data', 'nodes', i, 'partner'], `${partner} is there already: leave it out`)
      if ((home === undefined) === (url === undefined || token === undefined))
        complain(['data', 'nodes', i], 'give either home, or url and token')
    })
  } else if ('generator' in data) {
    const { mix, copies } = data.generator
    if (Object.values(mix).every((part) => part === 0))
      complain(['data', 'generator', 'mix'], 'give at least one kind of fraud a part above 0')
    copies.forEach(({ from, to }, i) => {
      known(from, ['data', 'generator', 'copies', i, 'from'])
      known(to, ['data', 'generator', 'copies', i, 'to'])
      if (from === to) complain(['data', 'generator', 'copies', i, 'to'], 'another partner')
    })
    const { campaigns, victims, victimsSpread } = parameterValues(experiment.parameters)
    const expected = campaigns * victims * Math.exp(victimsSpread ** 2 / 2)
    if (expected > MOST_VICTIMS)
      complain(
        ['parameters'],
        `about ${Math.round(expected)} victims, of at most ${MOST_VICTIMS}: take fewer campaigns or victims`,
      )
  }
}

function aboutRules(experiment: Experiment, known: Known, complain: Complain): void {
  const { rules, partners, data } = experiment
  const sectors = new Set(partners.map(({ sector }) => sector)).size
  const all = rules.reduce((sum, rule) => sum + sizeOf(rule), 0)
  if (all > MOST_RULES)
    complain(['rules'], `${all} rules in all, of at most ${MOST_RULES}: sweep less at a time`)
  rules.forEach((rule, i) => {
    const { t, output, consumers, kinds, listAgeDays } = rule
    const at = (...path: Path): Path => ['rules', i, ...path]
    if (output === 'aggregates') {
      if (t !== undefined) complain(at('t'), 'a rule that only counts has none: leave it out')
      else if (
        rule.sectors.some((s) => s > 1) ||
        rule.reports.some((r) => r > 0) ||
        consumers !== 'all'
      )
        complain(at(), 'a rule that only counts has no sectors, reports or consumers')
    } else {
      if (rule.aggregates !== undefined) complain(at('aggregates'), 'for output aggregates alone')
      if (t === undefined) complain(at('t'), 'give the number of partners')
      else if (Math.max(...t) > partners.length)
        complain(at('t'), `${partners.length} partners take part: at most that many`)
      const most = Math.min(sectors, Math.max(...(t ?? [sectors])))
      if (Math.max(...rule.sectors) > most)
        complain(at('sectors'), `so many partners are of ${most} sectors at most`)
      if (Math.max(...rule.reports) > MOST_REPORTS * partners.length)
        complain(
          at('reports'),
          `each partner counts up to ${MOST_REPORTS}: at most ${MOST_REPORTS * partners.length}`,
        )
    }
    if (consumers !== 'all') consumers.forEach((id, j) => void known(id, at('consumers', j)))
    if ('nodes' in data && listAgeDays.some((days) => days > 0))
      complain(at('listAgeDays'), 'nodes know when their flags expire: leave it out')
    for (const kind of kinds) {
      const why = absent(experiment, kind)
      if (why !== undefined) complain(at('kinds'), why)
    }
    if ('files' in data && listAgeDays.some((days) => days > 0)) {
      const undated = data.files.find(
        (list) => kinds.includes(list.kind) && list.dateColumn === undefined,
      )
      if (undated !== undefined)
        complain(
          at('listAgeDays'),
          `the list of ${undated.partner} has no dateColumn: give it, or leave this out`,
        )
    }
  })
}

/** Rules that a sweep stands for, before those that nothing can meet are left out. */
function sizeOf({
  kinds,
  t,
  sectors,
  reports,
  listAgeDays,
  output,
  aggregates,
}: Experiment['rules'][number]) {
  const ages = kinds.length * listAgeDays.length
  if (output !== 'aggregates') return ages * (t?.length ?? 1) * sectors.length * reports.length
  const { show = [0], minCell = [0], from = [0] } = aggregates ?? {}
  return ages * show.length * minCell.length * from.length
}

/** Why nobody could have anything of a kind. */
function absent(
  { data, partners }: Experiment,
  kind: Experiment['rules'][number]['kinds'][number],
) {
  if ('files' in data)
    return data.files.some((list) => list.kind === kind) ? undefined : `no file has ${kind}`
  if (!('generator' in data)) return undefined
  const { mix } = data.generator
  if (!FRAUDS.some((fraud) => mix[fraud] > 0 && USES[fraud].includes(kind)))
    return `no fraud of the mix uses ${kind}`
  if (!partners.some(({ sector }) => SEES[sector].includes(kind)))
    return `no partner is of a sector that writes down ${kind}`
  return undefined
}
