/**
 * Versions of the data on which canonical forms depend. The convenant pins them: two partners with
 * different data could write one identifier in two forms, and its hit would be missed in silence.
 */

import { ibanTableDigest } from './iban.ts'
import { unicodeDigest } from './unicode.ts'

export type FormVersions = {
  readonly publicSuffixList: string
  readonly phoneMetadata: string
  readonly ibanRegistry: string
  readonly unicode: string
}

/** The exact versions that package.json pins; the list and the metadata are inside the packages. */
export const TLDTS_VERSION = '7.5.4'
export const LIBPHONENUMBER_VERSION = '1.13.16'
export const IBANTOOLS_VERSION = '4.5.4'

export function formVersions(): FormVersions {
  known ??= {
    publicSuffixList: `tldts-${TLDTS_VERSION}`,
    phoneMetadata: `libphonenumber-js-${LIBPHONENUMBER_VERSION}-max`,
    ibanRegistry: `ibantools-${IBANTOOLS_VERSION}-${ibanTableDigest()}`,
    unicode: `uts46-probe-${unicodeDigest()}`,
  }
  return known
}

let known: FormVersions | undefined
