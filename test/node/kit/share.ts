/** A partner that prepares and shares a list of its own making. */

import {
  type PreparedList,
  prepareList,
  type RoundPlan,
  shareList,
} from '@drempel/protocol/threshold'
import { type Federation, random } from './federation.ts'
import { uploadBody } from './lead.ts'
import type { Member } from './member.ts'

/**
 * @param bend changes the prepared list's planes
 * @param skip compute nodes that get nothing
 * @param change what a node gets instead
 * @returns makes the partner honest again
 */
export function lyingShare(
  federation: Federation,
  partner: Member,
  bend: (list: PreparedList, plan: RoundPlan) => void,
  skip: readonly string[] = [],
  change: (share: Uint8Array, node: string) => Uint8Array = (share) => share,
): () => void {
  return partner.lie('rounds/share', async (_from, body) => {
    const { round } = JSON.parse(new TextDecoder().decode(body)) as { round: string }
    const { plan, salt, values } = partner.rounds.find(round)!
    const own = plan!.partners.findIndex(({ id }) => id === partner.id)
    const list = prepareList(plan!, own, salt!, values, random)
    bend(list, plan!)
    const shares = shareList(plan!, list, random, partner.ctx.prg)
    for (const [i, node] of federation.convenant.computeNodes.entries()) {
      if (skip.includes(node)) continue
      await partner.ctx.call(node, 'rounds/upload', uploadBody(round, change(shares[i]!, node)))
    }
    return { ok: true }
  })
}
