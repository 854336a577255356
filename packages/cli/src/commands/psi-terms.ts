/** A refused proposal, with what the convenant does agree on for its purpose. */

import { intersectionOf } from '@drempel/protocol/convenant'
import { NodeProblem, refusalIn } from '../output/explain.ts'
import type { Context } from './context.ts'
import { nodeConvenant } from './convenant.ts'

/** @returns the error itself when nothing can be added */
export async function withTerms(ctx: Context, error: unknown, purpose: string): Promise<unknown> {
  const code = refusalIn(error)
  if (!(error instanceof NodeProblem) || code === undefined) return error
  const convenant = (await nodeConvenant(ctx).catch(() => undefined))?.convenant
  if (convenant === undefined) return error
  const terms = intersectionOf(convenant, purpose)
  const kinds = terms?.kinds.join(', ')
  const { least, most } = terms?.sizes.proposer ?? {}
  const sizes = terms && `${least} - ${most}`
  const choices: Partial<Record<typeof code, string | undefined>> = {
    UNKNOWN_PURPOSE: convenant.intersections?.map(({ id }) => id).join(', ') ?? '-',
    NOT_A_MEMBER: terms?.partners.join(', '),
    PROPOSER_NOT_ALLOWED: terms?.proposers.join(', '),
    PARTNER_NOT_ALLOWED: terms?.partners.join(', '),
    UNKNOWN_KIND: kinds,
    KIND_NOT_ALLOWED: kinds,
    OUTPUT_NOT_ALLOWED: terms && `${terms.outputs.join(', ')}; --to ${terms.to.join(', ')}`,
    PSI_PROTOCOL_NOT_ALLOWED: terms?.protocols.join(', '),
    PREPARED_EXPIRED: terms && String(terms.preparedDays ?? '-'),
    LIST_TOO_SMALL: sizes,
    LIST_TOO_LARGE: sizes,
  }
  const there = choices[code]
  if (there === undefined) return error
  const has = ctx.say({
    nl: `het convenant heeft voor doorsneden: ${there}`,
    en: `for intersections the convenant has: ${there}`,
  })
  return new NodeProblem(error.problem, has)
}
