/**
 * An experiment as a YAML file: who takes part, with which data, which rules are tried, and what
 * counts as help. Unknown fields are refused, since a misspelt parameter would silently be its default.
 */

import { KINDS, SECTORS } from '@drempel/protocol/convenant'
import { z } from 'zod'
import { PARAMETERS, type ParameterName } from './parameters.ts'

const slug = z
  .string()
  .max(48)
  .regex(
    /^(?!.*[0-9]{5})[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    'lower-case letters, digits and single hyphens, at most four digits in a row, such as bank-noord',
  )
const line = z
  .string()
  .min(1)
  .max(2000)
  .refine((text) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(text), 'one line of visible characters')
const text = z.strictObject({ nl: line, en: line })
const whole = (least: number, most: number) => z.int().min(least).max(most)
/** One value or several; a sweep tries each. */
const oneOrMore = <T extends z.ZodType>(value: T) =>
  z
    .union([value, z.array(value).min(1).max(64)])
    .transform((given) => [given].flat() as z.infer<T>[])
const kind = z.enum(KINDS)
const day = whole(1, 36_600)
const date = z.iso.date('a day, as text: "2026-01-31"')

const partner = z.strictObject({
  id: slug,
  name: line,
  sector: z.enum(SECTORS),
  /** Customers, in proportion to the others of its sector. */
  weight: z.number().positive().max(1e6).default(1),
})

/** Where one partner's list of one kind comes from: a file, or an npm package. */
const list = z.strictObject({
  partner: slug,
  kind,
  /** CSV with a header, `.txt` with one identifier a line, or `.json`; from the experiment's folder. */
  file: z.exactOptional(line),
  /** The CSV's column of identifiers. */
  column: z.string().default('identifier'),
  /** The CSV's column of days (2026-01-31) on which it was flagged; one row a report. */
  dateColumn: z.exactOptional(line),
  /** The CSV's column of how many reports a row stands for. */
  reportsColumn: z.exactOptional(line),
  /** A module that Node finds from the experiment's folder; its code is run. */
  npm: z.exactOptional(line),
  /** The module's property with the list: an array, a set, a function that returns one, or an object. */
  export: z.exactOptional(line),
})

const copied = z.strictObject({
  from: slug,
  to: slug,
  /** The part of the list that is taken over, from 0 to 1. */
  share: z.number().min(0).max(1),
  lagDays: whole(0, 3_660).default(1),
})

const generator = z.strictObject({
  /** Which of the kinds of fraud there are, and in which proportion. */
  mix: z.strictObject({
    webshop: z.number().min(0).default(0),
    bankhelpdesk: z.number().min(0).default(0),
    marketplace: z.number().min(0).default(0),
    phishing: z.number().min(0).default(0),
  }),
  /** Lists that are no observation of their own. */
  copies: z.array(copied).max(64).default([]),
})

const fileData = z.strictObject({
  files: z.array(list).min(1).max(256),
  /** CSV with columns identifier, kind and class (fraud, mule, victim, innocent); `campaigns` may be. */
  truth: z.exactOptional(line),
  /** Day 0 and the day of the last round; what lies outside is left out. By default all that is dated. */
  period: z.exactOptional(z.strictObject({ from: date, until: date })),
})

/** A node that runs already: a home beside the experiment, or an address with the file of a token. */
const liveMember = z.strictObject({
  partner: slug,
  /** The home's folder, from the experiment's; its address and token are used. */
  home: z.exactOptional(line),
  url: z.exactOptional(line),
  /** base64url SHA-256 of the TLS key, as the convenant has it; none for plain http on loopback. */
  pin: z.exactOptional(line),
  /** A file with a token of the role research, which can read no flag. */
  token: z.exactOptional(line),
})

const nodeData = z.strictObject({
  /** Those whose own counts are wanted; one of them at least is a compute node, which starts rounds. */
  nodes: z.array(liveMember).min(1).max(64),
})

const data = z.union(
  [
    z.strictObject({ generator }),
    /** Victims who seek help; the numbers are parameters. */
    z.strictObject({ people: z.strictObject({}) }),
    fileData,
    nodeData,
  ],
  'one of generator, people, files and nodes',
)

/** What a rule that only counts lets out; everything is tried with everything. */
const counts = z.strictObject({
  show: oneOrMore(z.enum(['histogram', 'overlaps', 'both'])).default(['both']),
  /** Counts below it stay closed. */
  minCell: oneOrMore(whole(10, 1_000_000)).default([10]),
  /** 1: what one partner alone holds is counted as well. */
  from: oneOrMore(z.union([z.literal(1), z.literal(2)])).default([2]),
  /** The last class is of so many partners or more. */
  upTo: z.exactOptional(whole(2, 64)),
})

const sweep = z.strictObject({
  kinds: oneOrMore(kind),
  /** At least so many partners; of every rule but one that only counts. */
  t: z.exactOptional(oneOrMore(whole(2, 64))),
  /** ... from at least so many sectors. */
  sectors: oneOrMore(whole(1, SECTORS.length)).default([1]),
  /** ... with at least so many reports in all, of which each partner's count up to 3. 0: not asked. */
  reports: oneOrMore(whole(0, 64)).default([0]),
  /** Flags older than this have expired; 0: none expire. */
  listAgeDays: oneOrMore(z.union([z.literal(0), day])).default([0]),
  /**
   * `list`: consumers may ask of any identifier; `owners`: each learns of its own flags alone;
   * `aggregates`: all learn counts, and of no identifier.
   */
  output: z.enum(['list', 'owners', 'aggregates']).default('list'),
  aggregates: z.exactOptional(counts),
  consumers: z.union([z.literal('all'), oneOrMore(slug)]).default('all'),
})

const parameterShape = Object.fromEntries(
  Object.entries(PARAMETERS).map(([name, { least, most, integer }]) => {
    const number = integer === true ? z.int() : z.number()
    return [name, z.exactOptional(number.min(least).max(most))]
  }),
) as Record<ParameterName, z.ZodExactOptional<z.ZodNumber>>

export const experimentSchema = z.strictObject({
  format: z.literal('drempel-experiment/1'),
  id: slug,
  title: text,
  /** What the reader wants to know. */
  question: text,
  /** Where paths and packages start from; from the experiment's folder, and by default that. */
  base: z.exactOptional(line),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  partners: z.array(partner).min(2).max(64),
  data,
  rules: z.array(sweep).min(1).max(32),
  /** Which part of what pooling everything detects must be kept, from 0 to 1. */
  wanted: z.number().min(0).max(1).default(0.5),
  parameters: z.strictObject(parameterShape).default({}),
  /** Whether each assumption is varied over its range; takes two worlds an assumption. */
  sensitivity: z.boolean().default(true),
})

export type Experiment = z.infer<typeof experimentSchema>
export type ExperimentPartner = Experiment['partners'][number]
export type FileData = z.infer<typeof fileData>
export type NodeData = z.infer<typeof nodeData>
export type ListSource = z.infer<typeof list>
export type Generator = z.infer<typeof generator>
