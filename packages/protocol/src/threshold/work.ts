/** Where the bins of a round are computed: on the caller's thread, or in parts on threads of the host. */

import { type Bytes, hashParts, jcs } from '../encoding/index.ts'
import type { PartyContext, Session, SessionStats } from '../mpc/index.ts'
import { addTally } from './aggregates.ts'
import type { Group } from './group.ts'
import { joinTables } from './list.ts'
import { joinOwnerParts } from './owners.ts'
import {
  mergePart,
  type PartOutputs,
  type PartResult,
  type PartTask,
  type PartWork,
  validatePart,
} from './part.ts'
import type { PartRunner } from './threads.ts'

export type Work = {
  /** @returns the partners whose list is invalid */
  validate(present: readonly number[]): Promise<readonly number[]>
  merge(included: readonly number[]): Promise<PartOutputs>
  /** Of all sessions together. */
  stats(): SessionStats
}

export function here(session: Session, ctx: PartyContext, whole: PartWork): Work {
  return {
    validate: (present) => validatePart(session, ctx, whole, present),
    merge: (included) => mergePart(session, ctx, whole, included),
    stats: () => ({ ...session.stats }),
  }
}

/** @param id binds the round, and its arguments */
export function beside(
  session: Session,
  id: Bytes,
  whole: PartWork,
  parts: readonly Group[],
  run: PartRunner,
): Work {
  const total = { ands: 0, bytesSent: 0, rounds: 0 }
  const all = async (step: PartTask['step'], partners: readonly number[]) => {
    const done = parts.map(() => 0)
    const results = await Promise.all(
      parts.map((part, index) => {
        const sessionId = partSession(id, { step, index, parts: parts.length, partners })
        const { roundTripMs } = session
        const task = { ...whole, part, sessionId, step, partners, roundTripMs }
        return run(index, task, (share) => {
          done[index] = share
          session.progress(done.reduce((sum, one) => sum + one, 0) / parts.length)
        })
      }),
    )
    for (const { stats } of results) {
      total.ands += stats.ands
      total.bytesSent += stats.bytesSent
    }
    total.rounds += Math.max(...results.map(({ stats }) => stats.rounds))
    return results
  }
  return {
    async validate(present) {
      const results = await all('validate', present)
      return [...new Set(results.flatMap(({ invalid }) => invalid))]
    },
    async merge(included) {
      return join(session.narrow('join'), whole, await all('merge', included))
    },
    stats() {
      const { ands, bytesSent, rounds } = session.stats
      return {
        ands: ands + total.ands,
        bytesSent: bytesSent + total.bytesSent,
        rounds: rounds + total.rounds,
      }
    },
  }
}

async function join(
  session: Session,
  { plan }: PartWork,
  results: readonly PartResult[],
): Promise<PartOutputs> {
  const all = results.map(({ outputs }) => outputs!)
  const [first, ...others] = all as [PartOutputs, ...PartOutputs[]]
  const tables = all.flatMap(({ table }) => table ?? [])
  const owners = [...first.owners].map(([rule, byPartner]) => {
    const joined = [...byPartner.keys()].map((partner) => {
      const parts = all.map(({ owners }) => owners.get(rule)!.get(partner)!)
      return [partner, joinOwnerParts(parts)] as const
    })
    return [rule, new Map(joined)] as const
  })
  if (first.tally !== undefined) {
    for (const [i, { tally }] of others.entries())
      await addTally(session.narrow(`tally${i}`), first.tally, tally!)
  }
  return {
    table: tables.length === 0 ? undefined : await joinTables(session, plan, tables),
    owners: new Map(owners),
    tally: first.tally,
  }
}

function partSession(
  id: Bytes,
  about: { step: string; index: number; parts: number; partners: readonly number[] },
): Bytes {
  return hashParts(
    'drempel/v1/threshold/part',
    id,
    jcs({ ...about, partners: [...about.partners] }),
  )
}
