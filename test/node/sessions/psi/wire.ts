/** A connection in memory, as PsiLink uses channels: ordered, and cut when a test says so. */

import type { Channel } from '@drempel/node/internal/peers'
import { type Bytes, ProtocolError } from '@drempel/protocol/encoding'

export type End = Channel & { cut(): void }

type Waiting = { resolve(frame: Bytes): void; reject(error: unknown): void }

class Wire implements End {
  readonly peer = 'peer'
  readonly bytesSent = 0
  readonly bytesReceived = 0
  other!: Wire
  readonly #left: { frames: number }
  readonly #frames: Bytes[] = []
  #waiting: Waiting | undefined
  #gone = false

  constructor(left: { frames: number }) {
    this.#left = left
  }

  async send(_step: string, payload: Bytes): Promise<void> {
    if (this.#gone) throw gone()
    if (this.#left.frames-- <= 0) {
      this.cut()
      throw gone()
    }
    const frame = payload.slice()
    setImmediate(() => this.other.#take(frame))
  }

  receive(): Promise<Bytes> {
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.#gone) return Promise.reject(gone())
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  receiveInto(): Promise<void> {
    throw new Error('not used')
  }

  roundTrip(): Promise<number> {
    throw new Error('not used')
  }

  async close(): Promise<void> {
    this.cut()
  }

  /** What is on its way is lost. */
  cut(): void {
    for (const end of [this, this.other]) {
      end.#gone = true
      end.#waiting?.reject(gone())
      end.#waiting = undefined
    }
  }

  #take(frame: Bytes): void {
    if (this.#gone) return
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#frames.push(frame)
    else waiting.resolve(frame)
  }
}

/** @param frames after so many, both ways together, it breaks */
export function pair(frames = Number.POSITIVE_INFINITY): readonly [End, End] {
  const left = { frames }
  const [a, b] = [new Wire(left), new Wire(left)]
  a.other = b
  b.other = a
  return [a, b]
}

function gone(): ProtocolError {
  return new ProtocolError('PEER_GONE', { culprit: 'peer', at: 'cut' })
}
