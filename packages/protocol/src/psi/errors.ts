import { failWith } from '../encoding/index.ts'

export type PsiErrorCode =
  /** An own item is empty or too long; `at` is its number. */
  | 'BAD_ITEM'
  /** More items than the size that was agreed. */
  | 'LIST_TOO_LARGE'
  | 'BAD_SIZE'
  | 'BAD_SALT'
  /** The peer runs another protocol, or the same for other terms, sizes or commitments. */
  | 'WRONG_TERMS'
  /** A message of the peer that does not parse, or a point that is none. */
  | 'BAD_MESSAGE'
  /** The peer sent one point, or one position, twice. */
  | 'DUPLICATE_ELEMENT'
  /** The peer's records do not rise. */
  | 'BAD_ORDER'
  /** A list that was offered for one size only has had its question. */
  | 'LIST_USED'
  /** `ot` shows the receiver which items are in common; `ecdh` can tell the size alone. */
  | 'ITEMS_ONLY'
  /** `ot` found no place for an own item: one session in 2^40; another session has other seeds. */
  | 'NO_TABLE'

export const fail = failWith<PsiErrorCode>()
