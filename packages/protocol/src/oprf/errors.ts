import { type Bytes, failWith, isProtocolError, ProtocolError } from '../encoding/index.ts'

export type OprfErrorCode =
  /** A proof does not hold, or what it proves does not decode. */
  | 'BAD_PROOF'
  | 'BAD_INPUT'
  | 'BAD_SEED'
  | 'BAD_COUNT'
  | 'BATCH_TOO_LARGE'
  | 'EMPTY_BATCH'
  | 'NOT_ENOUGH_SHARES'
  /** Shares of different keys or of different batches. */
  | 'MIXED_SHARES'
  | 'UNKNOWN_HOLDER'
  | 'BAD_CONTEXT'
  /** A message that does not parse. */
  | 'BAD_MESSAGE'
  /** A message of another session, kind, epoch, quorum, convenant or set of holders. */
  | 'WRONG_CONTEXT'
  | 'WRONG_RECIPIENT'
  | 'MISSING_HOLDER'
  | 'DUPLICATE_HOLDER'
  | 'BAD_COMMITMENTS'
  | 'BAD_POSSESSION'
  | 'BAD_SHARE'
  | 'BAD_TRANSCRIPT'
  | 'BAD_SIGNATURE'
  | 'MISSING_SIGNATURE'

export const fail = failWith<OprfErrorCode>()

/** Runs `work` on a sender's message: what it throws without a culprit is the sender's fault. */
export function blaming<T>(
  blame: { readonly culprit: string; readonly evidence: Bytes },
  work: () => T,
): T {
  try {
    return work()
  } catch (error) {
    if (!isProtocolError(error) || error.culprit !== undefined) throw error
    throw new ProtocolError(error.code, {
      ...blame,
      ...(error.at === undefined ? {} : { at: error.at }),
    })
  }
}
