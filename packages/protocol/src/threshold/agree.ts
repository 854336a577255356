/**
 * Before computing, the nodes settle whose list takes part: each compares digests of the components it
 * shares with each neighbour, tells both what it found, and all take the union. A partner that gave two
 * nodes different parts, or one of them nothing, is left out on all three alike.
 *
 * Adversary: partners that send whatever they like, and one semi-honest compute node. A node learns whose
 * lists the others lack or hold in unequal parts; digests are of what both ends of a link should hold.
 */

import { type Bytes, equalBytes } from '../encoding/index.ts'
import type { Session, Side } from '../mpc/index.ts'
import type { RoundPlan } from './plan.ts'
import type { InputShare } from './share.ts'

export type LeftOut = {
  readonly partner: number
  readonly reason: 'NO_INPUT' | 'INCONSISTENT_SHARES' | 'INVALID_LIST'
}

const ABSENT = 2
const INCONSISTENT = 1

/** The partners that can't take part, in order. */
export async function agreeOnInputs(
  session: Session,
  plan: RoundPlan,
  inputs: ReadonlyMap<number, InputShare>,
): Promise<readonly LeftOut[]> {
  const here = session.narrow('inputs')
  const count = plan.partners.length
  const held = [0, 1].map((which) => digests(count, inputs, which as 0 | 1))
  // What I hold second, my next neighbour holds first.
  const [fromNext, fromPrevious] = await Promise.all([
    swap(here, 'next', 'digests', held[1]!),
    swap(here, 'previous', 'digests', held[0]!),
  ])
  const mine = new Uint8Array(count)
  for (let partner = 0; partner < count; partner++) {
    const at = (bytes: Bytes) => bytes.subarray(32 * partner, 32 * partner + 32)
    const same =
      equalBytes(at(fromNext), at(held[1]!)) && equalBytes(at(fromPrevious), at(held[0]!))
    mine[partner] = inputs.has(partner) ? (same ? 0 : INCONSISTENT) : ABSENT
  }
  const others = await Promise.all([
    swap(here, 'next', 'found', mine),
    swap(here, 'previous', 'found', mine),
  ])
  here.countRound()
  here.countRound()
  const leftOut: LeftOut[] = []
  for (let partner = 0; partner < count; partner++) {
    const found = Math.max(mine[partner]!, others[0][partner]!, others[1][partner]!)
    if (found !== 0)
      leftOut.push({ partner, reason: found >= ABSENT ? 'NO_INPUT' : 'INCONSISTENT_SHARES' })
  }
  return leftOut
}

function digests(count: number, inputs: ReadonlyMap<number, InputShare>, which: 0 | 1): Bytes {
  const all = new Uint8Array(32 * count)
  for (const [partner, input] of inputs) all.set(input.digests[which], 32 * partner)
  return all
}

async function swap(session: Session, side: Side, step: string, mine: Bytes): Promise<Bytes> {
  const sending = session.send(side, step, mine)
  const theirs = await session.receive(side, step, mine.length)
  await sending
  return theirs
}
