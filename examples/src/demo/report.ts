/** What the demo found out: the object of `--json`, and whether all of it is as it must be. */

import type { Comparison } from './clear.ts'

export type DemoReport = {
  readonly ok: boolean
  readonly sizes: readonly {
    readonly node: string
    readonly sector: string
    readonly source: string
    /** Entries of the list, those that are no host name included. */
    readonly entries: number
    readonly flags: number
    /** For each threshold, how many of its own flags are over it. */
    readonly over: readonly { readonly t: number; readonly flags: number }[]
  }[]
  readonly distinct: number
  readonly rules: readonly (Comparison & {
    readonly rule: string
    /** Size of the published threshold list. */
    readonly published: number
  })[]
  readonly checks: readonly CheckReport[]
  readonly logs: readonly {
    readonly node: string
    readonly size: number
    readonly verified: boolean
  }[]
  readonly seconds: Readonly<Record<string, number>>
  /** The most memory that each process had, where the system tells. */
  readonly peakMiB: Readonly<Record<string, number>>
}

export type CheckReport = {
  readonly asker: string
  readonly purpose: string
  readonly rule: string
  /** `over`, `not-over`, or the code of the refusal. */
  readonly expected: string
  readonly answer: string
  /** The answer's receipt holds, or the refusal stands in the asker's log. */
  readonly proven: boolean
}

export function isOk(report: Omit<DemoReport, 'ok'>): boolean {
  return (
    report.rules.length > 0 &&
    report.rules.every(
      ({ expected, found, missing, extra, published }) =>
        missing === 0 && extra === 0 && found === expected && published === expected,
    ) &&
    report.checks.every(({ expected, answer, proven }) => answer === expected && proven) &&
    report.logs.length > 0 &&
    report.logs.every(({ verified }) => verified)
  )
}
