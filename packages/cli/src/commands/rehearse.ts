/** experiment rehearse: the convenant tried with made-up flags on the members' own nodes. */

import { join } from 'node:path'
import { checkFolder, makeFolder, readText, writeText } from '../client/files.ts'
import { createNodeClient, type NodeClient } from '../client/node.ts'
import { chooseTarget, readHome } from '../client/target.ts'
import { sheetHtml } from '../experiment/rehearse/html.ts'
import { endRehearsal, refuseInUse, rehearse } from '../experiment/rehearse/run.ts'
import {
  encodeSheet,
  isComplete,
  mergeSheets,
  parseSheet,
  type Sheet,
} from '../experiment/rehearse/sheet.ts'
import {
  checkName,
  matrixRows,
  missingIn,
  NOT_REACHED,
  nextOf,
  okText,
  openItems,
} from '../experiment/rehearse/show.ts'
import { STATE_NAMES, TEXTS } from '../experiment/rehearse/texts.ts'
import { EXIT } from '../output/exit.ts'
import { NodeProblem } from '../output/explain.ts'
import { table } from '../output/render.ts'
import type { Context, Outcome } from './context.ts'
import { type CommandSpec, usage, YES_OPTION } from './define.ts'

type Options = {
  readonly out?: string
  readonly word?: string
  readonly wait?: number
  readonly homes?: readonly string[]
  readonly merge?: boolean
  readonly end?: boolean
  readonly yes?: boolean
}

const WAIT_MINUTES = 30
const POLL_MS = 500

export const experimentRehearse: CommandSpec<Options> = {
  usage: 'experiment rehearse [files...]',
  about: {
    nl: 'beproeft het convenant met verzonnen meldingen op de nodes van de deelnemers zelf',
    en: "tries the convenant with made-up flags on the members' own nodes",
  },
  args: {
    files: {
      nl: 'met --merge: rehearsal.json van elke deelnemer',
      en: 'with --merge: rehearsal.json of each member',
    },
  },
  options: [
    {
      flags: '--out <folder>',
      about: {
        nl: 'map voor rehearsal.json en rehearsal.html',
        en: 'folder for rehearsal.json and rehearsal.html',
      },
    },
    {
      flags: '--word <word>',
      about: {
        nl: 'afgesproken woord: wie hetzelfde woord geeft, oefent met elkaar (anders: proef)',
        en: 'the word agreed on: who gives the same rehearses together (else: proef)',
      },
    },
    {
      flags: '--wait <minutes>',
      about: {
        nl: `hoogstens zo lang op de anderen wachten (anders ${WAIT_MINUTES})`,
        en: `wait for the others at most so long (else ${WAIT_MINUTES})`,
      },
      number: { least: 0, most: 24 * 60 },
    },
    {
      flags: '--homes <dir...>',
      about: {
        nl: 'mappen van meer nodes tegelijk, als u van alle het token hebt',
        en: 'folders of several nodes at once, when you have the token of each',
      },
    },
    {
      flags: '--merge',
      about: {
        nl: 'voegt bladen van deelnemers samen tot één; oefent niet',
        en: "merges members' sheets into one; rehearses nothing",
      },
    },
    {
      flags: '--end',
      about: {
        nl: 'beëindigt een repetitie die bleef hangen en wist alles ervan',
        en: 'ends a rehearsal that got stuck and erases all of it',
      },
    },
    YES_OPTION,
  ],
  examples: [
    'experiment rehearse --home node --word herfst --out repetitie',
    'experiment rehearse --homes bank-noord bank-zuid telecom-oost platform-west --out repetitie',
    'experiment rehearse --merge a.json b.json --out samen',
    'experiment rehearse --end --home node',
  ],
  notes: {
    nl: 'Alleen op een node zonder meldingen. Elke deelnemer geeft deze opdracht bij de eigen node, met hetzelfde woord; zij wacht op de anderen. Zolang de repetitie duurt neemt de node niets echts aan. Aan het eind worden meldingen, lijsten en sleutels ervan gewist; het logboek blijft.',
    en: 'Only on a node without flags. Each member gives this command at its own node, with the same word; it waits for the others. As long as the rehearsal lasts the node takes nothing real. At its end its flags, lists and keys are erased; the log stays.',
  },
  async run(ctx, options, ...files: string[]) {
    const { merge, end, out, homes } = options
    if (merge !== true && files.length > 0) {
      usage('files', { nl: 'alleen met --merge', en: 'only with --merge' }, ctx.lang)
    }
    if (merge === true) return mergeFiles(ctx, files, out)
    const nodes = homes === undefined ? [await ctx.node()] : await nodesOf(ctx, homes)
    return end === true ? endAll(ctx, nodes) : rehearseAll(ctx, nodes, options)
  },
}

async function nodesOf(ctx: Context, homes: readonly string[]): Promise<NodeClient[]> {
  return Promise.all(
    homes.map(async (folder) => {
      const target = chooseTarget(await readHome(ctx.path(folder)), {})
      return ctx.keep(createNodeClient(target, ctx.lang))
    }),
  )
}

async function rehearseAll(
  ctx: Context,
  nodes: readonly NodeClient[],
  { word = 'proef', wait = WAIT_MINUTES, out, yes }: Options,
): Promise<Outcome> {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(word)) {
    usage(
      '--word',
      { nl: 'kleine letters, cijfers en -', en: 'lower case, digits and -' },
      ctx.lang,
    )
  }
  if (out !== undefined) await checkFolder(ctx.path(out), ctx.world.random)
  await ctx.confirm(
    {
      nl: 'Oefenen met verzonnen meldingen? Sleutels die de node al heeft worden vervangen.',
      en: 'Rehearse with made-up flags? Keys that the node has already are replaced.',
    },
    yes,
  )
  const [stop, alone] = [new AbortController(), new AbortController()]
  const setting = {
    ...{ word, waitMs: wait * 60_000, pollMs: POLL_MS },
    ...{ clock: ctx.world.clock, lang: ctx.lang, signal: stop.signal },
    alone: alone.signal,
    onStep: (member: string, step: { nl: string; en: string }) =>
      ctx.note(`${member}: ${ctx.say(step)}`),
  }
  await refuseInUse(nodes, word)
  const sheets = await Promise.all(
    nodes.map(async (node) => {
      try {
        const sheet = await rehearse(node, setting)
        if (sheet.open) alone.abort()
        return sheet
      } catch (error) {
        stop.abort()
        throw error
      }
    }),
  )
  return shown(ctx, mergeSheets(sheets), out, false)
}

async function endAll(ctx: Context, nodes: readonly NodeClient[]): Promise<Outcome> {
  const codes = await Promise.all(nodes.map((node) => endAt(node, nodes.length > 1)))
  const left = codes.find((code) => code !== undefined)
  const text = ctx.say(
    left === undefined
      ? {
          nl: 'De repetitie is beëindigd; er is niets van over.',
          en: 'The rehearsal has ended; nothing is left of it.',
        }
      : { nl: `Er bleef iets achter: ${left}`, en: `Something stayed behind: ${left}` },
  )
  return {
    json: { ended: left === undefined },
    text,
    exit: left === undefined ? EXIT.ok : EXIT.failed,
  }
}

/** Of several nodes some may not have begun, which keeps none of the others. */
async function endAt(node: NodeClient, oneOfMany: boolean): Promise<string | undefined> {
  try {
    return await endRehearsal(node)
  } catch (error) {
    const none = error instanceof NodeProblem && error.problem.code === 'NOT_REHEARSING'
    if (none && oneOfMany) return undefined
    throw error
  }
}

async function mergeFiles(
  ctx: Context,
  files: readonly string[],
  out: string | undefined,
): Promise<Outcome> {
  if (files.length === 0) {
    usage(
      'files',
      { nl: 'minstens één rehearsal.json', en: 'at least one rehearsal.json' },
      ctx.lang,
    )
  }
  const sheets = await Promise.all(
    files.map(async (file) => parseSheet(await readText(ctx.path(file)), file)),
  )
  return shown(ctx, mergeSheets(sheets), out, true)
}

async function shown(
  ctx: Context,
  sheets: readonly Sheet[],
  out: string | undefined,
  merged: boolean,
): Promise<Outcome> {
  const passed = isComplete(sheets, merged)
  const folder = out === undefined ? null : ctx.path(out)
  if (folder !== null) {
    await makeFolder(folder)
    const random = ctx.world.random
    for (const sheet of sheets) {
      const name = sheets.length === 1 && !merged ? 'rehearsal' : `rehearsal-${sheet.member}`
      await writeText(join(folder, `${name}.json`), encodeSheet(sheet), random)
    }
    await writeText(join(folder, 'rehearsal.html'), sheetHtml(sheets, ctx.lang), random)
  }
  return {
    json: { passed, folder, sheets },
    text: textOf(ctx, sheets, merged, folder),
    exit: passed ? EXIT.ok : EXIT.failed,
  }
}

function textOf(
  ctx: Context,
  sheets: readonly Sheet[],
  merged: boolean,
  folder: string | null,
): string {
  const { lang } = ctx
  const head = [ctx.say(TEXTS.matrixHead), ...sheets.map(({ member }) => member)]
  const left = sheets.flatMap((sheet) =>
    openItems(sheet).map((item) => [
      ...[sheet.member, checkName(item.check, lang)],
      ...[item.about, ctx.say(STATE_NAMES[item.state]), nextOf(item, lang)],
    ]),
  )
  const missing = missingIn(sheets)
  const rows = matrixRows(sheets, lang)
  const unsaid = [STATE_NAMES.absent[lang], NOT_REACHED]
  return [
    table(head, rows),
    ...(rows.flat().some((cell) => unsaid.includes(cell)) ? [ctx.say(TEXTS.absent)] : []),
    ...(left.length === 0
      ? [ctx.say(okText(sheets)), ...(missing.length === 0 ? [ctx.say(TEXTS.start)] : [])]
      : [table([ctx.say(TEXTS.member).toLowerCase(), ...TEXTS.head[lang]], left)]),
    ...(merged && missing.length > 0 ? [`${ctx.say(TEXTS.missing)} ${missing.join(', ')}`] : []),
    ...(folder === null ? [] : [`${ctx.say(TEXTS.files)} ${join(folder, 'rehearsal.html')}`]),
  ].join('\n\n')
}
