/** log report, log report-verify: a period's summary that an auditor can sign and file. */

import { base64 } from '@drempel/protocol/encoding'
import { fileReport, isVerifierKey, verifyFiling } from '../audit/filing.ts'
import { htmlReport } from '../audit/html.ts'
import { summaryOf } from '../audit/summary.ts'
import { readText, readTextIfThere, writeText } from '../client/files.ts'
import type { Text } from '../output/language.ts'
import type { Context } from './context.ts'
import { type CommandSpec, OUT_OPTION, usage } from './define.ts'
import {
  cosignedSize,
  ORIGIN_OPTION,
  PERIOD_OPTION,
  periodOf,
  readLogs,
  rehearsalsOf,
  TOKEN_FILE_OPTION,
} from './log-entries.ts'
import { logSources, type SourceOptions } from './log-source.ts'
import { CONVENANT_OPTION } from './receipt.ts'

type Options = SourceOptions & {
  readonly period: string
  readonly output: string
  readonly origin?: string
  readonly auditor?: string
  readonly key?: string
}

export const logReport: CommandSpec<Options> = {
  usage: 'log report',
  about: {
    nl: 'samenvatting van een periode, als HTML die goed afdrukt, desgewenst ondertekend',
    en: "a period's summary as HTML that prints well, signed if you like",
  },
  options: [
    { ...PERIOD_OPTION, required: true },
    { ...OUT_OPTION, required: true },
    {
      flags: '--auditor <name>',
      about: { nl: 'naam bij de handtekening', en: 'name with the signature' },
    },
    {
      flags: '--key <file>',
      about: {
        nl: 'eigen sleutel van de auditor; wordt gemaakt als hij er niet is',
        en: "the auditor's own key; made if it is not there",
      },
    },
    ...[ORIGIN_OPTION, CONVENANT_OPTION, TOKEN_FILE_OPTION],
  ],
  examples: [
    'log report --period 2026Q4 -o report.html --convenant convenant.json',
    'log report --period 2026Q4 -o report.html --auditor fg.bank-a.example --key auditor.key',
  ],
  async run(ctx, options) {
    const { auditor, key } = options
    if ((auditor === undefined) !== (key === undefined)) {
      usage('--key', { nl: 'samen met --auditor', en: 'together with --auditor' }, ctx.lang)
    }
    const period = periodOf(ctx, options.period)
    const [source, second] = await logSources(ctx, options)
    if (source === undefined || second !== undefined) {
      return usage('--node', { nl: 'één per verslag', en: 'one for each report' }, ctx.lang)
    }
    const logs = await readLogs(ctx, source, { origin: options.origin, period })
    const cosigned = await Promise.all(logs.map(({ origin }) => cosignedSize(source, origin)))
    const checkpoints = logs.map(({ checkpoint }) => checkpoint)
    const summary = summaryOf(logs, period, await rehearsalsOf(ctx, source, logs))
    const madeAt = ctx.world.clock()
    const facts = { summary, period, checkpoints, key: logs[0]!.key, cosigned, madeAt }
    const html = htmlReport(facts, ctx.lang)
    const file = ctx.path(options.output)
    await writeText(file, html, ctx.world.random)
    const signed =
      auditor === undefined || key === undefined
        ? null
        : await sign(ctx, file, html, checkpoints, auditor, key)
    const lines = [
      file,
      ...(signed === null
        ? [ctx.say(UNSIGNED)]
        : [
            signed.note,
            ctx.say({
              nl: `verificatiesleutel: ${signed.verifier}`,
              en: `verifier key: ${signed.verifier}`,
            }),
          ]),
    ]
    return { json: { file, signed, ...summary }, text: lines.join('\n') }
  },
}

const UNSIGNED: Text = {
  nl: 'Niet ondertekend; met --auditor en --key tekent de auditor het.',
  en: 'Not signed; with --auditor and --key the auditor signs it.',
}

async function sign(
  ctx: Context,
  file: string,
  html: string,
  checkpoints: readonly string[],
  name: string,
  keyFile: string,
): Promise<{ note: string; verifier: string }> {
  const path = ctx.path(keyFile)
  let seed = await readTextIfThere(path)
  if (seed === undefined) {
    seed = `${base64(ctx.world.random(32))}\n`
    await writeText(path, seed, ctx.world.random)
  }
  const { note, verifier } = fileReport(html, checkpoints, { name, seed })
  await writeText(`${file}.note`, note, ctx.world.random)
  return { note: `${file}.note`, verifier }
}

export const logReportVerify: CommandSpec<{ readonly verifier: string }> = {
  usage: 'log report-verify <file>',
  about: {
    nl: 'controleer de handtekening onder een verslag, zonder netwerk',
    en: 'verify the signature under a report, without any network',
  },
  args: {
    file: {
      nl: 'het verslag; BESTAND.note staat ernaast',
      en: 'the report; FILE.note lies beside it',
    },
  },
  options: [
    {
      flags: '--verifier <key>',
      about: {
        nl: 'verificatiesleutel van de auditor, langs een andere weg ontvangen',
        en: "the auditor's verifier key, received another way",
      },
      required: true,
    },
  ],
  examples: ['log report-verify report.html --verifier KEY'],
  async run(ctx, { verifier }, name: string) {
    if (!isVerifierKey(verifier)) {
      const form = {
        nl: 'de hele regel die drempel log report toonde, tussen aanhalingstekens',
        en: 'the whole line that drempel log report showed, in quotes',
      }
      usage('--verifier', form, ctx.lang)
    }
    const path = ctx.path(name)
    const html = await readText(path)
    const { auditor } = verifyFiling(html, await readText(`${path}.note`), verifier)
    return {
      json: { verified: true, auditor },
      text: `${ctx.paint('green', ctx.say({ nl: 'Geverifieerd', en: 'Verified' }))}: ${auditor}`,
    }
  },
}
