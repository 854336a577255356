/** Waiting for the other members: between looks, how long at most, and once more where a call failed. */

import { setTimeout as sleep } from 'node:timers/promises'
import { NodeProblem } from '../../output/explain.ts'
import type { Part, Setting } from './run.ts'

/** In looks: as long as a node takes to start again. */
const AGAIN = 10

/** Until the next look. @throws AbortError */
export function pause({ pollMs, signal }: Setting, ms = pollMs): Promise<void> {
  return sleep(ms, undefined, { signal })
}

/** Whether nobody is waited for any more. */
export function isLate({ setting, deadline }: Pick<Part, 'setting' | 'deadline'>): boolean {
  return setting.alone.aborted || setting.clock() >= deadline
}

/** What one member does for all, who would wait for it in vain: a hiccup of one of them is not the end of it. */
export async function twice<Value>(
  { setting }: Pick<Part, 'setting'>,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof NodeProblem)) throw error
    await pause(setting, AGAIN * setting.pollMs)
    return work()
  }
}
