/**
 * Operator API: requests of data subjects, for the FG alone, and recalls. Where the node is
 * confidential its answers do not depend on what it knows: a disclosure looks nothing up, and an act
 * does the same work whether or not there was a flag, and does not say so.
 */

import {
  accessRequest,
  caseNumber,
  closeRequest,
  erasureRequest,
  extendRequest,
  liftRequest,
  objectionRequest,
  rectifyRequest,
  type SubjectAccess,
  type SubjectCase,
  type SubjectCaseFile,
  type SubjectDone,
} from '@drempel/protocol/api'
import { ProtocolError } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import type { OperatorEnv } from '../http/index.ts'
import {
  canonical,
  caseFor,
  caseName,
  caseWithEntries,
  closeCase,
  type Disclosure,
  daysLeft,
  disclose,
  eraseFlag,
  extendCase,
  liftObjection,
  listCases,
  listRecalls,
  NOTHING,
  type NodeContext,
  objectTo,
  proofOf,
  rectifyFlag,
  reviewAnswers,
} from '../sessions/index.ts'
import type { CaseRecord } from '../store/index.ts'
import { readJson, readQuery } from './input.ts'
import type { RunningNode } from './node.ts'

const listed = z.strictObject({ all: z.enum(['true', 'false']).default('false') })

export function subjectRoutes(node: RunningNode): Hono<OperatorEnv> {
  const { sessions, operators } = node
  const { ctx, intersections: runs } = sessions
  const fg = operators.requireRole('fg')
  const staff = operators.requireRole('analyst', 'fg', 'admin')
  const app = new Hono<OperatorEnv>()
  const done = ({ case: of, found }: Acted): SubjectDone => ({
    case: caseView(ctx, of),
    ...(isConfidential(node) ? {} : { found }),
  })

  app.post('/subjects/access', fg, async (c) => {
    const { value, ...request } = await readJson(c, accessRequest)
    const wanted = canonical(ctx, request.kind, value)
    const index = ctx.vault.blindIndex(request.kind, wanted)
    const operator = c.get('operator').id
    const of = await caseFor(ctx, { ...request, index, type: 'access', operator })
    const confidential = isConfidential(node)
    const known = confidential ? NOTHING : await disclose(ctx, request.kind, wanted)
    return c.json(accessView(node, of, wanted, confidential, known))
  })
  app.post('/subjects/objection', fg, async (c) => {
    const about = await readJson(c, objectionRequest)
    return c.json(done(await objectTo(ctx, runs, { ...about, operator: c.get('operator').id })))
  })
  app.post('/subjects/lift', fg, async (c) => {
    const about = await readJson(c, liftRequest)
    return c.json(
      done(await liftObjection(ctx, runs, { ...about, operator: c.get('operator').id })),
    )
  })
  app.post('/subjects/erasure', fg, async (c) => {
    const about = await readJson(c, erasureRequest)
    return c.json(done(await eraseFlag(ctx, runs, { ...about, operator: c.get('operator').id })))
  })
  app.post('/subjects/rectification', fg, async (c) => {
    const { taxonomy, evidence, reports, since, expires, replacement, ...about } = await readJson(
      c,
      rectifyRequest,
    )
    const fields = {
      ...(taxonomy === undefined ? {} : { taxonomy }),
      ...(evidence === undefined ? {} : { evidence }),
      ...(reports === undefined ? {} : { reports }),
      ...(since === undefined ? {} : { since: Date.parse(since) }),
      ...(expires === undefined ? {} : { expires: expires === null ? null : Date.parse(expires) }),
    }
    const request = { ...about, operator: c.get('operator').id }
    return c.json(done(await rectifyFlag(ctx, runs, request, fields, replacement)))
  })

  app.get('/subjects', fg, async (c) => {
    const { all } = readQuery(c, listed)
    const cases = await listCases(ctx, all === 'false')
    return c.json({ cases: cases.map((row) => caseView(ctx, row)) })
  })
  app.get('/subjects/:case', fg, async (c) =>
    c.json(caseFile(node, await caseWithEntries(ctx, caseOf(c)))),
  )
  app.post('/subjects/:case/extension', fg, async (c) => {
    const { reason } = await readJson(c, extendRequest)
    const of = await extendCase(ctx, caseOf(c), c.get('operator').id, reason)
    return c.json(caseView(ctx, of))
  })
  app.post('/subjects/:case/closing', fg, async (c) => {
    const { outcome, reason = '' } = await readJson(c, closeRequest)
    const of = await closeCase(ctx, caseOf(c), c.get('operator').id, outcome, reason)
    return c.json(caseView(ctx, of))
  })

  app.get('/recalls', staff, async (c) => {
    const { all } = readQuery(c, listed)
    // A list that came in a moment ago is looked at first.
    await reviewAnswers(ctx)
    const recalls = (await listRecalls(ctx, all === 'false')).map(
      ({ raisedAt, closedAt, askedAt, ...recall }) => ({
        ...recall,
        raisedAt: iso(raisedAt),
        closedAt: closedAt === null ? null : iso(closedAt),
        askedAt: iso(askedAt),
      }),
    )
    return c.json({ recalls })
  })
  app.post('/recalls/:number/closing', staff, async (c) => {
    const number = Number(/^[0-9]{1,15}$/.exec(c.req.param('number') ?? '')?.[0] ?? Number.NaN)
    const closed = Number.isNaN(number) ? false : await ctx.store.recalls.close(number, ctx.clock())
    if (!closed) throw new ProtocolError('NOT_FOUND')
    return c.json({ number })
  })
  return app
}

/** The police neither confirm nor deny, unless the node's settings say otherwise. */
function isConfidential({ home }: RunningNode): boolean {
  return home.config.confidential ?? home.member.sector === 'police'
}

type Acted = { readonly case: CaseRecord; readonly found: boolean }

function caseOf(c: Context): string {
  const parsed = caseNumber.safeParse(c.req.param('case'))
  if (!parsed.success) throw new ProtocolError('CASE_UNKNOWN')
  return parsed.data
}

type IntersectionProtocol = SubjectAccess['intersections'][number]['protocol']

/** Who says so, under which convenant, when. */
function saidBy({ home, sessions }: RunningNode) {
  const { id, version } = sessions.ctx.inForce().convenant
  return {
    member: { id: home.member.id, name: home.member.name, fg: home.member.fg },
    convenant: { id, version },
    time: iso(sessions.ctx.clock()),
  }
}

function caseFile(
  node: RunningNode,
  found: Awaited<ReturnType<typeof caseWithEntries>>,
): SubjectCaseFile {
  return {
    format: 'drempel-subject-case/1',
    case: caseView(node.sessions.ctx, found.case),
    ...saidBy(node),
    confidential: isConfidential(node),
    entries: [...found.entries],
  }
}

function accessView(
  node: RunningNode,
  of: CaseRecord,
  value: string,
  confidential: boolean,
  { flag, lists, queries, intersections, periods }: Disclosure,
): SubjectAccess {
  return {
    format: 'drempel-subject-access/1',
    case: caseView(node.sessions.ctx, of),
    ...saidBy(node),
    kind: of.kind as IdentifierKind,
    value,
    confidential,
    flag: flag === null ? null : flagView(flag),
    lists: lists.map(({ rule, listTime, over }) => ({
      ...{ rule, listTime: iso(listTime), answer: verdictOf(over) },
    })),
    queries: queries.map(({ time, over, entries, ...query }) => ({
      ...query,
      time: iso(time),
      answer: over === null ? null : verdictOf(over),
      entries: [...entries],
    })),
    intersections: intersections.map(({ time, peer, protocol, entries, ...of }) => ({
      ...{ ...of, time: iso(time), with: peer, protocol: protocol as IntersectionProtocol },
      entries: [...entries],
    })),
    periods: [...periods],
  }
}

function flagView(flag: NonNullable<Disclosure['flag']>): NonNullable<SubjectAccess['flag']> {
  const { state, taxonomy, evidence, reports, since, expires } = flag
  return {
    ...{ state, taxonomy, evidence, reports, since: iso(since) },
    expires: expires === null ? null : iso(expires),
    importedAt: iso(flag.createdAt),
    withdrawnAt: flag.withdrawnAt === null ? null : iso(flag.withdrawnAt),
    withdrawnReason: flag.withdrawnReason,
  }
}

function caseView(ctx: NodeContext, row: CaseRecord): SubjectCase {
  const { id, type, kind, receivedAt, dueAt, extendedAt, closedAt, outcome } = row
  return {
    ...{ case: caseName(row), txid: id, type, kind: kind as IdentifierKind },
    ...{ receivedAt: iso(receivedAt), dueAt: iso(dueAt) },
    daysLeft: closedAt === null ? daysLeft(row, ctx.clock()) : null,
    extended: extendedAt !== null,
    closedAt: closedAt === null ? null : iso(closedAt),
    ...{ outcome, proof: proofOf(ctx, row) },
  }
}

const verdictOf = (over: boolean) => (over ? 'over' : 'not-over')
const iso = (time: number) => new Date(time).toISOString()
