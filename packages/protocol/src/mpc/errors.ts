import { failWith } from '../encoding/index.ts'

export type MpcErrorCode =
  | 'ABORTED'
  | 'PEER_GONE'
  | 'REVEAL_MISMATCH'
  | 'SESSION_MISMATCH'
  | 'STEP_REUSED'
  | 'TRANSCRIPT_MISMATCH'
  | 'UNEXPECTED_STEP'
  | 'WRONG_LENGTH'

export const fail = failWith<MpcErrorCode>()
