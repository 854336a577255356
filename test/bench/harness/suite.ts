import type { Result } from './results.ts'

/**
 * `full` takes minutes and the workloads that goals are set for; `quick` ends within 50 s on two cores;
 * `smoke` does everything once in the smallest size and shows only that it works.
 */
export type Mode = 'full' | 'quick' | 'smoke'

type SuiteOptions = {
  readonly mode: Mode
  /** Instead of the suite's own workloads; for suites that know them. */
  readonly custom?: CustomWorkload
  /** The one workload that takes most, alone; for suites that have one. */
  readonly large?: boolean
  /** Tells people what runs. */
  readonly say: (text: string) => void
}

export const OUTPUTS = ['owners', 'list', 'sectors', 'reports', 'aggregates'] as const

export type CustomWorkload = {
  readonly sizes: readonly number[]
  readonly t: number
  readonly output: (typeof OUTPUTS)[number]
  /** In turns with one: how many parts nodes compute on threads of their own; 1 for no such turn. */
  readonly parts: number
}

/** @throws Error when what was computed is wrong: a wrong answer has no speed */
export type Suite = (options: SuiteOptions) => Promise<readonly Result[]>
