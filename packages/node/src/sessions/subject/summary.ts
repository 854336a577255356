/**
 * What became of the own flags in a quarter, once it is over: counts in buckets in the log, the exact
 * ones and the reasons of withdrawals sealed. An entry for each import would show by its time who
 * contributed to a change of a list.
 */

import { type LeafFields, quarterOf, sizeBucket } from '@drempel/protocol/log'
import type { NodeContext } from '../context.ts'
import { isWritten } from '../written.ts'

const LAST = 'flags-summarised'

/** Called often; enters one summary a kind and quarter, in the quarter after it. */
export async function summariseFlags(ctx: NodeContext): Promise<void> {
  const now = quarterOf(ctx.clock())
  const last = await ctx.store.meta.get(LAST)
  if (last === now) return
  const entries = last === null ? [] : await Promise.all(quartersFrom(last, now).map(summaries))
  await Promise.all(entries.flat().map(({ event, record }) => ctx.audit.append(event, record)))
  // After them: what could not be entered is made again.
  await ctx.store.meta.set(LAST, now)

  async function summaries(quarter: string) {
    const [from, to] = [startOf(quarter), startOf(next(quarter))]
    const made = await Promise.all(
      ctx.inForce().convenant.kinds.map(async ({ kind }) => {
        if (await isEntered(kind, quarter, to)) return []
        const { reasons, ...exact } = await ctx.store.flags.summary(kind, from, to)
        const counts = {
          live: sizeBucket(exact.live),
          added: sizeBucket(exact.added),
          withdrawn: sizeBucket(exact.withdrawn),
          expired: sizeBucket(exact.expired),
        }
        const event = { type: 'flag.summary', kind, counts } as const
        return [{ event, record: { quarter, ...exact, reasons } }]
      }),
    )
    return made.flat()
  }

  /** By a node that was cut off before it noted so. */
  function isEntered(kind: string, quarter: string, since: number): Promise<boolean> {
    const fits = (event: LeafFields) => event.type === 'flag.summary' && event.kind === kind
    return isWritten(ctx, since, fits, ['quarter', quarter])
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
