/** What the benchmark and its two parties say to each other: to each question one answer. */

import type { Bytes } from '@drempel/protocol/encoding'
import type { PsiOptions, PsiProtocol, PsiRole } from '@drempel/protocol/psi'

export type Terms = Pick<PsiOptions, 'output' | 'to' | 'sizes' | 'context'>

export type Question =
  | { readonly ask: 'listen'; readonly role: PsiRole }
  | { readonly ask: 'connect'; readonly port: number }
  | { readonly ask: 'load'; readonly file: string }
  | { readonly ask: 'run'; readonly protocol: PsiProtocol; readonly terms: Terms }
  | { readonly ask: 'offer'; readonly context: Bytes; readonly sizes: Terms['sizes'] }
  | { readonly ask: 'question'; readonly terms: Terms }
  | { readonly ask: 'save'; readonly file: string }

export type Answers = {
  /** The receiver listens on no port. */
  listen: { readonly port: number }
  connect: Record<never, never>
  /** From the file to distinct canonical items in memory. */
  load: { readonly seconds: number; readonly items: number }
  run: Ran
  offer: Ran
  question: Ran
  /** From the result in memory to the file. */
  save: { readonly seconds: number }
}

export type Ran = {
  /** Milliseconds since 1970 when this side had its result. */
  readonly endedAt: number
  /** Of all threads of the process. */
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly bytesSent: number
  /** In common; null where this side is told nothing. */
  readonly size: number | null
}

/** Comes any number of times before the answer to `run` and `offer`. */
export type Progress = { readonly done: number }
