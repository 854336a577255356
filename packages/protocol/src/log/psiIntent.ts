/**
 * No intersection without an entry in both logs. Before the first protocol byte each of the two shows
 * the other its `psi.intent`, whose digest binds the terms and the commitments to both lists.
 *
 * The adversary is the peer, malicious: it may log something else than was agreed, or show an entry of
 * another session, log or convenant.
 */

import { type OpenCheckpoint, openCheckpoint } from './checkpoint.ts'
import type { EventOf } from './event.ts'
import {
  assertRecent,
  blamed,
  type ExpectedEntry,
  mismatch,
  sameTerms,
  shownEntry,
} from './shown.ts'

export type ExpectedPsiIntent = ExpectedEntry &
  Pick<
    EventOf<'psi.intent'>,
    'role' | 'txid' | 'protocol' | 'kind' | 'purpose' | 'sizeBucket' | 'digest'
  > & {
    /** Who shows it, as its message's signature says. */
    readonly peer: string
    readonly self: string
  }

/**
 * @throws ProtocolError as `verifyIntent`, with the peer as culprit and the receipt as evidence
 */
export function verifyPsiIntent(
  receipt: string,
  expected: ExpectedPsiIntent,
  open: OpenCheckpoint = openCheckpoint,
) {
  return blamed(receipt, expected.peer, () => {
    const { event, quarter, checkpoint, note } = shownEntry(receipt, expected.peer, expected, open)
    if (event.type !== 'psi.intent') return mismatch('type')
    if (event.parties.length !== 1 || event.parties[0] !== expected.self) mismatch('parties')
    sameTerms(event, expected)
    const fields = ['role', 'txid', 'protocol', 'kind', 'purpose', 'sizeBucket', 'digest'] as const
    for (const field of fields) if (event[field] !== expected[field]) mismatch(field)
    assertRecent(event, quarter, expected)
    return { leaf: event, checkpoint, note }
  })
}
