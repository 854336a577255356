/**
 * What only the asker can see of its own people: one identifier asked again and again, numbers asked
 * in a row. Identifiers are counted under a keyed hash whose key is made for the day and kept in
 * memory alone, so nothing that could be looked up later remains; a restart begins the day anew.
 *
 * Both are counted for each purpose and over all of them: who goes on under another purpose gains nothing
 * but a first question for it, which is no repeat. An alert without a purpose is one of several.
 */

import type { AlertCode } from '@drempel/protocol/api'
import { quotaDay } from '@drempel/protocol/convenant'
import { type Bytes, hex, hmacSha256, type RandomBytes, utf8 } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { type AlertWorld, raise } from './raise.ts'

/** Times that one identifier is asked again in a day, after the first for a purpose, when somebody looks. */
const REPEATS = 3
/** Neighbours in number that are asked in a day before somebody looks. */
const NEIGHBOURS = 10
/** Identifiers of a day that are remembered; the first are forgotten first. */
const REMEMBERED = 200_000

type Counts = Map<string, number>

export class QuestionWatch {
  readonly #world: AlertWorld
  readonly #random: RandomBytes
  #day = ''
  #key: Bytes = new Uint8Array()
  /** Times asked for a purpose, and times asked again for any. */
  readonly #asked: Counts = new Map()
  readonly #again: Counts = new Map()
  /** Different numbers of a range for a purpose, and for any, of which each counts once. */
  readonly #ranges: Counts = new Map()
  readonly #numbers: Counts = new Map()
  readonly #wideRanges: Counts = new Map()

  constructor(world: AlertWorld, random: RandomBytes) {
    this.#world = world
    this.#random = random
  }

  /** @param values canonical; once each, however often a batch has them */
  async observe(kind: IdentifierKind, purpose: string, values: readonly string[]): Promise<void> {
    const span = quotaDay(this.#world.clock())
    if (this.#day !== span) this.#begin(span)
    const tell = async (code: AlertCode, ofPurpose: boolean, ofAny: boolean) => {
      if (ofPurpose) await raise(this.#world, { code, purpose, kind, span })
      else if (ofAny) await raise(this.#world, { code, kind, span })
    }
    for (const value of new Set(values)) {
      const one = this.#name(`${kind}/${value}`)
      const times = count(this.#asked, `${one}/${purpose}`)
      const again = times === 1 ? 0 : count(this.#again, one)
      await tell('IDENTIFIER_REPEATED', times === REPEATS + 1, again === REPEATS)
      const near = rangeOf(kind, value)
      if (times > 1 || near === undefined) continue
      const range = this.#name(`${kind}/${near}`)
      const found = count(this.#ranges, `${range}/${purpose}`)
      const all = count(this.#numbers, one) === 1 ? count(this.#wideRanges, range) : 0
      await tell('RANGE_SWEPT', found === NEIGHBOURS, all === NEIGHBOURS)
    }
  }

  #begin(day: string): void {
    this.#day = day
    this.#key = this.#random(32)
    const all = [this.#asked, this.#again, this.#ranges, this.#numbers, this.#wideRanges]
    for (const counts of all) counts.clear()
  }

  #name(text: string): string {
    return hex(hmacSha256(this.#key, utf8(text)).subarray(0, 16))
  }
}

function count(counts: Counts, name: string): number {
  const times = (counts.get(name) ?? 0) + 1
  counts.set(name, times)
  if (counts.size > REMEMBERED) counts.delete(counts.keys().next().value!)
  return times
}

/** The hundred numbers that a value lies among, a thousand of accounts; undefined for names. */
function rangeOf(kind: IdentifierKind, value: string): string | undefined {
  switch (kind) {
    case 'phone':
    case 'device':
      return value.slice(0, -2)
    case 'iban':
      // Its check digits differ between neighbours. Of Dutch account numbers one in eleven is given out,
      // so that who tries those alone finds nine in a hundred.
      return `${value.slice(0, 2)}${value.slice(4, -3)}`
    default:
      return undefined
  }
}
