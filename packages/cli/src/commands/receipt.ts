/** receipt get, receipt verify: the proof that a query stands in a node's log; checked offline. */

import { receipt as receiptSchema } from '@drempel/protocol/api'
import type { Convenant } from '@drempel/protocol/convenant'
import { fromBase64url } from '@drempel/protocol/encoding'
import {
  type LeafFields,
  parseEvent,
  parseOrigin,
  parseReceipt,
  unverifiedCheckpoint,
  verifierKey,
  verifyReceipt,
} from '@drempel/protocol/log'
import { readText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import type { Lang, Text } from '../output/language.ts'
import { type Cell, pairs } from '../output/render.ts'
import { digestOf, readChain } from './convenant.ts'
import { type CommandSpec, type OptionSpec, OUT_OPTION, usage } from './define.ts'
import { saveReceipt } from './receipt-file.ts'
import { witnessesOf, witnessText } from './receipt-witnesses.ts'

export const CONVENANT_OPTION: OptionSpec = {
  flags: '--convenant <file...>',
  about: {
    nl: 'het ondertekende convenant (of alle versies, van oud naar nieuw)',
    en: 'the signed convenant (or all versions, oldest first)',
  },
  many: true,
}

export const receiptGet: CommandSpec<{ readonly output: string }> = {
  usage: 'receipt get <txid>',
  about: {
    nl: 'haal de ontvangstbevestiging van een vraag op',
    en: "fetch a query's receipt",
  },
  args: { txid: { nl: '32 hexadecimale cijfers', en: '32 hexadecimal digits' } },
  options: [{ ...OUT_OPTION, required: true }],
  examples: ['receipt get 00112233445566778899aabbccddeeff -o z-123.proof'],
  async run(ctx, { output }, txid: string) {
    if (!/^[0-9a-f]{32}$/.test(txid)) {
      usage('txid', { nl: '32 hexadecimale cijfers', en: '32 hexadecimal digits' }, ctx.lang)
    }
    const node = await ctx.node()
    const receipt = await node.get(`receipts/${txid}`, receiptSchema)
    const file = await saveReceipt(ctx, output, receipt)
    return { json: { txid: receipt.txid, file }, text: file }
  },
}

export const receiptVerify: CommandSpec<{ readonly convenant: readonly string[] }> = {
  usage: 'receipt verify <file>',
  about: {
    nl: 'controleer een ontvangstbevestiging, zonder netwerk',
    en: 'verify a receipt, without any network',
  },
  args: { file: { nl: 'ontvangstbevestiging (tlog-proof)', en: 'receipt (tlog-proof)' } },
  options: [{ ...CONVENANT_OPTION, required: true }],
  examples: ['receipt verify z-123.proof --convenant convenant.json'],
  async run(ctx, options, name: string) {
    const versions = await readChain(ctx, options.convenant)
    const text = await readText(ctx.path(name))
    const entry = verifiedEntry(versions, text)
    const { origin, index, checkpoint, convenant, member, event } = entry
    const witnessed = witnessesOf(convenant, text)
    const version = versions.find(
      (one) => 'convenant' in event && event.convenant?.digest === digestOf(one),
    )?.version
    const json = {
      verified: true,
      ...{ origin, index, size: checkpoint.size, member: member.id },
      ...{ event, underConvenantVersion: version ?? null, keyOfVersion: convenant.version },
      ...witnessed,
    }
    const verified = ctx.say({ nl: 'Geverifieerd', en: 'Verified' })
    const said = ctx.say({
      nl: `${member.name} heeft dit in zijn logboek ondertekend`,
      en: `${member.name} has signed this in its log`,
    })
    const facts = pairs([
      [LABELS.origin![ctx.lang], origin],
      [ctx.say({ nl: 'logregel', en: 'entry' }), `${index} / ${checkpoint.size}`],
      [
        ctx.say({ nl: 'convenant', en: 'convenant' }),
        version === undefined ? null : `${convenant.id} v${version}`,
      ],
      ...(convenant === versions.at(-1)
        ? []
        : [[ctx.say({ nl: 'sleutel', en: 'key' }), ctx.say(keyText(convenant))] as const]),
      [ctx.say({ nl: 'getuigen', en: 'witnesses' }), witnessText(witnessed, ctx.lang)],
      ...eventPairs(event, ctx.lang),
    ])
    return { json, text: `${ctx.paint('green', verified)}: ${said}\n${facts}` }
  },
}

/**
 * The entry that a receipt proves, under the key of the member whose log it is: by the last version, or,
 * where that has another key for it or none, by the version that the entry itself names.
 * @param versions verified, oldest first
 * @throws ProtocolError `LOG_OF_OTHER`, and as `verifyReceipt`
 */
export function verifiedEntry(versions: readonly Convenant[], receipt: string) {
  const { checkpoint, extra } = parseReceipt(receipt)
  const { origin } = unverifiedCheckpoint(checkpoint)
  const owner = parseOrigin(origin)
  const keys = [versions.at(-1), extra && versionOf(versions, extra)].flatMap((convenant) => {
    const member = convenant?.members.find(({ id }) => id === owner.member)
    return member && convenant!.id === owner.convenant ? [{ convenant: convenant!, member }] : []
  })
  const [first, second] = keys
  if (first === undefined) return fail('LOG_OF_OTHER', { at: origin })
  const under = (of: typeof first) => {
    const key = verifierKey(origin, fromBase64url(of.member.signingKey))
    const { leaf, ...proved } = verifyReceipt(receipt, key)
    return { origin, ...proved, ...of, event: parseEvent(leaf) }
  }
  try {
    return under(first)
  } catch (error) {
    if (second === undefined || second.member.signingKey === first.member.signingKey) throw error
    return under(second)
  }
}

/** What an entry says of itself, before anything of it is believed. */
function versionOf(versions: readonly Convenant[], leaf: Uint8Array): Convenant | undefined {
  try {
    const event = parseEvent(leaf)
    const named = 'convenant' in event ? event.convenant?.digest : undefined
    return versions.find((convenant) => digestOf(convenant) === named)
  } catch {
    return undefined
  }
}

/** Who has a key that another one replaced can still sign with it what names an old version. */
function keyText({ version }: Convenant): Text {
  return {
    nl: `van versie ${version}; sindsdien heeft deze deelnemer een andere sleutel, of is hij weg`,
    en: `of version ${version}; this member has another key since, or is gone`,
  }
}

/** A leaf's own fields in the order of a sentence; not the ones that every leaf has and nobody reads. */
function eventPairs(event: LeafFields, lang: Lang): (readonly [string, Cell])[] {
  const fields: Readonly<Record<string, unknown>> = event
  const first = ['type', 'time', 'txid', 'role', 'parties', 'kind', 'purpose', 'rule', 'status']
  const skip = ['v', 'commit', 'convenant', 'previousConvenant', 'peerCheckpoints', ...first]
  const rest = Object.keys(fields).filter((name) => !skip.includes(name))
  return [...first, ...rest].flatMap((name) => {
    const value = fields[name]
    if (value === undefined) return []
    const text = Array.isArray(value) ? value.join(', ') : value
    const label = Object.hasOwn(LABELS, name) ? LABELS[name]![lang] : name
    return [[label, typeof text === 'object' ? JSON.stringify(text) : String(text)] as const]
  })
}

/** The fields that most events have; others keep the name that the log gives them. */
const LABELS: Readonly<Record<string, Text>> = {
  origin: { nl: 'logboek', en: 'origin' },
  type: { nl: 'gebeurtenis', en: 'type' },
  time: { nl: 'tijd', en: 'time' },
  txid: { nl: 'txid', en: 'txid' },
  role: { nl: 'rol', en: 'role' },
  parties: { nl: 'partijen', en: 'parties' },
  kind: { nl: 'soort', en: 'kind' },
  purpose: { nl: 'doel', en: 'purpose' },
  rule: { nl: 'regel', en: 'rule' },
  status: { nl: 'toestand', en: 'status' },
}
