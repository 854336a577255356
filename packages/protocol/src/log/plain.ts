/**
 * Leaves known at sight: for each type of event one regular expression over the whole text, made from
 * the same list of fields as the schema. What matches is in canonical form too: names stand in their
 * order and once, numbers and strings are spelt as RFC 8785 does, nothing is escaped. What a regular
 * expression can't tell (the last day of a month, ascending names) is looked at in the value.
 *
 * It may say no to a leaf that the schema allows, and never yes to one that it refuses: the patterns
 * are the schema's own, or narrower.
 */

import { z } from 'zod'
import { type Bytes, hex, utf8 } from '../encoding/index.ts'
import {
  CAPACITIES,
  type fields,
  isAscending,
  isDay,
  isMinute,
  KINDS,
  PROTOCOLS,
  ROLES,
  STATUSES,
  sizeBucket,
} from './fields.ts'
import { events, isWhole, type LeafFields } from './schema.ts'
import {
  type Digits,
  isSame,
  type LeafFrame,
  remember,
  type Shape,
  type Value,
  writeAgain,
} from './shapes.ts'

type Form = {
  /** Ascending, as they are written. */
  readonly members: readonly Member[]
  readonly pattern: RegExp
  /** Events that were written, the last one first. */
  readonly shapes: Shape[]
}

type Member = {
  readonly name: string
  /** The name as it stands in the text, with what stands before it. */
  readonly label: string
  readonly optional: boolean
  /** Of the whole value. */
  readonly pattern: RegExp
  /** How many hexadecimal digits the value is; 0 for any other. */
  readonly digits: number
  /** What fitted before, label and all: most members have few values. Null for one that has ever others. */
  readonly known: Known | null
}

type Known = {
  readonly plain: Map<unknown, string>
  /** The last list or object, as a copy that nobody changes. */
  nested?: { readonly copy: unknown; readonly whole: string }
}

/** The event that the text is, or undefined: then the schema decides. @throws SyntaxError if it is no JSON */
export function readPlain(text: string): LeafFields | undefined {
  const value: Value | null = JSON.parse(text)
  return isPlain(text, value) ? (value as LeafFields) : undefined
}

/**
 * The canonical form of an event, or undefined: then the schema decides.
 * @param commit of the event, where it is not among what is said of it
 */
export function writePlain(
  said: Value,
  frame: LeafFrame = NO_FRAME,
  commit?: Bytes,
): Bytes | undefined {
  const form = forms.get(said.type)
  if (form === undefined) return undefined
  return writeAgain(form.shapes, said, frame, commit) ?? writeNew(form, said, frame, commit)
}

const NO_FRAME: LeafFrame = { defaults: {}, fixed: {} }

/** The whole event. */
export function framed(said: Value, { defaults, fixed }: LeafFrame, commit?: Bytes): Value {
  const event = { ...defaults, ...said, ...fixed }
  return commit === undefined ? event : { ...event, commit: hex(commit) }
}

function writeNew(
  { members, shapes }: Form,
  said: Value,
  frame: LeafFrame,
  commit?: Bytes,
): Bytes | undefined {
  const event = framed(said, frame, commit)
  let [text, written] = ['', 0]
  const copies = new Map<string, unknown>()
  const digits: Digits[] = []
  let isLasting = true
  for (const member of members) {
    const value = event[member.name]
    if (value === undefined) {
      if (!member.optional) return undefined
      continue
    }
    const one = member.known?.plain.get(value) ?? writeMember(member, value)
    if (one === undefined) return undefined
    copies.set(member.name, typeof value === 'object' ? member.known?.nested?.copy : value)
    if (typeof value === 'object') isLasting &&= member.known !== null
    if (member.digits > 0) {
      const at = text.length + member.label.length + 1
      digits.push({ name: member.name, at, length: member.digits })
    }
    text += one
    written++
  }
  if (written === 0 || written !== Object.keys(event).length) return undefined
  if (!holds(event as LeafFields & Ordered)) return undefined
  const leaf = utf8(`{${text.slice(1)}}`)
  if (isLasting) remember(shapes, { said, frame, commit, copies, leaf, digits })
  return leaf
}

function writeMember({ label, pattern, known }: Member, value: unknown): string | undefined {
  const nested = typeof value === 'object'
  const last = nested ? known?.nested : undefined
  if (last !== undefined && isSame(value, last.copy)) return last.whole
  const text = textOf(value)
  if (text === undefined || !pattern.test(text)) return undefined
  const whole = label + text
  if (known === null) return whole
  if (nested) {
    known.nested = { copy: JSON.parse(text), whole }
  } else {
    if (known.plain.size >= KNOWN) known.plain.clear()
    known.plain.set(value, whole)
  }
  return whole
}

function isPlain(text: string, value: Value | null): boolean {
  const form = forms.get(value?.type)
  return form?.pattern.test(text) === true && holds(value as LeafFields & Ordered)
}

type Ordered = { readonly [Name in (typeof ASCENDING)[number]]?: readonly string[] } & {
  readonly peerCheckpoints?: readonly { readonly origin: string }[]
  readonly through?: string
}

/** Members with another value in every event, or nearly. */
const EVER_OTHERS: readonly string[] = [
  'txid',
  'batch',
  'commit',
  'digest',
  'approvalCommit',
  'entry',
  'peerCheckpoints',
]
const KNOWN = 64

const ASCENDING = ['parties', 'rules', 'alerts', 'capacities'] as const

/** What the pattern leaves open. */
function holds(event: LeafFields & Ordered): boolean {
  if (!isMinute(event.time) || !isWhole(event)) return false
  for (const name of ASCENDING) {
    const list = event[name]
    if (list !== undefined && !isAscending(list)) return false
  }
  if (event.through !== undefined && !isDay(event.through)) return false
  const heads = event.peerCheckpoints
  return heads === undefined || isAscending(heads.map(({ origin }) => origin))
}

/**
 * With names in order; undefined for what has anything but strings and numbers inside. No pattern has
 * anything that JSON escapes, so what fits one is spelt as JSON spells it, unless a quote ended a string.
 */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.includes('"') ? undefined : `"${value}"`
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null) return undefined
  let text = ''
  if (Array.isArray(value)) {
    if (value.every(isUnquoted)) return `["${value.join('","')}"]`
    for (const item of value) {
      const one = textOf(item)
      if (one === undefined) return undefined
      text += `,${one}`
    }
    return `[${text.slice(1)}]`
  }
  for (const name of Object.keys(value).sort()) {
    const one = textOf((value as Value)[name])
    if (one === undefined || name.includes('"')) return undefined
    text += `,"${name}":${one}`
  }
  return `{${text.slice(1)}}`
}

const isUnquoted = (value: unknown) => typeof value === 'string' && !value.includes('"')

// Whole values as they stand in the text. A name ends at its quote, and looks ahead no further.
const within = (characters: string, rest: string) => `"(?![${characters}]*[0-9]{5})${rest}"`
const NAME = within('a-z0-9-', '(?=[a-z0-9-]{1,48}")[a-z][a-z0-9]*(?:-[a-z0-9]+)*')
const DIGEST = '"[0-9a-f]{64}"'
const TXID = '"[0-9a-f]{32}"'
const NUMBER = '(?:0|[1-9][0-9]{0,14})'
const QUARTER = '[0-9]{4}Q[1-4]'
const PERIOD = `"(?:${QUARTER}|[0-9]{4}-(?:0[1-9]|1[0-2]))"`
const ORIGIN = `"drempel/[a-z0-9-]{1,64}/[a-z0-9-]{1,64}/${QUARTER}"`
// 32 bytes are 42 digits, one of which only four bits count, and a sign.
const ROOT = '"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="'
const CONVENANT = `\\{"digest":${DIGEST},"version":[1-9][0-9]{0,4}\\}`
const CHECKPOINT = `\\{"origin":${ORIGIN},"root":${ROOT},"size":${NUMBER}\\}`
const BUCKET = oneOf(bucketsTo(Number.MAX_SAFE_INTEGER))
const COUNTS = ['added', 'expired', 'live', 'withdrawn'].map((name) => `"${name}":${BUCKET}`)

const PATTERNS: Record<keyof typeof fields, string> = {
  v: '1',
  time: '"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z"',
  software: '"drempel/[0-9]{1,3}\\.[0-9]{1,4}\\.[0-9]{1,4}(?:-[a-z]{1,8}(?:\\.[0-9]{1,3})?)?"',
  retentionClass: NAME,
  period: PERIOD,
  txid: TXID,
  role: oneOf(ROLES.map(quoted)),
  parties: listOf(NAME, 64),
  convenant: CONVENANT,
  previousConvenant: CONVENANT,
  alerts: listOf(NAME, 16),
  purpose: NAME,
  kind: oneOf(KINDS.map(quoted)),
  rule: NAME,
  rules: listOf(NAME, 64),
  round: '"[0-9a-f]{32}(?:[0-9a-f]{32})?"',
  epoch: `(?:"[1-9][0-9]{0,5}"|${within('a-z0-9-', '[a-z0-9][a-z0-9-]{0,31}')})`,
  protocol: oneOf(PROTOCOLS.map(quoted)),
  sizeBucket: BUCKET,
  counts: `\\{${COUNTS.join(',')}\\}`,
  batch: DIGEST,
  digest: DIGEST,
  status: oneOf(STATUSES.map(quoted)),
  quotaClass: NAME,
  reason: within('A-Z0-9_', '[A-Z][A-Z0-9_]{0,47}'),
  approvalCommit: DIGEST,
  capacities: `\\[${oneOf(CAPACITIES.map(quoted))},${oneOf(CAPACITIES.map(quoted))}\\]`,
  entry: `\\{"commit":${DIGEST},"index":${NUMBER},"origin":${ORIGIN}\\}`,
  shredded: PERIOD,
  through: '"[0-9]{4}-[0-9]{2}-[0-9]{2}"',
  commit: DIGEST,
  peerCheckpoints: listOf(CHECKPOINT, 16),
}

const forms: ReadonlyMap<unknown, Form> = new Map(
  events.map(({ shape }) => [shape.type.value, formOf(shape, shape.type.value)]),
)

function formOf(shape: { readonly [name: string]: z.ZodType }, type: string): Form {
  const patternOf = (name: string) =>
    name === 'type' ? `"${type.replace('.', '\\.')}"` : PATTERNS[name as keyof typeof PATTERNS]
  const members = Object.keys(shape)
    .sort()
    .map((name) => ({
      name,
      label: `,"${name}":`,
      optional: shape[name] instanceof z.ZodExactOptional,
      pattern: new RegExp(`^${patternOf(name)}$`),
      digits: digitsOf(patternOf(name)),
      known: EVER_OTHERS.includes(name) ? null : { plain: new Map() },
    }))
  // `v` is the last of them and never absent, so that every other one has a comma behind it.
  const written = members.slice(0, -1).map(({ name, optional }) => {
    const one = `"${name}":${patternOf(name)},`
    return optional ? `(?:${one})?` : one
  })
  return { members, pattern: new RegExp(`^\\{${written.join('')}"v":1\\}$`), shapes: [] }
}

function digitsOf(pattern: string): number {
  if (pattern === DIGEST) return 64
  return pattern === TXID ? 32 : 0
}

function quoted(text: string): string {
  return `"${text}"`
}

function oneOf(texts: readonly string[]): string {
  return `(?:${texts.join('|')})`
}

function listOf(one: string, most: number): string {
  return `\\[${one}(?:,${one}){0,${most - 1}}\\]`
}

function bucketsTo(most: number): string[] {
  const buckets: string[] = []
  for (let bucket = sizeBucket(0); bucket <= most; bucket *= 4) buckets.push(String(bucket))
  return buckets
}
