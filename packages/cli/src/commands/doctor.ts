/** doctor: what is wrong and what to do, from this machine to the node and what the node sees. */

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Diagnosis, diagnosis, status } from '@drempel/protocol/api'
import type { NodeClient } from '../client/node.ts'
import { EXIT } from '../output/exit.ts'
import { explain } from '../output/explain.ts'
import type { Lang, Text } from '../output/language.ts'
import { clean } from '../output/render.ts'
import type { Context } from './context.ts'
import type { CommandSpec } from './define.ts'

type Check = Diagnosis['checks'][number]

// The peer protocol refuses a request signed more than this far off.
const MAX_SKEW_MS = 60_000

export const doctorCommand: CommandSpec = {
  usage: 'doctor',
  about: {
    nl: 'onderzoek map, token, node, klok en verbindingen, en zeg wat te doen',
    en: 'examine folder, token, node, clock and connections, and say what to do',
  },
  examples: ['doctor', 'doctor --home bank-a'],
  async run(ctx) {
    // What scripts read is one language, whoever runs them.
    const checks = await examine(ctx, ctx.json ? 'en' : ctx.lang)
    const ok = checks.every((check) => check.ok)
    const text = checks
      .map(({ ok, name, detail, next }) => {
        const mark = ok ? ctx.paint('green', 'ok') : ctx.paint('red', '!!')
        const advice = ok || next === undefined ? '' : `\n     -> ${clean(next)}`
        return `${mark} ${clean(name)}: ${clean(detail)}${advice}`
      })
      .join('\n')
    return { json: { ok, checks }, text, exit: ok ? EXIT.ok : EXIT.failed }
  },
}

async function examine(ctx: Context, lang: Lang): Promise<Check[]> {
  const checks: Check[] = []
  const attempt = async <Value>(name: string, run: () => Promise<readonly [Value, string]>) => {
    try {
      const [value, detail] = await run()
      checks.push({ name, ok: true, detail })
      return value
    } catch (error) {
      const { code, title, at, next } = explain(error, lang)
      const detail = `${code}: ${title}${at === undefined ? '' : ` (${at})`}`
      checks.push({ name, ok: false, detail, ...(next === undefined ? {} : { next }) })
      return undefined
    }
  }
  if (ctx.options.node === undefined) checks.push(...(await examineHome(ctx, lang)))
  const node = await attempt<NodeClient>(NAMES.target[lang], async () => {
    const found = await ctx.node(lang)
    return [found, found.target.url]
  })
  if (node === undefined) return checks
  const healthy = await attempt(NAMES.node[lang], async () => [
    await node.health(),
    node.target.url,
  ])
  if (healthy === undefined) return checks
  const now = await attempt(NAMES.token[lang], async () => {
    const asked = ctx.world.clock()
    const answer = await node.get('status', status)
    return [{ asked, answer }, `${answer.member}, ${answer.software}`]
  })
  if (now === undefined) return checks
  checks.push(clockCheck(lang, now.asked, Date.parse(now.answer.time)))
  const own = await attempt(NAMES.own[lang], async () => {
    const { checks: found } = await node.get('doctor', diagnosis)
    return [found, String(found.length)]
  })
  return [...checks, ...(own ?? [])]
}

async function examineHome(ctx: Context, lang: Lang): Promise<Check[]> {
  const home = await ctx.home().catch(() => undefined)
  const name = NAMES.home[lang]
  if (home === undefined) {
    return [{ name, ok: false, detail: ctx.homePath, next: NEXT.home[lang] }]
  }
  const checks: Check[] = [{ name, ok: true, detail: `${home.path} (${home.member.id})` }]
  for (const [label, path] of [
    [NAMES.mode, home.path],
    [NAMES.tokenFile, join(home.path, 'token')],
  ] as const) {
    const mode = (await stat(path).catch(() => undefined))?.mode
    // Windows keeps permissions elsewhere.
    const open = process.platform !== 'win32' && mode !== undefined && (mode & 0o077) !== 0
    const ok = mode !== undefined && !open
    const next = (mode === undefined ? NEXT.token : NEXT.mode)[lang]
    const detail = mode === undefined ? '-' : (mode & 0o777).toString(8)
    checks.push({ name: label[lang], ok, detail, ...(ok ? {} : { next }) })
  }
  return checks
}

function clockCheck(lang: Lang, here: number, there: number): Check {
  const skew = Math.abs(here - there)
  const ok = skew < MAX_SKEW_MS / 2
  const detail = `${Math.round(skew / 1000)} s`
  return { name: NAMES.clock[lang], ok, detail, ...(ok ? {} : { next: NEXT.clock[lang] }) }
}

const NAMES = {
  home: { nl: 'map van de node', en: "node's folder" },
  mode: { nl: 'rechten van de map', en: "folder's permissions" },
  tokenFile: { nl: 'rechten van het token', en: "token's permissions" },
  target: { nl: 'adres', en: 'address' },
  node: { nl: 'node bereikbaar', en: 'node within reach' },
  token: { nl: 'token geldig', en: 'token valid' },
  own: { nl: 'onderzoek door de node zelf', en: 'node: doctor' },
  clock: { nl: 'klokverschil', en: 'clock difference' },
} as const satisfies Record<string, Text>

const NEXT = {
  home: {
    nl: 'drempel init, of --home MAP',
    en: 'drempel init, or --home DIR',
  },
  mode: { nl: 'chmod go= op de map en het token', en: 'chmod go= on the folder and the token' },
  token: {
    nl: 'vraag de beheerder een token en zet $DREMPEL_TOKEN',
    en: 'ask the administrator for a token and set $DREMPEL_TOKEN',
  },
  clock: {
    nl: 'zet de klok gelijk (NTP): nodes weigeren verzoeken die meer dan 60 s schelen',
    en: 'set the clock (NTP): nodes refuse requests more than 60 s off',
  },
} as const satisfies Record<string, Text>
