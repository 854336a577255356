import { failWith } from '../encoding/index.ts'

export type GroupErrorCode =
  | 'BAD_LENGTH'
  | 'BAD_ELEMENT'
  | 'IDENTITY_ELEMENT'
  | 'BAD_SCALAR'
  | 'ZERO_SCALAR'
  | 'BAD_INDEX'
  | 'DUPLICATE_INDEX'
  | 'BAD_DST'

export const fail = failWith<GroupErrorCode>()
