/** An experiment on live nodes, from their addresses to a folder with a report. */

import { join } from 'node:path'
import type { Round } from '@drempel/protocol/api'
import type { RandomBytes } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { makeFolder, readTextIfThere, writeText } from '../../client/files.ts'
import { withBase } from '../copy.ts'
import { liveReport } from '../report/live.ts'
import { digestOf } from '../results.ts'
import type { Experiment, NodeData } from '../schema.ts'
import { writeWhole } from '../written.ts'
import { type Opening, openFederation } from './members.ts'
import { type LiveKind, type LiveResults, liveKind, liveResults } from './results.ts'
import { type LiveProgress, liveRound, progressSchema } from './rounds.ts'
import { rulesInForce } from './rules.ts'
import { liveCsv } from './table.ts'

export type LiveOptions = Opening & {
  readonly folder: string
  /** The experiment as it was written, with where its paths start from the folder. */
  readonly text: string
  readonly relativeBase: string
  readonly software: string
  readonly clock: () => number
  readonly random: RandomBytes
  readonly onProgress: (kind: IdentifierKind, round: Round) => void
}

/** @throws ProtocolError `EXPERIMENT_DATA`, `RELEASE_WAITS`, `ROUND_FAILED`; as the nodes answer */
export async function runLive(
  experiment: Experiment,
  data: NodeData,
  options: LiveOptions,
): Promise<LiveResults> {
  const { folder, random, lang, software } = options
  const federation = await openFederation(experiment, data, options)
  const rules = rulesInForce(experiment, federation.signed.convenant)
  await makeFolder(folder)
  const file = join(folder, 'rounds.json')
  const save = (progress: LiveProgress) =>
    writeText(file, `${JSON.stringify(progress, null, 2)}\n`, random)
  const fresh = { digest: digestOf(experiment), convenant: federation.digest, rounds: {} }
  let progress = resumed(await readTextIfThere(file), fresh)
  const kinds: LiveKind[] = []
  for (const kind of [...new Set(rules.map((rule) => rule.kind))]) {
    const ofKind = rules.filter((rule) => rule.kind === kind)
    const ran = await liveRound(federation, kind, ofKind, progress, { ...options, save })
    progress = ran.progress
    kinds.push(await liveKind(experiment, federation, kind, ofKind, ran.done))
  }
  const results = liveResults(experiment, federation, kinds)
  const files = [
    { name: 'results.json', text: `${JSON.stringify({ software, ...results }, null, 2)}\n` },
    { name: 'experiment.yaml', text: withBase(options.text, options.relativeBase) },
    { name: 'results.csv', text: liveCsv(results) },
    { name: 'convenant.json', text: `${JSON.stringify(federation.signed, null, 2)}\n` },
    { name: 'report.html', text: liveReport(results, { lang, software }) },
  ]
  await writeWhole(folder, files, random)
  return results
}

/** What was begun under the same experiment and convenant; else nothing was. */
function resumed(text: string | undefined, fresh: LiveProgress): LiveProgress {
  if (text === undefined) return fresh
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fresh
  }
  const parsed = progressSchema.safeParse(value)
  if (!parsed.success) return fresh
  const { digest, convenant } = parsed.data
  return digest === fresh.digest && convenant === fresh.convenant ? parsed.data : fresh
}
