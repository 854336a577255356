/** Operator API: proposals that take two people, and what they end in. */

import {
  carryOutRequest,
  decisionRequest,
  type OpenedRecord,
  type ProposalView,
  proposalRequest,
  type Shredded,
} from '@drempel/protocol/api'
import { Hono } from 'hono'
import type { OperatorEnv } from '../http/index.ts'
import {
  decideProposal,
  listProposals,
  type OpenedProposal,
  openRecord,
  proposeOpening,
  proposeShred,
  shred,
} from '../sessions/index.ts'
import { readJson } from './input.ts'
import type { RunningNode } from './node.ts'

export function recordRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const { ctx } = sessions
  const people = operators.requireRole('auditor', 'fg', 'operator', 'admin')
  const app = new Hono<OperatorEnv>()

  app.get('/proposals', people, async (c) =>
    c.json({ proposals: (await listProposals(ctx)).map(view) }),
  )
  app.post('/proposals', people, async (c) => {
    const { reason, ...subject } = await readJson(c, proposalRequest)
    const operator = c.get('operator')
    const proposal =
      subject.act === 'open'
        ? await proposeOpening(ctx, operator, subject, reason)
        : await proposeShred(ctx, operator, subject, reason)
    return c.json(view(proposal), 201)
  })
  app.post('/proposals/:id/decision', people, async (c) => {
    const { approve } = await readJson(c, decisionRequest)
    const id = c.req.param('id')
    return c.json(view(await decideProposal(ctx, c.get('operator'), id, approve)))
  })
  app.post('/proposals/:id/opening', people, async (c) => {
    await readJson(c, carryOutRequest)
    const opened = await openRecord(ctx, c.get('operator'), c.req.param('id'))
    const { commit } = opened.leaf
    const response: OpenedRecord = { ...opened, commit }
    return c.json(response, 200, { 'cache-control': 'no-store' })
  })
  app.post('/proposals/:id/shredding', people, async (c) => {
    await readJson(c, carryOutRequest)
    const response: Shredded = await shred(ctx, c.get('operator'), c.req.param('id'))
    return c.json(response)
  })
  return app
}

function view({ subject, createdAt, expiresAt, ...proposal }: OpenedProposal): ProposalView {
  return {
    ...proposal,
    ...subject,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
  }
}
