/**
 * Merges the partners' sorted lists along the public schedule: compare-exchange on order bits, swapping
 * whole rows in place. The control bits c can be kept, and run backwards over planes of flags they
 * carry each flag to the slot its row came from.
 *
 * Batcher's odd-even merge (1968) on shares. Adversary: one semi-honest compute node, which gets masked
 * parts of products and nothing else: messages depend on public sizes only, and nothing is opened.
 */

import {
  type Chunk,
  chunkRuns,
  greaterThan,
  type Planes,
  type Session,
  type Share,
  swap,
} from '../mpc/index.ts'
import { blocksFor } from './blocks.ts'
import type { RoundPlan } from './plan.ts'
import { pairsOf, type Schedule } from './schedule.ts'

/** Control bits of every step. */
export type Controls = { readonly chunks: readonly Chunk[]; readonly c: Share }[]

/**
 * @param planes rows as the schedule places them
 * @param controls filled with the control bits, when they are needed to run the network backwards
 * @param onStep called after each step with the number of pairs it compared
 */
export async function mergeLists(
  session: Session,
  plan: RoundPlan,
  schedule: Schedule,
  planes: Planes,
  controls: Controls | undefined,
  onStep: (pairs: number) => void,
): Promise<void> {
  const { arena } = session
  for (const [i, runs] of schedule.steps.entries()) {
    const here = session.narrow(`step${i}`)
    const mark = arena.mark()
    const pairs = pairsOf(runs)
    const chunks = chunkRuns(session, runs, planes.rowWords)
    const blocks = blocksFor(plan.orderBits, pairs * planes.rowWords, session.roundTripMs)
    const c = await greaterThan(here.narrow('compare'), planes, chunks, plan.orderBits, blocks)
    await swap(here.narrow('swap'), planes, chunks, c, true)
    if (controls === undefined) arena.release(mark)
    else controls.push({ chunks, c })
    onStep(pairs)
  }
}

/** Planes over the merged rows, in the places these have now, go back to where the rows came from. */
export async function unmerge(session: Session, planes: Planes, controls: Controls): Promise<void> {
  for (const [i, { chunks, c }] of [...controls.entries()].reverse()) {
    await swap(session.narrow(`step${i}`), planes, chunks, c)
  }
}
