/** experiment run, experiment world: what would sharing yield, and at which cost to whom. */

import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { isProtocolError } from '@drempel/protocol/encoding'
import { readText } from '../client/files.ts'
import { softwareVersion } from '../client/version.ts'
import { type Finding, wronged, yieldShare } from '../experiment/evaluate.ts'
import { writeFolder } from '../experiment/folder.ts'
import { runLive } from '../experiment/live/run.ts'
import type { Material } from '../experiment/model.ts'
import { runOnNodes } from '../experiment/nodes.ts'
import { parseExperiment } from '../experiment/parse.ts'
import { checkPlace, checkWorldPlace } from '../experiment/place.ts'
import type { Checked } from '../experiment/report/html.ts'
import { percent, whole } from '../experiment/report/markup.ts'
import { ruleName } from '../experiment/report/words.ts'
import { digestOf, type KindResult } from '../experiment/results.ts'
import { baseOf, compute, materialOf } from '../experiment/run.ts'
import { sampleOf } from '../experiment/sample.ts'
import type { Experiment, NodeData } from '../experiment/schema.ts'
import { worldFiles } from '../experiment/world-files.ts'
import { writeWhole } from '../experiment/written.ts'
import { fail } from '../output/errors.ts'
import type { Text } from '../output/language.ts'
import { startProgress } from '../output/progress.ts'
import { table } from '../output/render.ts'
import type { Context, Outcome } from './context.ts'
import { type CommandSpec, type OptionSpec, usage } from './define.ts'
import { stateLine } from './round.ts'

const FILE = { file: { nl: 'de proef, als YAML', en: 'the experiment, as YAML' } }

const OUT: OptionSpec = {
  flags: '--out <folder>',
  // Asked for once the experiment has been read: what is wrong with that comes first.
  about: {
    nl: 'map voor wat er gemaakt wordt (verplicht)',
    en: 'folder for what is made (required)',
  },
}

const FORCE: OptionSpec = {
  flags: '--force',
  about: {
    nl: 'overschrijf een map waarin iets anders staat',
    en: 'overwrite a folder that holds something else',
  },
}

type Place = { readonly out?: string; readonly force?: boolean }

const DATA: OptionSpec = {
  flags: '--data <folder>',
  about: {
    nl: 'map met de bestanden die de proef noemt; anders die van de proef zelf',
    en: "folder of the files that the experiment names; else the experiment's own",
  },
}

export const experimentWorld: CommandSpec<Place> = {
  usage: 'experiment world <file>',
  about: {
    nl: 'maakt de wereld van een proef als bestanden: een lijst per deelnemer, en de waarheid',
    en: 'makes the world of an experiment as files: a list for each partner, and the truth',
  },
  args: FILE,
  options: [OUT, FORCE],
  examples: ['experiment world examples/proeftuin/drie-meldingen.yaml --out world'],
  notes: {
    nl: 'De nummers zijn verzonnen en geldig van vorm. experiment.yaml in de map is dezelfde proef op deze bestanden.',
    en: 'The numbers are made up and valid in form. experiment.yaml in the folder is the same experiment on these files.',
  },
  async run(ctx, place, ...args: string[]) {
    const file = ctx.path(args[0]!)
    const experiment = parseExperiment(await readText(file), args[0]!)
    const { out, folder } = placeOf(ctx, place)
    const files = worldFiles(experiment, await materialOf(experiment, file))
    const same = files.find(({ name }) => name === 'experiment.yaml')!.text
    const { random } = ctx.world
    await checkWorldPlace(folder, same, { force: place.force === true, random })
    await writeWhole(folder, files, random)
    const names = files.map(({ name }) => name)
    return { json: { folder, files: names }, text: names.map((name) => join(out, name)).join('\n') }
  },
}

type RunOptions = Place & {
  readonly plain?: boolean
  readonly sample?: boolean
  readonly data?: string
}

export const experimentRun: CommandSpec<RunOptions> = {
  usage: 'experiment run <file>',
  about: {
    nl: 'rekent een proef door: wat delen oplevert, en wat het wie kost',
    en: 'carries out an experiment: what sharing yields, and what it costs whom',
  },
  args: FILE,
  options: [
    ...[OUT, DATA],
    {
      flags: '--plain',
      about: {
        nl: 'zonder nodes: wat zij zouden antwoorden, rechtstreeks uitgerekend',
        en: 'without nodes: what they would answer, computed directly',
      },
    },
    {
      flags: '--no-sample',
      about: {
        nl: 'bij --plain ook geen steekproef door het echte protocol',
        en: 'with --plain no sample through the real protocol either',
      },
    },
    FORCE,
  ],
  examples: [
    'experiment run examples/proeftuin/wegwerpmail.yaml --plain --out result',
    'experiment run examples/proeftuin/drie-meldingen.yaml --plain --out result --lang nl',
  ],
  notes: {
    nl: 'report.html, results.json en results.csv hangen alleen van de proef en haar gegevens af: opnieuw rekenen geeft dezelfde bytes. Wat er met nodes gemeten is, staat in measured.html en measured.json. experiment.yaml in de map is de proef zelf. Lijsten uit bestanden komen hier leesbaar op één machine samen: alleen met openbare lijsten, of met een grondslag daarvoor.',
    en: 'report.html, results.json and results.csv depend on the experiment and its data alone: computing again gives the same bytes. What was measured with nodes is in measured.html and measured.json. experiment.yaml in the folder is the experiment itself. Lists from files come together legibly on one machine here: only with public lists, or with a legal basis for that.',
  },
  async run(ctx, options, ...args: string[]) {
    const { plain, sample, data } = options
    const file = ctx.path(args[0]!)
    const text = await readText(file)
    const parsed = parseExperiment(text, args[0]!)
    const experiment = data === undefined ? parsed : { ...parsed, base: ctx.path(data) }
    const { out, folder } = placeOf(ctx, options)
    const setting = { force: options.force === true, random: ctx.world.random }
    await checkPlace(folder, digestOf(experiment), setting)
    if ('nodes' in experiment.data) {
      if (plain === true) usage('--plain', LIVE_ANSWER, ctx.lang)
      const place = { out, folder, file, text }
      return liveOutcome(ctx, experiment, experiment.data, place)
    }
    const { material, results } = await withProgress(ctx, (onPart) =>
      compute(experiment, file, onPart).catch((error: unknown) => {
        const lost = data === undefined && isProtocolError(error, 'FILE_UNREADABLE')
        if (!lost) throw error
        const hint = ctx.say({
          nl: 'waar staan de bestanden van de proef? --data MAP',
          en: "where are the experiment's files? --data FOLDER",
        })
        return fail('FILE_UNREADABLE', { at: error.at ?? file, hint })
      }),
    )
    const nodes = plain === true ? null : await onNodes(ctx, experiment, material)
    const checked: Checked =
      nodes === null ? await onSample(ctx, experiment, material, sample !== false) : { by: 'nodes' }
    const software = softwareVersion()
    const written = {
      ...{ text, results, checked, software, lang: ctx.lang },
      ...{ base: baseOf(experiment, file), measured: nodes },
    }
    await writeFolder(folder, written, ctx.world.random)
    const kinds = results.kinds.map((kind) => ({
      kind: kind.kind,
      listed: kind.listed,
      counts: kind.counts.map(({ rule, shown }) => ({ rule: rule.id, ...shown })),
      rules: kind.rules.map(({ rule, ever, final, detected }) => ({
        ...{ rule: rule.id, ever, final, detected: detected?.share ?? null },
      })),
    }))
    return {
      json: {
        ...{ folder, digest: results.digest, kinds, measured: nodes?.figures ?? null },
        checked: checked.by,
      },
      text: [...results.kinds.map((kind) => kindTable(ctx, kind)), join(out, 'report.html')].join(
        '\n\n',
      ),
    }
  },
}

const LIVE_ANSWER = {
  nl: 'echte nodes antwoorden zelf: laat --plain weg',
  en: 'live nodes answer by themselves: leave --plain out',
}

/** Ctrl-C ends the waiting, not the round: the same command goes on with it. */
async function liveOutcome(
  ctx: Context,
  experiment: Experiment,
  data: NodeData,
  { out, folder, file, text }: { out: string; folder: string; file: string; text: string },
): Promise<Outcome> {
  const base = baseOf(experiment, file)
  let shown = ''
  const results = await runLive(experiment, data, {
    ...{ base, lang: ctx.lang, keep: ctx.keep, folder, text },
    ...{ software: softwareVersion(), clock: ctx.world.clock, random: ctx.world.random },
    relativeBase: relative(folder, base) || '.',
    onProgress: (kind, round) => {
      const line = `${kind}: ${stateLine(round, ctx.lang)}`
      if (line !== shown) ctx.note(line)
      shown = line
    },
  })
  const head = ctx.say({ nl: 'soort,regel,boven de drempel', en: 'kind,rule,over the threshold' })
  const rows = results.kinds.flatMap(({ kind, rules }) =>
    rules.map(({ id, size }) => [kind, id, size === null ? '-' : whole(size, ctx.lang)]),
  )
  const { experiment: _, ...told } = results
  return {
    json: { folder, ...told },
    text: [table(head.split(','), rows), join(out, 'report.html')].join('\n\n'),
  }
}

/** The machine and what it took: nothing of it enters the report. */
async function onNodes(ctx: Context, experiment: Experiment, material: Material) {
  const { clock } = ctx.world
  const onProgress = (step: Text) => ctx.note(ctx.say(step))
  const { measured, convenants } = await runOnNodes(experiment, material, { clock, onProgress })
  const machine = { node: process.version, cores: availableParallelism(), cpu: cpus()[0]?.model }
  return { figures: { machine, ...measured }, convenants }
}

/** @throws ProtocolError `EXPERIMENT_DIFFERS` */
async function onSample(
  ctx: Context,
  experiment: Experiment,
  material: Material,
  wanted: boolean,
): Promise<Checked> {
  if (!wanted) return { by: 'nothing', why: 'off' }
  const sample = sampleOf(experiment, material)
  if (sample === undefined) return { by: 'nothing', why: 'few' }
  ctx.note(
    ctx.say({
      nl: `een steekproef van ${sample.identifiers} identificatoren gaat door het echte protocol`,
      en: `a sample of ${sample.identifiers} identifiers goes through the real protocol`,
    }),
  )
  await onNodes(ctx, sample.experiment, sample.material)
  const partners = sample.experiment.partners.map(({ name }) => name)
  return { by: 'sample', identifiers: sample.identifiers, partners }
}

function placeOf(ctx: Context, { out }: Place): { readonly out: string; readonly folder: string } {
  if (out === undefined) {
    usage('--out', { nl: 'geef een map: --out MAP', en: 'give a folder: --out FOLDER' }, ctx.lang)
  }
  return { out, folder: ctx.path(out) }
}

function kindTable({ lang, say }: Context, kind: KindResult): string {
  const head = {
    nl: ['ooit erboven', 'laatste dag', 'gevonden', 'van één hoop', 'ten onrechte geraakt'],
    en: ['ever over', 'last day', 'found', 'of one heap', 'wrongly hit'],
  }[lang]
  const row = (name: string, finding: Finding) => [
    name,
    whole(finding.ever, lang),
    whole(finding.final, lang),
    finding.detected === null ? '-' : percent(finding.detected.share, lang),
    percent(yieldShare(finding, kind.pooling), lang),
    finding.detected === null ? '-' : whole(wronged(finding), lang),
  ]
  const pooled = say({ nl: 'alles op één hoop', en: 'all on one heap' })
  const rules = kind.rules.map((finding) => row(ruleName(finding.rule, lang), finding))
  return table([kind.kind, ...head], [...rules, row(pooled, kind.pooling)])
}

async function withProgress<Result>(
  ctx: Context,
  run: (onPart: (part: number) => void) => Promise<Result>,
): Promise<Result> {
  const interrupted = () =>
    ctx.say({ nl: 'afgebroken; niets geschreven', en: 'stopped; nothing written' })
  const label = ctx.say({ nl: 'rekenen', en: 'computing' })
  const steps = 1000
  const progress = startProgress(ctx.world, { label, total: steps, quiet: ctx.json, interrupted })
  try {
    return await run((part) => progress.update(steps * part))
  } finally {
    progress.stop()
  }
}
