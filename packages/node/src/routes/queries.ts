/** Operator API: rounds, checks and receipts. */

import {
  type CheckResponse,
  checkRequest,
  type Receipt,
  type ScreenResponse,
  screenRequest,
  startRequest,
} from '@drempel/protocol/api'
import { base64, ProtocolError } from '@drempel/protocol/encoding'
import { encodeReceipt } from '@drempel/protocol/log'
import { Hono } from 'hono'
import type { Appended } from '../audit/index.ts'
import { type OperatorEnv, roles } from '../http/index.ts'
import { type CheckAnswer, check, type NodeContext, startRound } from '../sessions/index.ts'
import { readJson } from './input.ts'
import type { RunningNode } from './node.ts'
import { roundView } from './views.ts'

const HISTORY = 50

export function queryRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const { ctx, rounds } = sessions
  const anyone = operators.requireRole(...roles)
  const analyst = operators.requireRole('analyst', 'admin')
  const app = new Hono<OperatorEnv>()

  const view = async (id: string) => {
    const row = await ctx.store.rounds.get(id)
    if (row === null) throw new ProtocolError('ROUND_UNKNOWN')
    return roundView(ctx.store, rounds, row)
  }
  app.post('/rounds', operators.requireRole('operator', 'research', 'admin'), async (c) => {
    const { kind } = await readJson(c, startRequest)
    return c.json(await view(await startRound(ctx, rounds, kind)), 202)
  })
  app.get('/rounds', anyone, async (c) => {
    const rows = await ctx.store.rounds.list({ limit: HISTORY })
    return c.json({
      rounds: await Promise.all(rows.map((row) => roundView(ctx.store, rounds, row))),
    })
  })
  app.get('/rounds/:id', anyone, async (c) => c.json(await view(c.req.param('id'))))

  app.post('/checks', analyst, async (c) => {
    const { value, ...question } = await readJson(c, checkRequest)
    const operator = c.get('operator').id
    const answer = await check(ctx, { ...question, values: [value], protocol: 'check', operator })
    return c.json(await checkView(ctx, question, answer))
  })
  app.post('/screens', analyst, async (c) => {
    const { values, ...question } = await readJson(c, screenRequest)
    const operator = c.get('operator').id
    const answer = await check(ctx, { ...question, values, protocol: 'screen', operator })
    return c.json(await screenView(ctx, question, answer))
  })

  app.get('/receipts/:txid', operators.requireRole('analyst', 'auditor', 'admin'), async (c) => {
    const txid = c.req.param('txid')
    // Who asked or intersected has the outcome or the refusal; a holder, the evaluation.
    const entries = await ctx.audit.find(txid)
    const last = entries.findLast(({ type }) => /^(query|psi)\./.test(type)) ?? entries[0]
    if (last === undefined) throw new ProtocolError('UNKNOWN_RECEIPT')
    const leaf = await ctx.audit.leaf(last.origin, last.index)
    return c.json(await receiptOf(ctx, txid, { ...last, leaf }))
  })
  return app
}

/** The answer to a question about one identifier. */
export async function checkView(
  ctx: NodeContext,
  question: Pick<CheckResponse, 'kind' | 'purpose' | 'rule'>,
  answer: CheckAnswer,
): Promise<CheckResponse> {
  const [result] = answer.results
  return {
    answer: result !== undefined && 'over' in result && result.over ? 'over' : 'not-over',
    ...(await about(ctx, question, answer)),
  }
}

/** The answers to a question about many, in its order. */
export async function screenView(
  ctx: NodeContext,
  question: Pick<ScreenResponse, 'kind' | 'purpose' | 'rule'>,
  answer: CheckAnswer,
): Promise<ScreenResponse> {
  return {
    results: answer.results.map((result) =>
      'over' in result ? { answer: result.over ? 'over' : 'not-over' } : result,
    ),
    ...(await about(ctx, question, answer)),
  }
}

async function about(
  ctx: NodeContext,
  { kind, purpose, rule }: Pick<CheckResponse, 'kind' | 'purpose' | 'rule'>,
  answer: CheckAnswer,
) {
  return {
    txid: answer.txid,
    kind,
    purpose,
    rule,
    round: answer.list.round,
    listTime: new Date(answer.list.createdAt).toISOString(),
    listAgeSeconds: answer.listAgeSeconds,
    stale: answer.stale,
    humanDecisionRequired: true as const,
    receipt: await receiptOf(ctx, answer.txid, answer.entry),
  }
}

/** Under the checkpoint that a quorum of witnesses cosigned, where that has the entry already. */
async function receiptOf(
  ctx: NodeContext,
  txid: string,
  { origin, index, leaf }: Pick<Appended, 'origin' | 'index' | 'leaf'>,
): Promise<Receipt> {
  const cosigned = await ctx.store.witness.cosigned(origin)
  if (cosigned === null || cosigned.size <= index) {
    return { txid, leaf: base64(leaf), proof: await ctx.audit.receipt(origin, index, leaf) }
  }
  const { size, note: checkpoint } = cosigned
  const proof = await ctx.audit.proof(origin, index, size)
  return {
    txid,
    leaf: base64(leaf),
    proof: encodeReceipt({ index, proof, checkpoint, extra: leaf }),
  }
}
