/** What both sides of one session hold, and how a batch of the peer's points is multiplied. */

import { type Bytes, concat, isProtocolError, ProtocolError, utf8 } from '../../encoding/index.ts'
import { fail } from '../errors.ts'
import { type Range, Stop } from '../flow.ts'
import type { PsiOptions } from '../party.ts'
import { recordWidth } from '../records.ts'
import type { EcdhWork } from './work.ts'

/** Elements of a batch and of a frame: 16 KiB, some 20 ms of work for one thread. */
export const BATCH = 512

const CONTEXT = 32

export type EcdhOptions = Pick<
  PsiOptions,
  'context' | 'sizes' | 'channel' | 'random' | 'progress' | 'signal'
>

export class EcdhSession {
  readonly options: EcdhOptions
  readonly work: EcdhWork
  readonly stop: Stop
  /** Hashes to the group of one session are nothing to another. */
  readonly hashTag: Bytes
  readonly width: number
  readonly #steps: number
  #done = 0

  /** @param steps multiplications to come, for the progress */
  constructor(options: EcdhOptions, work: EcdhWork, steps: number) {
    if (options.context.length !== CONTEXT) fail('WRONG_TERMS', { culprit: 'self' })
    this.options = options
    this.work = work
    this.stop = new Stop(options.signal)
    this.hashTag = concat(utf8('drempel/v1/psi/ecdh'), options.context)
    this.width = recordWidth(options.sizes)
    this.#steps = steps
  }

  advance(count: number): void {
    this.#done += count
    this.options.progress?.(this.#done, this.#steps)
  }

  /** A frame of `count` parts of `length` bytes. */
  receive(step: string, count: number, length: number): Promise<Bytes> {
    const exactly = count * length
    return this.options.channel.receive(step, { min: exactly, max: exactly })
  }

  /**
   * Work on a batch of the peer's elements.
   * @throws ProtocolError `BAD_ELEMENT`, `IDENTITY_ELEMENT`, culprit = the peer
   */
  async checked(batch: Range, work: () => Promise<Bytes>): Promise<Bytes> {
    try {
      return await work()
    } catch (error) {
      if (!isProtocolError(error, 'BAD_ELEMENT') && !isProtocolError(error, 'IDENTITY_ELEMENT')) {
        throw error
      }
      const at = `batch ${batch.from / BATCH}`
      throw new ProtocolError(error.code, { culprit: this.options.channel.peer, at })
    }
  }

  /** Runs the session's part; nothing of it goes on when it fails. */
  async run<T>(part: () => Promise<T>): Promise<T> {
    try {
      this.options.signal?.throwIfAborted()
      return await part()
    } finally {
      this.stop.close()
    }
  }
}
