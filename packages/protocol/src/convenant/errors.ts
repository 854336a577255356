import { failWith } from '../encoding/index.ts'

export type ConvenantErrorCode =
  /** A document that is not a convenant, or one whose parts contradict each other; `hint` lists every problem. */
  | 'CONVENANT_INVALID'
  /** A member whose signatures all fail under its key. */
  | 'CONVENANT_SIGNATURE_BAD'
  /** A signature that the rules of succession ask for is not there. */
  | 'CONVENANT_SIGNATURE_MISSING'
  /** A version that does not follow the one in force: other id, number or digest. */
  | 'CONVENANT_NOT_SUCCESSOR'

export const fail = failWith<ConvenantErrorCode>()
