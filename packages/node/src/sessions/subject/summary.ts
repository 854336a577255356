/**
 * What became of the own flags in a quarter, once it is over: counts in buckets in the log, the exact
 * ones and the reasons of withdrawals sealed. An entry for each import would show by its time who
 * contributed to a change of a list.
 */

import { quarterOf, sizeBucket } from '@drempel/protocol/log'
import type { NodeContext } from '../context.ts'

const LAST = 'flags-summarised'

/** Called often; enters one summary a kind and quarter, in the quarter after it. */
export async function summariseFlags(ctx: NodeContext): Promise<void> {
  const now = quarterOf(ctx.clock())
  const last = await ctx.store.meta.get(LAST)
  if (last === now) return
  const entries = last === null ? [] : await Promise.all(quartersFrom(last, now).map(summaries))
  await Promise.all(entries.flat().map(({ event, record }) => ctx.audit.append(event, record)))
  // After them: a summary that could not be entered is made again, one that was may come twice.
  await ctx.store.meta.set(LAST, now)

  async function summaries(quarter: string) {
    const [from, to] = [startOf(quarter), startOf(next(quarter))]
    return Promise.all(
      ctx.inForce().convenant.kinds.map(async ({ kind }) => {
        const { reasons, ...exact } = await ctx.store.flags.summary(kind, from, to)
        const counts = {
          live: sizeBucket(exact.live),
          added: sizeBucket(exact.added),
          withdrawn: sizeBucket(exact.withdrawn),
          expired: sizeBucket(exact.expired),
        }
        const event = { type: 'flag.summary', kind, counts } as const
        return { event, record: { quarter, ...exact, reasons } }
      }),
    )
  }
}

/** From one quarter up to another, which is not among them. */
function quartersFrom(first: string, end: string): string[] {
  const quarters: string[] = []
  for (let quarter = first; quarter < end; quarter = next(quarter)) quarters.push(quarter)
  return quarters
}

function next(quarter: string): string {
  const [year, number] = parts(quarter)
  return number === 4 ? `${year + 1}Q1` : `${year}Q${number + 1}`
}

function startOf(quarter: string): number {
  const [year, number] = parts(quarter)
  return Date.UTC(year, 3 * (number - 1), 1)
}

function parts(quarter: string): [year: number, number: number] {
  return [Number(quarter.slice(0, 4)), Number(quarter.slice(5))]
}
