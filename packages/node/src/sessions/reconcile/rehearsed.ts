/**
 * The entries of the rehearsal that is on, compared with each member's before it ends and not on the
 * next day. Nothing of it is still to come then: an intent is durable before its request leaves, an
 * evaluation before its answer, both intents of an intersection before its first byte. So an entry that
 * stands alone is a finding, however young. It is told here; the daily comparison enters it.
 */

import { isProtocolError } from '@drempel/protocol/encoding'
import { parseEvent } from '@drempel/protocol/log'
import type { Comparison, Discrepancy } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { codeOf, fail } from '../errors.ts'
import { activeMembers } from '../federation.ts'
import { compareWith } from './compare.ts'

const PAGE = 256
/** Transactions in memory. */
const MOST = 4_096

export type RehearsedWith = {
  readonly member: string
  readonly code: string | null
  readonly compared: number
  readonly found: Discrepancy['kind'][]
}

/** @throws ProtocolError `NOT_REHEARSING` */
export async function compareRehearsal(ctx: NodeContext): Promise<RehearsedWith[]> {
  const from = await begin(ctx)
  const others = activeMembers(ctx.inForce().convenant).filter((member) => member !== ctx.self)
  return Promise.all(others.map((member) => comparedWith(ctx, member, from)))
}

async function comparedWith(
  ctx: NodeContext,
  member: string,
  begin: Place,
): Promise<RehearsedWith> {
  const now = ctx.clock()
  const found = new Set<Discrepancy['kind']>()
  let compared = 0
  try {
    for (let [from, whole] = [begin, false]; !whole; ) {
      const some = await compareWith(ctx, member, from, MOST, now)
      compared += some.compared
      for (const { kind } of some.discrepancies) found.add(kind)
      ;[from, whole] = [some.reached, some.whole]
    }
    return { member, code: null, compared, found: [...found].sort() }
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return { member, code: codeOf(error), compared: 0, found: [] }
  }
}

type Place = Pick<Comparison, 'origin' | 'index'>

/** Where the log says that what is in force now came into force. */
async function begin(ctx: NodeContext): Promise<Place> {
  const { digest, rehearsed } = ctx.inForce()
  if (rehearsed === null) return fail('NOT_REHEARSING')
  let found: Place | undefined
  for (const origin of await ctx.audit.origins()) {
    const size = await ctx.audit.size(origin)
    for (let at = 0; at < size; at += PAGE) {
      const leaves = await ctx.store.log.leaves(origin, at, Math.min(size, at + PAGE))
      for (const [i, leaf] of leaves.entries()) {
        const event = parseEvent(leaf)
        const changed = event.type === 'convenant.changed' && event.convenant?.digest === digest
        if (changed) found = { origin, index: at + i }
      }
      await ctx.pause()
    }
  }
  return found ?? fail('NOT_REHEARSING')
}
