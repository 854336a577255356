import { failWith } from '@drempel/protocol/encoding'

export type PeerErrorCode =
  // what a request was refused for
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_MALFORMED'
  | 'SIGNATURE_INVALID'
  | 'UNKNOWN_PEER'
  | 'CLOCK_SKEW'
  | 'REPLAYED'
  | 'DIGEST_MISMATCH'
  | 'TLS_PIN_MISMATCH'
  | 'BAD_EVIDENCE'
  // what calling a peer came to
  | 'PEER_UNREACHABLE'
  | 'PEER_TIMEOUT'
  | 'PEER_BAD_RESPONSE'
  | 'PEER_PROBLEM'
  // channels between compute nodes
  | 'PEER_GONE'
  | 'UNEXPECTED_STEP'
  | 'WRONG_LENGTH'
  | 'FRAME_TOO_LARGE'
  | 'BAD_FRAME'
  | 'UPGRADE_REQUIRED'

export const fail = failWith<PeerErrorCode>()
