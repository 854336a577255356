import { failWith } from './error.ts'

export type EncodingErrorCode =
  | 'BAD_HEX'
  | 'BAD_BASE64'
  | 'BAD_UTF8'
  | 'BAD_JSON'
  | 'BAD_KEY'
  | 'BAD_STATEMENT'
  | 'TRUNCATED'
  | 'TRAILING_BYTES'
  | 'OUT_OF_RANGE'

export const fail = failWith<EncodingErrorCode>()
