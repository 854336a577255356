/** RFC 9457 problem documents: one closed table from error codes to status and title. */

import type { RandomBytes } from '@drempel/protocol/encoding'
import type { ErrorHandler, NotFoundHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { HttpErrorCode } from './errors.ts'

export type ProblemSpec = {
  readonly status: ContentfulStatusCode
  readonly en: string
  readonly nl: string
}

/** A record, so that TypeScript demands an entry for every code of the union. */
export type ProblemTable<Code extends string> = { readonly [code in Code]: ProblemSpec }

export type ProblemDocument = {
  readonly type: string
  readonly title: string
  readonly status: ContentfulStatusCode
  readonly code: string
  readonly culprit?: string
  readonly at?: string
  readonly hint?: string
  /** Only of INTERNAL: the random reference that the log shows too. */
  readonly instance?: string
}

export type ProblemMapper = (error: unknown, acceptLanguage?: string) => ProblemDocument

export declare const httpProblems: ProblemTable<HttpErrorCode>

/** Unknown errors and codes outside the table become INTERNAL; `onInternal` gets the raw error and the reference. */
export declare function createProblemMapper(options: {
  table: Readonly<Record<string, ProblemSpec>>
  random: RandomBytes
  onInternal?: (error: unknown, reference: string) => void
}): ProblemMapper

/** For `app.onError`. */
export declare function problemHandler(mapper: ProblemMapper): ErrorHandler

/** For `app.notFound`. */
export declare function problemNotFound(mapper: ProblemMapper): NotFoundHandler
