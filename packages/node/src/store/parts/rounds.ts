/** One row of state per round; a transition is durable before the message that depends on it. */

import type { Bytes } from '@drempel/protocol/encoding'

export type RoundState =
  | 'announced'
  | 'collecting'
  | 'computing'
  | 'opening'
  | 'published'
  | 'failed'

export type RoundRecord = {
  readonly id: string
  readonly kind: string
  /** What this node does in the round, as the session writes it. */
  readonly role: string
  readonly state: RoundState
  readonly coordinator: string
  /** The session's own state; secrets in it are sealed by the session. */
  readonly data: Bytes
  readonly reason: string | null
  readonly culprit: string | null
  readonly createdAt: number
  readonly updatedAt: number
}

export type NewRound = Omit<RoundRecord, 'createdAt' | 'updatedAt'> & {
  /** False: the log does not say yet that it was announced. */
  readonly entered?: false
}

export type RoundPatch = {
  readonly data?: Bytes
  readonly reason?: string | null
  readonly culprit?: string | null
  /** False: the log does not say yet that it failed. */
  readonly entered?: false
}

export type RoundTransition = {
  readonly id: string
  readonly from: readonly RoundState[]
  readonly to: RoundState
  readonly patch?: RoundPatch
}

export interface RoundStore {
  /** @throws ProtocolError `STORE_CONFLICT` when the round exists */
  create(round: NewRound): Promise<void>
  /**
   * Compare-and-set: moves a round that is in one of the states `from`; false when it is in another
   * or does not exist. `to` may equal the present state, to write `data` only.
   */
  transition(
    id: string,
    from: readonly RoundState[],
    to: RoundState,
    patch?: RoundPatch,
  ): Promise<boolean>
  get(id: string): Promise<RoundRecord | null>
  /** Youngest first. */
  list(options: { readonly kind?: string; readonly limit: number }): Promise<readonly RoundRecord[]>
  /** Rounds that are neither published nor failed, oldest first: what a restart resumes or fails. */
  open(): Promise<readonly RoundRecord[]>
  /** Rounds that were announced, or failed, which the log does not say yet; oldest first. */
  unentered(): Promise<readonly RoundRecord[]>
  setEntered(id: string): Promise<void>
}
