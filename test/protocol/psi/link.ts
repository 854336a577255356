/** Two ends of an ordered channel in one process, and a hand on the line that may change what passes. */

import { type Bytes, ProtocolError } from '@drempel/protocol/encoding'
import type { PsiChannel, PsiRole } from '@drempel/protocol/psi'

export type Frame = { readonly step: string; readonly payload: Bytes }

/** What becomes of the n-th frame of its step from a side: the frames that arrive instead. */
export type Tamper = (frame: Frame, from: PsiRole, n: number) => readonly Frame[]

export type Link = {
  readonly receiver: PsiChannel
  readonly sender: PsiChannel
  /** A side is gone: the other gets what was sent before, then `PEER_GONE`. */
  close(side: PsiRole): void
  /** All frames as they were sent. */
  readonly sent: (Frame & { readonly from: PsiRole })[]
}

/** As a node's channel: errors name the peer; what is longer or shorter than expected is refused. */
export function linked(tamper: Tamper = (frame) => [frame], idleMs = 60_000): Link {
  const sent: Link['sent'] = []
  const counts = new Map<string, number>()
  const queues = { receiver: new Queue('sender', idleMs), sender: new Queue('receiver', idleMs) }
  const end = (own: PsiRole, peer: PsiRole): PsiChannel => ({
    peer,
    async send(step, payload) {
      const frame = { step, payload: payload.slice() }
      sent.push({ ...frame, from: own })
      const n = counts.get(own + step) ?? 0
      counts.set(own + step, n + 1)
      for (const one of tamper(frame, own, n)) queues[peer].put(one)
    },
    async receive(step, { min, max }) {
      const frame = await queues[own].take()
      const fault = (code: string) => new ProtocolError(code, { culprit: peer, at: step })
      if (frame.step !== step) throw fault('UNEXPECTED_STEP')
      const { length } = frame.payload
      if (length < min || length > max) throw fault('WRONG_LENGTH')
      return frame.payload
    },
  })
  return {
    receiver: end('receiver', 'sender'),
    sender: end('sender', 'receiver'),
    close: (side) => queues[side === 'receiver' ? 'sender' : 'receiver'].end(),
    sent,
  }
}

class Queue {
  readonly #frames: Frame[] = []
  readonly #waiting: { readonly arrived: (frame: Frame) => void; readonly gone: () => void }[] = []
  readonly #peer: PsiRole
  readonly #idleMs: number
  #ended = false

  constructor(peer: PsiRole, idleMs: number) {
    this.#peer = peer
    this.#idleMs = idleMs
  }

  put(frame: Frame): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#frames.push(frame)
    else next.arrived(frame)
  }

  end(): void {
    this.#ended = true
    for (const { gone } of this.#waiting.splice(0)) gone()
  }

  take(): Promise<Frame> {
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    const fault = (code: string) => new ProtocolError(code, { culprit: this.#peer })
    if (this.#ended) return Promise.reject(fault('PEER_GONE'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(fault('PEER_TIMEOUT')), this.#idleMs)
      timer.unref()
      this.#waiting.push({
        arrived: (arrived) => {
          clearTimeout(timer)
          resolve(arrived)
        },
        gone: () => {
          clearTimeout(timer)
          reject(fault('PEER_GONE'))
        },
      })
    })
  }
}
