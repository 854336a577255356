/** What the benchmark and its three compute processes say to each other: to each question one answer. */

import type { Bytes } from '@drempel/protocol/encoding'
import type { Aggregates, PartnerSize, RoundPlan, RoundRule } from '@drempel/protocol/threshold'

export type Question =
  | { readonly ask: 'listen'; readonly party: number }
  | {
      readonly ask: 'connect'
      readonly ports: readonly number[]
      readonly plainPorts: readonly number[]
      /** Links for parts, besides the round's own. */
      readonly parts: number
    }
  | {
      readonly ask: 'flood'
      readonly via: 'channel' | 'plain'
      readonly size: number
      readonly count: number
    }
  | {
      readonly ask: 'load'
      readonly partners: readonly PartnerSize[]
      readonly reportBits: RoundPlan['reportBits']
      readonly folder: string
    }
  | {
      readonly ask: 'compute'
      readonly sessionId: Bytes
      readonly rules: readonly RoundRule[]
      /** What the node shall take the round trip to be, instead of what it measured. */
      readonly roundTripMs?: number
      /** On threads; 1: all on the main thread. */
      readonly parts: number
    }

export type Answers = {
  listen: { readonly port: number; readonly plainPort: number }
  connect: { readonly roundTripMs: number }
  flood: { readonly cpuSeconds: number }
  load: { readonly seconds: number }
  compute: Computed
}

export type Computed = {
  /** Milliseconds since 1970 when all outputs were opened. */
  readonly endedAt: number
  /** Of all threads of the process. */
  readonly cpuSeconds: number
  /** Of the one that took most; null where the system does not tell. */
  readonly busiestSeconds: number | null
  readonly peakMiB: number
  /** The most processor time between two turns of the event loop, in milliseconds. */
  readonly heldUpMs: number
  readonly stats: { readonly ands: number; readonly bytesSent: number; readonly rounds: number }
  readonly leftOut: number
  readonly lists: ReadonlyMap<string, readonly Bytes[]>
  readonly owners: ReadonlyMap<string, ReadonlyMap<number, Bytes>>
  readonly aggregates: ReadonlyMap<string, Aggregates>
}

/** Comes any number of times before the answer to `compute`: the part of the merge that is done. */
export type Progress = { readonly done: number }

/** Three processes on one machine share this clock. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

export function uploadFile(folder: string, partner: number, party: number): string {
  return `${folder}/upload-${partner}-${party}`
}
