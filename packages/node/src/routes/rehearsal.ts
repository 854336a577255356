/** Operator API: the rehearsal of the convenant. */

import {
  type RehearsalComparison,
  rehearsalBegin,
  rehearsalEnd,
  rehearsalStep,
} from '@drempel/protocol/api'
import { Hono } from 'hono'
import { type OperatorEnv, roles } from '../http/index.ts'
import {
  beginRehearsal,
  compareRehearsal,
  currentRehearsal,
  endRehearsal,
  moveRehearsal,
  viewRehearsal,
} from '../sessions/index.ts'
import { readJson } from './input.ts'
import type { RunningNode } from './node.ts'

export function rehearsalRoutes({ convenant, sessions, operators }: RunningNode) {
  const { ctx } = sessions
  const operator = operators.requireRole('operator', 'admin')
  const app = new Hono<OperatorEnv>()

  app.get('/rehearsal', operators.requireRole(...roles), async (c) =>
    c.json(await viewRehearsal(ctx)),
  )
  app.post('/rehearsal', operator, async (c) => {
    const { word } = await readJson(c, rehearsalBegin)
    await beginRehearsal(ctx, convenant, word, c.get('operator').name)
    return c.json(await currentRehearsal(ctx))
  })
  app.post('/rehearsal/step', operator, async (c) => {
    await moveRehearsal(ctx, (await readJson(c, rehearsalStep)).step)
    return c.json(await currentRehearsal(ctx))
  })
  app.get('/rehearsal/comparison', operators.requireRole(...roles), async (c) =>
    c.json({ members: await compareRehearsal(ctx) } satisfies RehearsalComparison),
  )
  app.post('/rehearsal/end', operator, async (c) => {
    await readJson(c, rehearsalEnd)
    const clean = await endRehearsal(ctx, convenant, sessions, c.get('operator').name)
    return c.json({ clean })
  })
  return app
}
