/**
 * What changes between two versions of a convenant, field by field, each with what it means. A
 * change of threshold, quota, purpose, keys or members is an alert: a signer has to see it.
 */

import { compareBytes, type Json, jcs } from '../encoding/index.ts'
import type { Convenant, Text } from './schema.ts'

export type Meaning = keyof typeof MEANINGS

export type ConvenantChange = {
  /** Entries of lists by their name: `rules[host-t2].t`. */
  readonly path: string
  /** Null where the field was not there. */
  readonly from: Json
  readonly to: Json
  readonly meaning: Meaning
  readonly alert: boolean
}

export const MEANINGS = {
  membership: { nl: 'wie er meedoet', en: 'who takes part' },
  identity: {
    nl: 'waaraan een partij wordt herkend: sleutel, adres of sector',
    en: 'what a member is known by: key, address or sector',
  },
  suspension: { nl: 'wiens rechten zijn geschorst', en: 'whose rights are suspended' },
  computation: {
    nl: 'wie rekent, wie sleuteldelen houdt, wie meetekent',
    en: 'who computes, who holds key shares, who cosigns',
  },
  threshold: {
    nl: 'vanaf welke drempel iets uitkomt, en voor wie',
    en: 'from which threshold on something comes out, and for whom',
  },
  quota: { nl: 'hoeveel er gevraagd of gemeld mag worden', en: 'how much may be asked or flagged' },
  purpose: {
    nl: 'waarvoor, door wie en op welke grondslag er gevraagd mag worden',
    en: 'for what, by whom and on which legal basis may be asked',
  },
  leakage: { nl: 'welke zwakheid de partijen aanvaarden', en: 'which weakness the members accept' },
  forms: {
    nl: 'hoe identificatoren en codes geschreven worden',
    en: 'how identifiers and codes are written',
  },
  schedule: {
    nl: 'wanneer er gerekend wordt en hoe lang een sleutel leeft',
    en: 'when rounds run and how long a key lives',
  },
  validity: { nl: 'vanaf en tot wanneer het geldt', en: 'from when and until when it holds' },
  version: { nl: 'welke versie dit is', en: 'which version this is' },
  wording: { nl: 'namen en bereikbaarheid', en: 'names and contacts' },
} as const satisfies Record<string, Text>

/** All changes, in the order of their paths; none exactly when both have the same digest. */
export function diffConvenants(old: Convenant, next: Convenant): ConvenantChange[] {
  return changes('', old as Json, next as Json).map(({ path, from, to }) => {
    const meaning = meaningOf(path)
    return { path, from, to, meaning, alert: isAlert(meaning) }
  })
}

/** Whether every member's log has to say so. */
export function isAlert(meaning: string): boolean {
  return !QUIET.some((quiet) => quiet === meaning)
}

const QUIET: readonly Meaning[] = ['forms', 'schedule', 'validity', 'version', 'wording']

// The first that matches; a field that no line knows is an alert under `purpose`.
const BY_PATH: readonly (readonly [RegExp, Meaning])[] = [
  [/^members\[[^\]]*\]$/, 'membership'],
  [/^members\[[^\]]*\]\.(id|sector|url|signingKey|tlsPin)$/, 'identity'],
  [/^(members\[[^\]]*\]\.|title)/, 'wording'],
  [/^suspended/, 'suspension'],
  [/^outsideWitnesses\[[^\]]*\]\.(name|contact)$/, 'wording'],
  [/^(computeNodes|keyHolders|witnesses|outsideWitnesses|witnessing)/, 'computation'],
  [/^kinds\[[^\]]*\]\.defaultRegion$/, 'forms'],
  [/^kinds/, 'quota'],
  [/^rules/, 'threshold'],
  [/^purposes\[[^\]]*\]\.(quotaPerDay|maxBatch)$/, 'quota'],
  [/^intersections\[[^\]]*\]\.(sizes|quota|maxResult|stepsPerDoubling|preparedDays)/, 'quota'],
  [/^acknowledgements/, 'leakage'],
  [/^(formVersions|taxonomy)/, 'forms'],
  // While a key lives, the holder of a tag can look it up in newer lists without asking.
  [/^round\.keyEpochDays/, 'quota'],
  [/^round/, 'schedule'],
  [/^valid(From|Until)$/, 'validity'],
  [/^(format|id|version|previous)$/, 'version'],
]

function meaningOf(path: string): Meaning {
  return BY_PATH.find(([pattern]) => pattern.test(path))?.[1] ?? 'purpose'
}

type Change = { readonly path: string; readonly from: Json; readonly to: Json }
type Fields = { readonly [key: string]: Json | undefined }

function changes(path: string, from: Json | undefined, to: Json | undefined): Change[] {
  const a = fieldsOf(from)
  const b = fieldsOf(to)
  if (a !== undefined && b !== undefined && (path === '' || sameSort(from, to))) {
    const named = Array.isArray(from)
    const order: Change[] =
      named && Array.isArray(to) ? reordered(path, Object.keys(a), Object.keys(b)) : []
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
    return [...keys.flatMap((key) => changes(step(path, key, named), a[key], b[key])), ...order]
  }
  const before = from ?? null
  const after = to ?? null
  return compareBytes(jcs(before), jcs(after)) === 0 ? [] : [{ path, from: before, to: after }]
}

function step(path: string, key: string, named: boolean): string {
  if (named) return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

function sameSort(a: Json | undefined, b: Json | undefined): boolean {
  return Array.isArray(a) === Array.isArray(b)
}

/** An object's fields, or a list of named objects as if the names were its fields. */
function fieldsOf(value: Json | undefined): Fields | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return value as Fields
  const entries = value.map((entry: Json) => [nameOf(entry), entry] as const)
  if (entries.length === 0 || entries.some(([name]) => name === undefined)) return undefined
  return Object.fromEntries(entries as [string, Json][])
}

function nameOf(entry: Json): string | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined
  const { id, kind, member } = entry as Fields
  const name = id ?? member ?? kind
  return typeof name === 'string' ? name : undefined
}

/** The same names in another order change the digest, so they are a change. */
function reordered(path: string, before: readonly string[], after: readonly string[]): Change[] {
  const stayed = before.filter((name) => after.includes(name))
  const order = after.filter((name) => before.includes(name))
  const same = stayed.every((name, i) => name === order[i])
  return same ? [] : [{ path, from: before, to: after }]
}
