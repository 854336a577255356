/** Reads a body up to a limit, counting while it arrives. */

import type { Bytes } from '@drempel/protocol/encoding'
import { concat } from '@drempel/protocol/encoding'
import type { Context } from 'hono'
import { fail } from './errors.ts'
import { nodeBindings } from './node.ts'

/**
 * Afterwards the body is spent: `c.req.json()` and the like find nothing.
 * @throws ProtocolError `BODY_TOO_LARGE`, before reading when content-length says so
 */
export async function readBody(c: Context, maxBytes: number): Promise<Bytes> {
  const declared = c.req.header('content-length')
  if (declared !== undefined && Number(declared) > maxBytes) fail('BODY_TOO_LARGE')
  const { incoming } = nodeBindings(c)
  const source: AsyncIterable<Uint8Array> | null = incoming ?? c.req.raw.body
  const chunks: Bytes[] = []
  let length = 0
  // Not `for await` over the socket's stream: leaving that loop destroys the stream, and with it
  // the connection that the refusal should still travel on.
  const iterator =
    incoming?.iterator({ destroyOnReturn: false }) ?? source?.[Symbol.asyncIterator]()
  while (iterator !== undefined) {
    const { done, value } = await iterator.next()
    if (done === true) break
    length += value.length
    if (length > maxBytes) {
      await iterator.return?.()
      fail('BODY_TOO_LARGE')
    }
    chunks.push(value)
  }
  return chunks.length === 1 ? new Uint8Array(chunks[0]!) : concat(...chunks)
}
