/** log fsck: every row of the own node's logs, recomputed where they lie; the node must be stopped. */

import { z } from 'zod'
import { exitOf, startNode } from '../client/child.ts'
import { EXIT } from '../output/exit.ts'
import type { Text } from '../output/language.ts'
import { complaintIn, failAs } from '../output/node-errors.ts'
import type { Context } from './context.ts'
import type { CommandSpec } from './define.ts'
import { listing } from './listing.ts'

const WHAT = [
  'END',
  'LOST',
  'MISSING',
  'BEYOND',
  'LEAF',
  'HASH',
  'EVENT',
  'RECORD',
  'TXID',
] as const

const told = z.strictObject({
  logs: z.array(
    z.strictObject({
      origin: z.string(),
      entries: z.int(),
      records: z.int(),
      erased: z.int(),
      damage: z.array(z.strictObject({ what: z.enum(WHAT), index: z.int().nullable() })),
    }),
  ),
})

type Told = z.infer<typeof told>

/** Lines of damage that are shown; --json has them all. */
const SHOWN = 20

export const logFsck: CommandSpec = {
  usage: 'log fsck',
  about: {
    nl: 'controleer elke regel, hash en verzegelde record van de eigen opslag; stop de node eerst',
    en: "check every entry, hash and sealed record in the node's own store; stop the node first",
  },
  examples: ['log fsck --home bank-a'],
  notes: {
    nl: 'Verandert niets. Is er iets beschadigd, bewaar dan de opslag, ga niet door met een reservekopie (dat zou een tweede geschiedenis zijn) en vertel het de FG.',
    en: 'Changes nothing. If something is damaged, keep the store, do not go on with a backup (it would be a second history), and tell the FG.',
  },
  async run(ctx) {
    const child = startNode(['fsck', '--attended', '--home', ctx.homePath], 'pipe')
    let printed = ''
    let last = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      last = text.trimEnd().split('\n').at(-1) ?? ''
    })
    const exit = await exitOf(child)
    if (printed === '') {
      failAs(complaintIn(last) ?? { error: `exit ${exit}` }, ctx.lang)
    }
    const { logs } = told.parse(JSON.parse(printed))
    const sound = logs.every(({ damage }) => damage.length === 0)
    return {
      json: { sound, logs },
      text: logTable(ctx, logs),
      exit: sound ? EXIT.ok : EXIT.failed,
    }
  },
}

function logTable(ctx: Context, logs: Told['logs']): string {
  const head = {
    nl: 'logboek,regels,records,gewist,beschadigd',
    en: 'log,entries,records,erased,damaged',
  }
  const rows = logs.map((log) => [
    ...[log.origin, log.entries, log.records, log.erased, log.damage.length],
  ])
  const lines = logs.flatMap(({ origin, damage }) =>
    damage
      .slice(0, SHOWN)
      .map(({ what, index }) => `${origin} ${index ?? ''}  ${what}: ${ctx.say(MEANINGS[what])}`),
  )
  return [listing(ctx, head, rows, NO_LOG, BEGIN), ...lines].join('\n')
}

const NO_LOG: Text = {
  nl: 'Deze node heeft nog geen logboek: er is niets te controleren.',
  en: 'This node has no log yet: there is nothing to check.',
}
const BEGIN: Text = {
  nl: 'het begint bij drempel convenant install BESTAND',
  en: 'it begins with drempel convenant install FILE',
}

const MEANINGS: Readonly<Record<(typeof WHAT)[number], Text>> = {
  END: {
    nl: 'het logboek eindigt niet waar en zoals deze node het schreef',
    en: 'the log does not end where and as this node wrote it',
  },
  LOST: {
    nl: 'de map van de node kent dit logboek, en de opslag heeft het niet meer zoals de node het schreef',
    en: "the node's folder knows this log, and the store no longer has it as the node wrote it",
  },
  MISSING: { nl: 'een regel ontbreekt', en: 'an entry is missing' },
  BEYOND: { nl: 'een rij voorbij het einde', en: 'a row beyond the end' },
  LEAF: { nl: 'geen geldige logregel', en: 'no valid entry' },
  HASH: { nl: 'een hash klopt niet', en: 'a hash is wrong' },
  EVENT: {
    nl: 'soort of txid is niet die van de regel',
    en: "type or txid is not the entry's",
  },
  RECORD: { nl: 'de verzegelde record past niet', en: 'the sealed record does not fit' },
  TXID: {
    nl: 'een txid leidt niet naar de eigen regel',
    en: 'a txid does not lead to its own entry',
  },
}
