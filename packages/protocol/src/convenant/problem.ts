/** How a check says what is wrong with a convenant, and the two checks that all lists of names share. */

export type ConvenantProblemCode =
  | 'BAD_FIELD'
  | 'UNKNOWN_FIELD'
  | 'DUPLICATE'
  | 'UNKNOWN_REFERENCE'
  | 'VALIDITY_EMPTY'
  | 'PREVIOUS_MISMATCH'
  | 'TRANSPORT_MIXED'
  | 'TLS_PIN_MISSING'
  | 'TLS_PIN_ON_HTTP'
  | 'QUORUM_TOO_SMALL'
  | 'QUORUM_TOO_LARGE'
  | 'COMPUTE_HOLDS_KEY'
  | 'REGION_MISPLACED'
  | 'CAP_OUT_OF_ORDER'
  | 'BUDGET_BELOW_CAP'
  | 'BUDGET_MISSING'
  | 'CROSS_SECTOR'
  | 'TOO_FEW_CONTRIBUTORS'
  | 'PLAIN_KEYS'
  | 'OWNERS_CONSUMERS'
  | 'NOT_ACKNOWLEDGED'
  | 'PURPOSE_MISSING'
  | 'RULE_AGGREGATES'
  | 'RULE_CONDITION'
  | 'RULE_NOT_LIST'
  | 'RULE_OF_OTHER_KIND'
  | 'KIND_WITHOUT_RULE'
  | 'ASKER_NOT_CONSUMER'
  | 'QUOTA_BELOW_BATCH'
  | 'BATCH_ON_CHECK'
  | 'GRONDSLAG_OF_AUTHORITY'
  | 'DPIA_MISSING'
  | 'NO_PAIR'
  | 'SIZE_BY_ECDH'
  | 'CONSENT_OF_NOBODY'

export type ConvenantProblem = {
  readonly code: ConvenantProblemCode
  readonly path: string
  readonly hint: string
}

export function problem(code: ConvenantProblemCode, path: string, hint: string): ConvenantProblem {
  return { code, path, hint }
}

export function* duplicates(path: (i: number) => string, values: readonly string[]) {
  for (const [i, value] of values.entries()) {
    if (values.indexOf(value) < i) yield problem('DUPLICATE', path(i), 'named twice')
  }
}

export function* unknown(
  path: string,
  names: readonly string[],
  exists: (name: string) => boolean,
) {
  for (const [i, name] of names.entries()) {
    if (!exists(name)) yield problem('UNKNOWN_REFERENCE', `${path}[${i}]`, `no such id: ${name}`)
  }
}
