/** Intersections with one other member: one row of state each, and the lists and results that belong to them. */

import type { Bytes } from '@drempel/protocol/encoding'
import type { PreparedStore } from './prepared.ts'

export type PsiState =
  | 'drafted'
  | 'proposed'
  | 'committed'
  | 'running'
  | 'done'
  | 'refused'
  | 'failed'

export type PsiRecord = {
  /** 16 bytes in hexadecimal: the session's transaction on both nodes. */
  readonly id: string
  readonly side: 'proposer' | 'partner'
  readonly peer: string
  readonly purpose: string
  readonly kind: string
  readonly state: PsiState
  /** The session's own state, sealed by it. */
  readonly sealed: Bytes
  /** Keyed digest of this node's list, by which repeated runs of one list are counted; null before there is one. */
  readonly list: Bytes | null
  /** Since when it counts for the quota; null while it does not. */
  readonly committedAt: number | null
  readonly reason: string | null
  readonly culprit: string | null
  readonly createdAt: number
  readonly updatedAt: number
}

export type PsiPatch = Partial<
  Pick<PsiRecord, 'sealed' | 'list' | 'committedAt' | 'reason' | 'culprit'>
> & {
  /** Whether the peer has yet to hear of it; not, where it is left out. */
  readonly untold?: boolean
}

export interface PsiStore {
  readonly prepared: PreparedStore
  /** @throws ProtocolError `STORE_CONFLICT` when the session exists */
  create(session: Omit<PsiRecord, 'createdAt' | 'updatedAt'>): Promise<void>
  /**
   * Compare-and-set: moves a session that is in one of the states `from`; false when it is in another
   * or does not exist. `to` may equal the present state, to write the patch only.
   */
  transition(
    id: string,
    from: readonly PsiState[],
    to: PsiState,
    patch?: PsiPatch,
  ): Promise<boolean>
  get(id: string): Promise<PsiRecord | null>
  /** Youngest first. */
  list(limit: number): Promise<readonly PsiRecord[]>
  /** Neither done nor refused nor failed, oldest first. */
  open(): Promise<readonly PsiRecord[]>
  /** Of which the peer has yet to hear, oldest first. */
  untold(): Promise<readonly PsiRecord[]>
  /** Leaves `updatedAt` as it is. */
  setUntold(id: string, untold: boolean): Promise<void>
  /** The purposes of those that are done, refused or failed. */
  endedPurposes(): Promise<readonly string[]>
  /**
   * Deletes sessions of a purpose that ended before t and count since no later time, with the traces in the
   * backend's own files.
   */
  forgetEnded(purpose: string, t: number): Promise<void>
  /** Sessions of a purpose with a peer that count since a time, and those of one list among them. */
  committed(
    purpose: string,
    peer: string,
    since: number,
    list: Bytes,
  ): Promise<{ readonly pair: number; readonly list: number }>

  /** Appends a part to a list or a result; parts keep the order of the calls. */
  addPart(name: string, sealed: Bytes): Promise<void>
  /** Parts in order, those after number `after` only. */
  parts(
    name: string,
    options: { readonly after: number; readonly limit: number },
  ): Promise<readonly { readonly part: number; readonly sealed: Bytes }[]>
  /** Deletes all parts of a name. */
  dropParts(name: string): Promise<void>
  /** Names whose last part is older than t. */
  partsBefore(t: number): Promise<readonly string[]>
}
