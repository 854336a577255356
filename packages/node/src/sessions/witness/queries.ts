/** What a query owes to the witnesses of the asker's own log. */

import { purposeOf } from '@drempel/protocol/convenant'
import type { Json } from '@drempel/protocol/encoding'
import type { Appended } from '../../audit/index.ts'
import type { NodeContext } from '../context.ts'
import { codeOf } from '../errors.ts'
import { journalRefusal, type Question } from '../journal.ts'

/**
 * Before the intent: a log that its witnesses gave up, or that was set back, asks nothing.
 * @throws ProtocolError `NOT_WITNESSED`, `LOG_FORKED`, `LOG_ROLLED_BACK`, each entered
 */
export async function beforeQuery(
  ctx: NodeContext,
  question: Question,
  record: Json,
): Promise<void> {
  await entered(ctx, question, record, () => ctx.witnessing.cosigning.ready())
}

/**
 * Between the entry of an answer and the answer: a strict purpose waits until a quorum has cosigned a
 * tree with that entry.
 * @throws ProtocolError `NOT_WITNESSED`, entered
 */
export async function beforeAnswer(
  ctx: NodeContext,
  question: Question,
  { origin, size }: Appended,
  record: Json,
): Promise<void> {
  const purpose = purposeOf(ctx.inForce().convenant, question.purpose ?? '')
  if (purpose?.answer !== 'strict') return
  await entered(ctx, question, record, () => ctx.witnessing.cosigning.cosigned(origin, size))
}

async function entered(
  ctx: NodeContext,
  question: Question,
  record: Json,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    await journalRefusal(ctx, question, codeOf(error), record)
    throw error
  }
}
