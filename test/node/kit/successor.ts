/** Later versions of a convenant, signed and installed as operators do. */

import {
  type Convenant,
  convenantDigest,
  type SignedConvenant,
  signConvenant,
} from '@drempel/protocol/convenant'
import { base64url } from '@drempel/protocol/encoding'
import type { Federation } from './federation.ts'
import { asJson } from './lead.ts'
import type { Member } from './member.ts'

/** The version after the one in force, with `change`, signed by `signers` (all, by default). */
export function successorOf(
  federation: Federation,
  change: (convenant: Convenant) => Partial<Convenant>,
  signers: readonly Member[] = federation.members,
): SignedConvenant {
  const { convenant: old } = federation.members[0]!.ctx.inForce()
  const previous = base64url(convenantDigest(old))
  const convenant = { ...old, version: old.version + 1, previous, ...change(old) }
  const signatures = signers.map(({ id, ctx }) => signConvenant(convenant, id, ctx.signer))
  return { convenant, signatures }
}

/** By the operator API of every member, one after the other. */
export async function installAll(federation: Federation, signed: SignedConvenant): Promise<void> {
  for (const member of federation.members) {
    const { status, text } = await member.api('PUT', '/convenant', asJson({ convenant: signed }))
    if (status !== 200) throw new Error(`${member.id}: ${text}`)
  }
}
