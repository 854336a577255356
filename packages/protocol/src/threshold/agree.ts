/**
 * Before computing, the nodes settle what all three go by. Each compares digests of the components it
 * shares with each neighbour, tells both what it found and how many parts it can compute beside each
 * other, and all take the union of the one and the least of the other. A partner that gave two nodes
 * different parts, or one of them nothing, is left out on all three alike.
 *
 * Adversary: partners that send whatever they like, and one semi-honest compute node. A node learns whose
 * lists the others lack or hold in unequal parts, and how many threads they have; digests are of what
 * both ends of a link should hold.
 */

import { type Bytes, concat, equalBytes } from '../encoding/index.ts'
import type { Session, Side } from '../mpc/index.ts'
import { fail } from './errors.ts'
import type { RoundPlan } from './plan.ts'
import type { InputShare } from './share.ts'

export type LeftOut = {
  readonly partner: number
  readonly reason: 'NO_INPUT' | 'INCONSISTENT_SHARES' | 'INVALID_LIST'
}

type Settled = {
  /** The partners that can't take part, in order. */
  readonly absent: readonly LeftOut[]
  /** As many parts can all three compute beside each other. */
  readonly most: number
}

const ABSENT = 2
const INCONSISTENT = 1

/** @param most parts that this node can compute beside each other @throws ProtocolError `NODES_DISAGREE` */
export async function settle(
  session: Session,
  plan: RoundPlan,
  inputs: ReadonlyMap<number, InputShare>,
  most: number,
): Promise<Settled> {
  const here = session.narrow('inputs')
  const count = plan.partners.length
  const held = [0, 1].map((which) => digests(count, inputs, which as 0 | 1))
  // What I hold second, my next neighbour holds first.
  const [fromNext, fromPrevious] = await Promise.all([
    swap(here, 'next', 'digests', held[1]!),
    swap(here, 'previous', 'digests', held[0]!),
  ])
  const mine = new Uint8Array(count + 1)
  for (let partner = 0; partner < count; partner++) {
    const at = (bytes: Bytes) => bytes.subarray(32 * partner, 32 * partner + 32)
    const same =
      equalBytes(at(fromNext), at(held[1]!)) && equalBytes(at(fromPrevious), at(held[0]!))
    mine[partner] = inputs.has(partner) ? (same ? 0 : INCONSISTENT) : ABSENT
  }
  mine[count] = Math.min(most, 255)
  const all = [
    mine,
    ...(await Promise.all([
      swap(here, 'next', 'found', mine),
      swap(here, 'previous', 'found', mine),
    ])),
  ]
  here.countRound()
  here.countRound()
  const found = mine.subarray(0, count).map((_, i) => Math.max(...all.map((told) => told[i]!)))
  const least = Math.min(...all.map((told) => told[count]!))
  await compare(here, found, least)
  const absent: LeftOut[] = []
  for (const [partner, worst] of found.entries()) {
    if (worst !== 0)
      absent.push({ partner, reason: worst >= ABSENT ? 'NO_INPUT' : 'INCONSISTENT_SHARES' })
  }
  return { absent, most: least }
}

/**
 * A node that told its two neighbours different things would set them at odds, and each would find the
 * other out of step much later. So both are told what came of it, over their own link, before anybody
 * goes by it. Which of two lied, the neighbour now or the third before, nobody can tell: nobody is named.
 */
async function compare(session: Session, found: Bytes, least: number): Promise<void> {
  const roundTrip = new Uint8Array(4)
  new DataView(roundTrip.buffer).setUint32(0, Math.round(10 * session.roundTripMs))
  const views = Object.entries({
    inputs: found,
    threads: Uint8Array.of(least),
    'round trip': roundTrip,
  })
  const mine = concat(...views.map(([, view]) => view))
  await Promise.all(
    (['next', 'previous'] as const).map(async (side) => {
      const theirs = await swap(session, side, 'settled', mine)
      let at = 0
      for (const [what, view] of views) {
        if (!equalBytes(theirs.subarray(at, at + view.length), view))
          fail('NODES_DISAGREE', { at: what })
        at += view.length
      }
    }),
  )
  session.countRound()
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
