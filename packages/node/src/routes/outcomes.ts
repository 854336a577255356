/** Operator API: feedback of those who asked, and classes of results for those who supervise. */

import { classesQuery, feedbackRequest, resultClasses as schema } from '@drempel/protocol/api'
import { Hono } from 'hono'
import type { OperatorEnv } from '../http/index.ts'
import { feedbackEnds, giveFeedback, LEAST_QUERIES, resultClasses } from '../sessions/index.ts'
import { readJson, readQuery } from './input.ts'
import type { RunningNode } from './node.ts'

export function outcomeRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const { ctx } = sessions
  const app = new Hono<OperatorEnv>()

  app.post('/feedback', operators.requireRole('analyst', 'admin'), async (c) => {
    const { txid, item, outcome } = await readJson(c, feedbackRequest)
    await giveFeedback(ctx, txid, item, outcome)
    return c.json({ txid, item, outcome })
  })
  app.get('/classes', operators.requireRole('auditor', 'fg', 'admin'), async (c) => {
    const { month } = readQuery(c, classesQuery)
    const classes = await resultClasses(ctx, month)
    const feedbackFrom = new Date(feedbackEnds(month)).toISOString()
    return c.json(schema.parse({ month, least: LEAST_QUERIES, feedbackFrom, classes }))
  })
  return app
}
