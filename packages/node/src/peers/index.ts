/** Authenticated traffic between nodes: signed requests and answers, channels between compute nodes. */

export {
  acceptChannel,
  type Channel,
  type ChannelLimits,
  type ConnectChannel,
  createChannelConnector,
} from './channel.ts'
export {
  createPeerClient,
  type PeerClient,
  type PeerRequestOptions,
  type PeerResponse,
} from './client.ts'
export type { PeerErrorCode } from './errors.ts'
export { type Evidence, verifyEvidence } from './evidence.ts'
export { FrameChannel } from './frames.ts'
export { farthestRoundTrip } from './latency.ts'
export { answerBytes, createPeerGate, type PeerEnv, type PeerGate } from './middleware.ts'
export { createOutsideClient, type OutsideAnswer, type OutsideClient } from './outside.ts'
export { peerProblems } from './problems.ts'
export { contentDigest, signatureBase, signRequest, signResponse } from './signatures.ts'
export { Traffic } from './traffic.ts'
export type { Directory, Peer, ReplayStore, Self, SignedMessage } from './types.ts'
