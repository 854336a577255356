/**
 * The answers of a quarter, of the days that are asked for. Each entry of a log is read once to learn on
 * which day it is, at the first question after it was written; from then on a day costs what its own
 * entries cost, however long the log. Where the days lie stands in the store, and says no more than the
 * leaves do.
 *
 * A clock that was set back puts a day in two places: what lies between them is read with it.
 */

import { type EventOf, parseEvent, parseOrigin } from '@drempel/protocol/log'
import type { NodeContext } from '../context.ts'

const PAGE = 64

export type Answer = {
  readonly event: EventOf<'query.result'>
  readonly origin: string
  readonly index: number
}

/** From, and up to but not including. */
type Range = readonly [from: number, to: number]

/** How far a log was read, and where the answers of each day lie. */
type Places = { readonly read: number; readonly days: Readonly<Record<string, Range>> }

/** Of tags that are no question there are none, nor of rehearsals. @param wanted days, as `2026-11-22` */
export async function* answersOf(
  ctx: NodeContext,
  quarter: string,
  wanted: (day: string) => boolean,
): AsyncGenerator<Answer> {
  // What was asked in a rehearsal names the rehearsal, which is no version of the convenant.
  const real = new Set((await ctx.store.convenants.history()).map(({ digest }) => digest))
  for (const origin of await ctx.audit.origins()) {
    if (parseOrigin(origin).quarter !== quarter) continue
    const { days } = await placesIn(ctx, origin)
    const ranges = Object.entries(days).flatMap(([day, range]) => (wanted(day) ? [range] : []))
    for (const [from, to] of joined(ranges)) {
      for await (const answer of answersIn(ctx, origin, from, to)) {
        if (wanted(dayOf(answer)) && real.has(answer.event.convenant.digest)) yield answer
      }
    }
  }
}

export function dayOf({ event }: Pick<Answer, 'event'>): string {
  return event.time.slice(0, 10)
}

async function placesIn(ctx: NodeContext, origin: string): Promise<Places> {
  const name = `answers/${origin}`
  const text = await ctx.store.meta.get(name)
  const before: Places = text === null ? { read: 0, days: {} } : JSON.parse(text)
  const size = await ctx.audit.size(origin)
  if (size === before.read) return before
  const days: Record<string, Range> = { ...before.days }
  for await (const answer of answersIn(ctx, origin, before.read, size)) {
    const [from] = days[dayOf(answer)] ?? [answer.index]
    days[dayOf(answer)] = [from, answer.index + 1]
  }
  const places = { read: size, days }
  await ctx.store.meta.set(name, JSON.stringify(places))
  return places
}

/** So that no entry is read twice. */
function joined(ranges: readonly Range[]): readonly Range[] {
  const all: Range[] = []
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = all.at(-1)
    if (last !== undefined && from <= last[1])
      all[all.length - 1] = [last[0], Math.max(last[1], to)]
    else all.push([from, to])
  }
  return all
}

async function* answersIn(
  ctx: NodeContext,
  origin: string,
  from: number,
  to: number,
): AsyncGenerator<Answer> {
  for (let at = from; at < to; at += PAGE) {
    await ctx.pause()
    const leaves = await ctx.store.log.leaves(origin, at, Math.min(to, at + PAGE))
    for (const [i, leaf] of leaves.entries()) {
      const event = parseEvent(leaf)
      if (isAnswer(event)) yield { event, origin, index: at + i }
    }
  }
}

function isAnswer(event: { readonly type: string }): event is EventOf<'query.result'> {
  if (event.type !== 'query.result') return false
  const { status, protocol } = event as EventOf<'query.result'>
  return status === 'answered' && protocol !== 'tag'
}
