/** Lists masked ahead of intersections: the own ones, and those that another member gave. */

import type { Bytes } from '@drempel/protocol/encoding'

export type PreparedState = 'masking' | 'ready' | 'ended'

export type PreparedRecord = {
  /** 16 bytes in hexadecimal; the same at both members. */
  readonly id: string
  /** Whose list it is: this node's, or that of the peer, who is asked. */
  readonly side: 'owner' | 'asker'
  readonly peer: string
  readonly purpose: string
  readonly kind: string
  readonly state: PreparedState
  /** Key and terms, sealed by the session; once it has ended, without the key. */
  readonly sealed: Bytes
  readonly expiresAt: number
  readonly reason: string | null
  readonly createdAt: number
  readonly updatedAt: number
}

export interface PreparedStore {
  /** @throws ProtocolError `STORE_CONFLICT` when there is or was one of that id */
  create(list: Omit<PreparedRecord, 'createdAt' | 'updatedAt'>): Promise<void>
  /**
   * Compare-and-set: false when it is in another state or does not exist. What `sealed` replaces is
   * overwritten in the store itself.
   */
  transition(
    id: string,
    from: readonly PreparedState[],
    to: PreparedState,
    patch?: Partial<Pick<PreparedRecord, 'sealed' | 'reason'>>,
  ): Promise<boolean>
  get(id: string): Promise<PreparedRecord | null>
  /** Youngest first. */
  list(limit: number): Promise<readonly PreparedRecord[]>
  /** What has not ended, youngest first. */
  live(): Promise<readonly PreparedRecord[]>
}
