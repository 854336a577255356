/** What the benchmark and its three compute processes say to each other, one answer to each question. */

import type { Bytes } from '@drempel/protocol/encoding'
import type { PartnerSize, RoundRule } from '@drempel/protocol/threshold'

export type Question =
  | { readonly ask: 'listen'; readonly party: number }
  | { readonly ask: 'connect'; readonly ports: readonly number[] }
  | {
      readonly ask: 'load'
      readonly partners: readonly PartnerSize[]
      readonly rules: readonly RoundRule[]
      readonly folder: string
    }
  | { readonly ask: 'compute'; readonly sessionId: Bytes }

export type Answers = {
  listen: { readonly port: number }
  connect: Record<string, never>
  load: { readonly seconds: number }
  compute: Computed
}

export type Computed = {
  /** Milliseconds since 1970 when all outputs were opened. */
  readonly endedAt: number
  /** Of all threads of the process. */
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly stats: { readonly ands: number; readonly bytesSent: number; readonly rounds: number }
  readonly leftOut: number
  readonly lists: ReadonlyMap<string, readonly Bytes[]>
  readonly owners: ReadonlyMap<string, ReadonlyMap<number, Bytes>>
}

/** Three processes on one machine share this clock. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

export function uploadFile(folder: string, partner: number, party: number): string {
  return `${folder}/upload-${partner}-${party}`
}
