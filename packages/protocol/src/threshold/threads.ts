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

/** The parts of a round, the least number that a node wants. */
export async function agreeOnParts(
  session: Session,
  plan: RoundPlan,
  rules: readonly RoundRule[],
  most: number,
  partAnds: number,
): Promise<readonly Group[]> {
  const here = session.narrow('threads')
  const own = Uint8Array.of(Math.min(most, 255))
  const [next, previous] = await Promise.all(
    (['next', 'previous'] as const).map(async (side) => {
      const sending = here.send(side, 'most', own)
      const theirs = await here.receive(side, 'most', 1)
      await sending
      return theirs[0]!
    }),
  )
  here.countRound()
  return partsOf(plan, rules, Math.min(own[0]!, next!, previous!), partAnds)
}

/** Equal parts, a power of two of them. */
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
