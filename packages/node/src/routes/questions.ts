/** Operator API: questions that one person puts and another approves. */

import {
  type QuestionView,
  questionAsk,
  questionDecision,
  questionRequest,
} from '@drempel/protocol/api'
import { Hono } from 'hono'
import type { OperatorEnv } from '../http/index.ts'
import {
  askApproved,
  decideQuestion,
  listQuestions,
  proposeQuestion,
  showQuestion,
  type WaitingQuestion,
} from '../sessions/index.ts'
import { readJson } from './input.ts'
import type { RunningNode } from './node.ts'
import { checkView, screenView } from './queries.ts'

export function questionRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const { ctx } = sessions
  const analyst = operators.requireRole('analyst', 'admin')
  const app = new Hono<OperatorEnv>()

  app.get('/questions', analyst, async (c) =>
    c.json({ questions: (await listQuestions(ctx, c.get('operator'))).map(view) }),
  )
  app.post('/questions', analyst, async (c) => {
    const { case: reference = null, ...asked } = await readJson(c, questionRequest)
    const { kind, purpose, rule } = asked
    const what =
      'value' in asked
        ? { protocol: 'check' as const, values: [asked.value] }
        : { protocol: 'screen' as const, values: asked.values }
    const question = { kind, purpose, rule, ...what, case: reference }
    return c.json(view(await proposeQuestion(ctx, c.get('operator'), question)), 201)
  })
  app.get('/questions/:id/values', analyst, async (c) => {
    const question = await showQuestion(ctx, c.get('operator'), c.req.param('id'))
    return c.json({ values: [...question.values], case: question.case })
  })
  app.post('/questions/:id/decision', analyst, async (c) => {
    const { approve } = await readJson(c, questionDecision)
    const id = c.req.param('id')
    return c.json(view(await decideQuestion(ctx, c.get('operator'), id, approve)))
  })
  app.post('/questions/:id/answer', analyst, async (c) => {
    await readJson(c, questionAsk)
    const { question, answer } = await askApproved(ctx, c.get('operator'), c.req.param('id'))
    const { protocol } = question
    return c.json(await (protocol === 'check' ? checkView : screenView)(ctx, question, answer))
  })
  return app
}

function view({ createdAt, expiresAt, values, ...question }: WaitingQuestion): QuestionView {
  return {
    ...question,
    value: question.protocol === 'check' ? (values[0] ?? null) : null,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
  }
}
