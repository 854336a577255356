/** Acts that take two people: proposed by one, decided by another, carried out once. */

import type { Bytes } from '@drempel/protocol/encoding'

export type Proposal = {
  /** 16 bytes in hexadecimal. */
  readonly id: string
  readonly act: 'open' | 'shred' | 'ask'
  /** What it is about: the place of an entry, a period, or the purpose of a question. */
  readonly subject: string
  /** Why, and who; for the sealed record. */
  readonly sealed: Bytes
  /** Id of the token that proposed. */
  readonly proposer: string
  readonly createdAt: number
  readonly expiresAt: number
  /** Null until somebody decided. */
  readonly decision: {
    readonly by: string
    readonly approved: boolean
    readonly at: number
    readonly sealed: Bytes
  } | null
  /** Since when it is being carried out: possible once. */
  readonly begunAt: number | null
  readonly endedAt: number | null
}

export type NewProposal = Omit<Proposal, 'createdAt' | 'decision' | 'begunAt' | 'endedAt'>

export interface ProposalStore {
  /** @throws ProtocolError `STORE_CONFLICT` when the id exists */
  create(proposal: NewProposal): Promise<void>
  get(id: string): Promise<Proposal | null>
  /** Latest first. */
  list(limit: number): Promise<readonly Proposal[]>
  /** False, and nothing changed, when it was decided before. */
  decide(id: string, by: string, approved: boolean, sealed: Bytes): Promise<boolean>
  /** False, and nothing changed, when it was not approved, or begun before. */
  begin(id: string): Promise<boolean>
  /** False when it was not begun, or ended before. */
  end(id: string): Promise<boolean>
  /** Begun and not ended, as a crash leaves them; oldest first. */
  unfinished(): Promise<readonly Proposal[]>
  /** Replaces what is sealed; the traces in the backend's own files go too. */
  reseal(id: string, sealed: Bytes): Promise<void>
  /** Of an act, what expired after `after` and by `until`; oldest first. */
  expired(
    act: Proposal['act'],
    span: { after: number; until: number },
  ): Promise<readonly Proposal[]>
  /** Forgets what expired before t, unless it is being carried out. Returns how many. */
  forgetBefore(t: number): Promise<number>
}
