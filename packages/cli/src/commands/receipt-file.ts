/** A receipt as a file: the tlog-proof with its leaf in the extra data, so that it is complete. */

import type { Receipt } from '@drempel/protocol/api'
import { equalBytes, fromBase64 } from '@drempel/protocol/encoding'
import { encodeReceipt, parseReceipt } from '@drempel/protocol/log'
import { writeText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
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
