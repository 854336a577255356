/** OPRF key epochs, and key generations that have not ended. */

import type { Bytes, Json } from '@drempel/protocol/encoding'

/** `active`: usable; `retired`: replaced, share kept; `dropped`: share erased. */
export type EpochState = 'active' | 'retired' | 'dropped'

export type KeyEpoch = {
  readonly kind: string
  readonly epoch: string
  readonly state: EpochState
  /** What all holders signed. */
  readonly transcript: Bytes
  /** This node's key share, sealed; null when it holds none. */
  readonly sealedShare: Bytes | null
  /** Signatures over the transcript's digest, as the session writes them. */
  readonly signatures: Json
  readonly createdAt: number
}

export type Generation = {
  readonly kind: string
  readonly epoch: string
  /** The session's state with its secrets, sealed. */
  readonly data: Bytes
  readonly updatedAt: number
}

export interface KeyStore {
  /** Writes an epoch and, in the same transaction, ends the generation of the same kind and epoch. */
  put(epoch: Omit<KeyEpoch, 'createdAt'>): Promise<void>
  get(kind: string, epoch: string): Promise<KeyEpoch | null>
  /** The youngest epoch in state `active`. */
  current(kind: string): Promise<KeyEpoch | null>
  /** Youngest first; of one kind or of all. */
  list(kind?: string): Promise<readonly KeyEpoch[]>
  /** False when there is no such epoch, or it was dropped (from where there is no way back). */
  setState(kind: string, epoch: string, state: 'active' | 'retired'): Promise<boolean>
  /** Erases the share and the epoch's tags; the transcript stays. False when there is no such epoch. */
  drop(kind: string, epoch: string): Promise<boolean>

  /** Writes the state of a generation before the message that depends on it is sent. */
  saveGeneration(kind: string, epoch: string, data: Bytes): Promise<void>
  generation(kind: string, epoch: string): Promise<Generation | null>
  generations(): Promise<readonly Generation[]>
  /** Erases it: the secrets of a generation that failed are of no use to anyone honest. */
  endGeneration(kind: string, epoch: string): Promise<void>
}
