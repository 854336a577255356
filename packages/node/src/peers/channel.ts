/** One WebSocket between two compute nodes: ordered binary frames, each naming its step. */

import type { Bytes, Clock, RandomBytes } from '@drempel/protocol/encoding'
import type { MiddlewareHandler } from 'hono'
import type { PeerEnv } from './middleware.ts'
import type { Directory, Self } from './types.ts'

/**
 * First in, first out: the k-th `receive` gets the k-th frame, whose step must be the one expected.
 * Errors carry culprit = the peer: `PEER_GONE`, `UNEXPECTED_STEP`, `FRAME_TOO_LARGE`, `BAD_FRAME`, `PEER_TIMEOUT`.
 * After any error the channel is closed and every pending and later call rejects with it.
 */
export type Channel = {
  readonly peer: string
  /** Resolves when the frame may be forgotten by the caller; waits while the send buffer is full. */
  send(step: string, payload: Bytes): Promise<void>
  receive(step: string): Promise<Bytes>
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
  /** Longest silence while a `receive` waits; 60 s by default */
  readonly idleMs: number
}

export declare function createChannelConnector(options: {
  self: Self
  directory: Directory
  clock: Clock
  random: RandomBytes
  limits?: Partial<ChannelLimits>
}): (
  member: string,
  path: string,
  options?: { signal?: AbortSignal; timeoutMs?: number },
) => Promise<Channel>

/**
 * Route handler behind `gate.verify({ maxBody: 0 })`: upgrades and hands the channel over.
 * `accept` is called with the context before upgrading and may throw to refuse (problem document);
 * it returns what to do with the channel.
 */
export declare function acceptChannel(options: {
  self: Self
  accept: (peer: string, path: string) => Promise<(channel: Channel) => void>
  limits?: Partial<ChannelLimits>
}): MiddlewareHandler<PeerEnv>
