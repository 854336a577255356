/** A command as data: what it takes, what its help says, what it does. program.ts makes them run. */

import { KINDS } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { fail } from '../output/errors.ts'
import type { Lang, Text } from '../output/language.ts'
import type { Context, Outcome } from './context.ts'

export type OptionSpec = {
  /** As commander reads it: `--kind <kind>`. */
  readonly flags: string
  readonly about: Text
  readonly required?: boolean
  readonly choices?: readonly string[]
  /** Given more than once, or with several values. */
  readonly many?: boolean
  readonly number?: { readonly least: number; readonly most?: number }
}

export type CommandSpec<Options = object> = {
  /** The words and arguments: `flag import <file>`. */
  readonly usage: string
  readonly about: Text
  readonly args?: Readonly<Record<string, Text>>
  readonly options?: readonly OptionSpec[]
  /** Without the program's name; at least one. In both languages where a person's own words are in it. */
  readonly examples: readonly (string | Text)[]
  readonly notes?: Text
  run(ctx: Context, options: Options, ...args: never[]): Promise<Outcome>
}

/** Keeps a command's own option type while a list holds commands of all types. */
export type AnyCommand = CommandSpec<never>

export const KIND_OPTION: OptionSpec = {
  flags: '--kind <kind>',
  about: { nl: 'soort identificator', en: 'kind of identifier' },
  required: true,
  choices: KINDS,
}

export const YES_OPTION: OptionSpec = {
  flags: '-y, --yes',
  about: { nl: 'niet om bevestiging vragen', en: 'do not ask for confirmation' },
}

export const OUT_OPTION: OptionSpec = {
  flags: '-o, --output <file>',
  about: { nl: 'naar dit bestand schrijven', en: 'write to this file' },
}

export type KindOptions = { readonly kind: IdentifierKind }

/** For what commander can't check. */
export function usage(at: string, hint: Text, lang: Lang): never {
  return fail('USAGE', { at, hint: hint[lang] })
}
