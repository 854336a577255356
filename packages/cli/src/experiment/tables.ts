/** Results as rows, for spreadsheets and statistics programs; an empty figure is not known. */

import { csvLine } from '../client/csv.ts'
import { yieldShare } from './evaluate.ts'
import type { Results } from './results.ts'

/** A row for each rule. */
export function resultsCsv({ kinds }: Results): string {
  const lines = kinds.flatMap((kind) =>
    kind.rules.map((finding) => {
      const { rule, detected, wrong, wait, saved, holders } = finding
      return csvLine([
        ...[rule.id, rule.kind, rule.t, rule.sectors, rule.reports, rule.listAgeDays, rule.output],
        ...[finding.ever, finding.final, detected?.count ?? '', detected?.of ?? ''],
        ...[figure(detected?.share), figure(detected?.low), figure(detected?.high)],
        figure(yieldShare(finding, kind.pooling)),
        ...[holders.fraud, holders.mule, holders.victim, holders.innocent, holders.unknown],
        ...[figure(wrong?.share), figure(wrong?.low), figure(wrong?.high), finding.exposures],
        ...[wait?.p10 ?? '', wait?.median ?? '', wait?.p90 ?? ''],
        ...[figure(saved?.victims), figure(saved?.euro), finding.newToConsumers],
      ])
    }),
  )
  return csvLine(COLUMNS) + lines.join('')
}

/** A row for each rule and partner: what it learns, gets and pays. */
export function partnersCsv({ experiment, kinds }: Results): string {
  const lines = kinds.flatMap(({ rules }) =>
    rules.flatMap(({ rule, learns, bits, knows, costs }) =>
      experiment.partners.map(({ id }, i) => {
        const [{ own, ownOver, others }, told, cost] = [learns[i]!, bits[i]!, costs?.[i]]
        return csvLine([
          ...[rule.id, id, own, ownOver, others, figure(told.own), figure(told.question)],
          ...[figure(told.pooled), told.pooledOthers, knows[i]!.alone, knows[i]!.together],
          ...[figure(cost?.processorSeconds), cost?.bytesSent ?? '', figure(cost?.euroYear)],
          figure(cost?.euroStaff),
        ])
      }),
    ),
  )
  return csvLine(PARTNER_COLUMNS) + lines.join('')
}

/** A row for each count that a rule would show. */
export function countsCsv({ experiment, kinds }: Results): string {
  const lines = kinds.flatMap(({ counts }) =>
    counts.flatMap(({ rule, exact, shown }) => [
      ...exact.histogram.map((count, i) => {
        return csvLine([rule.id, rule.from + i, '', count, shown.histogram[i] ?? ''])
      }),
      ...exact.overlaps.map(({ partners, count }, i) => {
        const names = partners.map((partner) => experiment.partners[partner]!.id).join('+')
        return csvLine([rule.id, '', names, count, shown.overlaps[i]!.count ?? ''])
      }),
    ]),
  )
  return csvLine(['rule', 'partners', 'pair', 'exact', 'shown']) + lines.join('')
}

function figure(value: number | null | undefined): number | '' {
  return value === null || value === undefined ? '' : Number(value.toPrecision(9))
}

const COLUMNS = [
  ...['rule', 'kind', 't', 'sectors', 'reports', 'listAgeDays', 'output', 'ever', 'final'],
  ...['detected', 'used', 'detectedShare', 'detectedLow', 'detectedHigh', 'keptOfPooling'],
  ...['fraud', 'mule', 'victim', 'innocent', 'unknown', 'wrongShare', 'wrongLow', 'wrongHigh'],
  ...['exposures', 'waitP10', 'waitMedian', 'waitP90', 'savedVictims', 'savedEuro', 'newPairs'],
]

const PARTNER_COLUMNS = [
  ...['rule', 'partner', 'own', 'ownOver', 'othersOver', 'ownBits', 'questionBits', 'pooledBits'],
  ...['pooledOthers', 'knowsAlone', 'knowsTogether', 'processorSeconds', 'bytesSent', 'euroYear'],
  'euroStaff',
]
