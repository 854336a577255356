/**
 * The folder of an experiment: report, results, and the file that makes it again. These depend on the
 * experiment alone, to the byte; what nodes took, if any ran, is in measured.json and measured.html.
 */

import { relative } from 'node:path'
import type { RandomBytes } from '@drempel/protocol/encoding'
import { formVersions } from '@drempel/protocol/identifiers'
import type { Lang } from '../output/language.ts'
import { withBase } from './copy.ts'
import { type Checked, reportHtml } from './report/html.ts'
import { measuredHtml } from './report/measured.ts'
import type { Results } from './results.ts'
import type { MeasuredRound } from './rounds.ts'
import { countsCsv, partnersCsv, resultsCsv } from './tables.ts'
import { writeWhole } from './written.ts'

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
  const counts = results.kinds.some((kind) => kind.counts.length > 0)
  const convenants = (measured?.convenants ?? []).map((convenant, i) => ({
    name: i === 0 ? 'convenant.json' : `convenant-${i + 1}.json`,
    text: `${JSON.stringify(convenant, null, 2)}\n`,
  }))
  // What is made up starts nowhere: then the copy names no folder of this machine.
  const own = 'files' in results.experiment.data
  const copy = own ? withBase(text, relative(folder, base) || '.') : text
  const files = [
    { name: 'results.json', text: resultsJson(results, software) },
    { name: 'experiment.yaml', text: copy },
    { name: 'results.csv', text: resultsCsv(results) },
    { name: 'partners.csv', text: partnersCsv(results) },
    ...(counts ? [{ name: 'counts.csv', text: countsCsv(results) }] : []),
    ...convenants,
    ...(measured === null
      ? []
      : [
          { name: 'measured.json', text: `${JSON.stringify(measured.figures, null, 2)}\n` },
          { name: 'measured.html', text: measuredHtml(measured.figures.rounds, results, lang) },
        ]),
    { name: 'report.html', text: reportHtml(results, { lang, checked, software }) },
  ]
  await writeWhole(folder, files, random)
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
