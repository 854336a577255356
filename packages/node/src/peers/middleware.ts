/**
 * The server's side of the peer protocol, as Hono middleware.
 *
 * Adversary: anyone who can connect. What costs memory or time comes after what is cheap: form,
 * key, signature, skew and TLS pin are checked on headers alone; the body of an unknown sender is
 * never read. The nonce is spent last, so that nobody but its signer can spend it.
 */

import { type Bytes, type Clock, isProtocolError } from '@drempel/protocol/encoding'
import type { Context, MiddlewareHandler } from 'hono'
import { isUpgrading, nodeBindings, readBody } from '../http/index.ts'
import { fail } from './errors.ts'
import { isPinned } from './pin.ts'
import {
  contentDigest,
  maxSkewSeconds,
  pickHeaders,
  type RequestParts,
  signResponse,
  verifyRequest,
} from './signatures.ts'
import type { Directory, ReplayStore, Self, SignedMessage } from './types.ts'

export type PeerEnv = {
  Variables: {
    /** Member id of the verified signer; of a request that is refused, once both its keys are shown. */
    peer: string
    /** The verified body; empty for GET. */
    body: Bytes
    /** The request as evidence. */
    signedRequest: SignedMessage
  }
}

export type PeerGate = {
  /** Mount once on the prefix (`app.use('/peer/*', gate.sign)`): signs every answer, problems too. */
  readonly sign: MiddlewareHandler
  /**
   * Per route: verifies the request and reads its body.
   * @param options.overlap begins with the request while its nonce is being written, for handlers of
   * which nothing leaves before their own, later writes are durable; no answer leaves before either
   */
  verify(options: { maxBody: number; overlap?: boolean }): MiddlewareHandler<PeerEnv>
}

export function createPeerGate(options: {
  self: Self
  directory: Directory
  replay: ReplayStore
  clock: Clock
}): PeerGate {
  const { self, directory, replay, clock } = options

  const sign: MiddlewareHandler = async (c, next) => {
    await next()
    let request: RequestParts
    try {
      request = parsed.get(c) ?? partsOf(c, self)
    } catch (error) {
      // Nothing to bind an answer to: the refusal of an unsigned request goes out unsigned.
      if (isProtocolError(error)) return
      throw error
    }
    const upgrading = isUpgrading(c)
    const { status, body, headers } = answers.get(c.res) ?? (await contentOf(c.res))
    const signature = signResponse({
      status: upgrading ? 101 : status,
      body,
      request,
      signer: self.signer,
      keyid: self.id,
      now: clock(),
    })
    // Hono merges the old headers into a new answer; an absent one leaves exactly ours.
    c.res = undefined
    c.res = new Response(body.length === 0 ? null : (body as Uint8Array<ArrayBuffer>), {
      status,
      headers: { ...headers, ...signature },
    })
  }

  return {
    sign,
    verify:
      ({ maxBody, overlap = false }) =>
      async (c, next) => {
        const parts = partsOf(c, self)
        parsed.set(c, parts)
        const { peer, digest, nonce, created, signed } = verifyRequest(parts, directory, clock())
        const socket = nodeBindings(c).incoming?.socket
        if (socket !== undefined && !isPinned(socket, peer)) {
          fail('TLS_PIN_MISMATCH', { culprit: peer.id })
        }
        // Over TLS nobody else can have sent it, so what is wrong from here on is entered as this member's;
        // in the clear whoever saw its headers could have put another body behind them.
        if (peer.tlsPin !== null) c.set('peer', peer.id)
        if (socket !== undefined) self.traffic?.watch(socket)
        const body = await readBody(c, maxBody)
        if (contentDigest(body) !== digest) fail('DIGEST_MISMATCH', { culprit: peer.id })
        // Remembered for one skew longer than it could be accepted, should this clock be set back.
        const expiresAt = (created + 2 * maxSkewSeconds) * 1000
        const { outcome: fresh, durable } = await replay.claim(peer.id, nonce, expiresAt)
        if (!fresh) fail('REPLAYED', { culprit: peer.id })
        if (!overlap) await durable
        c.set('peer', peer.id)
        c.set('body', body)
        c.set('signedRequest', signed)
        try {
          await next()
        } finally {
          await durable
        }
      },
  }
}

/** What an answer is bound to need not be read twice. */
const parsed = new WeakMap<Context, RequestParts>()

type Content = {
  readonly status: number
  readonly body: Bytes
  readonly headers: Readonly<Record<string, string>>
}

const answers = new WeakMap<Response, Content>()

/** An answer of bytes that `sign` need not read back from the Response, which costs more than signing. */
export function answerBytes(c: Context, body: Bytes, contentType: string): Response {
  const content = { status: 200, body, headers: { 'content-type': contentType } }
  const response = c.body(null)
  answers.set(response, content)
  return response
}

async function contentOf(response: Response): Promise<Content> {
  const { status } = response
  const body = new Uint8Array(await response.arrayBuffer())
  return { status, body, headers: Object.fromEntries(response.headers) }
}

/** The target URI is the URL that peers know this node by, not what a Host header claims. */
function partsOf(c: Context, self: Self): RequestParts {
  const { incoming } = nodeBindings(c)
  const { method } = c.req
  if (incoming !== undefined) {
    const headers = pickHeaders((name) => incoming.headers[name])
    return { method, targetUri: `${self.url}${incoming.url}`, headers }
  }
  const headers = pickHeaders((name) => c.req.header(name))
  const { pathname, search } = new URL(c.req.url)
  return { method, targetUri: `${self.url}${pathname}${search}`, headers }
}
