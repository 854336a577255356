/**
 * A node's logs as a verifier meets them: whose key signs an origin's checkpoints, the checkpoint,
 * the tiles (c2sp.org/tlog-tiles). Nothing here trusts the node; it only fetches.
 */

import { origins as originsSchema } from '@drempel/protocol/api'
import {
  type Convenant,
  verifyConvenant,
  type WitnessTerms,
  witnessTerms,
} from '@drempel/protocol/convenant'
import { fromBase64url, isProtocolError } from '@drempel/protocol/encoding'
import {
  encodeTilePath,
  type FetchTile,
  parseOrigin,
  type VerifierKey,
  verifierKey,
} from '@drempel/protocol/log'
import type { Version } from '../audit/rehearsed.ts'
import { readText } from '../client/files.ts'
import { createNodeClient, type NodeClient } from '../client/node.ts'
import { chooseTarget, type Home, originOf, type Target } from '../client/target.ts'
import { fail } from '../output/errors.ts'
import type { Text } from '../output/language.ts'
import type { Context } from './context.ts'
import { digestOf, nodeConvenant, readChain } from './convenant.ts'

/** Where the key came from; what the node itself says is worth less than the other two. */
export type KeySource = 'convenant' | 'home' | 'node'
export type LogKey = { readonly key: VerifierKey; readonly source: KeySource }

export type LogSource = {
  readonly node: NodeClient
  origins(): Promise<readonly { readonly origin: string; readonly size: number }[]>
  /** @throws ProtocolError `LOG_OF_OTHER`, `BAD_ORIGIN` */
  keyOf(origin: string): Promise<LogKey>
  /** The one given, else the node's own, verified. */
  convenant(): Promise<Convenant>
  /** All that were given, else the node's own. */
  versions(): Promise<readonly Version[]>
  /** Who has to cosign the log, by the convenant. */
  witnesses(origin: string): Promise<WitnessTerms>
  /** The signed note, unverified. */
  checkpoint(origin: string): Promise<string>
  fetchTile(origin: string): FetchTile
}

export type SourceOptions = {
  readonly convenant?: readonly string[]
  readonly tokenFile?: readonly string[]
}

/** One source per --node, or the home's own. */
export async function logSources(ctx: Context, options: SourceOptions): Promise<LogSource[]> {
  const all = options.convenant === undefined ? [] : await readChain(ctx, options.convenant)
  const convenant = all.at(-1)
  const given = convenant && { last: convenant, all }
  const home = await ctx.home()
  const pins = new Map(convenant?.members.map(({ url, tlsPin }) => [url, tlsPin]))
  const urls = ctx.options.node ?? []
  if (urls.length <= 1 && options.tokenFile === undefined && convenant === undefined) {
    return [source(ctx, await ctx.node(), given, home)]
  }
  const tokens = await Promise.all(
    (options.tokenFile ?? []).map((file) => readText(ctx.path(file))),
  )
  // One token shown to several organisations would let each use it at the others.
  const shared = urls.length <= 1 ? ctx.world.env.DREMPEL_TOKEN?.trim() || undefined : undefined
  return (urls.length === 0 ? [undefined] : urls).map((url, i) => {
    const known = url !== undefined && pins.has(originOf(url, ctx.lang))
    const pin = known ? undefined : ctx.options.pin
    const token = tokens[i]?.trim() ?? shared
    const target = targetOf(ctx, home, { url, pin, token, knownPins: pins }, convenant)
    return source(ctx, ctx.keep(createNodeClient(target, ctx.lang)), given, home)
  })
}

/** Of a convenant that is given, an address that is in none is not the member's. */
function targetOf(
  { lang }: Context,
  home: Home | undefined,
  asked: Parameters<typeof chooseTarget>[1],
  convenant: Convenant | undefined,
): Target {
  try {
    return chooseTarget(home, asked, lang)
  } catch (error) {
    if (convenant === undefined || !isProtocolError(error, 'PIN_UNKNOWN')) throw error
    const has = convenant.members.map(({ url }) => url).join(', ')
    const hint: Text = {
      nl: `het convenant kent dit adres niet; het heeft ${has}`,
      en: `the convenant does not know this address; it has ${has}`,
    }
    return fail('PIN_UNKNOWN', {
      ...(error.at === undefined ? {} : { at: error.at }),
      hint: hint[lang],
    })
  }
}

function source(
  ctx: Context,
  node: NodeClient,
  given: { readonly last: Convenant; readonly all: readonly Convenant[] } | undefined,
  home: Home | undefined,
): LogSource {
  let told: Promise<Convenant> | undefined
  const nodesOwn = async () => {
    const signed = await nodeConvenant(ctx)
    verifyConvenant(signed)
    return signed.convenant
  }
  const terms = () => {
    told ??= given === undefined ? nodesOwn() : Promise.resolve(given.last)
    return told
  }
  return {
    node,
    origins: async () => (await node.get('log', originsSchema)).origins,
    async keyOf(origin) {
      const owner = parseOrigin(origin)
      const keyFor = (text: string) => verifierKey(origin, fromBase64url(text))
      const own = home !== undefined && node.target.url === home.member.url
      if (given === undefined && own && owner.member === home.member.id) {
        return { key: keyFor(home.member.signingKey), source: 'home' }
      }
      const { id, members } = await terms()
      const member = members.find((candidate) => candidate.id === owner.member)
      if (member === undefined || owner.convenant !== id)
        return fail('LOG_OF_OTHER', { at: origin })
      return { key: keyFor(member.signingKey), source: given === undefined ? 'node' : 'convenant' }
    },
    convenant: terms,
    async versions() {
      const all = given?.all ?? [await terms()]
      return all.map((body) => ({ version: body.version, digest: digestOf(body) }))
    },
    witnesses: async (origin) => witnessTerms(await terms(), parseOrigin(origin).member),
    checkpoint: (origin) => node.text(`log/${origin}/checkpoint`),
    fetchTile: (origin) => (tile) => node.bytes(`log/${origin}/${encodeTilePath(tile)}`),
  }
}
