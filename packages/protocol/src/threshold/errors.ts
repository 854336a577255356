import { failWith } from '../encoding/index.ts'

export type ThresholdErrorCode = 'BAD_PLAN' | 'LIST_TOO_LARGE' | 'RECORD_DOES_NOT_FIT'

export const fail = failWith<ThresholdErrorCode>()
