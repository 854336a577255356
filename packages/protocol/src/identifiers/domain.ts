/**
 * Registrable domain of a host: the public suffix and one label more, by the algorithm and both
 * sections of the Public Suffix List (publicsuffix.org/list). A top-level domain that the list does
 * not have counts as a suffix, as its algorithm says.
 */

import { getDomain } from 'tldts'
import { fail } from './errors.ts'
import { canonicalHost, LOOKUP } from './host.ts'

/** @throws ProtocolError with a `DomainErrorCode` */
export function canonicalDomain(raw: string): string {
  const domain = getDomain(canonicalHost(raw), LOOKUP)
  if (domain === null) {
    return fail('DOMAIN_PUBLIC_SUFFIX', { hint: 'a public suffix has no registrable domain' })
  }
  return domain
}
