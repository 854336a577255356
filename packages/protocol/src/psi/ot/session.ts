/** What both sides of one session hold: its options, an end for all loops, and when to give way. */

import type { Bytes } from '../../encoding/index.ts'
import { fail } from '../errors.ts'
import { Stop } from '../flow.ts'
import { itemCount } from '../items.ts'
import type { PsiOptions } from '../party.ts'
import { type Parameters, parametersFor } from './parameters.ts'

const CONTEXT = 32

/** Lets the event loop run; called every few milliseconds of work. */
export type Pause = () => Promise<void>

export class OtSession {
  readonly options: PsiOptions
  readonly parameters: Parameters
  readonly stop: Stop
  /** Own items. */
  readonly count: number
  readonly #pause: Pause | undefined
  #done = 0

  /** @throws ProtocolError `WRONG_TERMS`, `BAD_SIZE`, `LIST_TOO_LARGE`, `ITEMS_ONLY` */
  constructor(options: PsiOptions, pause: Pause | undefined) {
    const { role, sizes, items, context, output, signal } = options
    if (output !== 'items') {
      fail('ITEMS_ONLY', { hint: 'choose ecdh to learn the size alone' })
    }
    if (context.length !== CONTEXT) fail('WRONG_TERMS', { culprit: 'self' })
    this.options = options
    this.parameters = parametersFor(sizes)
    this.count = itemCount(items)
    if (this.count > sizes[role]) fail('LIST_TOO_LARGE')
    this.#pause = pause
    this.stop = new Stop(signal)
  }

  /** After a piece of work of a few milliseconds. */
  async pause(): Promise<void> {
    await this.#pause?.()
    this.stop.check()
  }

  /** Steps are the rows of the matrix, then the items of the sender. */
  advance(steps: number): void {
    this.#done += steps
    this.options.progress?.(this.#done, this.parameters.bins + this.options.sizes.sender)
  }

  send(step: string, payload: Bytes): Promise<void> {
    return this.stop.race(this.options.channel.send(step, payload))
  }

  /** The next frame, of exactly `length` bytes. */
  receive(step: string, length: number): Promise<Bytes> {
    return this.stop.race(this.options.channel.receive(step, { min: length, max: length }))
  }
}
