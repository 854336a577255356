/**
 * log quorum: whether the witnesses of the convenant vouch for a log, and since when. Verified here:
 * the owner's signature and theirs under the keys of the convenant, how many are needed, that the
 * newest checkpoint extends what they cosigned, and that nothing in it has waited for them longer than the
 * convenant lets it: else an old cosignature would vouch for whatever its owner put behind it.
 */

import type { WitnessTerms } from '@drempel/protocol/convenant'
import { fromBase64url, fromUtf8, isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  consistencyProof,
  cosignatureKey,
  openCheckpoint,
  openCosigned,
  tileReader,
  timeOf,
  verifyConsistency,
} from '@drempel/protocol/log'
import { fail } from '../output/errors.ts'
import { EXIT } from '../output/exit.ts'
import { explain, NodeProblem } from '../output/explain.ts'
import { clean, table } from '../output/render.ts'
import type { Context } from './context.ts'
import type { CommandSpec } from './define.ts'
import { provedEntries } from './log-entries.ts'
import { type KeySource, type LogSource, logSources, type SourceOptions } from './log-source.ts'
import { CONVENANT_OPTION } from './receipt.ts'

type Options = SourceOptions & { readonly origin?: string }

/** How soon an entry is cosigned when all is well. */
const PROMPT_MINUTES = 1

type Found = {
  readonly node: string
  readonly origin: string
  readonly ok: boolean
  readonly size: number | null
  /** Entries under a quorum; null when there is none. */
  readonly cosigned: number | null
  readonly needed: number | null
  /** What is needed of groups besides. */
  readonly groups: readonly {
    readonly group: string
    readonly needed: number
    readonly of: number
  }[]
  readonly witnesses: readonly { readonly member: string; readonly time: string }[]
  /** Minutes, of the first entry behind what was cosigned, by its own time; null when there is none. */
  readonly waiting: number | null
  readonly key: KeySource | null
  readonly error?: string
  readonly next?: string | undefined
}

export const logQuorum: CommandSpec<Options> = {
  usage: 'log quorum',
  about: {
    nl: 'controleer of de getuigen van het convenant voor een logboek instaan',
    en: 'check whether the witnesses of the convenant vouch for a log',
  },
  options: [
    {
      flags: '--origin <origin>',
      about: { nl: 'dit logboek (anders het laatste)', en: 'this log (else the latest)' },
    },
    CONVENANT_OPTION,
    {
      flags: '--token-file <file...>',
      about: {
        nl: 'token per --node, in dezelfde volgorde',
        en: 'token for each --node, in their order',
      },
      many: true,
    },
  ],
  examples: ['log quorum --home bank-a --convenant convenant.json'],
  notes: {
    nl: 'Getuigen zijn deelnemers die elkaars logboek meetekenen, zodat niemand twee versies van het zijne kan tonen.',
    en: 'Witnesses are members that cosign each other’s logs, so that none can show two versions of its own.',
  },
  async run(ctx, options) {
    const logs: Found[] = []
    for (const source of await logSources(ctx, options)) {
      logs.push(await examine(ctx, source, options.origin))
    }
    const ok = logs.every((log) => log.ok)
    return { json: { ok, logs }, text: quorumTable(ctx, logs), exit: ok ? EXIT.ok : EXIT.failed }
  },
}

async function examine(ctx: Context, source: LogSource, only?: string): Promise<Found> {
  const node = source.node.target.url
  const listed = (await source.origins()).map((log) => log.origin).sort()
  const origin = only ?? listed.at(-1)
  const none = { size: null, cosigned: null, needed: null, groups: [], witnesses: [] }
  const nothing = { ...none, waiting: null, key: null }
  try {
    if (origin === undefined) return fail('NO_LOG', { at: node })
    return { node, origin, ...(await verify(ctx, source, origin)) }
  } catch (error) {
    if (!isProtocolError(error) && !(error instanceof NodeProblem)) throw error
    // Of several nodes one that has none keeps nobody from reading the others.
    if (origin === undefined && (ctx.options.node?.length ?? 1) <= 1) throw error
    const { code, next } = explain(error, ctx.lang)
    return { node, origin: origin ?? node, ok: false, ...nothing, error: code, next }
  }
}

async function verify(
  ctx: Context,
  source: LogSource,
  origin: string,
): Promise<Omit<Found, 'node' | 'origin'>> {
  const { key, source: from } = await source.keyOf(origin)
  const newest = openCheckpoint(await source.checkpoint(origin), key)
  const { witnesses, quorum, groups, graceMinutes } = await source.witnesses(origin)
  const needed = groups.map((group) => ({
    ...{ group: group.id, needed: group.quorum, of: group.keyNames.length },
  }))
  const about = { size: newest.size, needed: quorum, groups: needed, key: from }
  const note = await source.node.bytes(`log/${origin}/cosigned`)
  const unsigned = { cosigned: null, witnesses: [], waiting: null }
  if (note === undefined) return { ...about, ok: quorum === 0, ...unsigned }
  const names = new Map(keysOf(witnesses).map(({ name }, i) => [name, witnesses[i]!.id]))
  const cosigned = openCosigned(fromUtf8(note), key, keysOf(witnesses), { quorum, groups })
  const read = tileReader(newest.size, source.fetchTile(origin))
  const proof = await consistencyProof(cosigned.size, newest.size, read)
  verifyConsistency(cosigned.size, cosigned.root, newest.size, newest.root, proof)
  const signed = [...cosigned.times].map(([name, time]) => ({
    member: names.get(name)!,
    time: new Date(time * 1000).toISOString(),
  }))
  const waiting = await waitingOf(ctx, source, newest, cosigned.size)
  const found = { ...about, cosigned: cosigned.size, witnesses: signed, waiting }
  if (waiting === null || waiting <= PROMPT_MINUTES + graceMinutes) return { ...found, ok: true }
  const { code, next } = explain(new ProtocolError('NOT_WITNESSED'), ctx.lang)
  return { ...found, ok: false, error: code, next }
}

async function waitingOf(
  ctx: Context,
  source: LogSource,
  newest: Checkpoint,
  cosigned: number,
): Promise<number | null> {
  for await (const { event } of provedEntries(source, newest.origin, newest, cosigned)) {
    return Math.max(0, Math.floor((ctx.world.clock() - timeOf(event.time)) / 60_000))
  }
  return null
}

function keysOf(witnesses: WitnessTerms['witnesses']) {
  return witnesses.map(({ keyName, signingKey }) =>
    cosignatureKey(keyName, fromBase64url(signingKey)),
  )
}

function quorumTable(ctx: Context, logs: readonly Found[]): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const head = label(
    'logboek,regels,meegetekend,nodig,getuigen,in orde',
    'log,entries,cosigned,needed,witnesses,in order',
  )
  const rows = logs.map((log) => [
    log.origin,
    log.size,
    log.cosigned,
    [log.needed ?? '-', ...log.groups.map((one) => `${one.group} ${one.needed}/${one.of}`)].join(
      ', ',
    ),
    log.witnesses.map(({ member, time }) => `${member} ${time}`).join(', '),
    log.ok ? label('ja', 'yes') : `${label('NEE', 'NO')}${log.error ? `: ${log.error}` : ''}`,
  ])
  const parts = [table(head.split(','), rows)]
  for (const next of new Set(logs.map((log) => log.next))) if (next) parts.push(`-> ${clean(next)}`)
  if (logs.some(({ needed }) => needed === 0)) {
    parts.push(
      label(
        'Het convenant noemt voor dit logboek geen getuigen.',
        'The convenant names no witnesses for this log.',
      ),
    )
  }
  return parts.join('\n')
}
