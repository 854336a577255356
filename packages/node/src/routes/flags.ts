/** Operator API: the node's own flags. */

import {
  type Flag,
  type FlagPage,
  flagQuery,
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
import { type Bytes, hex, isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import { Hono } from 'hono'
import { z } from 'zod'
import type { OperatorEnv } from '../http/index.ts'
import {
  activeTags,
  behind,
  canonical,
  checkImport,
  importFlags,
  type NodeContext,
  type OwnersResult,
  openFlag,
  ownersResult,
  tagsOnList,
  watchReplacement,
  watchWithdrawal,
} from '../sessions/index.ts'
import type { ThresholdListRecord } from '../store/index.ts'
import { readJson, readQuery } from './input.ts'
import type { RunningNode } from './node.ts'

type Kind = z.output<typeof kind>

export function flagRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const { ctx } = sessions
  const operator = operators.requireRole('operator', 'admin')
  const app = new Hono<OperatorEnv>()

  app.post('/flags/import', operator, async (c) => {
    const request = await readJson(c, importRequest)
    const { rows } = request
    const counts = await importFlags(ctx, request.kind, request.import, rows)
    const { added, updated, rejected } = counts
    const answer: ImportResponse = {
      added,
      updated,
      // What is blocked too, and an identifier that stands in the file again.
      unchanged: rows.length - rejected.length - added - updated,
      rejected: [...rejected],
    }
    return c.json(answer)
  })

  app.post('/flags/import/finish', operator, async (c) => {
    const request = await readJson(c, importFinishRequest)
    checkImport(ctx, request.import)
    const since = ctx.clock()
    const withdrawn = request.replace
      ? await ctx.store.flags.withdrawMissing(request.kind, request.import)
      : 0
    if (withdrawn > 0) behind(ctx, 'watch', watchReplacement(ctx, request.kind, since))
    const active = await ctx.store.flags.countActive(request.kind, ctx.clock())
    const answer: ImportFinishResponse = { withdrawn, active }
    return c.json(answer)
  })

  app.get('/flags', operator, async (c) => {
    const { kind, after, limit, state, rule, only } = readQuery(c, flagQuery)
    // A page of tags reaches at least as far as the page of flags: only some flags have one.
    const range = { afterId: after, limit }
    const over = rule === undefined ? null : await overOf(ctx, kind, rule, range)
    const rows = await ctx.store.flags.page(kind, {
      ...range,
      ...(state === undefined ? {} : { state }),
    })
    const flags: Flag[] = []
    for (const row of rows) {
      const rules = over?.get(hex(row.index)) ?? []
      if (only === 'over' && rules.length === 0) continue
      flags.push({
        id: row.id,
        value: openFlag(ctx, kind, row),
        state: row.state,
        taxonomy: row.taxonomy,
        evidence: row.evidence,
        reports: row.reports,
        since: new Date(row.since).toISOString(),
        expires: row.expires === null ? null : new Date(row.expires).toISOString(),
        ...(over === null ? {} : { over: rules.length > 0, rules: [...rules] }),
      })
    }
    const answer: FlagPage = { flags, next: rows.length < limit ? null : rows.at(-1)!.id }
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
          behind(ctx, 'watch', watchWithdrawal(ctx, request.kind, flag))
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

  // Two numbers, and no flag.
  app.get('/own', operators.requireRole('operator', 'research', 'admin'), async (c) => {
    const query = readQuery(c, z.strictObject({ kind, rule: slug }))
    const { round } = await resultOf(ctx, query.kind, query.rule)
    const over = await overOf(ctx, query.kind, [query.rule])
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

/** Tags that are looked up at a time: a millisecond of work for each rule. */
const PAUSE_TAGS = 256

type Range = { readonly afterId?: number; readonly limit?: number }

/**
 * By blind index, which of the rules an own flag met; flags that met none are left out. No query: the
 * holder of a flag learns this of its own flags by the round itself.
 */
async function overOf(
  ctx: NodeContext,
  ofKind: Kind,
  rules: readonly string[],
  range: Range = {},
): Promise<ReadonlyMap<string, readonly string[]>> {
  const met = new Map<string, string[]>()
  const add = (index: string, rule: string) =>
    void met.set(index, [...(met.get(index) ?? []), rule])
  const lists = new Map<string, { rule: string; holds: (tag: Bytes) => boolean }[]>()
  for (const rule of rules) {
    const result = await resultOf(ctx, ofKind, rule)
    if ('over' in result) for (const index of result.over) add(index, rule)
    else {
      const list = { rule, holds: tagsOnList(result) }
      lists.set(result.epoch, [...(lists.get(result.epoch) ?? []), list])
    }
  }
  // Each tag is opened once, whatever the number of rules.
  for (const [epoch, ofEpoch] of lists) {
    const tags = await activeTags(ctx, ofKind, epoch, range)
    for (const [i, { index, tag }] of tags.entries()) {
      for (const { rule, holds } of ofEpoch) if (holds(tag)) add(hex(index), rule)
      if (i % PAUSE_TAGS === PAUSE_TAGS - 1) await ctx.pause()
    }
  }
  return met
}

/** Of the last round: the flags that met an `owners` rule, or the list in force. @throws ProtocolError `NO_LIST` */
async function resultOf(
  ctx: NodeContext,
  ofKind: Kind,
  rule: string,
): Promise<OwnersResult | ThresholdListRecord> {
  const found = ctx.inForce().convenant.rules.find(({ id }) => id === rule)
  const result =
    found?.output === 'owners'
      ? await ownersResult(ctx, ofKind, rule)
      : await ctx.store.lists.current(ofKind, rule)
  if (result === null) throw new ProtocolError('NO_LIST', { at: rule })
  return result
}
