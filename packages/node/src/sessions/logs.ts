/**
 * The node's log for other members: signed checkpoints and hash tiles (C2SP tlog-tiles), enough to
 * check that it only grows. Entry bundles are for the node's own auditors.
 */

import { utf8 } from '@drempel/protocol/encoding'
import { z } from 'zod'
import type { NodeContext, PeerMethod } from './context.ts'
import { fail } from './errors.ts'
import { parseBody } from './parse.ts'

const SMALL = 4 * 1024
const origin = z.string().max(256)

export function logMethods(ctx: NodeContext): readonly PeerMethod[] {
  return [
    {
      name: 'log/checkpoint',
      maxBody: SMALL,
      async handle(from, body) {
        const schema = z.strictObject({ origin: origin.nullable() })
        const asked = parseBody(schema, body, from).origin
        const note = await ctx.audit.checkpoint(asked ?? undefined)
        return note === null ? fail('UNKNOWN_LOG', { at: 'origin' }) : utf8(note)
      },
    },
    {
      name: 'log/tile',
      maxBody: SMALL,
      async handle(from, body) {
        const path = z.string().regex(/^tile\/[0-9]{1,2}\/[x0-9/.p]{3,100}$/)
        const asked = parseBody(z.strictObject({ origin, path }), body, from)
        const tile = await ctx.audit.tile(asked.origin, asked.path)
        return tile ?? fail('UNKNOWN_LOG', { at: 'path' })
      },
    },
  ]
}
