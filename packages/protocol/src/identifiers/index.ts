export {
  type CanonicalizeOptions,
  canonicalize,
  IDENTIFIER_KINDS,
  type IdentifierKind,
  oprfInput,
} from './canonicalize.ts'
export type { IdentifierErrorCode } from './errors.ts'
export { isMadeUp } from './madeUp.ts'
export { unicodeDigest } from './unicode.ts'
export {
  type FormVersions,
  formVersions,
  IBANTOOLS_VERSION,
  LIBPHONENUMBER_VERSION,
  TLDTS_VERSION,
} from './versions.ts'
