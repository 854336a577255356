/** init, up: set a node up, and run it. */

import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { memberSchema, SECTORS } from '@drempel/protocol/convenant'
import { z } from 'zod'
import { exitOf, startNode } from '../client/child.ts'
import { checkFolder, isThere } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import type { ExitCode } from '../output/exit.ts'
import type { Lang } from '../output/language.ts'
import { type Complaint, complaintIn, failAs, SETTINGS } from '../output/node-errors.ts'
import { pairs } from '../output/render.ts'
import type { Sink } from '../output/world.ts'
import type { Context } from './context.ts'
import { type CommandSpec, usage } from './define.ts'

type InitOptions = {
  readonly id: string
  readonly name: string
  readonly sector: string
  readonly listen: string
  readonly transport?: string
  readonly url?: string
  readonly contact?: string
  readonly fg?: string
}

export const initCommand: CommandSpec<InitOptions> = {
  usage: 'init',
  about: {
    nl: 'richt een node in: sleutels, instellingen, token van de beheerder',
    en: "set a node up: keys, settings, the administrator's token",
  },
  options: [
    {
      flags: '--id <id>',
      about: { nl: 'korte naam in het convenant', en: 'short name in the convenant' },
      required: true,
    },
    {
      flags: '--name <name>',
      about: { nl: 'naam van de organisatie', en: "the organisation's name" },
      required: true,
    },
    {
      flags: '--sector <sector>',
      about: { nl: 'sector van de organisatie', en: "the organisation's sector" },
      required: true,
      choices: SECTORS,
    },
    {
      flags: '--listen <host:port>',
      about: {
        nl: 'adres en poort waarop de node luistert',
        en: 'address and port that the node listens on',
      },
      required: true,
    },
    {
      flags: '--transport <kind>',
      about: {
        nl: 'tls (anders), of onversleuteld, alleen op deze machine',
        en: 'tls (else), or plain, on this machine only',
      },
      choices: ['tls', 'plain-loopback'],
    },
    {
      flags: '--url <url>',
      about: {
        nl: 'adres waarop andere deelnemers de node bereiken (anders dat van --listen)',
        en: "where other members reach the node (else --listen's)",
      },
    },
    {
      flags: '--contact <mail>',
      about: { nl: 'mailadres voor andere deelnemers', en: 'mail address for other members' },
    },
    {
      flags: '--fg <mail>',
      about: {
        nl: 'mailadres van de functionaris gegevensbescherming',
        en: 'mail address of the data-protection officer',
      },
    },
  ],
  examples: [
    'init --home bank-a --id bank-a --name "Bank A" --sector bank --listen 127.0.0.1:7101 --transport plain-loopback',
    'init --id telco --name Telco --sector telecom --listen 0.0.0.0:7101 --url https://drempel.telco.example:7101 --contact drempel@telco.example --fg fg@telco.example',
  ],
  notes: {
    nl: 'Daarna: stuur member.json uit de map naar de andere deelnemers (er staat niets geheims in) en start de node met drempel up. Het bestand token in de map is van de eerste beheerder.',
    en: 'After that: send member.json of the folder to the other members (nothing in it is secret) and start the node with drempel up. The file token in the folder is the first administrator’s.',
  },
  async run(ctx, options) {
    const names = ['id', 'name', 'sector', 'listen', 'transport', 'url', 'contact', 'fg'] as const
    const args = names.flatMap((name) => {
      const value = options[name]
      return value === undefined ? [] : [`--${name}`, value]
    })
    if (
      !/^.+:[0-9]{1,5}$/.test(options.listen) ||
      Number(options.listen.split(':').at(-1)) > 65_535
    ) {
      usage(
        '--listen',
        { nl: 'bijvoorbeeld 127.0.0.1:7101', en: 'for example 127.0.0.1:7101' },
        ctx.lang,
      )
    }
    if (options.url === undefined && /^(0\.0\.0\.0|\[?::\]?|\*):[0-9]+$/.test(options.listen)) {
      usage(
        '--url',
        {
          nl: 'nodig bij een --listen op alle adressen: https://NAAM:POORT, zoals anderen deze node vinden',
          en: 'needed when --listen is all addresses: https://NAME:PORT, as others find this node',
        },
        ctx.lang,
      )
    }
    for (const name of ['contact', 'fg'] as const) {
      if (options[name] !== undefined && !z.email().safeParse(options[name]).success) {
        const form = { nl: 'een e-mailadres', en: 'an e-mail address' }
        usage(`--${name}`, form, ctx.lang)
      }
    }
    await checkFolder(dirname(ctx.homePath), ctx.world.random)
    const child = startNode(['init', '--home', ctx.homePath, ...args], 'pipe')
    const printed = collect(child.stdout!)
    const complaint = collect(child.stderr!)
    if ((await exitOf(child)) !== 0)
      return refused(await complaint, options.url !== undefined, ctx.lang)
    const member = memberOf(await printed)
    const label = (nl: string, en: string) => ctx.say({ nl, en })
    const facts = pairs([
      [label('map', 'folder'), ctx.homePath],
      ['id', member.id],
      [label('adres', 'address'), member.url],
      [label('sleutel', 'key'), member.signingKey],
      ['TLS', member.tlsPin],
      ['contact', member.contact],
      ['FG', member.fg],
    ])
    const next = label(
      `Deel ${ctx.homePath}/member.json met de andere deelnemers. Start de node: drempel up --home ${ctx.homePath}`,
      `Share ${ctx.homePath}/member.json with the other members. Start the node: drempel up --home ${ctx.homePath}`,
    )
    return { json: member, text: `${facts}\n${next}` }
  },
}

export const upCommand: CommandSpec = {
  usage: 'up',
  about: { nl: 'draai de node tot Ctrl-C', en: 'run the node until Ctrl-C' },
  examples: ['up --home bank-a'],
  notes: {
    nl: 'De andere opdrachten geeft u in een tweede terminal. Zodra de node luistert, staat zijn adres op de standaarduitvoer (buiten een terminal als JSON-regel); wat hij meldt, op standaardfout. De node stopt ook wanneer dit programma wordt afgebroken.',
    en: 'The other commands are typed in a second terminal. Once the node listens, its address is on standard output (as a JSON line when that is no terminal); what it reports, on standard error. The node also stops when this program is killed.',
  },
  async run(ctx) {
    if (!(await isThere(join(ctx.homePath, 'config.yaml')))) {
      fail('HOME_MISSING', { at: ctx.homePath })
    }
    const child = startNode(['up', '--attended', '--home', ctx.homePath], 'inherit', 'pipe')
    const stop = forwardSignals(ctx, (signal) => child.kill(signal))
    const passed = passLines(child.stderr!, ctx.world.stderr)
    try {
      const exit = await exitOf(child)
      const complaint = await passed
      if (exit !== 0 && complaint !== undefined) failAs(complaint, ctx.lang)
      return { json: null, text: '', exit: exit as ExitCode, printed: true }
    } finally {
      stop()
    }
  },
}

/** All that the node reports, but for its last word, which is told as any error. */
async function passLines(from: Readable, to: Sink): Promise<Complaint | undefined> {
  let last: Complaint | undefined
  let rest = ''
  const pass = (line: string) => {
    last = complaintIn(line)
    if (last === undefined) to.write(`${line}\n`)
  }
  for await (const text of from.setEncoding('utf8')) {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop()!
    lines.forEach(pass)
  }
  if (rest !== '') pass(rest)
  return last
}

/** On a terminal Ctrl-C reaches the node by itself, and a second signal would hurry it. */
function forwardSignals(ctx: Context, send: (signal: NodeJS.Signals) => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const handlers = signals.map((signal) => {
    const handle = () => {
      if (signal !== 'SIGINT' || ctx.world.stdin.isTTY !== true) send(signal)
    }
    process.on(signal, handle)
    return () => process.off(signal, handle)
  })
  return () => {
    for (const off of handlers) off()
  }
}

async function collect(stream: Readable): Promise<string> {
  let all = ''
  for await (const text of stream.setEncoding('utf8')) all += text
  return all
}

/** The node says what is wrong as one line of JSON with code, place and hint. */
function refused(complaint: string, urlGiven: boolean, lang: Lang): never {
  const told = complaintIn(complaint.trim().split('\n').at(-1)!)
  if (told === undefined) return fail('NODE_FAILED', { at: 'init' })
  const { error, at, hint } = told
  if (error === 'HOME_NOT_EMPTY') return fail(error)
  if (error === 'BAD_CONFIG') {
    const derived = at === 'publicUrl' && !urlGiven
    const option = derived ? '--listen' : OPTION_OF[at ?? '']
    const said = hint === undefined ? undefined : (SETTINGS[hint]?.[lang] ?? hint)
    return fail(error, {
      at: option ?? at ?? 'init',
      ...(said === undefined ? {} : { hint: said }),
    })
  }
  return failAs(told, lang)
}

/** The node speaks of its settings, the person of options. */
const OPTION_OF: Readonly<Record<string, string>> = {
  publicUrl: '--url',
  transport: '--transport',
  listen: '--listen',
  'listen.host': '--listen',
  'listen.port': '--listen',
  'member.id': '--id',
  'member.name': '--name',
  'member.sector': '--sector',
  'member.contact': '--contact',
  'member.fg': '--fg',
}

function memberOf(printed: string) {
  const member = memberSchema.safeParse(lastJson(printed))
  return member.success ? member.data : fail('NODE_FAILED', { at: 'init' })
}

function lastJson(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1)!)
  } catch {
    return undefined
  }
}
