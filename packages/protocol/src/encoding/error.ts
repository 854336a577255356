/** The one error class of the protocol: a code to act on, a culprit, evidence; never a secret. */

export type ErrorDetails = {
  /** Who caused it: a member id, a party index as text, or 'self'. */
  readonly culprit?: string
  /** Bytes that a third party can check, for example a signed message. Never a secret. */
  readonly evidence?: Uint8Array
  /** Where it went wrong: a field path, a row number, a step. Never an identifier or a key. */
  readonly at?: string
  /** One English sentence on what the reader can do. Never an identifier or a key. */
  readonly hint?: string
}

export class ProtocolError<Code extends string = string> extends Error {
  readonly code: Code
  readonly culprit: string | undefined
  readonly evidence: Uint8Array | undefined
  readonly at: string | undefined
  readonly hint: string | undefined

  constructor(code: Code, details: ErrorDetails = {}) {
    const place = details.at === undefined ? '' : ` at ${details.at}`
    const blame = details.culprit === undefined ? '' : ` by ${details.culprit}`
    super(`${code}${place}${blame}${details.hint === undefined ? '' : `: ${details.hint}`}`)
    this.name = 'ProtocolError'
    this.code = code
    this.culprit = details.culprit
    this.evidence = details.evidence
    this.at = details.at
    this.hint = details.hint
  }
}

/** Each layer makes its own `fail` over its closed union of codes: `export const fail = failWith<OprfErrorCode>()`. */
export function failWith<Code extends string>(): (code: Code, details?: ErrorDetails) => never {
  return (code, details) => {
    throw new ProtocolError(code, details)
  }
}

export function isProtocolError(error: unknown, code?: string): error is ProtocolError {
  return error instanceof ProtocolError && (code === undefined || error.code === code)
}
