/** What every command gets: its world, its language, and the node once it asks for it. */

import { resolve } from 'node:path'
import { createNodeClient, type NodeClient } from '../client/node.ts'
import { chooseTarget, type Home, readHome } from '../client/target.ts'
import { fail } from '../output/errors.ts'
import type { ExitCode } from '../output/exit.ts'
import type { Lang, Text } from '../output/language.ts'
import { type Paint, paintFor } from '../output/render.ts'
import type { World } from '../output/world.ts'

/** Options that every command has. */
export type GlobalOptions = {
  readonly json?: boolean
  readonly lang?: Lang
  readonly home?: string
  /** More than one for `log verify` alone. */
  readonly node?: readonly string[]
  readonly pin?: string
}

/** What a command answers: one object for scripts, a text for people. */
export type Outcome = {
  readonly json: unknown
  readonly text: string
  readonly exit?: ExitCode
  /** The command has printed its JSON by itself. */
  readonly printed?: boolean
}

export type Context = {
  readonly world: World
  readonly lang: Lang
  readonly json: boolean
  readonly options: GlobalOptions
  readonly homePath: string
  readonly paint: Paint
  say(text: Text): string
  /** A line on standard error, for people only. */
  note(line: string): void
  path(file: string): string
  home(): Promise<Home | undefined>
  /** @param lang of the node's words, that of the command unless given; the first call decides */
  node(lang?: Lang): Promise<NodeClient>
  /** Closes it when the command ends. */
  keep(client: NodeClient): NodeClient
  confirm(question: Text, yes: boolean | undefined): Promise<void>
}

export async function withContext<Result>(
  world: World,
  lang: Lang,
  options: GlobalOptions,
  run: (ctx: Context) => Promise<Result>,
): Promise<Result> {
  const clients: NodeClient[] = []
  try {
    return await run(createContext(world, lang, options, clients))
  } finally {
    for (const client of clients) client.close()
  }
}

function createContext(
  world: World,
  lang: Lang,
  options: GlobalOptions,
  clients: NodeClient[],
): Context {
  const json = options.json === true
  const path = (file: string) => resolve(world.cwd, file)
  const homePath = path(options.home ?? (world.env.DREMPEL_HOME || '.drempel'))
  const home = () => readHome(homePath)
  const keep = (client: NodeClient) => {
    clients.push(client)
    return client
  }
  let node: Promise<NodeClient> | undefined
  const connect = async (spoken: Lang) => {
    const [url, second] = options.node ?? []
    if (second !== undefined) fail('USAGE', { at: '--node', hint: ONE_NODE[lang] })
    const token = world.env.DREMPEL_TOKEN?.trim() || undefined
    const target = chooseTarget(await home(), { url, pin: options.pin, token }, lang)
    return keep(createNodeClient(target, spoken))
  }
  return {
    world,
    lang,
    json,
    options,
    homePath,
    paint: paintFor(world.stdout, world.env),
    say: (text) => text[lang],
    note: (line) => {
      if (!json) world.stderr.write(`${line}\n`)
    },
    path,
    home,
    node: (spoken = lang) => {
      node ??= connect(spoken)
      return node
    },
    keep,
    async confirm(question, yes) {
      if (yes === true) return
      if (world.stdin.isTTY !== true) fail('NOT_CONFIRMED')
      const answer = await ask(world, `${question[lang]} [${lang === 'nl' ? 'j/N' : 'y/N'}] `)
      if (!/^(j|ja|y|yes)$/i.test(answer.trim())) fail('NOT_CONFIRMED')
    },
  }
}

function ask(world: World, question: string): Promise<string> {
  world.stderr.write(question)
  return readLine(world.stdin)
}

const ONE_NODE: Text = { nl: 'één keer, behalve bij log verify', en: 'once, but for log verify' }

/** What an argument is, or with `-` the first line of the input. @throws ProtocolError `USAGE` */
export async function readValue(
  { world, say }: Pick<Context, 'world' | 'say'>,
  given: string,
): Promise<string> {
  if (given !== '-') return given
  const value = (await readLine(world.stdin)).trim()
  return value === '' ? fail('USAGE', { at: 'value', hint: say(NO_INPUT) }) : value
}

const NO_INPUT: Text = {
  nl: 'de invoer was leeg: - leest de eerste regel van de standaardinvoer',
  en: 'the input was empty: - reads the first line of standard input',
}

/** The first line of a stream; empty at its end. */
export function readLine(input: NodeJS.ReadableStream): Promise<string> {
  return new Promise((done) => {
    let text = ''
    const finish = () => {
      input.off('data', take)
      input.off('end', finish)
      input.pause()
      done(text.split(/\r?\n/)[0]!)
    }
    const take = (piece: Buffer | string) => {
      text += piece.toString()
      if (text.includes('\n')) finish()
    }
    input.on('data', take)
    input.on('end', finish)
    input.resume()
  })
}
