/** Operator API: alerts, for those who supervise the node. */

import { type AlertView, alert as alertSchema, alertSeenRequest } from '@drempel/protocol/api'
import { ProtocolError } from '@drempel/protocol/encoding'
import { Hono } from 'hono'
import type { OperatorEnv } from '../http/index.ts'
import type { AlertRecord } from '../store/index.ts'
import { readJson } from './input.ts'
import type { RunningNode } from './node.ts'

const MOST = 1_000

export function alertRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const { store, clock } = sessions.ctx
  const supervisors = operators.requireRole('auditor', 'fg', 'admin')
  const app = new Hono<OperatorEnv>()

  app.get('/alerts', supervisors, async (c) => {
    const all = c.req.query('all') === 'true'
    const alerts = await store.alerts.list({ all, limit: MOST })
    return c.json({ alerts: alerts.map(view) })
  })
  app.post('/alerts/:id/seen', supervisors, async (c) => {
    await readJson(c, alertSeenRequest)
    const id = Number(c.req.param('id'))
    const { name } = c.get('operator')
    if (!Number.isSafeInteger(id) || !(await store.alerts.see(id, name, clock()))) {
      throw new ProtocolError('NOT_FOUND')
    }
    return c.json({ seen: id })
  })
  return app
}

function view({ at, seenAt, code, ...alert }: AlertRecord): AlertView {
  return {
    ...alert,
    code: alertSchema.shape.code.parse(code),
    time: new Date(at).toISOString(),
    seenAt: seenAt === null ? null : new Date(seenAt).toISOString(),
  }
}
