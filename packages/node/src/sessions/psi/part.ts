/**
 * One side's part in a session, from its list to what it learned: the list that was committed to, the
 * protocol that was agreed on, and of the result what the terms give.
 */

import { hex } from '@drempel/protocol/encoding'
import { sizeBucket } from '@drempel/protocol/log'
import { ecdh, itemCount, type PsiOptions, type PsiResult } from '@drempel/protocol/psi'
import { otOnThread, pooledWork } from '../../workers/index.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { rememberAsked } from '../subject/asked.ts'
import { saltOf, termsOf } from './agree.ts'
import { commitmentTo, loadList, type Row, rowsOf, saveResult } from './lists.ts'
import { agreementDigest, rolesOf } from './messages.ts'
import type { Maskings } from './prepared/end.ts'
import { keptRows } from './prepared/keep.ts'
import { runPrepared } from './prepared/run.ts'
import type { LiveRun } from './runs.ts'
import type { PsiContent, PsiSession } from './state.ts'

export type Part = {
  readonly result: NonNullable<PsiContent['result']>
  /** Whether the terms gave this side something, which it has by now. */
  readonly due: boolean
  /** Durable when it returns. */
  keep(): Promise<void>
}

/** @throws ProtocolError as the protocols and the link; `REFUSED` where the terms are there no more */
export async function playPart(
  ctx: NodeContext,
  runs: Maskings,
  session: PsiSession,
  live: LiveRun,
): Promise<Part> {
  const own = await ownItems(ctx, session)
  // Where a new convenant has no such terms any more, their limits do not end before the run.
  const most = termsOf(ctx, session.purpose).maxResult
  const options = optionsOf(ctx, session, live, own.items, most)
  const learned = await byProtocol(ctx, runs, session, options)
  const result = resultOf(learned, most)
  const numbers = result.learned === 'items' ? learned?.rows : undefined
  const keep = async () => {
    if (numbers !== undefined) await keepItems(ctx, session, await own.rows(numbers))
  }
  return { result, due: learned !== undefined, keep }
}

/** With an index by which the node can tell the person behind an item that it came out here. */
async function keepItems(
  ctx: NodeContext,
  { id, kind, purpose }: PsiSession,
  rows: readonly Row[],
): Promise<void> {
  await saveResult(ctx, id, rows)
  const values = rows.map(({ value }) => value)
  await rememberAsked(ctx, { kind, purpose }, id, values)
}

function byProtocol(
  ctx: NodeContext,
  runs: Maskings,
  session: PsiSession,
  options: PsiOptions,
): Promise<PsiResult> {
  const { protocol } = session.content.acceptance!.body
  if (protocol === 'ot') return otOnThread(ctx.workers, options)
  if (protocol === 'ecdh') return ecdh(options, pooledWork(ctx.workers, options.signal))
  return runPrepared(ctx, runs, session, options)
}

type Own = {
  readonly items: PsiOptions['items']
  /** Of the items with these numbers. */
  rows(numbers: Uint32Array): Promise<readonly Row[]>
}

/** The list that was committed to, or none: what changed in the store in between is not used. */
async function ownItems(ctx: NodeContext, session: PsiSession): Promise<Own> {
  const { id, content } = session
  const { commitment, size, prepared } = content.own!
  if (prepared !== undefined) {
    // Of its items nothing is needed but what comes out.
    const items = { bytes: new Uint8Array(), offsets: new Uint32Array(1) }
    return { items, rows: (numbers) => keptRows(ctx, prepared, numbers) }
  }
  const loaded = await loadList(ctx, id)
  const found = await commitmentTo(ctx, loaded.items, saltOf(session))
  if (hex(found) !== commitment || itemCount(loaded.items) !== size) {
    fail('PSI_DIFFERS', { culprit: ctx.self, at: 'list' })
  }
  return { items: loaded.items, rows: async (numbers) => rowsOf(loaded, numbers) }
}

function optionsOf(
  ctx: NodeContext,
  session: PsiSession,
  live: LiveRun,
  items: PsiOptions['items'],
  maxResult: number | null,
): PsiOptions {
  const { proposal, acceptance } = session.content
  const { body } = proposal
  const { receiver, to } = rolesOf(body)
  const [mine, theirs] =
    session.side === 'proposer'
      ? [body.size, acceptance!.body.size]
      : [acceptance!.body.size, body.size]
  const role = receiver === ctx.self ? 'receiver' : 'sender'
  return {
    role,
    output: body.output,
    to,
    items,
    sizes:
      role === 'receiver' ? { receiver: mine, sender: theirs } : { receiver: theirs, sender: mine },
    context: agreementDigest(proposal, acceptance!),
    channel: live.link,
    random: ctx.random,
    ...(maxResult === null ? {} : { maxResult }),
    progress: (done, total) => {
      live.progress = { done, total }
    },
    signal: live.abort.signal,
  }
}

function resultOf(learned: PsiResult, most: number | null): NonNullable<PsiContent['result']> {
  if (learned === undefined) return { learned: 'nothing' }
  const { size, rows } = learned
  if (most !== null && size > most) return { learned: 'bucket', atMost: sizeBucket(size) }
  return { learned: rows === undefined ? 'size' : 'items', size }
}
