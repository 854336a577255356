/**
 * One WebSocket between two compute nodes: ordered binary frames `u16 length ‖ step ‖ payload`.
 *
 * The upgrade is a signed GET like any peer request, and its 101 is signed like any answer, so both
 * ends know each other before the first frame; frames themselves rely on TLS with pinned keys.
 * Frames are bounded. A reader that falls behind stops reading from the socket, which through TCP
 * makes the writer's `send` wait: memory stays bounded on both sides.
 */

import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type Bytes, type Clock, ProtocolError, type RandomBytes } from '@drempel/protocol/encoding'
import type { Context, MiddlewareHandler } from 'hono'
import { nodeBindings } from '../http/index.ts'
import { attributed, networkCode, problemCode, targetOf } from './client.ts'
import { createDialer } from './dial.ts'
import { fail, type PeerErrorCode } from './errors.ts'
import { FrameChannel } from './frames.ts'
import type { PeerEnv } from './middleware.ts'
import { pickHeaders, type RequestParts, signRequest, verifyResponse } from './signatures.ts'
import type { Directory, Peer, Self } from './types.ts'
import { acceptance, isAccepted, offer, offeredKey } from './websocket.ts'

/**
 * First in, first out: the k-th `receive` gets the k-th frame, whose step must be the one expected.
 * Errors carry culprit = the peer: `PEER_GONE`, `UNEXPECTED_STEP`, `FRAME_TOO_LARGE`, `BAD_FRAME`,
 * `WRONG_LENGTH`, `PEER_TIMEOUT`. After any error the channel is closed, the code goes to the peer as the close
 * reason, and every pending and later call rejects with it. Frames that arrived before the peer
 * went are still handed out.
 */
export type Channel = {
  readonly peer: string
  /** The payload may be reused when this returns its promise; resolves when there is room again. */
  send(step: string, payload: Bytes): Promise<void>
  /** A copy of its own, at offset 0 of its buffer. */
  receive(step: string): Promise<Bytes>
  /** Into memory of the caller's, which the payload must fill (`WRONG_LENGTH`). */
  receiveInto(step: string, into: Bytes): Promise<void>
  /** Milliseconds from a ping to its pong, which waits for what was sent before. */
  roundTrip(): Promise<number>
  /** Frames sent before are delivered first. */
  close(): Promise<void>
  readonly bytesSent: number
  readonly bytesReceived: number
}

export type ChannelLimits = {
  /** 8 MiB by default */
  readonly maxFrame: number
  /** Bytes waiting in each direction before back-pressure; 32 MiB by default */
  readonly maxQueued: number
  /** Longest wait of one `send`, `receive` or `roundTrip`; 60 s by default */
  readonly idleMs: number
}

export type ConnectChannel = (
  member: string,
  path: string,
  options?: { signal?: AbortSignal; timeoutMs?: number },
) => Promise<Channel>

const defaults: ChannelLimits = { maxFrame: 8 << 20, maxQueued: 32 << 20, idleMs: 60_000 }
const defaultTimeoutMs = 10_000

/** The promise rejects like `PeerClient` does: `PEER_PROBLEM` when the peer refused the channel. */
export function createChannelConnector(options: {
  self: Self
  directory: Directory
  clock: Clock
  random: RandomBytes
  limits?: Partial<ChannelLimits>
}): ConnectChannel {
  const { self, directory, clock, random } = options
  const limits = { ...defaults, ...options.limits }
  const dialer = createDialer(self)
  return async (member, path, { signal, timeoutMs = defaultTimeoutMs } = {}) => {
    const peer = directory(member) ?? fail('UNKNOWN_PEER', { culprit: member })
    const { parts } = signRequest({
      method: 'GET',
      targetUri: targetOf(peer, path),
      body: new Uint8Array(0),
      signer: self.signer,
      keyid: self.id,
      now: clock(),
      random,
    })
    signal?.throwIfAborted()
    const key = random(16)
    const request = dialer.request(peer, path, { ...parts.headers, ...offer(key) })
    const socket = await upgraded(request, peer, parts, key, timeoutMs, signal)
    return new FrameChannel(socket, peer.id, limits, true)
  }
}

/**
 * Route handler behind `gate.verify({ maxBody: 0 })`. `accept` runs before the upgrade and may
 * throw to refuse; what it returns gets the channel.
 */
export function acceptChannel(options: {
  accept: (c: Context<PeerEnv>) => Promise<(channel: Channel) => void>
  limits?: Partial<ChannelLimits>
}): MiddlewareHandler<PeerEnv> {
  const limits = { ...defaults, ...options.limits }
  return async (c) => {
    const { upgrade, incoming } = nodeBindings(c)
    const peer = c.get('peer')
    const key = incoming && offeredKey(incoming.headers)
    if (upgrade === undefined || key === undefined) {
      return fail('UPGRADE_REQUIRED', { culprit: peer })
    }
    const use = await options.accept(c)
    upgrade.handler = (_incoming, socket, head, headers) => {
      socket.write(`${[...acceptance(key), ...headers].join('\r\n')}\r\n\r\n`)
      if (head.length > 0) socket.unshift(head)
      // The server's connections are sockets.
      use(new FrameChannel(socket as Socket, peer, limits, false))
    }
    return c.body(null)
  }
}

/** The socket, once the peer has accepted the upgrade with its signature. */
function upgraded(
  request: ClientRequest,
  peer: Peer,
  parts: RequestParts,
  key: Bytes,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const give = (error: unknown) => {
      stop()
      reject(error)
      request.destroy()
    }
    const timer = setTimeout(() => {
      give(new ProtocolError<PeerErrorCode>('PEER_TIMEOUT', { culprit: peer.id, at: 'upgrade' }))
    }, timeoutMs)
    const abort = () => give(signal?.reason)
    signal?.addEventListener('abort', abort)
    const verify = (response: IncomingMessage, body: Bytes) =>
      attributed(peer, () =>
        verifyResponse({
          status: response.statusCode ?? 0,
          body,
          headers: pickHeaders((name) => response.headers[name]),
          request: parts,
          peer,
        }),
      )
    request.on('error', (error) => {
      const known = error instanceof ProtocolError
      const details = { culprit: peer.id, at: networkCode(error) }
      give(known ? error : new ProtocolError<PeerErrorCode>('PEER_UNREACHABLE', details))
    })
    request.on('upgrade', (response, socket, head) => {
      try {
        verify(response, new Uint8Array(0))
        if (!isAccepted(response.headers, key)) {
          fail('PEER_BAD_RESPONSE', { culprit: peer.id, at: 'upgrade' })
        }
        if (head.length > 0) socket.unshift(head)
        stop()
        resolve(socket as Socket)
      } catch (error) {
        socket.destroy()
        give(error)
      }
    })
    request.on('response', (response) => {
      readRefusal(response)
        .then((body) => {
          verify(response, body)
          return fail('PEER_PROBLEM', { culprit: peer.id, at: problemCode(body) })
        })
        .catch(give)
    })
    request.end()
  })
}

async function readRefusal(response: IncomingMessage): Promise<Bytes> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > 64 * 1024) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
