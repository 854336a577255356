/** The command line: what is to run, or undefined when it makes no sense. */

import { parseArgs } from 'node:util'
import { type CustomWorkload, type Mode, OUTPUTS } from './harness/suite.ts'

export const SUITES = [
  'group',
  'oprf',
  'round',
  'check',
  'log',
  'tagging',
  'growth',
  'psi',
] as const
export type SuiteName = (typeof SUITES)[number]

export type Command = {
  readonly suites: readonly SuiteName[]
  readonly mode: Mode
  readonly json: boolean
  /** Two lists of ten million instead of the workloads of `psi`. */
  readonly large: boolean
  /** Where plots go. */
  readonly plots?: string
  readonly custom?: CustomWorkload
}

const PARTS = [1, 2, 4, 8, 16, 32]

export const USAGE = `npm run bench -- SUITE [--quick] [--json]

SUITE     ${SUITES.join(', ')} or all
--quick   smaller workloads, under 50 seconds for each suite on two cores
--smoke   everything once in the smallest size: shows that it works, not how fast
--json    one JSON object as the last line
--plots   a folder for plots of the results, as SVG files

--large   instead of the workloads of \`psi\`, two lists of 10,000,000

Instead of the workloads of \`round\`, one of your own:
--lists   sizes of the partners' lists, for example 100000,100000,5000
--t       on how many lists an identifier has to be (2)
--output  owners, list, or what they ask besides: sectors, reports, aggregates (owners)
--parts   in turns with one thread, parts of the round on threads of their own: 2, 4, 8 ...

Examples:  npm run bench -- oprf --quick
           npm run bench -- round --lists 50000,50000,50000,2000 --t 3 --json`

export function readCommand(args: readonly string[]): Command | 'help' | undefined {
  const parsed = parse(args)
  if (parsed === undefined) return undefined
  const { values, positionals } = parsed
  if (values.help) return 'help'
  const [wanted, ...more] = positionals
  const suites = wanted === 'all' ? SUITES : SUITES.filter((name) => name === wanted)
  if (suites.length === 0 || more.length > 0) return undefined
  const mode = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full'
  const plots = values.plots === undefined ? {} : { plots: values.plots }
  const command = { suites, mode, json: values.json, large: values.large, ...plots } as const
  if (values.lists === undefined) return command
  const custom = readCustom(values.lists, values.t, values.output, values.parts)
  return custom && { ...command, custom }
}

function readCustom(
  lists: string,
  t: string,
  output: string,
  parts: string,
): CustomWorkload | undefined {
  const sizes = lists.split(',').map(Number)
  const whole = (number: number, least: number) => Number.isInteger(number) && number >= least
  if (!sizes.every((size) => whole(size, 1)) || !whole(Number(t), 2)) return undefined
  if (!PARTS.includes(Number(parts))) return undefined
  const known = OUTPUTS.find((name) => name === output)
  return known && { sizes, t: Number(t), output: known, parts: Number(parts) }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
        large: { type: 'boolean', default: false },
        plots: { type: 'string' },
        lists: { type: 'string' },
        t: { type: 'string', default: '2' },
        output: { type: 'string', default: 'owners' },
        parts: { type: 'string', default: '1' },
        help: { type: 'boolean', default: false },
      },
    })
  } catch {
    return undefined
  }
}
