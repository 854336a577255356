/**
 * The folder of an experiment: report, results, and the file that makes it again. These depend on the
 * experiment alone, to the byte; what nodes took, if any ran, is in measured.json and measured.html.
 */

import { relative } from 'node:path'
import type { RandomBytes } from '@drempel/protocol/encoding'
import { formVersions } from '@drempel/protocol/identifiers'
import { csvLine } from '../client/csv.ts'
import { makeFolder, writeText } from '../client/files.ts'
import type { Lang } from '../output/language.ts'
import { yieldShare } from './evaluate.ts'
import { type Checked, reportHtml } from './report/html.ts'
import { measuredHtml } from './report/measured.ts'
import type { Results } from './results.ts'
import type { MeasuredRound } from './rounds.ts'

export type FolderFiles = {
  /** The experiment as it was written. */
  readonly text: string
  readonly results: Results
  readonly checked: Checked
  readonly software: string
  readonly lang: Lang
  /** Where its data are found. */
  readonly base: string
  /** What nodes took, and the convenant that they signed; null when none ran. */
  readonly measured: Measured | null
}

type Measured = {
  readonly figures: { readonly rounds: readonly MeasuredRound[] }
  readonly convenants: readonly object[]
}

export async function writeFolder(
  folder: string,
  { text, results, checked, software, lang, base, measured }: FolderFiles,
  random: RandomBytes,
): Promise<void> {
  await makeFolder(folder)
  const write = (name: string, content: string) => writeText(`${folder}/${name}`, content, random)
  await write('experiment.yaml', withBase(text, relative(folder, base) || '.'))
  await write('results.json', resultsJson(results, software))
  await write('results.csv', resultsCsv(results))
  if (results.kinds.some(({ counts }) => counts.length > 0))
    await write('counts.csv', countsCsv(results))
  await write('report.html', reportHtml(results, { lang, checked, software }))
  if (measured === null) return
  await write('measured.json', `${JSON.stringify(measured.figures, null, 2)}\n`)
  await write('measured.html', measuredHtml(measured.figures.rounds, results, lang))
  for (const [i, convenant] of measured.convenants.entries()) {
    const name = i === 0 ? 'convenant.json' : `convenant-${i + 1}.json`
    await write(name, `${JSON.stringify(convenant, null, 2)}\n`)
  }
}

/** Comments and order stay as they were written. */
export function withBase(text: string, base: string): string {
  const line = `base: ${JSON.stringify(base)}`
  if (/^base:.*$/m.test(text)) return text.replace(/^base:.*$/m, () => line)
  return text.replace(/^format:.*$/m, (found) => `${found}\n${line}`)
}

/** Nine digits: the last bits of logarithms differ between machines. */
export function resultsJson({ experiment, ...results }: Results, software: string): string {
  const { id, title, question, seed, partners, wanted } = experiment
  const told = {
    software,
    forms: formVersions(),
    experiment: { id, title, question, seed, partners, wanted },
    ...results,
  }
  const rounded = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value
  return `${JSON.stringify(told, rounded, 2)}\n`
}

/** A row for each rule, for spreadsheets and statistics programs. */
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
