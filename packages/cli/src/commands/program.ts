/**
 * From command specs to a commander program. Its own complaints are rewritten: commander repeats
 * what was typed, and what was typed in a wrong place may be an identifier.
 */

import { Command, CommanderError, Help, InvalidArgumentError, Option } from 'commander'
import { softwareVersion } from '../client/version.ts'
import { CLI_ERRORS } from '../output/errors.ts'
import { EXIT, type ExitCode, exitTable } from '../output/exit.ts'
import { explain, explanationText } from '../output/explain.ts'
import { type Lang, languageOf, type Text } from '../output/language.ts'
import { paintFor } from '../output/render.ts'
import type { World } from '../output/world.ts'
import { type GlobalOptions, type Outcome, withContext } from './context.ts'
import type { AnyCommand, OptionSpec } from './define.ts'
import { COMMANDS, GROUPS } from './list.ts'

/** Runs one command line; everything it prints goes through `world`. */
export async function run(argv: readonly string[], world: World): Promise<ExitCode | number> {
  const lang = languageOf(argv, world.env)
  const json = argv.includes('--json')
  try {
    let exit: number = EXIT.ok
    const program = createProgram(lang, world, async (spec, options, args) => {
      const outcome = await withContext(world, lang, options, (ctx) =>
        spec.run(ctx, options as never, ...(args as never[])),
      )
      if (outcome.printed !== true) print(outcome, json, world)
      exit = outcome.exit ?? EXIT.ok
    })
    await program.parseAsync([...argv], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return complain(error, lang, json, world)
    const told = explain(error, lang)
    if (json) world.stdout.write(`${JSON.stringify({ error: told })}\n`)
    else world.stderr.write(`${explanationText(told, paintFor(world.stderr, world.env))}\n`)
    if (world.env.DREMPEL_DEBUG && error instanceof Error) {
      const places = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line))
      world.stderr.write(`${places.join('\n')}\n`)
    }
    return told.exit
  }
}

export type Execute = (spec: AnyCommand, options: GlobalOptions, args: string[]) => Promise<void>

export function createProgram(lang: Lang, world: World, execute: Execute): Command {
  const program = new Command('drempel')
  configure(program, lang, world)
  program
    .summary(PROGRAM[lang])
    .description(PROGRAM[lang])
    .helpOption('-h, --help', HELP[lang])
    .version(softwareVersion(), '-V, --version', VERSION[lang])
    .helpCommand(false)
    .addHelpText('after', () => after(lang, FIRST, `${WORDS[lang]}\n\n${EXITS[lang]}`))
  for (const option of GLOBAL_OPTIONS) program.addOption(createOption(option, lang))
  for (const spec of COMMANDS) addCommand(program, spec, lang, world, execute)
  return program
}

function addCommand(
  program: Command,
  spec: AnyCommand,
  lang: Lang,
  world: World,
  execute: Execute,
): void {
  const words = spec.usage.split(' ')
  const cut = words.findIndex((word) => /^[<[]/.test(word))
  const names = cut < 0 ? words : words.slice(0, cut)
  const parent = names.length === 1 ? program : groupOf(program, names[0]!, lang, world)
  const command = parent.command(names.at(-1)!)
  configure(command, lang, world)
  command.description(spec.about[lang]).helpOption('-h, --help', HELP[lang])
  for (const word of words.slice(names.length)) {
    command.argument(word, spec.args?.[word.replaceAll(/[<>[\].]/g, '')]?.[lang] ?? '')
  }
  for (const option of spec.options ?? []) command.addOption(createOption(option, lang))
  command.addHelpText('after', () => after(lang, spec.examples, spec.notes?.[lang]))
  command.action(async (...given: unknown[]) => {
    const args = given.slice(0, -2).flat() as string[]
    await execute(spec, command.optsWithGlobals<GlobalOptions>(), args)
  })
}

function groupOf(program: Command, name: string, lang: Lang, world: World): Command {
  const known = program.commands.find((command) => command.name() === name)
  if (known !== undefined) return known
  const group = program.command(name)
  configure(group, lang, world)
  const about = GROUPS[name as keyof typeof GROUPS][lang]
  group.description(about).helpOption('-h, --help', HELP[lang]).helpCommand(false)
  const examples = COMMANDS.filter(({ usage }) => usage.startsWith(`${name} `)).map(
    (spec) => spec.examples[0]!,
  )
  group.addHelpText('after', () => after(lang, examples))
  return group
}

function configure(command: Command, lang: Lang, world: World): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => world.stdout.write(text),
    writeErr: (text) => world.stderr.write(text),
    outputError: () => {},
    getOutHelpWidth: () => world.stdout.columns ?? 100,
    getOutHasColors: () => false,
  })
  command.configureHelp({
    showGlobalOptions: true,
    styleTitle: (title) => TITLES[lang][title] ?? title,
    commandUsage: (shown) =>
      new Help()
        .commandUsage(shown)
        .replace('[options]', PLACES[lang].options)
        .replace('[command]', PLACES[lang].command),
    optionDescription: (option) => {
      const required = option.mandatory ? [REQUIRED[lang]] : []
      const told = [...required, ...(option.argChoices ?? [])].join(', ')
      return told === '' ? option.description : `${option.description} (${told})`
    },
    subcommandTerm: (sub) => {
      const term = new Help().subcommandTerm(sub)
      return term.replace(/ \[options\]/, '')
    },
  })
}

function createOption({ flags, about, required, choices, many, number }: OptionSpec, lang: Lang) {
  const option = new Option(flags, about[lang])
  if (required === true) option.makeOptionMandatory()
  if (choices !== undefined) option.choices([...choices])
  if (number !== undefined) option.argParser((text: string) => wholeNumber(text, number))
  if (many === true) {
    option.argParser((text: string, all: string[] | undefined) => {
      if (choices !== undefined && !choices.includes(text)) {
        throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`)
      }
      return [...(all ?? []), text]
    })
  }
  return option
}

function wholeNumber(text: string, { least, most = 1e9 }: NonNullable<OptionSpec['number']>) {
  const value = Number(text)
  if (/^[0-9]{1,10}$/.test(text) && value >= least && value <= most) return value
  throw new InvalidArgumentError('')
}

function after(lang: Lang, examples: AnyCommand['examples'], notes?: string): string {
  const said = examples.map((one) => (typeof one === 'string' ? one : one[lang]))
  const lines = said.map((example) => `  $ drempel ${example}`)
  const title = lang === 'nl' ? 'Voorbeeld' : 'Example'
  return `\n${title}:\n${lines.join('\n')}\n${notes === undefined ? '' : `\n${notes}\n`}`
}

function print({ json, text }: Outcome, asJson: boolean, { stdout }: World): void {
  if (asJson) stdout.write(`${JSON.stringify(json)}\n`)
  else if (text !== '') stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** Says what is wrong in the words of the command's definition alone. */
function complain(error: CommanderError, lang: Lang, json: boolean, world: World): number {
  if (error.exitCode === 0) return EXIT.ok
  if (error.code === 'commander.help') return EXIT.usage
  const kind = error.code.replace('commander.', '')
  const problem = COMPLAINTS[kind] ?? CLI_ERRORS.USAGE.title
  // The definition is in quotes with its brackets; a typed value is not, and is left out.
  const named = (NAMED[kind] ?? NAMED_OTHERWISE).exec(error.message)?.[1]
  // Greedy: what was typed comes before the words of the definition.
  const choices = /.*is invalid\. Allowed choices are ([^']+)\.$/s.exec(error.message)?.[1]
  const next = choices ?? guessIn(error.message, lang) ?? MORE[lang]
  const told = { code: 'USAGE', title: problem[lang], exit: EXIT.usage, at: named, next }
  if (json) world.stdout.write(`${JSON.stringify({ error: told })}\n`)
  else world.stderr.write(`${explanationText(told, paintFor(world.stderr, world.env))}\n`)
  return EXIT.usage
}

function guessIn(message: string, lang: Lang): string | undefined {
  const [whole, several, words] = /Did you mean (one of )?([a-z, -]+)\?/.exec(message) ?? []
  if (lang !== 'nl' || whole === undefined) return whole
  return `Bedoelde u ${several === undefined ? '' : 'een van '}${words}?`
}

/** A word of letters alone is no identifier of any kind, and may be repeated. */
const NAMED: Readonly<Record<string, RegExp>> = {
  unknownOption: /'(--?[a-z][a-z-]{0,24})'/,
  unknownCommand: /'([a-z][a-z-]{0,24})'/i,
}
const NAMED_OTHERWISE = /(?:option|argument) '(-[^']*|[a-z]+)'/

const COMPLAINTS: Readonly<Record<string, Text>> = {
  unknownCommand: { nl: 'Zo’n opdracht is er niet', en: 'There is no such command' },
  unknownOption: { nl: 'Zo’n optie is er niet', en: 'There is no such option' },
  missingArgument: { nl: 'Er ontbreekt een argument', en: 'An argument is missing' },
  missingMandatoryOptionValue: { nl: 'Er ontbreekt een optie', en: 'An option is missing' },
  optionMissingArgument: {
    nl: 'Bij een optie ontbreekt de waarde',
    en: 'An option lacks its value',
  },
  excessArguments: { nl: 'Er staan te veel argumenten', en: 'There are too many arguments' },
  invalidArgument: {
    nl: 'De waarde van een optie mag niet',
    en: "An option's value is not allowed",
  },
}

const MORE: Text = { nl: 'zie --help', en: 'see --help' }
const HELP: Text = { nl: 'toon deze hulp', en: 'show this help' }
const VERSION: Text = { nl: 'toon de versie', en: 'show the version' }
const PROGRAM: Text = {
  nl: 'Drempel: welke identificatoren zijn door minstens t partijen gemeld?',
  en: 'Drempel: which identifiers are flagged by at least t partners?',
}

const REQUIRED: Text = { nl: 'verplicht', en: 'required' }

/** On the way from nothing to a first answer. */
const FIRST = ['init --help', 'up --help', 'doctor', 'check --help']

const WORDS: Text = {
  nl: `Woorden:
  convenant      de afspraak die alle deelnemers tekenden en die elke node uitvoert
  melding        een identificator die een deelnemer als frauduleus op zijn lijst zette
  regel          wanneer iets boven de drempel is: host-t2 is een host die twee of meer meldden
  ronde          de nodes rekenen samen uit wat boven de drempel is: de drempellijst
  sleutelperiode zo lang één gedeelde sleutel geldt; na een nieuwe sleutel is een nieuwe ronde nodig
  txid           het nummer van één vraag, in de logboeken van allen die eraan meededen
  verzegeld      versleuteld in de eigen opslag; in het logboek staat alleen dat het er is
  FG             functionaris gegevensbescherming`,
  en: `Words:
  convenant      the agreement that all members signed and every node executes
  flag           an identifier that a member put on its list as fraudulent
  rule           when something is over the threshold: host-t2 is a host that two or more flag
  round          the nodes compute together what is over the threshold: the threshold list
  key epoch      as long as one shared key holds; a new key asks for a new round
  txid           the number of one question, in the logs of all who took part in it
  sealed         encrypted in the own store; the log says only that it is there
  FG             functionaris gegevensbescherming, the data-protection officer`,
}

const EXITS: Text = {
  nl: `Exitcodes:\n${exitTable('nl')}`,
  en: `Exit codes:\n${exitTable('en')}`,
}

const TITLES: Readonly<Record<Lang, Readonly<Record<string, string>>>> = {
  en: {},
  nl: {
    'Usage:': 'Gebruik:',
    'Arguments:': 'Argumenten:',
    'Options:': 'Opties:',
    'Global Options:': 'Algemene opties:',
    'Commands:': 'Opdrachten:',
  },
}

const PLACES: Readonly<Record<Lang, { readonly options: string; readonly command: string }>> = {
  en: { options: '[options]', command: '[command]' },
  nl: { options: '[opties]', command: '[opdracht]' },
}

const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--json', about: { nl: 'één JSON-object als uitvoer', en: 'print one JSON object' } },
  {
    flags: '--home <dir>',
    about: {
      nl: 'map van de node (anders $DREMPEL_HOME of ./.drempel)',
      en: "the node's folder (else $DREMPEL_HOME or ./.drempel)",
    },
  },
  {
    flags: '--node <url>',
    about: {
      nl: 'adres van de node, in plaats van dat uit de map',
      en: "the node's address, instead of the folder's",
    },
    many: true,
  },
  {
    flags: '--pin <pin>',
    about: {
      nl: 'TLS-sleutel van --node: tlsPin in zijn member.json',
      en: 'TLS key of --node: tlsPin in its member.json',
    },
  },
  {
    flags: '--lang <lang>',
    about: { nl: 'taal van de uitvoer', en: 'language of the output' },
    choices: ['nl', 'en'],
  },
]
