/** A receipt as a file: the tlog-proof with its leaf in the extra data, so that it is complete. */

import type { Receipt } from '@drempel/protocol/api'
import { equalBytes, fromBase64 } from '@drempel/protocol/encoding'
import { encodeReceipt, parseReceipt } from '@drempel/protocol/log'
import { checkWritable, writeText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { type Explanation, explain, explanationText } from '../output/explain.ts'
import { paintFor } from '../output/render.ts'
import type { Context } from './context.ts'

/** @throws ProtocolError `BAD_RECEIPT`, `RECEIPT_LEAF`, `FILE_UNWRITABLE` */
export async function saveReceipt(ctx: Context, name: string, receipt: Receipt): Promise<string> {
  const leaf = fromBase64(receipt.leaf)
  const proof = parseReceipt(receipt.proof)
  if (proof.extra !== undefined && !equalBytes(proof.extra, leaf)) fail('RECEIPT_LEAF')
  const file = ctx.path(name)
  await writeText(file, encodeReceipt({ ...proof, extra: leaf }), ctx.world.random)
  return file
}

/** Before the question: it counts for the quota, and its receipt is asked for. */
export async function expectReceipt(ctx: Context, name: string | undefined): Promise<void> {
  if (name !== undefined) await checkWritable(ctx.path(name), ctx.world.random)
}

/** An answer that was given is told, whatever becomes of its receipt; says what went wrong. */
export async function tryReceipt(
  ctx: Context,
  name: string | undefined,
  receipt: Receipt | undefined,
): Promise<Explanation | undefined> {
  if (name === undefined || receipt === undefined) return undefined
  try {
    await saveReceipt(ctx, name, receipt)
    return undefined
  } catch (error) {
    const told = explain(error, ctx.lang)
    ctx.note(explanationText(told, paintFor(ctx.world.stderr, ctx.world.env)))
    return told
  }
}
