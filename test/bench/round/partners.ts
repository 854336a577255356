/** The partners of a benchmark round: they prepare and share their lists, and check every answer. */

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { aesCtr } from '@drempel/node/internal/bulk'
import { type Bytes, hex, isProtocolError, utf8 } from '@drempel/protocol/encoding'
import {
  combineOwners,
  type PreparedList,
  planRound,
  prepareList,
  type RoundPlan,
  type RoundRule,
  recordKey,
  shareList,
} from '@drempel/protocol/threshold'
import { aggregatesIn, meetingIn, reportsOf } from './beyond.ts'
import { type Computed, uploadFile } from './messages.ts'

export type Round = {
  readonly plan: RoundPlan
  readonly salt: Bytes
  readonly prepared: readonly Pick<PreparedList, 'partner' | 'slotOf'>[]
  /** All partners' together, from values to uploads. */
  readonly prepareSeconds: number
}

const random = (length: number): Bytes => new Uint8Array(randomBytes(length))

/** Prepares every list and leaves the uploads as files in `folder`. */
export function prepareRound(
  lists: readonly (readonly string[])[],
  folder: string,
  reportBits: RoundPlan['reportBits'] = 0,
): Round {
  const sizes = lists.map((list, i) => ({ id: `partner${i}`, paddedSize: list.length }))
  const plan = planRound(sizes, reportBits)
  for (;;) {
    const salt = random(32)
    let seconds = 0
    try {
      const prepared = lists.map((list, partner) => {
        const values = list.map(utf8)
        const reports = list.map(() => reportsOf(partner))
        const begin = performance.now()
        const made = prepareList(plan, partner, salt, values, random, reports)
        const uploads = shareList(plan, made, random, aesCtr)
        seconds += (performance.now() - begin) / 1000
        uploads.forEach((upload, party) => {
          writeFileSync(uploadFile(folder, partner, party), upload)
        })
        // Its planes are the nodes' business now, and much larger than the rest.
        return { partner, slotOf: made.slotOf }
      })
      return { plan, salt, prepared, prepareSeconds: seconds }
    } catch (error) {
      // Once in 2^30 rounds.
      if (!isProtocolError(error, 'RECORD_DOES_NOT_FIT')) throw error
    }
  }
}

/** @throws Error unless every rule's output is exactly the one computed in the clear */
export function assertExact(
  round: Round,
  lists: readonly (readonly string[])[],
  rules: readonly RoundRule[],
  counts: ReadonlyMap<string, number>,
  computed: readonly Computed[],
): void {
  if (computed.some(({ leftOut }) => leftOut > 0)) throw new Error('a list was left out')
  for (const rule of rules) {
    const right = isExact(round, lists, rule, counts, computed)
    if (!right) throw new Error(`rule ${rule.id} (${rule.output}) gave a wrong result`)
  }
}

function isExact(
  round: Round,
  lists: readonly (readonly string[])[],
  rule: RoundRule,
  counts: ReadonlyMap<string, number>,
  computed: readonly Computed[],
): boolean {
  if (rule.output === 'aggregates') {
    const expected = JSON.stringify(aggregatesIn(lists))
    return computed.every(({ aggregates }) => JSON.stringify(aggregates.get(rule.id)) === expected)
  }
  const meets = meetingIn(lists, rule)
  const over = [...counts.keys()].filter(meets)
  if (rule.output === 'owners') return ownersAreExact(round, rule, lists, meets, computed)
  return computed.every(({ lists: opened }) => listIsExact(round, rule, over, opened))
}

function listIsExact(
  { plan, salt }: Round,
  rule: RoundRule,
  over: readonly string[],
  opened: Computed['lists'],
): boolean {
  const found = new Set(opened.get(rule.id)!.map(hex))
  return (
    found.size === over.length &&
    over.every((value) => found.has(hex(recordKey(salt, utf8(value), plan.keyBits))))
  )
}

function ownersAreExact(
  { plan, prepared }: Round,
  rule: RoundRule,
  lists: readonly (readonly string[])[],
  meets: (value: string) => boolean,
  computed: readonly Computed[],
): boolean {
  return prepared.every((list) => {
    const parts = computed.map(({ owners }) => owners.get(rule.id)!.get(list.partner)!)
    const flags = combineOwners(plan, list, parts as unknown as readonly [Bytes, Bytes, Bytes])
    return lists[list.partner]!.every((value, i) => flags[i] === meets(value))
  })
}
