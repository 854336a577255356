/**
 * Intersections of a rehearsal: one with each member with whom the convenant has terms, for each of
 * their purposes, of the made-up flags of one kind. The first of the two by name proposes where it may.
 */

import {
  type Psi,
  psiAcceptRequest,
  psiProposalRequest,
  psi as psiSchema,
  psiSessions,
  REHEARSAL_STEPS,
  rehearsalView,
} from '@drempel/protocol/api'
import type { Convenant } from '@drempel/protocol/convenant'
import type { NodeClient } from '../../client/node.ts'
import { isLate, pause, twice } from './patience.ts'
import { activeMembers } from './plan.ts'
import type { Part } from './run.ts'
import { CASE, withAnalysts } from './tokens.ts'

type Terms = NonNullable<Convenant['intersections']>[number]

export async function intersectAll(part: Part): Promise<void> {
  const { convenant, self, found, tell } = part
  const terms = convenant.intersections ?? []
  const others = activeMembers(convenant).filter((member) => member !== self)
  const pairs = terms.flatMap((one) =>
    others.flatMap((peer) => {
      const proposer = proposerOf(one, self, peer)
      return proposer === undefined ? [] : [{ terms: one, peer, proposes: proposer === self }]
    }),
  )
  if (pairs.length === 0) return found.add({ check: 'intersection', state: 'absent' })
  tell({ nl: 'lijsten vergelijken', en: 'intersecting lists' })
  await Promise.all(
    pairs.map(({ terms: one, peer, proposes }) =>
      found.attempt({ check: 'intersection', about: `${one.id}/${peer}` }, async () => {
        const ended = await withAnalysts(part, one.fourEyes ? 2 : 1, (people) =>
          runOne(part, one, peer, proposes, people),
        )
        return ended === undefined ? 'LATE' : differs(part, ended, peer)
      }),
    ),
  )
}

function proposerOf({ proposers, partners }: Terms, self: string, peer: string) {
  const [first, second] = self < peer ? [self, peer] : [peer, self]
  if (proposers.includes(first) && partners.includes(second)) return first
  return proposers.includes(second) && partners.includes(first) ? second : undefined
}

/** One that failed, for a node that started anew say, is proposed once more, as a round is. */
const ATTEMPTS = 2

/** @returns undefined when it did not end in time */
async function runOne(
  part: Part,
  terms: Terms,
  peer: string,
  proposes: boolean,
  people: readonly NodeClient[],
): Promise<Psi | undefined> {
  const { node, setting } = part
  const [first, second] = people as [NodeClient, NodeClient | undefined]
  const accept = (who: NodeClient, id: string, input?: 'flags') => {
    const body = [psiAcceptRequest, input === undefined ? {} : { input }] as const
    return twice(part, () => who.send('POST', `psi/${id}/acceptance`, body, psiSchema))
  }
  let attempts = 0
  for (;;) {
    // Looked at before the session: what the two ended before the other went on is in it.
    const through = await isThrough(node, peer)
    const session = await latest(node, terms.id, peer)
    if (session?.state === 'done' || session?.state === 'refused') return session
    const failed = session?.state === 'failed'
    if (failed && (through || attempts === ATTEMPTS)) return session
    if (proposes && (session === undefined || failed)) {
      attempts++
      const body = [psiProposalRequest, proposal(terms, peer)] as const
      const { id } = await twice(part, () => first.send('POST', 'psi', body, psiSchema))
      if (second !== undefined) await accept(second, id)
    }
    if (!proposes && session?.state === 'proposed' && session.people.length === 0) {
      await accept(first, session.id, 'flags')
      if (second !== undefined) await accept(second, session.id)
    }
    // One that runs comes to its end here too, if a moment later.
    const runs = session !== undefined && session.state !== 'proposed'
    if ((through && !runs) || isLate(part)) return failed ? session : undefined
    await pause(setting)
  }
}

/** Whether the other member has its intersections behind it: it proposes and answers nothing more. */
async function isThrough(node: NodeClient, peer: string): Promise<boolean> {
  const { peers } = await node.get('rehearsal', rehearsalView)
  const step = peers.find(({ member }) => member === peer)?.rehearsal?.step
  return step !== undefined && REHEARSAL_STEPS.indexOf(step) > REHEARSAL_STEPS.indexOf('asked')
}

/** Which items they are where that may be asked, for as many as may learn it. */
function proposal({ id, kinds, outputs, to }: Terms, partner: string) {
  return {
    ...{ partner, purpose: id, kind: kinds[0]!, input: 'flags' as const, case: CASE },
    output: outputs.includes('items') ? ('items' as const) : ('size' as const),
    to: to.includes('both') ? ('both' as const) : to[0]!,
  }
}

async function latest(node: NodeClient, purpose: string, peer: string): Promise<Psi | undefined> {
  const { sessions } = await node.get('psi', psiSessions)
  return sessions.find((session) => session.purpose === purpose && session.peer === peer)
}

function differs(
  { plan, self }: Part,
  { state, reason, kind, result }: Psi,
  peer: string,
): string | undefined {
  if (state !== 'done') return reason ?? 'PSI_ENDED'
  const { flagged } = plan.kinds.find((entry) => entry.kind === kind)!
  const common = flagged.filter(({ reports }) => reports.has(self) && reports.has(peer)).length
  switch (result?.learned) {
    case 'items':
    case 'size':
      return result.size === common ? undefined : 'OUTCOME_DIFFERS'
    case 'bucket':
      return common <= result.atMost ? undefined : 'OUTCOME_DIFFERS'
    default:
      return undefined
  }
}
