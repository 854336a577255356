/**
 * What a member shows of its log to another: the entries that name that other, transaction by
 * transaction, and its head with the proof that it only grew. Of third parties it tells no more than the
 * intent of a query did, which every key holder has seen.
 */

import { base64 } from '@drempel/protocol/encoding'
import {
  encodeReceipt,
  type LeafFields,
  parseEvent,
  unverifiedCheckpoint,
} from '@drempel/protocol/log'
import type { NodeContext, PeerMethod } from '../context.ts'
import { fail } from '../errors.ts'
import { perMinute } from '../limit.ts'
import { parseBody } from '../parse.ts'
import { headRequest, MAX_QUIET, sharedRequest } from './messages.ts'

const MAX_BODY = 16 * 1024
/** A day of 7,680 queries in a minute; then the rest a minute later. */
const REQUESTS_PER_MINUTE = 60

export function reconcileMethods(ctx: NodeContext): readonly PeerMethod[] {
  const budget = perMinute(REQUESTS_PER_MINUTE, ctx.clock)
  const counted = (from: string) => {
    if (!budget(from)) fail('BUSY', { hint: 'wait a minute' })
  }
  return [
    {
      name: 'log/shared',
      maxBody: MAX_BODY,
      async handle(from, body) {
        counted(from)
        const { txids } = parseBody(sharedRequest, body, from)
        const entries: string[][] = []
        for (const txid of txids) entries.push(await shared(ctx, from, txid))
        return { entries }
      },
    },
    {
      name: 'log/head',
      maxBody: MAX_BODY,
      async handle(from, body) {
        counted(from)
        const { origin, size } = parseBody(headRequest, body, from)
        return head(ctx, origin, size)
      },
    },
  ]
}

async function shared(ctx: NodeContext, from: string, txid: string): Promise<string[]> {
  const receipts: string[] = []
  for (const { origin, index } of await ctx.audit.find(txid)) {
    const event = parseEvent(await ctx.audit.leaf(origin, index))
    if (concerns(event, from)) receipts.push(await ctx.audit.receipt(origin, index))
  }
  return receipts
}

function concerns(event: LeafFields, member: string): boolean {
  switch (event.type) {
    case 'query.intent':
    case 'psi.intent':
      return event.parties.includes(member)
    case 'oprf.evaluated':
    case 'oprf.refused':
      return event.parties?.includes(member) === true
    default:
      return false
  }
}

async function head(ctx: NodeContext, origin: string, size: number) {
  const checkpoint = await ctx.audit.checkpoint(origin)
  if (checkpoint === null) return { checkpoint, proof: [], quiet: null }
  const now = unverifiedCheckpoint(checkpoint).size
  // From size 0 there is nothing to prove.
  const proof = size > 0 && size < now ? await ctx.audit.consistency(origin, size, now) : []
  const few = size < now && now - size <= MAX_QUIET
  return {
    checkpoint,
    proof: proof.map(base64),
    quiet: few ? await quiet(ctx, origin, size, now, checkpoint) : null,
  }
}

async function quiet(
  ctx: NodeContext,
  origin: string,
  from: number,
  to: number,
  checkpoint: string,
): Promise<string[] | null> {
  const receipts: string[] = []
  for (let index = from; index < to; index++) {
    const extra = await ctx.audit.leaf(origin, index)
    if (parseEvent(extra).type !== 'witness.anchored') return null
    const proof = await ctx.audit.proof(origin, index, to)
    receipts.push(encodeReceipt({ index, proof, checkpoint, extra }))
  }
  return receipts
}
