/**
 * What a session and a protocol of private set intersection agree on. A protocol is a party that
 * gets its items, an ordered channel and randomness, and ends with a result; it knows nothing of
 * sockets, convenants or logs.
 *
 * The two roles: the receiver is the one that learns the result first. With `to: 'both'` it passes
 * the result on, as the semi-honest model allows.
 */

import type { Bytes, RandomBytes } from '../encoding/index.ts'

export type PsiRole = 'receiver' | 'sender'

/** Which items are in common, or only how many. */
export type PsiOutput = 'items' | 'size'

/**
 * Distinct canonical identifiers, one after another: item i is
 * `bytes.subarray(offsets[i], offsets[i + 1])`, and there are `offsets.length - 1`. Concatenated
 * strings and arrays of arrays cost seconds for a million.
 */
export type PsiItems = {
  readonly bytes: Bytes
  readonly offsets: Uint32Array
}

/** Ordered, authenticated, private; frames arrive whole. A peer that stalls is the channel's to time out. */
export type PsiChannel = {
  /** Who is at the other end; errors name it as culprit. */
  readonly peer: string
  /**
   * The payload may be a view of larger memory, and be reused when the promise resolves, which it
   * does when there is room again.
   */
  send(step: string, payload: Bytes): Promise<void>
  /** The next frame. @throws ProtocolError with the peer as culprit for another step or length */
  receive(step: string, length: { readonly min: number; readonly max: number }): Promise<Bytes>
}

export type PsiProgress = (done: number, of: number) => void

export type PsiOptions = {
  readonly role: PsiRole
  readonly output: PsiOutput
  readonly to: 'receiver' | 'both'
  readonly items: PsiItems
  /** Sizes after padding, as both sides agreed; own items are padded with random dummies up to it. */
  readonly sizes: { readonly receiver: number; readonly sender: number }
  /** 32 bytes that bind all that the session agreed on: both commitments, terms, members. */
  readonly context: Bytes
  readonly channel: PsiChannel
  readonly random: RandomBytes
  /** With more in common both sides end with the number alone; binds honest software only. */
  readonly maxResult?: number
  readonly progress?: PsiProgress
  readonly signal?: AbortSignal
}

/** `undefined` where the terms give this side nothing. */
export type PsiResult =
  | {
      readonly size: number
      /** Numbers of own items that the other side has too, rising; absent with output `size` and above `maxResult`. */
      readonly rows?: Uint32Array
    }
  | undefined
