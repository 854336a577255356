/**
 * A session by a list masked ahead. Which list it is, is in the acceptance that both entered; the first
 * frame of the asker says whether it has that very list's records, else they come first. The question has
 * a context of its own, that of the session.
 *
 * Adversary, and what repeated questions tell: protocol/psi/ecdh/offer.ts. What the asker keeps it erases
 * with the list's days; one that does not has points that nothing answers for any more.
 */

import { base64, equalBytes, fromBase64 } from '@drempel/protocol/encoding'
import {
  answerQuestion,
  askQuestion,
  giveList,
  type PsiOptions,
  type PsiResult,
  type Question,
  recordWidth,
  type TakenList,
  takeList,
} from '@drempel/protocol/psi'
import { pooledWork } from '../../../workers/index.ts'
import type { NodeContext } from '../../context.ts'
import { fail } from '../../errors.ts'
import type { PsiSession } from '../state.ts'
import {
  endReplaced,
  enterPrepared,
  isReady,
  livePrepared,
  type Maskings,
  preparedOf,
} from './end.ts'
import { keepBytes, keptBytes } from './keep.ts'
import {
  type Bound,
  contextOf,
  nameOf,
  openPrepared,
  type Prepared,
  type PreparedContent,
  type PreparedTerms,
  sealPrepared,
  sizesOf,
} from './terms.ts'

const HELD = 'session/held'
/** Bytes of a number in a list's order. */
const NUMBER = 4

/** The own list for the questions of a member, if one is ready. */
export async function readyFor(
  ctx: NodeContext,
  { peer, purpose, kind }: Pick<PsiSession, 'peer' | 'purpose' | 'kind'>,
): Promise<Prepared | undefined> {
  const { digest } = ctx.inForce()
  const mine = (await livePrepared(ctx)).filter(
    (list) => list.side === 'owner' && list.peer === peer,
  )
  const suits = mine.filter(
    (list) =>
      list.purpose === purpose &&
      list.kind === kind &&
      list.expiresAt > ctx.clock() &&
      list.content.bound.convenant === digest,
  )
  for (const list of suits) if (await isReady(ctx, list)) return list
  return undefined
}

/** Its terms, while it answers. @throws ProtocolError `PSI_PREPARED_ENDED` */
export async function readyTerms(ctx: NodeContext, id: string): Promise<PreparedTerms> {
  const list = await preparedOf(ctx, id)
  const lives = (await isReady(ctx, list)) && list.expiresAt > ctx.clock()
  return lives ? list.content.bound.terms : fail('PSI_PREPARED_ENDED')
}

/** What a session's acceptance says of the list, in the words of either side. */
export function boundOf({ content }: PsiSession): Bound {
  const { proposal, acceptance } = content
  const { convenant, partner, proposer, purpose, kind } = proposal.body
  const { size, list, prepared } = acceptance!.body
  const terms = prepared ?? fail('PSI_PREPARED_ENDED')
  return { convenant, owner: partner, asker: proposer, purpose, kind, size, list, terms }
}

/** @param options of the session; the asker's with its items */
export async function runPrepared(
  ctx: NodeContext,
  runs: Maskings,
  session: PsiSession,
  options: PsiOptions,
): Promise<PsiResult> {
  const bound = boundOf(session)
  const { role, items, ...asked } = options
  // Between the two it is the terms' word; of the list it is that it was made for.
  const question: Question = asked
  const work = pooledWork(ctx.workers, options.signal)
  if (role === 'receiver') {
    // Of two sessions at once the second finds what the first was given.
    const turn = `prepared/${bound.terms.id}`
    const taken = await runs.inTurnOf(turn, () => held(ctx, runs, session, bound, options))
    return askQuestion(taken, question, items, work)
  }
  return answer(ctx, bound, question, work)
}

async function answer(
  ctx: NodeContext,
  bound: Bound,
  question: Question,
  work: ReturnType<typeof pooledWork>,
): Promise<PsiResult> {
  const { id } = bound.terms
  const kept = await preparedOf(ctx, id)
  const { content } = kept
  const same = equalBytes(contextOf(content.bound), contextOf(bound))
  if (!(await isReady(ctx, kept)) || content.key === null || !same) {
    return fail('PSI_PREPARED_ENDED')
  }
  const offer = { context: contextOf(bound), sizes: sizesOf(bound) }
  const scalar = fromBase64(content.key)
  const none = new Uint8Array()
  try {
    const { channel, random, signal } = question
    const [has] = await channel.receive(HELD, { min: 1, max: 1 })
    if (has !== 1) {
      const records = await keptBytes(ctx, id, 'records', bound.size * recordWidth(offer.sizes))
      const stop = signal === undefined ? {} : { signal }
      await giveList({ ...offer, channel, random, ...stop }, { records, scalar })
    }
    const order =
      question.to === 'both' ? await keptBytes(ctx, id, 'order', bound.size * NUMBER) : none
    const numbers = new Uint32Array(order.buffer, 0, order.length / NUMBER)
    const list = { offer, scalar, records: none, order: numbers, count: content.own!.size }
    return await answerQuestion({ ...list, asked: undefined }, question, work)
  } finally {
    scalar.fill(0)
  }
}

/** What the asker has of the list, or is given now; kept before it is used. */
async function held(
  ctx: NodeContext,
  runs: Maskings,
  session: PsiSession,
  bound: Bound,
  { channel, random, signal }: PsiOptions,
): Promise<TakenList> {
  const offer = { context: contextOf(bound), sizes: sizesOf(bound) }
  const before = await takenBefore(ctx, session, bound)
  await channel.send(HELD, Uint8Array.of(before === undefined ? 0 : 1))
  const { id } = bound.terms
  if (before !== undefined) {
    const records = await keptBytes(ctx, id, 'records', bound.size * recordWidth(offer.sizes))
    return { offer, key: fromBase64(before.content.key!), records }
  }
  const stop = signal === undefined ? {} : { signal }
  const taken = await takeList({ ...offer, channel, random, ...stop })
  await keepBytes(ctx, id, 'records', taken.records)
  const content: PreparedContent = { bound, own: null, key: base64(taken.key) }
  const { peer, purpose, kind } = session
  const row = {
    ...({ id, side: 'asker', peer, purpose, kind, state: 'ready' } as const),
    ...{ expiresAt: Date.parse(bound.terms.expiresAt), reason: null },
  }
  const sealed = sealPrepared(ctx, id, content)
  const now = ctx.clock()
  await enterPrepared(ctx, { ...row, content, createdAt: now, updatedAt: now })
  await ctx.store.psi.prepared.create({ ...row, sealed })
  // One at a time of a member, for a purpose and kind: what it gives is kept, and it can give more.
  await endReplaced(ctx, runs, await preparedOf(ctx, id))
  return taken
}

/** @throws ProtocolError `PSI_DIFFERS` where the id is none, or was another's: a list's, one's that has ended here, a query's */
async function takenBefore(
  ctx: NodeContext,
  { peer }: PsiSession,
  bound: Bound,
): Promise<Prepared | undefined> {
  const { id } = bound.terms
  const row = await ctx.store.psi.prepared.get(id)
  if (row === null) {
    // Whoever knows the name before can also have given it to a query.
    const others = (await ctx.audit.find(id)).some(({ type }) => type !== 'psi.prepared')
    return others || id !== nameOf(bound)
      ? fail('PSI_DIFFERS', { culprit: peer, at: 'prepared' })
      : undefined
  }
  const list = openPrepared(ctx, row)
  const { side, content } = list
  const same = equalBytes(contextOf(content.bound), contextOf(bound))
  if (side === 'asker' && list.peer === peer && same && (await isReady(ctx, list))) return list
  return fail('PSI_DIFFERS', { culprit: peer, at: 'prepared' })
}
