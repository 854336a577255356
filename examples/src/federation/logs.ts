/**
 * The check that an auditor makes of a node's logs: from the files that the node serves, under the
 * key that the convenant gives for it. Nothing that the node says of itself is believed.
 */

import { type Convenant, memberOf } from '@drempel/protocol/convenant'
import { fromBase64url, fromUtf8 } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  encodeTilePath,
  openCheckpoint,
  parseOrigin,
  type VerifierKey,
  verifierKey,
  verifyLog,
  verifyReceipt,
} from '@drempel/protocol/log'
import type { OperatorApi } from './index.ts'

export type VerifiedLog = Checkpoint & { readonly leaves: readonly string[] }

/** A member's key for a log of its own. @throws Error for the log of another */
export function logKey(convenant: Convenant, member: string, origin: string): VerifierKey {
  const named = parseOrigin(origin)
  const { signingKey } = memberOf(convenant, member) ?? refuse(`no member ${member}`)
  if (named.member !== member || named.convenant !== convenant.id) refuse(`not a log of ${member}`)
  return verifierKey(origin, fromBase64url(signingKey))
}

/** Reads and verifies all logs of a node. @throws ProtocolError as `verifyLog` */
export async function verifyLogs(
  api: OperatorApi,
  convenant: Convenant,
  member: string,
): Promise<VerifiedLog[]> {
  const verified: VerifiedLog[] = []
  for (const { origin } of await api.origins()) {
    const key = logKey(convenant, member, origin)
    const checkpoint = openCheckpoint(await api.checkpoint(origin), key)
    const leaves: string[] = []
    await verifyLog(
      checkpoint,
      (tile) => api.tile(origin, encodeTilePath(tile)),
      (_, leaf) => leaves.push(fromUtf8(leaf)),
    )
    verified.push({ ...checkpoint, leaves })
  }
  return verified
}

/** That a receipt holds under the member's key. @returns the log entry that it proves */
export function verifyOwnReceipt(convenant: Convenant, member: string, proof: string): string {
  const origin = /\n\n(.+)\n/.exec(proof)?.[1] ?? refuse('no checkpoint')
  return fromUtf8(verifyReceipt(proof, logKey(convenant, member, origin)).leaf)
}

function refuse(message: string): never {
  throw new Error(message)
}
