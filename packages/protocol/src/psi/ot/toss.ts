/**
 * Seeds that neither side chose: both commit to a nonce, then open (Blum 1981; the commitment is a
 * hash, hiding and binding in the random-oracle model). The session's context, with both list
 * commitments, is hashed in, so that nobody could choose a list to the seeds: bins stay as random as
 * the analysis in parameters.ts takes them to be, and codes as far apart.
 */

import { type Bytes, equalBytes, hashParts, utf8 } from '../../encoding/index.ts'
import { fail } from '../errors.ts'
import type { Stop } from '../flow.ts'
import type { PsiOptions, PsiRole } from '../party.ts'

const NONCE = 32
const DIGEST = 32

/** Public keys of three hash functions, and of what is agreed besides. */
export type Seeds = {
  /** Digests of items and their bins. */
  readonly items: Bytes
  /** The pseudo-random code. */
  readonly code: Bytes
  /** The correlation-robust hash. */
  readonly values: Bytes
  /** Tells this session's oblivious transfers from all others. */
  readonly transfers: Bytes
}

/** @throws ProtocolError `BAD_MESSAGE`, culprit = a peer that opens another nonce than it committed to */
export async function tossSeeds(
  { role, context, channel, random }: PsiOptions,
  stop: Stop,
): Promise<Seeds> {
  const nonce = random(NONCE)
  const exchange = async (step: string, own: Bytes, length: number) => {
    const [, theirs] = await stop.all([
      channel.send(step, own),
      channel.receive(step, { min: length, max: length }),
    ])
    return theirs.slice()
  }
  const committed = await exchange('ot/commit', commitmentTo(context, role, nonce), DIGEST)
  const opened = await exchange('ot/open', nonce, NONCE)
  const other = role === 'receiver' ? 'sender' : 'receiver'
  if (!equalBytes(committed, commitmentTo(context, other, opened))) {
    fail('BAD_MESSAGE', { culprit: channel.peer, at: 'ot/open' })
  }
  const nonces = role === 'receiver' ? [nonce, opened] : [opened, nonce]
  const seed = (use: string) => hashParts('drempel/v1/psi/ot/seed', utf8(use), context, ...nonces)
  return {
    items: seed('items'),
    code: seed('code'),
    values: seed('values'),
    transfers: seed('transfers'),
  }
}

/** The role is part of it, so that nobody commits by an echo. */
function commitmentTo(context: Bytes, role: PsiRole, nonce: Bytes): Bytes {
  return hashParts('drempel/v1/psi/ot/nonce', utf8(role), context, nonce)
}
