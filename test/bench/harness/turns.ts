/**
 * Contenders take turns in one process, so that whatever slows the machine for a while slows all of
 * them, and a ratio is taken within each turn.
 */

import { setImmediate as nextTurn } from 'node:timers/promises'

export type Contender = {
  readonly name: string
  /** Does its work once. @returns seconds that count, when preparation inside does not */
  readonly run: () => number | Promise<number>
}

export type TurnLimits = {
  /** No turn begins that would end later, if it takes as long as the longest before. */
  readonly seconds: number
  /** More than one: even when the time is over. */
  readonly atLeast: number
  readonly atMost: number
}

export type Turns = {
  /** Seconds of each turn that counts. */
  readonly of: (name: string) => readonly number[]
}

/** One turn to warm up, then turns until the time is over. A warm-up that used it all up counts. */
export async function takeTurns(
  contenders: readonly Contender[],
  { seconds, atLeast, atMost }: TurnLimits,
): Promise<Turns> {
  const end = performance.now() + 1000 * seconds
  const turns: ReadonlyMap<string, number>[] = []
  let longest = 0
  const take = async () => {
    const begin = performance.now()
    turns.push(await oneTurn(contenders, turns.length))
    longest = Math.max(longest, performance.now() - begin)
  }
  const inTime = () => performance.now() + longest < end
  await take()
  if (atMost > 1 && (atLeast > 1 || inTime())) {
    turns.pop()
    while (turns.length < atMost && (turns.length < atLeast || inTime())) await take()
  }
  return { of: (name) => turns.map((turn) => turn.get(name)!) }
}

/** The first in a turn would always pay for the garbage of the one before, so each begins in turn. */
async function oneTurn(
  contenders: readonly Contender[],
  first: number,
): Promise<ReadonlyMap<string, number>> {
  const seconds = new Map<string, number>()
  for (let i = 0; i < contenders.length; i++) {
    const { name, run } = contenders[(first + i) % contenders.length]!
    seconds.set(name, await run())
    await nextTurn()
  }
  return seconds
}

/** Seconds that `work` takes. */
export async function timed(work: () => unknown): Promise<number> {
  const begin = performance.now()
  await work()
  return (performance.now() - begin) / 1000
}
