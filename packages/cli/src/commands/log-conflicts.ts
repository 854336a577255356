/**
 * log conflicts: what a node keeps against its members' logs, and against its own. Two signed heads of
 * one log are evidence that anyone can check: here under the key of the convenant, whatever the node
 * says of them. What the daily comparison found is the node's word; log reconcile looks again.
 */

import { type WitnessingView, witnessing as witnessingSchema } from '@drempel/protocol/api'
import { equalBytes, isProtocolError } from '@drempel/protocol/encoding'
import { openCheckpoint, unverifiedCheckpoint } from '@drempel/protocol/log'
import { writeText } from '../client/files.ts'
import { EXIT } from '../output/exit.ts'
import type { Text } from '../output/language.ts'
import type { Context } from './context.ts'
import { type CommandSpec, OUT_OPTION } from './define.ts'
import { listing } from './listing.ts'
import { TOKEN_FILE_OPTION } from './log-entries.ts'
import { type LogSource, logSources, type SourceOptions } from './log-source.ts'
import { CONVENANT_OPTION } from './receipt.ts'

type Evidence = WitnessingView['conflicts'][number] & {
  readonly origin: string
  readonly sizes: readonly [number, number] | null
  /** Both are signed by the log's owner, and no tree has both: its own signatures prove it. */
  readonly proven: boolean
}

export const logConflicts: CommandSpec<SourceOptions & { readonly output?: string }> = {
  usage: 'log conflicts',
  about: {
    nl: 'toon welk logboek zichzelf of een ander tegensprak, met het bewijs',
    en: 'show which log contradicted itself or another, with the evidence',
  },
  options: [
    {
      ...OUT_OPTION,
      about: {
        nl: 'de getekende hoofden, om aan anderen te tonen',
        en: 'the signed heads, to show to others',
      },
    },
    ...[CONVENANT_OPTION, TOKEN_FILE_OPTION],
  ],
  examples: ['log conflicts --convenant convenant.json -o evidence.txt'],
  notes: {
    nl: 'Een hoofd is de getekende stand van een logboek: hoeveel regels het heeft, en één hash (de wortel) over alle. Twee hoofden van één lengte met twee wortels bewijst de handtekening van de eigenaar zelf. Een terugzetting bewijst pas het logboek erbij.',
    en: 'A head is the signed state of a log: how many entries it has, and one hash (the root) over all of them. Two heads of one length with two roots are proven by the owner’s own signature. That a log was set back only the log beside them proves.',
  },
  async run(ctx, options) {
    const [source] = await logSources(ctx, options)
    const { conflicts, discrepancies } = await source!.node.get('witnessing', witnessingSchema)
    const evidence = await Promise.all(conflicts.map((conflict) => examine(source!, conflict)))
    if (options.output !== undefined) {
      const notes = evidence.flatMap(({ first, second }) => [first, second])
      await writeText(ctx.path(options.output), notes.join('\n'), ctx.world.random)
    }
    const found = evidence.length + discrepancies.length > 0
    return {
      json: { conflicts: evidence, discrepancies },
      text: found
        ? `${evidenceTable(ctx, evidence)}\n\n${differences(ctx, discrepancies)}`
        : ctx.say(NO_CONFLICT),
      exit: found ? EXIT.failed : EXIT.ok,
    }
  },
}

async function examine(
  source: LogSource,
  conflict: WitnessingView['conflicts'][number],
): Promise<Evidence> {
  const { first, second } = conflict
  try {
    const { origin } = unverifiedCheckpoint(first)
    const { key } = await source.keyOf(origin)
    const [one, other] = [openCheckpoint(first, key), openCheckpoint(second, key)]
    const proven = one.size === other.size && !equalBytes(one.root, other.root)
    return { ...conflict, origin, sizes: [one.size, other.size], proven }
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return { ...conflict, origin: conflict.log, sizes: null, proven: false }
  }
}

function evidenceTable(ctx: Context, evidence: readonly Evidence[]): string {
  const head = { nl: 'logboek,wat,sinds,regels,bewezen', en: 'log,what,since,entries,proven' }
  const rows = evidence.map(({ origin, code, time, sizes, proven }) => [
    ...[origin, ctx.say(WHAT[code]), time.slice(0, 16), sizes?.join(' / ') ?? null],
    ctx.say(proven ? { nl: 'ja', en: 'yes' } : { nl: 'nee', en: 'no' }),
  ])
  return listing(ctx, head, rows, NO_CONFLICT)
}

function differences(ctx: Context, found: WitnessingView['discrepancies']): string {
  const head = {
    nl: 'met,verschil,txid,velden,minuten',
    en: 'with,discrepancy,txid,fields,minutes',
  }
  const rows = found.map(({ member, kind, txid, fields, minutes }) => [
    ...[member, ctx.say(KINDS[kind]), txid, fields.join(', ') || null, minutes],
  ])
  return listing(ctx, head, rows, {
    nl: 'Met de logboeken van anderen is geen verschil gevonden.',
    en: 'No difference with the logs of others was found.',
  })
}

const NO_CONFLICT: Text = {
  nl: 'Geen logboek sprak zichzelf of een ander tegen.',
  en: 'No log contradicted itself or another.',
}

const WHAT = {
  LOG_FORKED: { nl: 'twee geschiedenissen', en: 'two histories' },
  LOG_ROLLED_BACK: { nl: 'teruggezet', en: 'set back' },
} as const

const KINDS = {
  'one-sided': { nl: 'eenzijdig', en: 'one-sided' },
  mismatch: { nl: 'ongelijk', en: 'mismatch' },
  late: { nl: 'te laat', en: 'late' },
} as const
