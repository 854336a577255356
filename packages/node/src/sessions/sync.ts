/** A node that was away fetches what it missed; every piece carries the signatures that make it true. */

import { ruleOf } from '@drempel/protocol/convenant'
import { isProtocolError } from '@drempel/protocol/encoding'
import { z } from 'zod'
import type { NodeContext } from './context.ts'
import { FALSE_MESSAGES } from './entering.ts'
import { codeOf } from './errors.ts'
import { activeMembers } from './federation.ts'
import { journalKeyErased } from './journal.ts'
import { installKey } from './keys/holder.ts'
import { installRequest } from './keys/messages.ts'
import { parseBody } from './parse.ts'
import { enterFalse } from './refused.ts'
import { decodePublications, putInForce, verifyPublications } from './round/lists.ts'

/** Asks each other member in turn for keys and lists that this node lacks; a peer's fault is logged. */
export async function catchUp(ctx: NodeContext): Promise<void> {
  const { convenant } = ctx.inForce()
  for (const { kind } of convenant.kinds) {
    for (const member of activeMembers(convenant)) {
      if (member === ctx.self) continue
      try {
        await fetchKey(ctx, member, kind)
        await fetchLists(ctx, member, kind)
      } catch (error) {
        if (!isProtocolError(error)) throw error
        if (error.code === 'PEER_UNREACHABLE') continue
        ctx.log('warn', 'sync.failed', { absent: member, code: codeOf(error) })
        if (FALSE_MESSAGES.has(error.code)) await enterFalse(ctx, member, error)
      }
    }
    await dropOldKeys(ctx, kind)
  }
}

const currentKey = z.strictObject({ key: installRequest.nullable() })

async function fetchKey(ctx: NodeContext, member: string, kind: string): Promise<void> {
  const body = await ctx.call(member, 'keys/current', { kind }, { maxResponse: 1 << 22 })
  const { key } = parseBody(currentKey, body, member)
  if (key === null || key.kind !== kind) return
  const own = await ctx.store.keys.current(kind)
  if (own !== null && Number(own.epoch) >= Number(key.epoch)) return
  await installKey(ctx, key)
}

async function fetchLists(ctx: NodeContext, member: string, kind: string): Promise<void> {
  const { convenant, digest } = ctx.inForce()
  const { computeNodes } = convenant
  // Others may have it too, but may not hold the keys of a list that this node may have.
  if (!computeNodes.includes(member)) return
  const body = await ctx.call(member, 'lists/current', { kind }, { maxResponse: 1 << 26 })
  const publications = decodePublications(member, body)
  const fresh = []
  for (const publication of publications) {
    const { rule, createdAt, convenant: under } = publication.statements[0]!.body
    // What it has is true where it is: it rehearses still, or has another version in force.
    if (under !== digest) continue
    const own = await ctx.store.lists.current(kind, rule)
    if (own === null || own.createdAt < Date.parse(createdAt)) fresh.push(publication)
  }
  if (fresh.length > 0) await putInForce(ctx, verifyPublications(ctx, member, fresh))
}

/** A key lives while it is the latest, or a list of its epoch is in force and not beyond its age. */
async function dropOldKeys(ctx: NodeContext, kind: string): Promise<void> {
  const { convenant } = ctx.inForce()
  const lists = (await ctx.store.lists.inForce()).filter((list) => {
    const rule = ruleOf(convenant, list.rule)
    const age = ctx.clock() - list.createdAt
    return list.kind === kind && rule !== undefined && age <= rule.maxAgeHours * 3_600_000
  })
  const current = await ctx.store.keys.current(kind)
  const needed = new Set([current?.epoch, ...lists.map(({ epoch }) => epoch)])
  for (const { epoch, state } of await ctx.store.keys.list(kind)) {
    if (state === 'dropped' || needed.has(epoch)) continue
    await journalKeyErased(ctx, kind, epoch)
    await ctx.store.keys.drop(kind, epoch)
    ctx.log('info', 'key.erased', { kind, epoch })
  }
}
