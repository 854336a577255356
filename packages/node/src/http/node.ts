/** What the server hands to middleware beside the Request: node:http's own objects. */

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Context } from 'hono'

/** Takes over the socket of an accepted upgrade; `headers` are lines of the answer, for the 101 too. */
export type UpgradeHandler = (
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  headers: readonly string[],
) => void

export type NodeBindings = {
  readonly incoming: IncomingMessage
  /** Present on an upgrade request. With a handler and status 200 the server switches protocols. */
  readonly upgrade?: { handler: UpgradeHandler | undefined }
}

/** Empty when the app runs without a socket (`app.request`). */
export function nodeBindings(c: Context): Partial<NodeBindings> {
  return (c.env ?? {}) as Partial<NodeBindings>
}

/** Whether the answer now in `c.res` will go out as 101. */
export function isUpgrading(c: Context): boolean {
  return nodeBindings(c).upgrade?.handler !== undefined && c.res.status === 200
}
