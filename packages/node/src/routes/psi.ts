/** Operator API: intersections with one other member. */

import {
  type Psi,
  type PsiPrepared,
  psiAcceptRequest,
  psiListRequest,
  psiPrepareRequest,
  psiProposalRequest,
  psiRefuseRequest,
  psiRepeatRequest,
  psiRowsQuery,
} from '@drempel/protocol/api'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { Hono } from 'hono'
import type { OperatorEnv } from '../http/index.ts'
import {
  acceptIntersection,
  addToList,
  endPrepared,
  type Intersections,
  openPrepared,
  openSession,
  PROPOSAL_MS,
  type Prepared,
  type PsiSession,
  preparedOf,
  prepareIntersection,
  proposeIntersection,
  refuseIntersection,
  repeatIntersection,
  resultPart,
  sessionOf,
} from '../sessions/index.ts'
import { readJson, readQuery } from './input.ts'
import type { RunningNode } from './node.ts'

const LISTED = 200

export function psiRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const { ctx, intersections } = sessions
  const analyst = operators.requireRole('analyst', 'admin')
  const consenting = operators.requireRole('analyst', 'operator', 'admin')
  const app = new Hono<OperatorEnv>()
  const view = (session: PsiSession) => psiView(session, intersections)

  app.post('/psi/lists', consenting, async (c) => {
    const { kind, list, rows } = await readJson(c, psiListRequest)
    return c.json(await addToList(ctx, kind, list, rows))
  })
  app.post('/psi', analyst, async (c) => {
    const asked = await readJson(c, psiProposalRequest)
    const session = await proposeIntersection(ctx, intersections, c.get('operator'), {
      ...asked,
      protocol: asked.protocol ?? null,
      case: asked.case ?? null,
    })
    return c.json(view(session), 201)
  })
  app.get('/psi', consenting, async (c) => {
    const rows = await ctx.store.psi.list(LISTED)
    return c.json({ sessions: rows.map((row) => view(openSession(ctx, row))) })
  })
  app.post('/psi/prepared', consenting, async (c) => {
    const { days = null, ...asked } = await readJson(c, psiPrepareRequest)
    const operator = c.get('operator')
    const list = await prepareIntersection(ctx, intersections, operator, { ...asked, days })
    return c.json(preparedView(list, intersections), 202)
  })
  app.get('/psi/prepared', consenting, async (c) => {
    const rows = await ctx.store.psi.prepared.list(LISTED)
    const lists = rows.map((row) => preparedView(openPrepared(ctx, row), intersections))
    return c.json({ lists })
  })
  app.post('/psi/prepared/:id/end', consenting, async (c) => {
    await readJson(c, psiRefuseRequest)
    const list = await preparedOf(ctx, c.req.param('id'))
    const ended =
      list.state === 'ended' ? list : await endPrepared(ctx, intersections, list, 'STOPPED')
    return c.json(preparedView(ended, intersections))
  })
  app.get('/psi/:id', consenting, async (c) =>
    c.json(view(await sessionOf(ctx, c.req.param('id')))),
  )
  app.post('/psi/:id/acceptance', consenting, async (c) => {
    const { input } = await readJson(c, psiAcceptRequest)
    const id = c.req.param('id')
    return c.json(view(await acceptIntersection(ctx, intersections, c.get('operator'), id, input)))
  })
  app.post('/psi/:id/refusal', consenting, async (c) => {
    await readJson(c, psiRefuseRequest)
    const id = c.req.param('id')
    return c.json(view(await refuseIntersection(ctx, intersections, c.get('operator'), id)))
  })
  app.post('/psi/:id/repetition', analyst, async (c) => {
    const { input } = await readJson(c, psiRepeatRequest)
    const id = c.req.param('id')
    const again = await repeatIntersection(ctx, intersections, c.get('operator'), id, input)
    return c.json(view(again), 201)
  })
  app.get('/psi/:id/items', analyst, async (c) => {
    const { after } = readQuery(c, psiRowsQuery)
    const { id, state } = await sessionOf(ctx, c.req.param('id'))
    // Nothing of a result is given before it is entered in the log.
    const part = state === 'done' ? await resultPart(ctx, id, after) : { rows: [], next: null }
    return c.json(part, 200, { 'cache-control': 'no-store' })
  })
  return app
}

function preparedView(list: Prepared, { masking }: Intersections): PsiPrepared {
  const { id, side, peer, purpose, kind, state, reason, content } = list
  const { bound, own } = content
  const live = masking.get(id)
  return {
    ...{ id, side, peer, purpose, kind: kind as IdentifierKind, state, size: bound.size },
    ...{ source: own?.source ?? null, own: own?.size ?? null },
    ...{ createdAt: bound.terms.createdAt, expiresAt: bound.terms.expiresAt },
    ...(live === undefined ? {} : { done: live.done, total: live.total }),
    ...(reason === null ? {} : { reason }),
  }
}

function psiView(session: PsiSession, intersections: Intersections): Psi {
  const { id, side, peer, state, purpose, kind, content, createdAt, updatedAt } = session
  const { proposal, acceptance, own, people, why, result } = content
  const { output, to, size } = proposal.body
  const live = intersections.find(id)
  const prepared = acceptance?.body.prepared
  const waits = state === 'proposed' || state === 'drafted'
  const expiresAt = new Date(createdAt + PROPOSAL_MS).toISOString()
  return {
    ...{ id, side, peer, state, purpose, kind: kind as IdentifierKind, output, to },
    protocol: acceptance?.body.protocol ?? proposal.body.protocol,
    why,
    sizes: { proposer: size, partner: acceptance?.body.size ?? null },
    source: own?.source ?? null,
    own: own?.size ?? null,
    ...(prepared
      ? {
          prepared: {
            ...{ id: prepared.id, createdAt: prepared.createdAt, expiresAt: prepared.expiresAt },
          },
        }
      : {}),
    case: content.case,
    people: people.map(({ name }) => name),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    ...(waits ? { expiresAt } : {}),
    ...(live === undefined
      ? {}
      : {
          ...live.progress,
          sent: live.link.bytesSent,
          received: live.link.bytesReceived,
        }),
    ...(result === null ? {} : { result }),
    ...(session.reason === null ? {} : { reason: session.reason }),
    ...(content.cause === undefined ? {} : { cause: content.cause }),
    ...(session.culprit === null ? {} : { culprit: session.culprit }),
  }
}
