/** A made-up world as files: a list for each partner and kind, the truth, and an experiment on them. */

import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { stringify } from 'yaml'
import { csvLine } from '../client/csv.ts'
import type { Material } from './model.ts'
import { bears, type ParameterName } from './parameters.ts'
import type { Experiment } from './schema.ts'
import type { WrittenFile } from './written.ts'

/** Day 0 of a world: a date must be some date. */
const DAY_ZERO = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000

export function worldFiles(experiment: Experiment, material: Material): WrittenFile[] {
  const kinds = [...new Set(material.items.map(({ kind }) => kind))]
  const lists = experiment.partners.flatMap(({ id }, partner) =>
    kinds.flatMap((kind) => {
      const lines = listLines(kind, partner, material)
      return lines === '' ? [] : [{ partner: id, kind, lines }]
    }),
  )
  const nameOf = (partner: string, kind: string) => `${partner}.${kind}.csv`
  const { data: _, base: __, parameters, ...rest } = experiment
  const files = lists.map(({ partner, kind }) => ({
    ...{ partner, kind, file: nameOf(partner, kind), dateColumn: 'date' },
  }))
  const period = { from: dateOf(0), until: dateOf(material.lastDay) }
  const data = { files, truth: 'truth.csv', period }
  // Numbers of how the world was made mean nothing any more.
  const left = Object.entries(parameters).filter(([name]) => bears(name as ParameterName, { data }))
  const same = { ...rest, data, parameters: Object.fromEntries(left) }
  return [
    // First: it names the others, so that a part of them is no world.
    { name: 'experiment.yaml', text: stringify(same) },
    ...lists.map(({ partner, kind, lines }) => ({
      name: nameOf(partner, kind),
      text: `identifier,date\n${lines}`,
    })),
    { name: 'truth.csv', text: `identifier,kind,class,campaigns\n${truthLines(material)}` },
  ]
}

/** One line a report, by day. */
function listLines(kind: IdentifierKind, partner: number, { items }: Material): string {
  const rows = items.flatMap((item) =>
    item.kind === kind
      ? item.reports
          .filter((report) => report.partner === partner)
          .map(({ day }) => ({ day, value: item.value }))
      : [],
  )
  rows.sort((a, b) => a.day - b.day || (a.value < b.value ? -1 : 1))
  return rows.map(({ day, value }) => csvLine([value, dateOf(day)])).join('')
}

function truthLines({ items }: Material): string {
  return items
    .map(({ value, kind, holder, campaigns }) =>
      csvLine([value, kind, holder ?? '', campaigns.join(' ')]),
    )
    .join('')
}

function dateOf(day: number): string {
  return new Date(DAY_ZERO + day * DAY_MS).toISOString().slice(0, 10)
}
