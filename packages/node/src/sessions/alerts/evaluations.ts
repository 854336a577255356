/**
 * What a key holder can see of a member that probes: how many identifiers a day, how many requests a
 * minute, at what hours. What it asked it can't see. The usual amount is the mean of the days before
 * on which the member asked; counts of a day come from the quota and outlive a restart, those of a
 * minute and of the night begin anew.
 */

import { quotaDay } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { NodeConfig } from '../../config/index.ts'
import { type AlertWorld, raise } from './raise.ts'

/** Times the usual amount of a day. */
const UNUSUAL = 4
/** Identifiers a day that are never too many. */
const FEW = 50
const DAYS_BEFORE = 14
const REQUESTS_PER_MINUTE = 120
const DAY_MS = 86_400_000

/** When people work. */
export type Hours = NonNullable<NodeConfig['workHours']>

const OFFICE: Hours = { timeZone: 'Europe/Amsterdam', from: 6, until: 22, outside: 20 }

export type Evaluation = {
  readonly asker: string
  readonly purpose: string
  readonly kind: IdentifierKind
  readonly count: number
  /** The member's identifiers of this day for this purpose, these included. */
  readonly today: number
  /** What one holder grants of them a day. */
  readonly share: number
  /** Of the counter that has `today`: one key a day. */
  readonly scope: string
}

type Watched = {
  readonly day: string
  readonly usual: Promise<number | null>
  outside: number
  minute: number
  requests: number
}

export class EvaluationWatch {
  readonly #world: AlertWorld
  readonly #hours: Hours
  readonly #hourOf: (time: number) => number
  readonly #watched = new Map<string, Watched>()

  constructor(world: AlertWorld, hours: Hours | undefined) {
    this.#world = world
    this.#hours = hours ?? OFFICE
    const { timeZone } = this.#hours
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: 'numeric', hourCycle: 'h23' })
    this.#hourOf = (time) => Number(format.format(time))
  }

  /** Raises what this evaluation makes conspicuous. No answer waits for it. */
  async observe(evaluation: Evaluation): Promise<void> {
    const { asker, purpose, kind, count, today, share } = evaluation
    const now = this.#world.clock()
    const seen = this.#of(evaluation, now)
    const about = { member: asker, purpose, kind, span: seen.day }
    const minute = Math.floor(now / 60_000)
    if (seen.minute !== minute) Object.assign(seen, { minute, requests: 0 })
    if (++seen.requests === REQUESTS_PER_MINUTE + 1) {
      await raise(this.#world, { code: 'RATE_UNUSUAL', ...about })
    }
    const hour = this.#hourOf(now)
    if (hour < this.#hours.from || hour >= this.#hours.until) {
      const before = seen.outside
      seen.outside += count
      const { outside } = this.#hours
      if (before <= outside && seen.outside > outside) {
        await raise(this.#world, { code: 'HOURS_UNUSUAL', ...about })
      }
    }
    if (today <= FEW) return
    const usual = await seen.usual
    const most = usual === null ? share / 2 : Math.max(FEW, UNUSUAL * usual)
    if (today > most) await raise(this.#world, { code: 'VOLUME_UNUSUAL', ...about })
  }

  #of({ asker, purpose, kind, scope }: Evaluation, now: number): Watched {
    const key = `${asker}/${purpose}/${kind}`
    const day = quotaDay(now)
    const known = this.#watched.get(key)
    if (known?.day === day) return known
    const usual = this.#usual(scope, now)
    const watched = { day, usual, outside: 0, minute: 0, requests: 0 }
    this.#watched.set(key, watched)
    return watched
  }

  /** Null for a member that never asked for this purpose before. */
  async #usual(scope: string, now: number): Promise<number | null> {
    const days = Array.from({ length: DAYS_BEFORE }, (_, i) => quotaDay(now - (i + 1) * DAY_MS))
    const counts = await Promise.all(days.map((day) => this.#world.store.usage.used(scope, day)))
    const asked = counts.filter((count) => count > 0)
    return asked.length === 0 ? null : asked.reduce((sum, count) => sum + count, 0) / asked.length
  }
}
