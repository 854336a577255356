/**
 * What only the asker can see of its own people: one identifier asked again and again, numbers asked
 * in a row. Identifiers are counted under a keyed hash whose key is made for the day and kept in
 * memory alone, so nothing that could be looked up later remains; a restart begins the day anew.
 */

import { quotaDay } from '@drempel/protocol/convenant'
import { type Bytes, hex, hmacSha256, type RandomBytes, utf8 } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { type AlertWorld, raise } from './raise.ts'

/** Times that one identifier is asked for one purpose in a day before somebody looks. */
const REPEATS = 3
/** Neighbours in number that are asked in a day before somebody looks. */
const NEIGHBOURS = 10
/** Identifiers of a day that are remembered; the first are forgotten first. */
const REMEMBERED = 200_000

export class QuestionWatch {
  readonly #world: AlertWorld
  readonly #random: RandomBytes
  #day = ''
  #key: Bytes = new Uint8Array()
  /** Times asked. */
  readonly #asked = new Map<string, number>()
  /** Different numbers of a range. */
  readonly #ranges = new Map<string, number>()

  constructor(world: AlertWorld, random: RandomBytes) {
    this.#world = world
    this.#random = random
  }

  /** @param values canonical; once each, however often a batch has them */
  async observe(kind: IdentifierKind, purpose: string, values: readonly string[]): Promise<void> {
    const day = quotaDay(this.#world.clock())
    if (this.#day !== day) {
      this.#day = day
      this.#key = this.#random(32)
      this.#asked.clear()
      this.#ranges.clear()
    }
    const about = { purpose, kind, span: day }
    for (const value of new Set(values)) {
      const times = this.#count(this.#asked, `${purpose}/${kind}/${value}`)
      if (times === REPEATS + 1) await raise(this.#world, { code: 'IDENTIFIER_REPEATED', ...about })
      const range = rangeOf(kind, value)
      if (times > 1 || range === undefined) continue
      const found = this.#count(this.#ranges, `${purpose}/${kind}/${range}`)
      if (found === NEIGHBOURS) await raise(this.#world, { code: 'RANGE_SWEPT', ...about })
    }
  }

  #count(counts: Map<string, number>, name: string): number {
    const key = hex(hmacSha256(this.#key, utf8(name)).subarray(0, 16))
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    if (counts.size > REMEMBERED) counts.delete(counts.keys().next().value!)
    return count
  }
}

/** The hundred numbers that a value lies among; undefined for names. */
function rangeOf(kind: IdentifierKind, value: string): string | undefined {
  switch (kind) {
    case 'phone':
    case 'device':
      return value.slice(0, -2)
    case 'iban':
      // Its check digits differ between neighbours.
      return `${value.slice(0, 2)}${value.slice(4, -2)}`
    default:
      return undefined
  }
}
