/**
 * A large round in parts, each on a thread of its own: bins are independent, so a node with cores to
 * spare computes some of them beside the others. All three nodes compute the same parts, as many as the
 * one with the fewest threads can.
 */

import type { Session } from '../mpc/index.ts'
import { type Group, SHARD_WORDS, wholeOf } from './group.ts'
import type { PartResult, PartTask } from './part.ts'
import { andCount, type RoundPlan } from './plan.ts'
import { countedBy, type RoundRule } from './rules.ts'

/** What a host lends a round besides the thread that it is called on. */
export type Threads = {
  /** How many parts it can compute beside each other, up to 255. */
  readonly most: number
  /** Opens links for each part between the same three nodes. */
  open(parts: number): Promise<PartRunner>
}

/** Calls `runPart` on the thread of part `index`, over its links. */
export type PartRunner = (
  index: number,
  task: PartTask,
  onProgress: (done: number) => void,
) => Promise<PartResult>

/** A part has so many ANDs at least, half a second of work: else it is not worth a thread. */
export const PART_ANDS = 2 ** 30
/** 64 bins: with fewer most of an instruction would be idle. */
const LEAST_WORDS = SHARD_WORDS / 2

/** All three have their links before any begins; who waits for them hears at once that another stopped. */
export async function openParts(
  session: Session,
  threads: Threads,
  parts: number,
): Promise<PartRunner> {
  const here = session.narrow('parts')
  const sides = ['next', 'previous'] as const
  const others = Promise.all(sides.map((side) => here.receive(side, 'opened', 0)))
  const opening = threads.open(parts)
  const run = await Promise.race([opening, others.then(() => opening)])
  const told = sides.map((side) => here.send(side, 'opened', new Uint8Array()))
  await Promise.all([others, ...told])
  session.countRound()
  return run
}

/** Equal parts, a power of two of them. @param most as many as all three nodes can compute at a time */
export function partsOf(
  plan: RoundPlan,
  rules: readonly RoundRule[],
  most: number,
  partAnds: number,
): readonly Group[] {
  const { words } = wholeOf(plan)
  // Counting folds 128 lanes at a time.
  const least = countedBy(rules) === undefined ? LEAST_WORDS : SHARD_WORDS
  const useful = Math.min(most, words / least, andCount(plan) / partAnds)
  let parts = 1
  while (2 * parts <= useful) parts *= 2
  return Array.from({ length: parts }, (_, i) => ({
    firstWord: (i * words) / parts,
    words: words / parts,
  }))
}
