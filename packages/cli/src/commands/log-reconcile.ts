/**
 * log reconcile: the logs of two members over one quarter or a part of it, compared by transaction. Both
 * are verified whole from their entries up first, under the keys of the convenant; neither node's word counts.
 */

import { stat } from 'node:fs/promises'
import { equalBytes, fromBase64url } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  claimedOrigin,
  encodeTilePath,
  type FetchTile,
  type IsAsked,
  type LeafFields,
  openCheckpoint,
  parseEvent,
  parseOrigin,
  quarterOf,
  type ReadHashes,
  type ReconciledSide,
  type Reconciliation,
  reconcile,
  reconcileHeads,
  rootAt,
  TOLERANCE_MINUTES,
  tileReader,
  verifierKey,
  verifyLog,
} from '@drempel/protocol/log'
import { isWithin } from '../audit/entry.ts'
import { parsePeriod } from '../audit/period.ts'
import { fail } from '../output/errors.ts'
import { EXIT } from '../output/exit.ts'
import { NodeProblem } from '../output/explain.ts'
import type { Text } from '../output/language.ts'
import { table } from '../output/render.ts'
import type { Context } from './context.ts'
import { readChain } from './convenant.ts'
import { type CommandSpec, usage } from './define.ts'
import { periodOf } from './log-entries.ts'
import { readFolder } from './log-folder.ts'
import { type LogSource, logSources } from './log-source.ts'
import { CONVENANT_OPTION } from './receipt.ts'

type Options = {
  readonly period: string
  readonly convenant: readonly string[]
  readonly tokenFile?: readonly string[]
  readonly tolerance?: number
}

/** Where a log comes from, before anything of it is believed. */
type Place = {
  readonly live: boolean
  readonly origin: string
  checkpoint(): Promise<Checkpoint>
  readonly fetchTile: FetchTile
}

type Taken = {
  readonly checkpoint: Checkpoint
  readonly leaves: readonly LeafFields[]
  readonly hashes: ReadHashes
}

export const logReconcile: CommandSpec<Options> = {
  usage: 'log reconcile <a> <b>',
  about: {
    nl: 'vergelijk de logboeken van twee deelnemers vraag voor vraag, over een kwartaal of een deel ervan',
    en: 'compare the logs of two members query by query, over a quarter or a part of it',
  },
  args: {
    a: {
      nl: 'adres van een node, of map van log fetch',
      en: 'address of a node, or folder of log fetch',
    },
    b: { nl: 'de andere', en: 'the other' },
  },
  options: [
    {
      flags: '--period <period>',
      about: {
        nl: '2026Q4, 2026-11, 2026-11-22, of van..tot en met in één kwartaal; in UTC',
        en: '2026Q4, 2026-11, 2026-11-22, or first..last within a quarter; in UTC',
      },
      required: true,
    },
    { ...CONVENANT_OPTION, required: true },
    {
      flags: '--token-file <file...>',
      about: {
        nl: 'token per adres, in dezelfde volgorde',
        en: 'token for each address, in their order',
      },
      many: true,
    },
    {
      flags: '--tolerance <minutes>',
      about: {
        nl: `zoveel minuten mogen klokken schelen (anders ${TOLERANCE_MINUTES})`,
        en: `by so many minutes clocks may differ (else ${TOLERANCE_MINUTES})`,
      },
      number: { least: 0, most: 60 },
    },
  ],
  examples: [
    'log reconcile https://a.example:7101 https://b.example:7101 --period 2026Q4 --convenant convenant.json --token-file a.token b.token',
    'log reconcile bank-a-2026Q4 bank-b-2026Q4 --period 2026Q4 --convenant convenant.json',
  ],
  notes: {
    nl: 'Exitcode 1 bij elk verschil: eenzijdig, ongelijk, te laat, dubbel of ontkend. Een vraag hoort bij een maand of dag als een van haar regels erin valt. Van een lopend kwartaal haalt u twee mappen kort na elkaar op; wat er net tussen valt, heet onbeslist.',
    en: 'Exit code 1 for any discrepancy: one-sided, mismatch, late, repeated or denied. A query is of a month or day when one of its entries is. Of a running quarter fetch both folders at about one time; what falls in between is called undecided.',
  },
  async run(ctx, { period, convenant, tokenFile, tolerance }, a: string, b: string) {
    const { quarter, isAsked } = askedOf(ctx, period)
    const [one, other] = await placesOf(ctx, [a, b], quarter, convenant, tokenFile)
    if (one!.origin === other!.origin) {
      usage('b', { nl: 'dat is hetzelfde logboek', en: 'that is the same log' }, ctx.lang)
    }
    const { sides, taken } = await takeBoth(one!, other!)
    const found = reconcile(sides[0], sides[1], tolerance, isAsked)
    const heads = [
      await reconcileHeads(sides[0], treeOf(sides[1], taken[1]), taken[1].hashes, isAsked),
      await reconcileHeads(sides[1], treeOf(sides[0], taken[0]), taken[0].hashes, isAsked),
    ]
    const findings = [...found.findings, ...heads.flatMap((head) => head.findings)]
    const undecided = heads.reduce((sum, head) => sum + head.undecided, found.undecided)
    const ok = findings.length === 0
    const logs = taken.map(({ checkpoint: { origin, size } }) => ({ origin, size }))
    const { matched, unanswered } = found
    return {
      json: { ok, period, logs, matched, undecided, findings, unanswered },
      text: findingsText(ctx, logs, { matched, undecided, findings, unanswered }),
      exit: ok ? EXIT.ok : EXIT.failed,
    }
  },
}

/** The quarter that a period is of, and what of its entries is asked about. */
function askedOf(ctx: Context, text: string): { readonly quarter: string; isAsked: IsAsked } {
  const period = periodOf(ctx, text)
  const quarter = quarterOf(period.from)
  const whole = parsePeriod(quarter)!
  if (period.until > whole.until) {
    usage('--period', { nl: 'binnen één kwartaal', en: 'within one quarter' }, ctx.lang)
  }
  // All of it also where an entry's own time is outside its quarter.
  const isWhole = period.from === whole.from && period.until === whole.until
  return { quarter, isAsked: (event) => isWhole || isWithin(period, event) }
}

const treeOf = ({ origin, complete }: ReconciledSide, { checkpoint }: Taken) => ({
  ...{ origin, complete, size: checkpoint.size },
})

async function placesOf(
  ctx: Context,
  names: readonly string[],
  quarter: string,
  convenantFiles: readonly string[],
  tokenFile: readonly string[] | undefined,
): Promise<Place[]> {
  const convenant = (await readChain(ctx, convenantFiles)).at(-1)!
  const keyOf = (origin: string) => {
    const owner = parseOrigin(origin)
    const member = convenant.members.find(({ id }) => id === owner.member)
    if (member === undefined || owner.convenant !== convenant.id || owner.quarter !== quarter) {
      return fail('LOG_OF_OTHER', { at: origin })
    }
    return verifierKey(origin, fromBase64url(member.signingKey))
  }
  const urls = names.filter(isUrl)
  const options = { convenant: convenantFiles, ...(tokenFile === undefined ? {} : { tokenFile }) }
  const sources =
    urls.length === 0
      ? []
      : await logSources({ ...ctx, options: { ...ctx.options, node: urls } }, options)
  return Promise.all(
    names.map(async (name) => {
      const source = isUrl(name) ? sources.shift()! : undefined
      if (source !== undefined) {
        const origin = await originAt(ctx, source, convenant.id, quarter).catch((error) => {
          throw askedAt(ctx, name, error)
        })
        const checkpoint = async () =>
          openCheckpoint(await source.checkpoint(origin), keyOf(origin))
        return { live: true, origin, checkpoint, fetchTile: source.fetchTile(origin) }
      }
      const folder = ctx.path(name)
      if ((await stat(folder).catch(() => undefined)) === undefined) {
        fail('FILE_UNREADABLE', { at: folder })
      }
      const stored = readFolder(folder)
      const note = await stored.checkpoint()
      const origin = claimedOrigin(note)
      const checkpoint = async () => openCheckpoint(note, keyOf(origin))
      return { live: false, origin, checkpoint, fetchTile: stored.fetchTile }
    }),
  )
}

/** Which of the two nodes said so; tokens given in the other order are the likeliest cause. */
function askedAt({ lang }: Context, url: string, error: unknown): unknown {
  if (!(error instanceof NodeProblem)) return error
  const told = { ...error.problem, at: error.problem.at ?? url }
  return new NodeProblem(told, error.problem.code === 'UNAUTHENTICATED' ? TOKENS[lang] : error.next)
}

const TOKENS: Text = {
  nl: 'geef de tokens in de volgorde van de adressen: --token-file A.token B.token',
  en: 'give the tokens in the order of the addresses: --token-file A.token B.token',
}

const isUrl = (name: string) => /^https?:\/\//.test(name)

async function originAt(
  ctx: Context,
  source: LogSource,
  convenant: string,
  quarter: string,
): Promise<string> {
  const listed = (await source.origins()).map(({ origin }) => origin)
  const found = listed.find((origin) => {
    const named = parseOrigin(origin)
    return named.convenant === convenant && named.quarter === quarter
  })
  return (
    found ??
    usage(
      '--period',
      { nl: 'een node heeft er geen logboek van', en: 'a node has no log of it' },
      ctx.lang,
    )
  )
}

/**
 * The second whole, then the first: what the first had before stands in the second, and what the
 * second has stands in the first by now. Folders stay as they were taken.
 */
async function takeBoth(one: Place, other: Place) {
  const before = await one.checkpoint()
  const second = await take(other)
  const first = await take(one)
  const { size } = first.checkpoint
  const grew =
    before.size <= size && equalBytes(await rootAt(before.size, first.hashes), before.root)
  if (!grew) fail('LOG_FORKED', { at: one.origin })
  const complete = one.live && other.live
  const side = ({ checkpoint, leaves }: Taken, settled: number): ReconciledSide => ({
    ...{ origin: checkpoint.origin, leaves, settled, complete },
  })
  const sides = [side(first, before.size), side(second, second.checkpoint.size)] as const
  return { sides, taken: [first, second] as const }
}

async function take(place: Place): Promise<Taken> {
  const checkpoint = await place.checkpoint()
  const leaves: LeafFields[] = []
  // Hash tiles stay at hand for the heads; 32 bytes an entry.
  const tiles = new Map<string, Awaited<ReturnType<FetchTile>>>()
  const fetch: FetchTile = async (tile) => {
    const path = encodeTilePath(tile)
    if (tiles.has(path)) return tiles.get(path)
    const bytes = await place.fetchTile(tile)
    if (tile.level !== 'entries') tiles.set(path, bytes)
    return bytes
  }
  await verifyLog(checkpoint, fetch, (_, leaf) => leaves.push(parseEvent(leaf)))
  return { checkpoint, leaves, hashes: tileReader(checkpoint.size, fetch) }
}

export function findingsText(
  ctx: Pick<Context, 'say'>,
  logs: readonly { readonly origin: string; readonly size: number }[],
  { matched, undecided, findings, unanswered }: Reconciliation,
): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const lines = logs.map(({ origin, size }) => `${origin} (${size})`)
  lines.push(`${label('gelijk', 'matched')}: ${matched}`)
  if (undecided > 0) lines.push(`${label('onbeslist', 'undecided')}: ${undecided}`)
  if (unanswered.length > 0) {
    lines.push(`${label('onbeantwoord', 'unanswered')}: ${unanswered.length}`)
    for (const { txid, place, member } of unanswered) {
      lines.push(`  ${txid}  ${place.member} ${place.index} -> ${member}`)
    }
    lines.push(`  ${ctx.say(NO_ANSWER)}`)
  }
  if (findings.length === 0) return lines.join('\n')
  const head = label(
    'verschil,txid,regels,wie,velden,minuten',
    'discrepancy,txid,entries,who,fields,minutes',
  )
  const rows = findings.map(({ kind, txid, places, member, fields, minutes }) => [
    ...[ctx.say(KINDS[kind]), txid],
    places.map((place) => `${place.member} ${place.index}`).join(', '),
    ...[member, fields.join(', ') || null, minutes],
  ])
  return [...lines, table(head.split(','), rows)].join('\n')
}

const NO_ANSWER: Text = {
  nl: 'deze mislukten, en de ander heeft er niets van: geen verschil, de vraag kwam er niet aan. Zijn het er veel, dan was die node weg: drempel doctor, en vraag het de beheerder daar',
  en: 'these failed, and the other has nothing of them: no discrepancy, the question did not get there. If they are many, that node was away: drempel doctor, and ask its administrator',
}

const KINDS = {
  'one-sided': { nl: 'eenzijdig', en: 'one-sided' },
  mismatch: { nl: 'ongelijk', en: 'mismatch' },
  late: { nl: 'te laat', en: 'late' },
  repeated: { nl: 'dubbel', en: 'repeated' },
  denied: { nl: 'ontkend', en: 'denied' },
} as const
