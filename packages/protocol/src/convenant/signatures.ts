/**
 * Digest of a convenant and the signatures of its members.
 *
 * digest    = H("drempel/v1/convenant"; JCS(body))
 * signature = Ed25519 over H("drempel/v1/convenant/signature"; digest)
 *
 * with H of encoding/hash.ts. The digest names the convenant in every log entry, key transcript
 * and round; it covers the body only, so that it is known before anyone signed.
 */

import {
  type Bytes,
  base64url,
  fromBase64url,
  hashParts,
  type Json,
  jcs,
  type Signer,
  verifySignature,
} from '../encoding/index.ts'
import { fail } from './errors.ts'
import type { Convenant, ConvenantSignature, SignedConvenant } from './schema.ts'

/** 32 bytes; equal exactly for convenants that say the same. */
export function convenantDigest(convenant: Convenant): Bytes {
  return hashParts('drempel/v1/convenant', jcs(convenant as Json))
}

/**
 * A member's signature under a convenant. A member that changes its key signs with the old one too.
 * @param member its id
 */
export function signConvenant(
  convenant: Convenant,
  member: string,
  signer: Signer,
): ConvenantSignature {
  const signature = signer.sign(signedMessage(convenantDigest(convenant)))
  return { member, signature: base64url(signature) }
}

/** Adds a signature; the same one twice is one. */
export function withSignature(signed: SignedConvenant, added: ConvenantSignature): SignedConvenant {
  const present = signed.signatures.some(
    ({ member, signature }) => member === added.member && signature === added.signature,
  )
  return present ? signed : { ...signed, signatures: [...signed.signatures, added] }
}

/**
 * Anyone: that all members of this version signed it. A version that replaces another must pass
 * `verifySuccession` too, and one that only suspends a member passes that alone.
 * @throws ProtocolError `CONVENANT_SIGNATURE_BAD`, `CONVENANT_SIGNATURE_MISSING`, culprit = the
 *   member whose signature is wanted (who may not be the one that spoilt it)
 */
export function verifyConvenant(signed: SignedConvenant): void {
  const didSign = signatureTest(signed)
  for (const { id, signingKey } of signed.convenant.members) {
    if (!didSign(id, signingKey)) failSignature(signed, id)
  }
}

/** The ids of the members whose valid signature is not there yet, in their order. */
export function missingSignatures(signed: SignedConvenant): string[] {
  const didSign = signatureTest(signed)
  return signed.convenant.members
    .filter(({ id, signingKey }) => !didSign(id, signingKey))
    .map(({ id }) => id)
}

/**
 * Those of them who put a signature all the same, in their order: it is of another text, or with another key,
 * so that this one may have been changed since they read it.
 */
export function unfittingSignatures(signed: SignedConvenant): string[] {
  return missingSignatures(signed).filter((id) => hasEntry(signed, id))
}

/** The question "did `member` sign this with `key`?"; a member may have signed with two keys. */
export function signatureTest(signed: SignedConvenant): (member: string, key: string) => boolean {
  const message = signedMessage(convenantDigest(signed.convenant))
  return (member, key) =>
    signed.signatures.some(
      (entry) =>
        entry.member === member &&
        verifySignature(fromBase64url(entry.signature), message, fromBase64url(key)),
    )
}

export function failSignature(signed: SignedConvenant, member: string): never {
  return fail(
    hasEntry(signed, member) ? 'CONVENANT_SIGNATURE_BAD' : 'CONVENANT_SIGNATURE_MISSING',
    {
      culprit: member,
    },
  )
}

function hasEntry({ signatures }: SignedConvenant, member: string): boolean {
  return signatures.some((entry) => entry.member === member)
}

function signedMessage(digest: Bytes): Bytes {
  return hashParts('drempel/v1/convenant/signature', digest)
}
