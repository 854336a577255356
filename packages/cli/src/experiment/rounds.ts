/** Rounds of an experiment between real nodes, and their answers compared with the reference. */

import type { Round } from '@drempel/protocol/api'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { Federation } from '../federation/federation.ts'
import { fail } from '../output/errors.ts'
import { bytesOfRound } from './cost.ts'
import { countFinding } from './counts.ts'
import { itemsOf } from './items.ts'
import type { CountRule, Material, Rule } from './model.ts'
import type { NodesOptions } from './nodes.ts'
import { finalCounts, isMet, sectorNumbers } from './reference.ts'
import { protocolId, type RoundRules } from './terms.ts'

export type MeasuredRound = {
  readonly kind: IdentifierKind
  readonly listAgeDays: number
  readonly rules: readonly string[]
  readonly secondsImport: number
  readonly secondsRound: number
  readonly lists: readonly { readonly rule: string; readonly size: number }[]
  /** To other nodes, from the round's start to its end: by their sockets, and by formula. */
  readonly bytesSent: readonly {
    readonly partner: string
    readonly measured: number
    readonly computed: number
  }[]
}

export class Rounds {
  readonly #federation: Federation
  readonly #material: Material
  readonly #options: NodesOptions
  readonly #keys = new Set<IdentifierKind>()

  constructor(federation: Federation, material: Material, options: NodesOptions) {
    this.#federation = federation
    this.#material = material
    this.#options = options
  }

  async run({ kind, listAgeDays, rules, counted }: RoundRules): Promise<MeasuredRound> {
    const { clock, onProgress } = this.#options
    const started = clock()
    onProgress({
      nl: `${kind}: elke partner laadt zijn lijst`,
      en: `${kind}: every partner imports its list`,
    })
    await this.#importLists(kind, listAgeDays)
    if (!this.#keys.has(kind)) await this.#federation.coordinator.api.generateKey(kind)
    this.#keys.add(kind)
    const imported = clock()
    const before = await this.#sent()
    onProgress({ nl: `${kind}: een ronde`, en: `${kind}: a round` })
    const done = await this.#federation.runRound(kind)
    if (done.state !== 'published') {
      const { reason, culprit } = done
      fail('ROUND_FAILED', {
        at: kind,
        ...(culprit ? { culprit } : {}),
        ...(reason ? { hint: reason } : {}),
      })
    }
    const published = clock()
    const after = await this.#sent()
    onProgress({
      nl: `${kind}: wat de nodes zeggen, wordt vergeleken`,
      en: `${kind}: what the nodes say is compared`,
    })
    if (counted === undefined) await this.#compare(kind, listAgeDays, rules, done.lists ?? [])
    else this.#compareCounts(counted, done)
    const all = counted === undefined ? rules : [counted]
    const computed = bytesOfRound(all, this.#material)
    return {
      ...{ kind, listAgeDays },
      rules: all.map(({ id }) => id),
      secondsImport: seconds(started, imported),
      secondsRound: seconds(imported, published),
      lists: (done.lists ?? []).map(({ rule, size }) => ({ rule, size })),
      bytesSent: this.#material.partners.map(({ id }, i) => {
        return { partner: id, measured: after[i]! - before[i]!, computed: computed[i]! }
      }),
    }
  }

  async #sent(): Promise<number[]> {
    const { partners } = this.#material
    const all = partners.map(({ id }) => this.#federation.node(id).api.status())
    return (await Promise.all(all)).map(({ traffic }) => traffic?.sent ?? 0)
  }

  async #importLists(kind: IdentifierKind, listAgeDays: number): Promise<void> {
    const counted = this.#counted(kind, listAgeDays)
    await Promise.all(
      this.#material.partners.map(async ({ id }, partner) => {
        const own = counted.filter(({ counts }) => counts[partner]! > 0)
        const values = own.map(({ value }) => value)
        const reports = own.map(({ counts }) => counts[partner]!)
        const { api } = this.#federation.node(id)
        const { active } = await api.importFlags(kind, values, { replace: true, reports })
        if (active !== values.length) {
          fail('EXPERIMENT_DIFFERS', { at: id, hint: `${active} flags of ${values.length}` })
        }
      }),
    )
  }

  /** Of every partner: which of its own flags are over which rule. And how long each list is. */
  async #compare(
    kind: IdentifierKind,
    listAgeDays: number,
    rules: readonly Rule[],
    lists: readonly { readonly rule: string; readonly size: number }[],
  ): Promise<void> {
    const sectorOf = sectorNumbers(this.#material)
    const counted = this.#counted(kind, listAgeDays)
    const ids = [...new Set(rules.map(protocolId))]
    for (const [partner, { id }] of this.#material.partners.entries()) {
      const flags = await this.#federation.node(id).api.flagsOver(kind, ids)
      const said = new Map(flags.map(({ value, rules: over = [] }) => [value, over]))
      for (const rule of rules) {
        for (const { value, counts } of counted) {
          if (counts[partner] === 0) continue
          const expected = isMet(rule, counts, sectorOf)
          if ((said.get(value)?.includes(protocolId(rule)) ?? false) === expected) continue
          fail('EXPERIMENT_DIFFERS', { at: `${rule.id} at ${id}` })
        }
      }
    }
    for (const rule of rules) {
      const size = lists.find((list) => list.rule === protocolId(rule))?.size
      const expected = counted.filter(({ counts }) => isMet(rule, counts, sectorOf)).length
      if (rule.output === 'list' && size !== expected) {
        fail('EXPERIMENT_DIFFERS', { at: rule.id, hint: `${size} published, ${expected} expected` })
      }
    }
  }

  /** Members stand in the order of their ids in a release. */
  #compareCounts(rule: CountRule, { lists = [] }: Round): void {
    const { shown } = countFinding(rule, this.#material)
    const opened = lists.flatMap(({ aggregates }) => aggregates ?? [])[0]
    const nameOf = (partner: number) => this.#material.partners[partner]!.id
    const said = new Map(
      (opened?.overlaps ?? []).map(({ members, count }) => [[...members].sort().join(' '), count]),
    )
    const agrees =
      opened !== undefined &&
      JSON.stringify(opened.histogram) === JSON.stringify(shown.histogram) &&
      said.size === shown.overlaps.length &&
      shown.overlaps.every(({ partners, count }) => {
        return said.get(partners.map(nameOf).sort().join(' ')) === count
      })
    if (!agrees) fail('EXPERIMENT_DIFFERS', { at: rule.id })
  }

  /** What is in force on the last day, with how many reports each partner has of it. */
  #counted(kind: IdentifierKind, listAgeDays: number) {
    return itemsOf(this.#material, kind)
      .map(({ item }) => ({
        value: item.value,
        counts: finalCounts(item, { listAgeDays }, this.#material),
      }))
      .filter(({ counts }) => counts.some((count) => count > 0))
  }
}

export function seconds(from: number, until: number): number {
  return Math.round((until - from) / 10) / 100
}
