/** The checklist of one member's rehearsal as data; words are in texts.ts. */

import { fromUtf8, jcs } from '@drempel/protocol/encoding'
import { z } from 'zod'
import { fail } from '../../output/errors.ts'

/** In the order in which they are shown to work. */
export const CHECKS = [
  ...['reachable', 'pinned', 'clock', 'convenant', 'ready', 'import', 'key', 'round'],
  ...['yes', 'no', 'refused', 'four-eyes', 'intersection', 'recall', 'subject'],
  ...['log', 'witness', 'compared', 'register', 'clean'],
] as const satisfies readonly string[]
export type Check = (typeof CHECKS)[number]

/** `absent`: the convenant does not have it, or not for this member. */
export const STATES = ['passed', 'failed', 'waiting', 'absent'] as const
export type State = (typeof STATES)[number]

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
const digest = z.string().regex(/^[0-9a-f]{64}$/)

const item = z.strictObject({
  check: z.string().max(32),
  /** The member, kind, rule, witness, or purpose and kind that it is about. */
  about: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}(\/[a-z0-9-]{1,63})?$/)
    .optional(),
  state: z.enum(STATES),
  /** Why, where it did not pass. */
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,47}$/)
    .optional(),
  /** Who is at fault, as far as is known. */
  culprit: name.optional(),
})
export type Item = z.infer<typeof item>

const sheet = z.strictObject({
  format: z.literal('drempel-rehearsal/1'),
  member: name,
  convenant: z.strictObject({ id: name, version: z.int().min(1), digest }),
  word: name,
  /** What the members share: of the convenant and the word. */
  digest,
  software: z.string().max(64),
  began: z.iso.datetime(),
  ended: z.iso.datetime(),
  /** Whether the node is rehearsing still. */
  open: z.boolean(),
  members: z.array(name).min(3),
  items: z.array(item).max(10_000),
})
export type Sheet = z.infer<typeof sheet>

export function encodeSheet(value: Sheet): string {
  return `${fromUtf8(jcs(sheet.parse(value)))}\n`
}

/** @param at the file @throws ProtocolError `REHEARSAL_FILE` */
export function parseSheet(text: string, at: string): Sheet {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail('REHEARSAL_FILE', { at })
  }
  const parsed = sheet.safeParse(value)
  if (parsed.success) return parsed.data
  return fail('REHEARSAL_FILE', { at: `${at}: ${parsed.error.issues[0]!.path.join('.')}` })
}

/** Sheets of one rehearsal, one a member: of two of the same member the later. @throws ProtocolError `REHEARSAL_OTHER` */
export function mergeSheets(sheets: readonly Sheet[]): Sheet[] {
  const latest = new Map<string, Sheet>()
  for (const one of sheets) {
    if (one.digest !== sheets[0]!.digest) fail('REHEARSAL_OTHER', { at: one.member })
    const before = latest.get(one.member)
    if (before === undefined || before.ended < one.ended) latest.set(one.member, one)
  }
  return [...latest.values()].sort((a, b) => (a.member < b.member ? -1 : 1))
}

/** What is worst: one failure is a failure, and what nobody has is absent. */
export function worst(states: readonly State[]): State {
  return (
    (['failed', 'waiting', 'passed'] as const).find((state) => states.includes(state)) ?? 'absent'
  )
}

/** @param whole whether every member's sheet must be there */
export function isComplete(sheets: readonly Sheet[], whole: boolean): boolean {
  const heard = new Set(sheets.map(({ member }) => member))
  if (whole && sheets.some(({ members }) => members.some((id) => !heard.has(id)))) return false
  const states = sheets.flatMap(({ items }) => items.map(({ state }) => state))
  return worst(states) === 'passed'
}
