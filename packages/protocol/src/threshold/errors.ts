import { failWith } from '../encoding/index.ts'

export type ThresholdErrorCode =
  | 'BAD_OWNER_PARTS'
  | 'BAD_PLAN'
  | 'BAD_RULE'
  | 'BAD_UPLOAD'
  | 'LIST_TOO_LARGE'
  | 'NODES_DISAGREE' // two compute nodes were told different things, or one of them says so
  | 'RECORD_DOES_NOT_FIT'
  | 'TOO_FEW_CONTRIBUTORS'
  | 'TOO_MANY_OVER'

export const fail = failWith<ThresholdErrorCode>()
