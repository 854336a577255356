/** What a member says that is false stands in the log; what is early, late or in vain does not. */

import { isProtocolError } from '@drempel/protocol/encoding'
import type { NodeContext, PeerMethod } from './context.ts'
import { perMinute } from './limit.ts'
import { enterFalse, refusesList } from './refused.ts'

const PER_MINUTE = 60

export const FALSE_MESSAGES = new Set([
  'BAD_OWNER_PARTS',
  'BAD_STATEMENT',
  'BAD_UPLOAD',
  'CONVENANT_DIFFERS',
  'MISSING_SIGNATURE',
  'NOT_COMPUTE_NODE',
  'NOT_HOLDER',
  'PSI_DIFFERS',
  'STATEMENTS_DIFFER',
])

/** Beside what the methods enter themselves. Who brings a statement or a list answers for its signatures. */
export function entering(ctx: NodeContext, methods: readonly PeerMethod[]): PeerMethod[] {
  const budget = perMinute(PER_MINUTE, ctx.clock)
  return methods.map((method) => ({
    ...method,
    async handle(from, body) {
      try {
        return await method.handle(from, body)
      } catch (error) {
        const theirs =
          isProtocolError(error) &&
          FALSE_MESSAGES.has(error.code) &&
          (error.culprit === from || error.code === 'BAD_STATEMENT' || refusesList(error))
        if (theirs && from !== ctx.self && budget(from)) {
          await enterFalse(ctx, from, error)
        }
        throw error
      }
    },
  }))
}
