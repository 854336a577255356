/** Operator API: the node's own flags. */

import {
  type FlagPage,
  flagState,
  type ImportFinishResponse,
  type ImportResponse,
  importFinishRequest,
  importRequest,
  kind,
  type OwnResponse,
  slug,
  type WithdrawResponse,
  withdrawRequest,
} from '@drempel/protocol/api'
import { hex, isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import { Hono } from 'hono'
import { z } from 'zod'
import type { OperatorEnv } from '../http/index.ts'
import {
  activeTags,
  behind,
  canonical,
  importFlags,
  type NodeContext,
  openFlag,
  ownersResult,
  tagOnList,
  watchWithdrawal,
} from '../sessions/index.ts'
import { readJson, readQuery } from './input.ts'
import type { RunningNode } from './node.ts'

const MAX_PAGE = 5_000

export function flagRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const { ctx } = sessions
  const operator = operators.requireRole('operator', 'admin')
  const app = new Hono<OperatorEnv>()

  app.post('/flags/import', operator, async (c) => {
    const request = await readJson(c, importRequest)
    const counts = await importFlags(ctx, request.kind, request.import, request.rows)
    const { added, updated, unchanged, blocked, rejected } = counts
    const answer: ImportResponse = {
      added,
      updated,
      unchanged: unchanged + blocked,
      rejected: [...rejected],
    }
    return c.json(answer)
  })

  app.post('/flags/import/finish', operator, async (c) => {
    const request = await readJson(c, importFinishRequest)
    const withdrawn = request.replace
      ? await ctx.store.flags.withdrawMissing(request.kind, request.import)
      : 0
    const active = await ctx.store.flags.countActive(request.kind, ctx.clock())
    const answer: ImportFinishResponse = { withdrawn, active }
    return c.json(answer)
  })

  app.get('/flags', operator, async (c) => {
    const query = readQuery(
      c,
      z.strictObject({
        kind,
        after: z.coerce.number().int().min(0).default(0),
        limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
        state: flagState.optional(),
        rule: slug.optional(),
      }),
    )
    // A page of tags reaches at least as far as the page of flags: only some flags have one.
    const range = { afterId: query.after, limit: query.limit }
    const over =
      query.rule === undefined ? null : (await overOf(ctx, query.kind, query.rule, range)).over
    const rows = await ctx.store.flags.page(query.kind, {
      afterId: query.after,
      limit: query.limit,
      ...(query.state === undefined ? {} : { state: query.state }),
    })
    const answer: FlagPage = {
      flags: rows.map((row) => ({
        id: row.id,
        value: openFlag(ctx, query.kind, row),
        state: row.state,
        taxonomy: row.taxonomy,
        evidence: row.evidence,
        reports: row.reports,
        since: new Date(row.since).toISOString(),
        expires: row.expires === null ? null : new Date(row.expires).toISOString(),
        ...(over === null ? {} : { over: over.has(hex(row.index)) }),
      })),
      next: rows.length < query.limit ? null : rows.at(-1)!.id,
    }
    return c.json(answer)
  })

  app.post('/flags/withdraw', operator, async (c) => {
    const request = await readJson(c, withdrawRequest)
    let withdrawn = 0
    const missing: number[] = []
    const rejected: WithdrawResponse['rejected'] = []
    for (const [row, value] of request.values.entries()) {
      try {
        const name = canonical(ctx, request.kind, value)
        const index = ctx.vault.blindIndex(request.kind, name)
        const flag = await ctx.store.flags.get(request.kind, index)
        const { kind, reason } = request
        if (flag !== null && (await ctx.store.flags.withdraw(kind, index, reason))) {
          withdrawn++
          behind(ctx, 'watch', watchWithdrawal(ctx, request.kind, name, flag))
        } else missing.push(row)
      } catch (error) {
        if (!isProtocolError(error) || !/^(IBAN|PHONE|DEVICE|HOST|DOMAIN|EMAIL)_/.test(error.code))
          throw error
        rejected.push({ row, code: error.code })
      }
    }
    const answer: WithdrawResponse = { withdrawn, missing, rejected }
    return c.json(answer)
  })

  app.get('/own', operator, async (c) => {
    const query = readQuery(c, z.strictObject({ kind, rule: slug }))
    const { over, round } = await overOf(ctx, query.kind, query.rule)
    const flags = await ctx.store.flags.countActive(query.kind, ctx.clock())
    const answer: OwnResponse = {
      kind: query.kind,
      rule: query.rule,
      round,
      flags,
      over: over.size,
    }
    return c.json(answer)
  })
  return app
}

/**
 * Which own flags met a rule: from an `owners` result, or by looking the cached tags up in the list.
 * No query: the holder of a flag learns this of its own flags by the round itself.
 */
async function overOf(
  ctx: NodeContext,
  ofKind: z.output<typeof kind>,
  rule: string,
  range: { readonly afterId?: number; readonly limit?: number } = {},
): Promise<{ round: string; over: ReadonlySet<string> }> {
  const found = ctx.inForce().convenant.rules.find(({ id }) => id === rule)
  if (found?.output === 'owners') {
    const result = await ownersResult(ctx, ofKind, rule)
    if (result === null) throw new ProtocolError('NO_LIST', { at: rule })
    return result
  }
  const list = await ctx.store.lists.current(ofKind, rule)
  if (list === null) throw new ProtocolError('NO_LIST', { at: rule })
  const over = new Set<string>()
  for (const { index, tag } of await activeTags(ctx, ofKind, list.epoch, range)) {
    if (tagOnList(list, tag)) over.add(hex(index))
  }
  return { round: list.round, over }
}
