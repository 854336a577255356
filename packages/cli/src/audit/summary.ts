/** What a period of verified logs comes to: the counts that a report shows. */

import { minuteOf, timeOf } from '@drempel/protocol/log'
import {
  type Entry,
  fieldsOf,
  isNotable,
  isRefusal,
  isWithin,
  roundsIn,
  type VerifiedLog,
} from './entry.ts'
import type { Period } from './period.ts'
import type { OfRehearsal } from './rehearsed.ts'
import { type SetBack, watchTimes } from './times.ts'

export type PurposeCount = {
  readonly purpose: string
  readonly kind: string
  readonly asked: number
  readonly answered: number
  readonly failed: number
  readonly refused: number
}

export type Summary = {
  readonly member: string
  readonly logs: readonly {
    readonly origin: string
    readonly size: number
    /** Those of rehearsals are counted in no other figure than theirs. */
    readonly inPeriod: number
    readonly ofRehearsals: number
    /** Counted, though they name a version of the convenant that nothing at hand tells from a rehearsal. */
    readonly unknown: number
    /** Of all its entries: who dates one out of the period keeps it out of all that follows here. */
    readonly setBack: SetBack | null
  }[]
  /** Queries of this member. Those that its own node refused may lack a purpose that exists. */
  readonly queries: readonly PurposeCount[]
  /** Evaluations that this member gave as a key holder, by who asked. */
  readonly evaluated: readonly {
    readonly asker: string
    readonly purpose: string
    readonly requests: number
    readonly refused: number
  }[]
  /** Of two lists, with another member; who proposed it is not told apart. */
  readonly intersections: readonly {
    readonly party: string
    readonly purpose: string
    readonly kind: string
    readonly begun: number
    readonly done: number
    readonly failed: number
    readonly refused: number
  }[]
  readonly rounds: {
    readonly announced: number
    readonly published: number
    readonly failed: number
  }
  readonly refusals: readonly {
    readonly type: string
    readonly reason: string
    readonly count: number
  }[]
  /** What a reviewer looks at one by one. */
  readonly notable: readonly {
    readonly origin: string
    readonly index: number
    readonly time: string
    readonly type: string
    readonly reason: string
    readonly parties: string
  }[]
  /** Own queries by UTC day, every day of the period up to the last entry. */
  readonly days: readonly { readonly day: string; readonly queries: number }[]
}

/** A refusal of a query is counted; the other notable events are told one by one. */
const COUNTED = new Set(['query.refused', 'oprf.refused', 'peer.refused', 'query.result'])
const DAY = 86_400_000
const MAX_DAYS = 400

export function summaryOf(
  logs: readonly VerifiedLog[],
  period: Period,
  ofRehearsal: OfRehearsal,
): Summary {
  const within = logs.map(({ entries, ...log }) => {
    const all = entries.filter(({ event }) => isWithin(period, event))
    const real = all.filter(({ event }) => ofRehearsal(event) !== true)
    return { ...log, entries: real, ofRehearsals: all.length - real.length }
  })
  const all = within.flatMap(({ entries }) => entries)
  return {
    member: logs[0]?.member ?? '',
    logs: within.map(({ origin, size, entries, ofRehearsals }, i) => ({
      ...{ origin, size, inPeriod: entries.length, ofRehearsals },
      unknown: entries.filter(({ event }) => ofRehearsal(event) === null).length,
      setBack: setBackIn(logs[i]!.entries),
    })),
    queries: queriesIn(all),
    evaluated: evaluatedIn(all),
    intersections: intersectionsIn(all),
    rounds: {
      announced: roundsIn(all, ['round.announced']),
      published: roundsIn(all, ['round.published']),
      failed: roundsIn(all, ['round.failed', 'round.refused']),
    },
    refusals: tally(
      all.filter(({ event }) => isRefusal(event)),
      ({ event }) => [event.type, fieldsOf(event).reason ?? ''],
    ).map(([[type, reason], entries]) => ({ type: type!, reason: reason!, count: entries.length })),
    notable: within.flatMap(({ origin, entries }) =>
      entries
        .filter(({ event }) => isNotable(event) && !COUNTED.has(event.type))
        .map(({ index, event }) => ({
          ...{ origin, index, time: event.time, type: event.type },
          reason: fieldsOf(event).reason ?? fieldsOf(event).alerts?.join(' ') ?? '',
          parties: fieldsOf(event).parties?.join(' ') ?? '',
        })),
    ),
    days: daysOf(all, period),
  }
}

function setBackIn(entries: readonly Entry[]): SetBack | null {
  const times = watchTimes()
  for (const { index, event } of entries) times.see(index, event.time)
  return times.found()
}

function queriesIn(entries: readonly Entry[]): PurposeCount[] {
  const queries = entries.filter(({ event }) => event.type.startsWith('query.'))
  return tally(queries, ({ event }) => {
    const { purpose, kind, protocol } = fieldsOf(event)
    return [purpose ?? (protocol === 'tag' ? 'tag' : ''), kind ?? '']
  }).map(([[purpose, kind], events]) => {
    const status = (wanted: string) =>
      events.filter(
        ({ event }) => event.type === 'query.result' && fieldsOf(event).status === wanted,
      ).length
    return {
      ...{ purpose: purpose!, kind: kind!, asked: countOf(events, 'query.intent') },
      ...{ answered: status('answered'), failed: status('failed') },
      refused: countOf(events, 'query.refused'),
    }
  })
}

function evaluatedIn(entries: readonly Entry[]): Summary['evaluated'] {
  const evaluations = entries.filter(
    ({ event }) => event.type === 'oprf.evaluated' || event.type === 'oprf.refused',
  )
  return tally(evaluations, ({ event }) => {
    const { parties, purpose, protocol } = fieldsOf(event)
    return [parties?.[0] ?? '', purpose ?? (protocol === 'tag' ? 'tag' : '')]
  }).map(([[asker, purpose], events]) => ({
    ...{ asker: asker!, purpose: purpose!, requests: events.length },
    refused: countOf(events, 'oprf.refused'),
  }))
}

function intersectionsIn(entries: readonly Entry[]): Summary['intersections'] {
  const runs: readonly string[] = ['psi.intent', 'psi.result', 'psi.refused']
  const psi = entries.filter(({ event }) => runs.includes(event.type))
  return tally(psi, ({ event }) => {
    const { parties, purpose, kind } = fieldsOf(event)
    return [parties?.[0] ?? '', purpose ?? '', kind ?? '']
  }).map(([[party, purpose, kind], events]) => {
    const results = (...wanted: readonly string[]) =>
      events.filter(
        ({ event }) => event.type === 'psi.result' && wanted.includes(fieldsOf(event).status ?? ''),
      ).length
    return {
      ...{ party: party!, purpose: purpose!, kind: kind! },
      ...{ begun: countOf(events, 'psi.intent'), done: results('answered', 'suppressed') },
      ...{ failed: results('failed') },
      refused: countOf(events, 'psi.refused') + results('refused'),
    }
  })
}

function countOf(entries: readonly Entry[], type: string): number {
  return entries.filter(({ event }) => event.type === type).length
}

/** Groups by a key of several parts, in ascending order of the key. */
function tally(
  entries: readonly Entry[],
  keyOf: (entry: Entry) => readonly string[],
): (readonly [readonly string[], readonly Entry[]])[] {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const key = keyOf(entry).join('\n')
    const group = groups.get(key) ?? []
    group.push(entry)
    groups.set(key, group)
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]) => [key.split('\n'), group] as const)
}

function daysOf(entries: readonly Entry[], { from, until }: Period): Summary['days'] {
  const times = entries.map(({ event }) => timeOf(event.time))
  const last = Math.min(
    until,
    times.reduce((most, time) => Math.max(most, time + 1), from),
  )
  const days = Math.min(MAX_DAYS, Math.ceil((last - from) / DAY))
  const counts = new Array<number>(days).fill(0)
  for (const { event } of entries) {
    const day = Math.floor((timeOf(event.time) - from) / DAY)
    if (event.type === 'query.intent' && day < days) counts[day]! += 1
  }
  return counts.map((queries, i) => ({ day: minuteOf(from + i * DAY).slice(0, 10), queries }))
}
