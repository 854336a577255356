import { failWith } from '@drempel/protocol/encoding'

export type HttpErrorCode =
  | 'BODY_TOO_LARGE'
  | 'FORBIDDEN'
  | 'INSECURE_LISTEN'
  | 'INTERNAL'
  | 'NOT_FOUND'
  | 'TOO_MANY_ATTEMPTS'
  | 'UNAUTHENTICATED'

export const fail = failWith<HttpErrorCode>()
