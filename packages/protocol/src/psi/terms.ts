/** The first message each way: both sides run the same protocol, version and roles over the same terms. */

import { ByteWriter, equalBytes, hashParts, utf8 } from '../encoding/index.ts'
import { fail } from './errors.ts'
import type { Stop } from './flow.ts'
import type { PsiOptions, PsiRole } from './party.ts'

const DIGEST = 32

type Terms = Pick<PsiOptions, 'role' | 'output' | 'to' | 'sizes' | 'context' | 'channel'>

/**
 * @param protocol name and version
 * @throws ProtocolError `WRONG_TERMS`, culprit = the peer
 */
export async function agreeOnTerms(protocol: string, terms: Terms, stop: Stop): Promise<void> {
  const { role, channel } = terms
  const other = role === 'receiver' ? 'sender' : 'receiver'
  const [, theirs] = await stop.all([
    channel.send('psi/terms', digestOf(protocol, terms, role)),
    channel.receive('psi/terms', { min: DIGEST, max: DIGEST }),
  ])
  if (!equalBytes(theirs, digestOf(protocol, terms, other))) {
    fail('WRONG_TERMS', { culprit: channel.peer })
  }
}

/** The role is part of it, so that nobody is answered by an echo. */
function digestOf(protocol: string, { output, to, sizes, context }: Terms, role: PsiRole) {
  const numbers = new ByteWriter().u32(sizes.receiver).u32(sizes.sender).finish()
  const words = [protocol, role, output, to].map(utf8)
  return hashParts('drempel/v1/psi/terms', ...words, numbers, context)
}
