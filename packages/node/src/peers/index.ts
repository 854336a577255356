/** Authenticated traffic between nodes: signed requests and answers, channels between compute nodes. */

export {
  acceptChannel,
  type Channel,
  type ChannelLimits,
  createChannelConnector,
} from './channel.ts'
export {
  createPeerClient,
  type PeerClient,
  type PeerRequestOptions,
  type PeerResponse,
} from './client.ts'
export type { PeerErrorCode } from './errors.ts'
export { createPeerGate, jsonBody, type PeerEnv, type PeerGate } from './middleware.ts'
export type { Directory, Peer, ReplayStore, Self, SignedMessage } from './types.ts'
