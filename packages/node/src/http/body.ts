/** Reads a body up to a limit, counting while it arrives. */

import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Bytes } from '@drempel/protocol/encoding'
import { concatAll } from '@drempel/protocol/encoding'
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
  // Without a socket (`app.request`) the whole body is in memory already.
  const body =
    incoming === undefined
      ? new Uint8Array(await c.req.raw.arrayBuffer())
      : ((await arrived(incoming)) ?? (await collect(incoming, maxBytes)))
  return body === undefined || body.length > maxBytes ? fail('BODY_TOO_LARGE') : body
}

/**
 * The body when it came along with the headers, as small ones do; undefined when there may be more to
 * come. Without listeners, which for a small request cost as much as all of its HTTP beside.
 */
async function arrived(incoming: IncomingMessage): Promise<Bytes | undefined> {
  // The parser hands out the headers before it goes on to the bytes behind them.
  await undefined
  const { 'content-length': length = 0, 'transfer-encoding': encoding } = incoming.headers
  const isWhole = encoding === undefined && incoming.readableLength === Number(length)
  return isWhole ? new Uint8Array((incoming.read() as Buffer | null) ?? []) : undefined
}

/**
 * All that a stream gives, undefined when that is more than `maxBytes`: then the stream pauses where it
 * is. It is never destroyed here, since a refusal may still have to travel on the same connection.
 * By events, which cost a small body less than an iterator does.
 * @throws what the stream fails with; Error when it closes before its end
 */
function collect(stream: Readable, maxBytes: number): Promise<Bytes | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Bytes[] = []
    let length = 0
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBytes) return chunks.push(chunk)
      stream.removeAllListeners('data').pause()
      return resolve(undefined)
    })
    stream.on('end', () => resolve(concatAll(chunks)))
    stream.on('error', reject)
    stream.on('close', () => reject(new Error('closed')))
  })
}
