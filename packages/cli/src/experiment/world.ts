/**
 * A made-up world of fraud. Offenders run campaigns; a campaign wears out bank accounts, numbers,
 * devices and names one after the other; victims meet what is in use on their day, and some of them
 * report, to some of the partners, some days later. Partners also find things by themselves, and flag
 * people who did nothing. Every campaign draws from a stream of its own, so that another value of one
 * parameter leaves the rest of the world as it was.
 */

import type { Sector } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { type Draws, seededDraws } from './draws.ts'
import { FRAUDS, type Fraud, SEES, USES } from './frauds.ts'
import { madeUpIdentifier } from './identifiers.ts'
import type { Holder, Item, Material, Report, Victim } from './model.ts'
import type { ParameterValues } from './parameters.ts'
import type { ExperimentPartner, Generator } from './schema.ts'

export type WorldOptions = {
  readonly seed: number
  readonly partners: readonly ExperimentPartner[]
  readonly kinds: readonly IdentifierKind[]
  readonly generator: Generator
  readonly values: ParameterValues
}

export function makeWorld(options: WorldOptions): Material {
  const { partners, values } = options
  const world = new World(options)
  for (let campaign = 0; campaign < values.campaigns; campaign++) world.addCampaign(campaign)
  world.addOwnFinds()
  world.addMistakes()
  world.addCopies()
  // What no victim met and nobody flagged might as well not be there.
  const kept = world.items.filter(
    ({ first, reports }) => Number.isFinite(first) || reports.length > 0,
  )
  const places = new Map(kept.map((item, at) => [item, at]))
  return {
    partners,
    items: kept.map(({ reports, first: _, last: __, ...item }) => ({
      ...item,
      reports: [...reports].sort((a, b) => a.day - b.day || a.partner - b.partner),
    })),
    victims: world.victims.map((victim) => ({
      ...victim,
      items: victim.items.map((at) => places.get(world.items[at]!)!),
    })),
    lastDay: values.days,
    dated: true,
    truth: true,
    sought: 'offenders',
    rejected: [],
  }
}

type Growing = Omit<Item, 'reports' | 'campaigns'> & {
  readonly holder: Holder
  readonly campaigns: number[]
  readonly reports: Report[]
  /** Days of first and last use. */
  first: number
  last: number
}

class World {
  readonly items: Growing[] = []
  readonly victims: Victim[] = []
  readonly #options: WorldOptions
  readonly #used = new Map<IdentifierKind, number[]>()
  readonly #counts = new Map<IdentifierKind, number>()
  readonly #bySector = new Map<Sector, number[]>()

  constructor(options: WorldOptions) {
    this.#options = options
    for (const [i, { sector }] of options.partners.entries()) {
      this.#bySector.set(sector, [...(this.#bySector.get(sector) ?? []), i])
    }
  }

  addCampaign(campaign: number): void {
    const { generator, values, kinds } = this.#options
    const draws = this.#draws(`campaign/${campaign}`)
    const fraud = FRAUDS[draws.weighted(FRAUDS.map((name) => generator.mix[name]))]!
    const start = draws.uniform() * values.days
    const length = 1 + draws.exponential(values.campaignDays - 1)
    const count = Math.max(1, Math.round(draws.logNormal(values.victims, values.victimsSpread)))
    const tools = USES[fraud]
      .filter((kind) => kinds.includes(kind))
      .map((kind) => ({
        kind,
        items: this.#tools(kind, campaign, this.#draws(`tools/${campaign}/${kind}`)),
      }))
    // A stream of its own: how many victims there are must not change what the tools are.
    const victims = this.#draws(`victims/${campaign}`)
    for (let i = 0; i < count; i++) this.#addVictim(fraud, start, length, tools, victims)
  }

  /** What partners find without a report: on a day on which it was in use, or a little later. */
  addOwnFinds(): void {
    const { partners, values } = this.#options
    for (const [partner, { id, sector }] of partners.entries()) {
      const draws = this.#draws(`finds/${id}`)
      for (const item of this.items) {
        const [found, when, delay] = [
          draws.uniform(),
          draws.uniform(),
          draws.exponential(values.delayOthers),
        ]
        if (found >= values.ownDetection || !SEES[sector].includes(item.kind)) continue
        if (item.campaigns.length === 0) continue
        this.#report(item, partner, item.first + when * (item.last - item.first) + delay)
      }
    }
  }

  /** In proportion to what is right on a list; busy holders are those that several partners hit. */
  addMistakes(): void {
    const { partners, values, kinds } = this.#options
    const right = this.items.length
    for (const kind of kinds) {
      const busy = new Map<number, Growing>()
      const mine = this.items.slice(0, right).filter((item) => item.kind === kind)
      for (const [partner, { id, sector }] of partners.entries()) {
        if (!SEES[sector].includes(kind)) continue
        const draws = this.#draws(`mistakes/${id}/${kind}`)
        const listed = mine.filter(({ reports }) =>
          reports.some((report) => report.partner === partner),
        ).length
        const wrong = Math.round((listed * values.wrongFlags) / (1 - values.wrongFlags))
        for (let i = 0; i < wrong; i++) {
          const isBusy = draws.chance(values.wrongBusy)
          const which = draws.below(values.busyHolders)
          const day = draws.uniform() * values.days
          let item = isBusy ? busy.get(which) : undefined
          item ??= this.#newItem(kind, 'innocent')
          if (isBusy) busy.set(which, item)
          this.#report(item, partner, day)
        }
      }
    }
  }

  addCopies(): void {
    const { generator, partners } = this.#options
    const index = (id: string) => partners.findIndex((partner) => partner.id === id)
    for (const { from, to, share, lagDays } of generator.copies) {
      const draws = this.#draws(`copy/${from}/${to}`)
      const [source, target] = [index(from), index(to)]
      for (const item of this.items) {
        const taken = draws.chance(share)
        const report = item.reports.find(({ partner }) => partner === source)
        if (taken && report !== undefined) this.#report(item, target, report.day + lagDays)
      }
    }
  }

  #tools(kind: IdentifierKind, campaign: number, draws: Draws): number[] {
    const { values } = this.#options
    const count = 1 + draws.poisson(values.identifiers - 1)
    const used = this.#used.get(kind) ?? []
    const tools: number[] = []
    const before = used.length
    for (let i = 0; i < count; i++) {
      const [again, which, whose] = [draws.uniform(), draws.uniform(), draws.uniform()]
      if (again < values.reuse && before > 0) {
        const at = used[Math.floor(which * before)]!
        if (!this.items[at]!.campaigns.includes(campaign)) this.items[at]!.campaigns.push(campaign)
        tools.push(at)
        continue
      }
      tools.push(this.items.length)
      used.push(this.items.length)
      this.#newItem(kind, this.#holder(kind, whose)).campaigns.push(campaign)
    }
    this.#used.set(kind, used)
    return tools
  }

  #holder(kind: IdentifierKind, whose: number): Holder {
    const { identityFraudShare, muleShare } = this.#options.values
    if (whose < identityFraudShare) return 'victim'
    // Accounts alone have mules: the rest is divided between them and the offenders' own.
    if (kind === 'iban' && whose < identityFraudShare + muleShare) return 'mule'
    return 'fraud'
  }

  #newItem(kind: IdentifierKind, holder: Holder): Growing {
    const number = this.#counts.get(kind) ?? 0
    this.#counts.set(kind, number + 1)
    const item: Growing = {
      kind,
      value: madeUpIdentifier(kind, number),
      holder,
      campaigns: [],
      reports: [],
      first: Number.POSITIVE_INFINITY,
      last: 0,
    }
    this.items.push(item)
    return item
  }

  #addVictim(
    fraud: Fraud,
    start: number,
    length: number,
    tools: readonly { readonly items: readonly number[] }[],
    draws: Draws,
  ): void {
    const { values } = this.#options
    const progress = draws.uniform()
    const day = start + progress * length
    const bank = fraud === 'bankhelpdesk'
    const euro = bank ? values.lossBankhelpdesk : draws.logNormal(values.loss, values.lossSpread)
    // Tools wear out one after the other: who comes late meets the last.
    const met = tools.map(
      ({ items }) => items[Math.min(items.length - 1, Math.floor(progress * items.length))]!,
    )
    const places = [
      { sector: 'police', chance: values.reportPolice, delay: values.delayPolice },
      {
        sector: 'bank',
        chance: bank ? values.reportBankHelpdesk : values.reportBank,
        delay: values.delayOthers,
      },
      { sector: 'platform', chance: values.reportPlatform, delay: values.delayOthers },
      { sector: 'telecom', chance: values.reportTelecom, delay: values.delayOthers },
      { sector: 'helpdesk', chance: values.reportHelpdesk, delay: values.delayOthers },
    ] as const
    const told = places.map((place) => ({ ...place, ...drawReport(draws, met.length) }))
    if (day > values.days) return
    this.victims.push({ day, euro, items: met })
    for (const at of met) {
      const item = this.items[at]!
      item.first = Math.min(item.first, day)
      item.last = Math.max(item.last, day)
    }
    for (const { sector, chance, delay, reports, useful, whose, late, mentions } of told) {
      const own = this.#bySector.get(sector)
      if (own === undefined || reports >= chance) continue
      if (sector === 'police' && useful < values.reportWithdrawn + values.reportUnusable) continue
      const partner = this.#oneOf(own, whose)
      for (const [i, at] of met.entries()) {
        const item = this.items[at]!
        if (mentions[i]! >= values.mentioned || !SEES[sector].includes(item.kind)) continue
        this.#report(item, partner, day - delay * Math.log(1 - late))
      }
    }
  }

  /** Whose customer the victim is. */
  #oneOf(own: readonly number[], whose: number): number {
    const { partners } = this.#options
    const total = own.reduce((sum, i) => sum + partners[i]!.weight, 0)
    let left = whose * total
    for (const i of own) {
      left -= partners[i]!.weight
      if (left < 0) return i
    }
    return own.at(-1)!
  }

  #report(item: Growing, partner: number, time: number): void {
    const day = Math.floor(time)
    if (day <= this.#options.values.days) item.reports.push({ day, partner })
  }

  #draws(name: string): Draws {
    return seededDraws(this.#options.seed, name)
  }
}

/** The same number of draws whatever happens, so that parameters do not shift what comes after. */
function drawReport(draws: Draws, count: number) {
  return {
    reports: draws.uniform(),
    useful: draws.uniform(),
    whose: draws.uniform(),
    late: draws.uniform(),
    mentions: Array.from({ length: count }, () => draws.uniform()),
  }
}
