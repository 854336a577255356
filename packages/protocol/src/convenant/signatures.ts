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
 * A member's signature under a convenant. A member that changes its key signs with both.
 * @param member its id; the signer's key may be the member's old one
 */
export function signConvenant(
  convenant: Convenant,
  member: string,
  signer: Signer,
): ConvenantSignature {
  return {
    member,
    key: base64url(signer.publicKey),
    signature: base64url(signer.sign(signedMessage(convenantDigest(convenant)))),
  }
}

/** Adds a signature, in place of an earlier one by the same key. */
export function withSignature(
  signed: SignedConvenant,
  signature: ConvenantSignature,
): SignedConvenant {
  const others = signed.signatures.filter(
    (other) => other.member !== signature.member || other.key !== signature.key,
  )
  return { convenant: signed.convenant, signatures: [...others, signature] }
}

/**
 * Anyone: that all members of this version signed it. A version that replaces another must pass
 * `verifySuccession` too, and one that only suspends a member passes that alone.
 * @throws ProtocolError `CONVENANT_SIGNATURE_BAD`, `CONVENANT_SIGNATURE_MISSING` (culprit = member)
 */
export function verifyConvenant(signed: SignedConvenant): void {
  const valid = validSigners(signed)
  for (const { id, signingKey } of signed.convenant.members) {
    if (!valid(id, signingKey)) fail('CONVENANT_SIGNATURE_MISSING', { culprit: id })
  }
}

/** The ids of members whose signature is still missing. @throws ProtocolError `CONVENANT_SIGNATURE_BAD` */
export function missingSignatures(signed: SignedConvenant): string[] {
  const valid = validSigners(signed)
  return signed.convenant.members
    .filter(({ id, signingKey }) => !valid(id, signingKey))
    .map(({ id }) => id)
}

/**
 * Checks every signature under the key that it names, and returns the question "did `member` sign
 * with `key`?". A document with one bad signature is refused whole: honest tools never write one.
 */
export function validSigners(signed: SignedConvenant): (member: string, key: string) => boolean {
  const message = signedMessage(convenantDigest(signed.convenant))
  const seen = new Set<string>()
  for (const [i, { member, key, signature }] of signed.signatures.entries()) {
    const name = `${member} ${key}`
    const twice = seen.has(name)
    seen.add(name)
    if (twice || !verifySignature(fromBase64url(signature), message, fromBase64url(key)))
      fail('CONVENANT_SIGNATURE_BAD', { at: `signatures[${i}]` })
  }
  return (member, key) => seen.has(`${member} ${key}`)
}

function signedMessage(digest: Bytes): Bytes {
  return hashParts('drempel/v1/convenant/signature', digest)
}
