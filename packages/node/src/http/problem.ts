/**
 * RFC 9457 problem documents. One table maps every error code to status and title; a layer
 * contributes the rows of its own closed union, and TypeScript demands them all. What is in no
 * table becomes INTERNAL with a random reference: the body never carries a raw error.
 */

import { base64url, isProtocolError, type RandomBytes } from '@drempel/protocol/encoding'
import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { HttpErrorCode } from './errors.ts'

export type Lang = 'nl' | 'en'

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

export const httpProblems: ProblemTable<HttpErrorCode> = {
  BODY_TOO_LARGE: {
    status: 413,
    en: 'The request is larger than this path accepts',
    nl: 'Het verzoek is groter dan dit pad toestaat',
  },
  FORBIDDEN: {
    status: 403,
    en: 'Your token lacks the role for this',
    nl: 'Uw token heeft hiervoor niet de rol',
  },
  INSECURE_LISTEN: {
    status: 500,
    en: 'Plain HTTP is for loopback addresses only',
    nl: 'Onversleuteld HTTP kan alleen op loopback',
  },
  INTERNAL: {
    status: 500,
    en: 'The node failed; its log has the reference',
    nl: 'De node faalde; het logboek heeft de verwijzing',
  },
  NOT_FOUND: { status: 404, en: 'Nothing here', nl: 'Hier is niets' },
  TOO_MANY_ATTEMPTS: {
    status: 429,
    en: 'Too many failed attempts; wait a minute',
    nl: 'Te veel mislukte pogingen; wacht een minuut',
  },
  UNAUTHENTICATED: {
    status: 401,
    en: 'A valid token is needed',
    nl: 'Een geldig token is nodig',
  },
}

/** `onInternal` gets the raw error of what becomes INTERNAL, with the reference in its document. */
export function createProblemMapper(options: {
  table: Readonly<Record<string, ProblemSpec>>
  random: RandomBytes
  onInternal?: (error: unknown, reference: string) => void
}): ProblemMapper {
  const table = new Map(Object.entries(options.table))
  return (error, acceptLanguage) => {
    const spec = isProtocolError(error) ? table.get(error.code) : undefined
    if (spec === undefined || !isProtocolError(error)) {
      const reference = base64url(options.random(9))
      options.onInternal?.(error, reference)
      return {
        ...head('INTERNAL', httpProblems.INTERNAL, acceptLanguage),
        instance: `urn:drempel:incident:${reference}`,
      }
    }
    return {
      ...head(error.code, spec, acceptLanguage),
      ...(error.culprit === undefined ? {} : { culprit: error.culprit }),
      ...(error.at === undefined ? {} : { at: error.at }),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    }
  }
}

/** For `app.onError`. */
export function problemHandler(mapper: ProblemMapper): ErrorHandler {
  return (error, c) => answer(c, mapper(error, c.req.header('accept-language')))
}

/** For `app.notFound`. */
export function problemNotFound(): NotFoundHandler {
  return (c) =>
    answer(c, head('NOT_FOUND', httpProblems.NOT_FOUND, c.req.header('accept-language')))
}

/** Of what a node says to people. @param acceptLanguage RFC 9110, section 12.5.4 */
export function languageOf(acceptLanguage: string | undefined): Lang {
  return acceptLanguage !== undefined && /^nl\b/i.test(acceptLanguage) ? 'nl' : 'en'
}

function head(code: string, spec: ProblemSpec, acceptLanguage: string | undefined) {
  return {
    type: `urn:drempel:error:${code}`,
    title: spec[languageOf(acceptLanguage)],
    status: spec.status,
    code,
  }
}

function answer(c: Context, problem: ProblemDocument): Response {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  // RFC 9110, section 11.6.1: a 401 names the scheme it wants.
  if (problem.code === 'UNAUTHENTICATED') headers['www-authenticate'] = 'Bearer'
  if (problem.status === 429) headers['retry-after'] = '60'
  return c.body(JSON.stringify(problem), problem.status, headers)
}
