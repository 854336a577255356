/**
 * Which version may replace the one in force.
 *
 * replacement  all members of the old version signed, and all of the new one
 * removal      the same, but for one member: it is gone, or has another key (one that lost its key
 *              cannot sign with it; the others vouch for the new one)
 * suspension   nothing changes but one more name in `suspended`, and two thirds of all members
 *              signed, suspended ones not among them; it only takes rights away
 *
 * Lifting a suspension gives rights back, and so is a replacement.
 */

import { base64url, equalBytes, type Json, jcs } from '../encoding/index.ts'
import { fail } from './errors.ts'
import type { Convenant, SignedConvenant } from './schema.ts'
import { convenantDigest, failSignature, signatureTest, verifyConvenant } from './signatures.ts'

export type Succession =
  | { readonly type: 'replacement' }
  | { readonly type: 'removal' | 'suspension'; readonly member: string }

/**
 * Every node, before it puts a new version in force; both documents are parsed.
 * @param old the body in force, verified before
 * @throws ProtocolError `CONVENANT_NOT_SUCCESSOR`, `CONVENANT_SIGNATURE_BAD`,
 *   `CONVENANT_SIGNATURE_MISSING` (culprit = the member whose signature is wanted)
 */
export function verifySuccession(old: Convenant, next: SignedConvenant): Succession {
  const { convenant } = next
  if (convenant.id !== old.id) fail('CONVENANT_NOT_SUCCESSOR', { at: 'id' })
  if (convenant.version !== old.version + 1) fail('CONVENANT_NOT_SUCCESSOR', { at: 'version' })
  if (convenant.previous !== base64url(convenantDigest(old)))
    fail('CONVENANT_NOT_SUCCESSOR', { at: 'previous' })

  const suspended = newlySuspended(old, convenant)
  if (suspended !== undefined && twoThirdsSigned(next)) {
    return { type: 'suspension', member: suspended }
  }
  verifyConvenant(next)
  return replacementOrRemoval(old, next)
}

/**
 * A newcomer or an auditor: that a chain of versions leads from a fully signed first one to the last.
 * @returns the last body
 * @throws ProtocolError as `verifyConvenant` and `verifySuccession`; `at` is a field there
 */
export function verifyHistory(versions: readonly SignedConvenant[]): Convenant {
  const [first, ...rest] = versions
  if (first === undefined) return fail('CONVENANT_NOT_SUCCESSOR', { at: 'version' })
  if (first.convenant.version !== 1) fail('CONVENANT_NOT_SUCCESSOR', { at: 'version' })
  verifyConvenant(first)
  let current = first.convenant
  for (const next of rest) {
    verifySuccession(current, next)
    current = next.convenant
  }
  return current
}

/** The one member that `next` suspends, when it changes nothing else. */
function newlySuspended(old: Convenant, next: Convenant): string | undefined {
  const added = next.suspended.filter((id) => !old.suspended.includes(id))
  const expected: Convenant = {
    ...old,
    version: next.version,
    previous: next.previous,
    suspended: [...old.suspended, ...added],
  }
  const same = equalBytes(jcs(expected as Json), jcs(next as Json))
  return same && added.length === 1 ? added[0] : undefined
}

// Two thirds of all members, counted without those suspended: so no more than a third can ever be
// suspended in this way, one after the other or at once.
function twoThirdsSigned(next: SignedConvenant): boolean {
  const { members, suspended } = next.convenant
  const didSign = signatureTest(next)
  const signers = members.filter(
    ({ id, signingKey }) => !suspended.includes(id) && didSign(id, signingKey),
  )
  return 3 * signers.length >= 2 * members.length
}

function replacementOrRemoval(old: Convenant, next: SignedConvenant): Succession {
  const didSign = signatureTest(next)
  const silent = old.members.filter(({ id, signingKey }) => !didSign(id, signingKey))
  const [member] = silent
  if (member === undefined) return { type: 'replacement' }
  // Two at once would let a few remove all the others.
  if (silent.length > 1) failSignature(next, member.id)
  return { type: 'removal', member: member.id }
}
