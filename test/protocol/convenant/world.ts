/** Members with keys, and a convenant among them, for the tests of this layer. */

import {
  type Convenant,
  type DraftOptions,
  draftConvenant,
  type MemberDescriptor,
  type Sector,
  type SignedConvenant,
  signConvenant,
} from '@drempel/protocol/convenant'
import { base64url, type Signer, signerFromSeed } from '@drempel/protocol/encoding'

export const FORMS = {
  publicSuffixList: 'list-1',
  phoneMetadata: 'metadata-1',
  ibanRegistry: 'registry-1',
  unicode: 'unicode-1',
}

export const NOW = Date.parse('2027-06-15T12:00:00Z')

export function signerOf(id: string, generation = 0): Signer {
  const seed = new Uint8Array(32).fill(generation)
  seed.set(new TextEncoder().encode(id).subarray(0, 31))
  return signerFromSeed(seed)
}

export function member(id: string, sector: Sector, port: number): MemberDescriptor {
  return {
    id,
    name: `Member ${id}`,
    sector,
    url: `http://127.0.0.1:${port}`,
    signingKey: base64url(signerOf(id).publicKey),
    tlsPin: null,
    contact: `security@${id}.example`,
    fg: `fg@${id}.example`,
  }
}

/** Two banks, a telecom operator and a platform. */
export const FOUR = [
  member('bank-a', 'bank', 9001),
  member('bank-b', 'bank', 9002),
  member('telecom', 'telecom', 9003),
  member('platform', 'platform', 9004),
]

export function draft(options: Partial<DraftOptions> = {}): Convenant {
  return draftConvenant({
    id: 'proef',
    members: FOUR,
    formVersions: FORMS,
    validFrom: '2027-01-01T00:00:00Z',
    crossSector: true,
    ...options,
  })
}

export function signedBy(convenant: Convenant, ids: readonly string[]): SignedConvenant {
  return {
    convenant,
    signatures: ids.map((id) => signConvenant(convenant, id, signerOf(id))),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a test writes fields that the type forbids
export type Loose = any

/** A convenant as an object that tests may bend; the result goes through the parser again. */
export function bend(convenant: Convenant, change: (copy: Loose) => void): unknown {
  const copy = structuredClone(convenant)
  change(copy)
  return copy
}
