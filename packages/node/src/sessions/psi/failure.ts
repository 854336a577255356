/**
 * What is kept of a session that failed. Entered first, then failed: a crash in between leads here again,
 * and finds the entry. One that came to its end by its entry did not fail.
 */

import { isProtocolError } from '@drempel/protocol/encoding'
import { type EventOf, parseEvent } from '@drempel/protocol/log'
import type { PsiState } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { codeOf, culpritOf, isUnreadable } from '../errors.ts'
import { memberKey } from '../federation.ts'
import type { Cause } from './causes.ts'
import { journalPsiResult } from './journal.ts'
import type { PsiLink } from './link.ts'
import { dropList, dropResult } from './lists.ts'
import { move, type PsiContent, type PsiSession, sealContent } from './state.ts'

const OPEN: readonly PsiState[] = ['drafted', 'proposed', 'committed', 'running']

/**
 * @param live what ran of it
 * @param tell whether the other side is to hear of it, where it can know of the session at all
 * @returns as it is kept; undefined for one that had ended
 */
export async function keepFailure(
  ctx: NodeContext,
  session: PsiSession,
  error: unknown,
  live: { readonly link: Pick<PsiLink, 'bytesReceived'> } | undefined,
  tell: boolean,
): Promise<
  (Pick<PsiSession, 'id' | 'peer' | 'state' | 'reason'> & { untold: boolean }) | undefined
> {
  const { id, state } = session
  if (!OPEN.includes(state)) return undefined
  const entered = await enteredResult(ctx, id)
  if (entered !== undefined && entered.event.status !== 'failed') {
    await endAsEntered(ctx, session, entered)
    return undefined
  }
  // As it was entered before a crash, which is not why.
  const reason = entered?.event.reason ?? codeOf(error)
  const cause = isProtocolError(error, 'PSI_ENDED') ? (error.at as Cause) : undefined
  const content = cause === undefined ? session.content : { ...session.content, cause }
  const culprit = memberNamed(ctx, culpritOf(error))
  const types = (await ctx.audit.find(id)).map(({ type }) => type)
  if (types.includes('psi.intent') && entered === undefined) {
    await journalPsiResult(ctx, { ...session, content }, 'failed', { reason })
  }
  // Where no byte came nobody learned anything, and it is not counted.
  const ran = state === 'running' && live?.link.bytesReceived !== 0
  const spent = ran ? {} : { committedAt: null }
  const patch = { reason, culprit, sealed: sealContent(ctx, id, content), ...spent }
  const failed = (from: readonly PsiState[], untold: boolean) =>
    ctx.store.psi.transition(id, from, 'failed', { ...patch, untold })
  // By what it is now, not when it was read: a draft can have gone out since, to who is then told.
  const unsent = state === 'drafted' && (await failed(['drafted'], false))
  if (!unsent && !(await failed(OPEN, tell))) return undefined
  ctx.log('warn', 'psi.failed', { txid: id, reason, culprit: culprit ?? '' })
  // Who proposed it may propose it again with the same list; housekeeping drops that after a day.
  if (session.side === 'partner' || content.own?.source !== 'list') await dropList(ctx, id)
  await dropResult(ctx, id)
  return { id, peer: session.peer, state: 'failed', reason, untold: tell && !unsent }
}

/** What it came to was kept before that was entered; a crash came before its row said so. */
async function endAsEntered(
  ctx: NodeContext,
  session: PsiSession,
  entered: Entered,
): Promise<void> {
  const { id, content } = session
  const result = await openedResult(ctx, entered)
  await move(ctx, session, ['running'], 'done', { content: { ...content, result } })
  await dropList(ctx, id)
  ctx.log('info', 'psi.done', { txid: id, protocol: content.acceptance!.body.protocol })
}

type Entered = {
  readonly event: EventOf<'psi.result'>
  readonly origin: string
  readonly index: number
}

async function enteredResult(ctx: NodeContext, txid: string): Promise<Entered | undefined> {
  const found = (await ctx.audit.find(txid)).find(({ type }) => type === 'psi.result')
  if (found === undefined) return undefined
  const { origin, index } = found
  const event = parseEvent(await ctx.audit.leaf(origin, index)) as EventOf<'psi.result'>
  return { event, origin, index }
}

/** Null where its term is over, or its record was damaged. */
async function openedResult(
  ctx: NodeContext,
  { origin, index }: Entered,
): Promise<PsiContent['result']> {
  try {
    const record = await ctx.audit.openRecord(origin, index)
    return (record as unknown as Pick<PsiContent, 'result'>).result
  } catch (error) {
    if (isUnreadable(error)) return null
    throw error
  }
}

/** A name that a message brought is entered only if it is a member's. */
function memberNamed(ctx: NodeContext, id: string | undefined): string | null {
  if (id === 'self') return ctx.self
  const known = id !== undefined && memberKey(ctx.inForce(), id) !== undefined
  return known ? id : null
}
