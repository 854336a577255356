/**
 * A proposal that somebody refuses, or withdraws. Entered first, then refused: a crash in between leads here
 * again, and finds the entry.
 */

import type { Json } from '@drempel/protocol/encoding'
import { parseEvent } from '@drempel/protocol/log'
import type { PsiState } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { journalPsiRefused } from './journal.ts'
import { dropList } from './lists.ts'
import { type Refusal, refusal } from './messages.ts'
import type { Intersections } from './runs.ts'
import { move, type PsiSession, sessionOf } from './state.ts'
import { tellEnd } from './told.ts'

const WAITS: readonly PsiState[] = ['drafted', 'proposed']

/**
 * @param theirs whether it is the other member's word
 * @throws ProtocolError `PSI_WRONG_STATE`
 */
export function refuseWaiting(
  ctx: NodeContext,
  runs: Intersections,
  id: string,
  { reason, theirs }: { readonly reason: Refusal; readonly theirs: boolean },
  record: Json = {},
): Promise<PsiSession> {
  return runs.whileWaiting(id, async () => {
    const session = await sessionOf(ctx, id)
    if (!WAITS.includes(session.state)) return fail('PSI_WRONG_STATE', { at: session.state })
    const about = { ...session, kind: session.content.proposal.body.kind }
    await journalPsiRefused(ctx, about, reason, record)
    return refuse(ctx, session, reason, theirs)
  })
}

/** Those whose refusal was entered, and a crash or a full disk came before the rest of it. */
export async function finishRefusals(ctx: NodeContext, runs: Intersections): Promise<void> {
  for (const { id, state } of await runs.open()) {
    if (!WAITS.includes(state)) continue
    await runs.whileWaiting(id, async () => {
      const session = await sessionOf(ctx, id)
      const reason = await enteredRefusal(ctx, id)
      if (reason === undefined || !WAITS.includes(session.state)) return
      const byProposer = reason === 'WITHDRAWN'
      await refuse(ctx, session, reason, byProposer !== (session.side === 'proposer'))
    })
  }
}

/** Not what the convenant refused: of that a person may make something yet. */
async function enteredRefusal(ctx: NodeContext, id: string): Promise<Refusal | undefined> {
  for (const { type, origin, index } of await ctx.audit.find(id)) {
    if (type !== 'psi.refused') continue
    const event = parseEvent(await ctx.audit.leaf(origin, index))
    const word = refusal.safeParse('reason' in event ? event.reason : undefined)
    if (word.success) return word.data
  }
  return undefined
}

async function refuse(
  ctx: NodeContext,
  session: PsiSession,
  reason: Refusal,
  theirs: boolean,
): Promise<PsiSession> {
  const culprit = theirs ? { culprit: session.peer } : {}
  const patch = { reason, ...culprit, untold: !theirs }
  const { id } = session
  // By what it is now, not when it was read: a draft can have gone out since, to who is then told.
  const refused = (from: PsiState, untold: boolean) =>
    ctx.store.psi.transition(id, [from], 'refused', { ...patch, untold })
  const unsent = !(await refused('proposed', !theirs)) && (await refused('drafted', false))
  const now = await sessionOf(ctx, id)
  const ended = now.state === 'refused' ? now : await move(ctx, now, ['proposed'], 'refused', patch)
  await dropList(ctx, id)
  if (!theirs && !unsent) tellEnd(ctx, ended)
  return ended
}
