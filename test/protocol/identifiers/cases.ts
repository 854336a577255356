import {
  type CanonicalizeOptions,
  canonicalize,
  type IdentifierErrorCode,
  type IdentifierKind,
} from '@drempel/protocol/identifiers'
import { expect, it } from 'vitest'

export type Accepted = readonly [raw: string, canonical: string, options?: CanonicalizeOptions]
export type Rejected = readonly [
  raw: string,
  code: IdentifierErrorCode,
  options?: CanonicalizeOptions,
]

/** Each form is what the table says, and its own canonical form without any option. */
export function accepts(kind: IdentifierKind, table: readonly Accepted[]) {
  for (const [raw, canonical, options] of table) {
    it(`reads ${shown(raw)}`, () => {
      expect(canonicalize(kind, raw, options)).toBe(canonical)
      expect(canonicalize(kind, canonical)).toBe(canonical)
    })
  }
}

export function rejects(kind: IdentifierKind, table: readonly Rejected[]) {
  for (const [raw, code, options] of table) {
    it(`rejects ${shown(raw)} as ${code}`, () => {
      const error = errorOf(kind, raw, options)
      expect(error).toMatchObject({ name: 'ProtocolError', code })
      const words = [error.message, String(error.at), String(error.evidence)].join(' ')
      if (raw.length > 3) expect(words.toLowerCase()).not.toContain(raw.toLowerCase())
    })
  }
}

export type Caught = Error & { code: string; at?: string; evidence?: Uint8Array }

export function errorOf(kind: IdentifierKind, raw: string, options?: CanonicalizeOptions): Caught {
  try {
    canonicalize(kind, raw, options)
  } catch (error) {
    return error as Caught
  }
  throw new Error('it was accepted')
}

function shown(raw: string): string {
  return JSON.stringify(raw.length > 60 ? `${raw.slice(0, 60)}...` : raw)
}
