/**
 * What a node tells the other member of why it ended an intersection: one of a few words. A code of its
 * own could say more than that member should know, such as how often a list was used, or where in the
 * node something failed.
 */

export const CAUSES = [
  /** By a person. */
  'STOPPED',
  'RESTARTED',
  /** The connection did not come back, or nothing came over it. */
  'LOST',
  /** What came was not what the protocol has. */
  'PROTOCOL',
  /** Not what was agreed to, of either side's word, log or list. */
  'DIFFERS',
  /** By its convenant, as it is there or by now. */
  'REFUSED',
  'CONVENANT_REPLACED',
  'MEMBER_SUSPENDED',
  /** Too few witnesses. */
  'NOT_WITNESSED',
  'EXPIRED',
  /** The list that was masked ahead is there no more. */
  'PREPARED_ENDED',
  'OTHER',
] as const

export type Cause = (typeof CAUSES)[number]

/** @param code as it is entered at this node */
export function causeOf(code: string): Cause {
  return OF[code] ?? 'OTHER'
}

const PROTOCOL = [
  ...['BAD_ELEMENT', 'BAD_MESSAGE', 'BAD_ORDER', 'DUPLICATE_ELEMENT', 'IDENTITY_ELEMENT'],
  ...['PSI_FLOOD', 'UNEXPECTED_STEP', 'WRONG_LENGTH', 'WRONG_TERMS'],
]
const DIFFERS = [
  ...['BAD_INCLUSION_PROOF', 'BAD_RECEIPT', 'BAD_STATEMENT', 'INTENT_MISMATCH', 'LOG_FORKED'],
  ...['LOG_ROLLED_BACK', 'PSI_DIFFERS'],
]
const REFUSED = ['CONVENANT_EXPIRED', 'UNKNOWN_PURPOSE', 'KIND_NOT_ALLOWED', 'UNKNOWN_KIND']

const all = (codes: readonly string[], cause: Cause) => codes.map((code) => [code, cause] as const)

const OF: Readonly<Record<string, Cause>> = Object.fromEntries([
  ...all(PROTOCOL, 'PROTOCOL'),
  ...all(DIFFERS, 'DIFFERS'),
  ...all(REFUSED, 'REFUSED'),
  ...all(['PEER_GONE', 'PSI_STALLED'], 'LOST'),
  ...all(['CONVENANT_DIFFERS', 'CONVENANT_REPLACED'], 'CONVENANT_REPLACED'),
  ['MEMBER_SUSPENDED', 'MEMBER_SUSPENDED'],
  ['NODE_RESTARTED', 'RESTARTED'],
  ['NOT_WITNESSED', 'NOT_WITNESSED'],
  ['PSI_EXPIRED', 'EXPIRED'],
  ['PSI_PREPARED_ENDED', 'PREPARED_ENDED'],
  ['PSI_STOPPED', 'STOPPED'],
])
