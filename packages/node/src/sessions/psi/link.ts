/**
 * The channel of one intersection, over one connection after another. Every frame is numbered by its
 * place and kept until the other side has used it; who connects again says how many frames it has used,
 * and has, and gets those behind. So a session survives a lost connection while both processes live, and ends
 * with either: each side names its process by a nonce, and another one is not spoken to.
 *
 * What is not yet used is bounded by a window in either direction, on the wire, in the memory of who
 * sends and in that of who receives; a peer that sends more breaks the protocol. Frames count with what
 * they cost in memory besides their payload, or empty ones would count for nothing.
 *
 * On a connection all frames have one step; the first byte says what it is:
 * 0 data `u8 length ‖ step ‖ payload`, 1 used `u32 frames`, 2 alive, 3 hello
 * `nonce16 ‖ u32 frames used ‖ u32 frames that came`.
 */

import {
  ByteReader,
  type Bytes,
  ByteWriter,
  equalBytes,
  fromUtf8,
  isProtocolError,
  ProtocolError,
  utf8,
} from '@drempel/protocol/encoding'
import type { PsiChannel } from '@drempel/protocol/psi'
import type { Channel } from '../../peers/index.ts'
import { fail } from '../errors.ts'

export type LinkLimits = {
  /** Bytes not yet used, in each direction. */
  readonly window: number
  /** Longest wait for the peer's next frame, or for room to send. */
  readonly stallMs: number
  /** Between signs of life; a connection on which none comes for twice as long is given up. */
  readonly aliveMs: number
}

const [DATA, USED, ALIVE, HELLO] = [0, 1, 2, 3]
const STEP = 'psi'
const NONCE = 16
/** Bytes that a frame counts for besides its own. */
const OVERHEAD = 64

type Frame = { readonly step: string; readonly payload: Bytes; readonly cost: number }
type Waiting<Value> = { resolve(value: Value): void; reject(error: unknown): void }

export class PsiLink implements PsiChannel {
  readonly peer: string
  readonly #limits: LinkLimits
  readonly #nonce: Bytes
  #peerNonce: Bytes | undefined
  #channel: Channel | undefined
  #ended: { readonly error: unknown } | undefined
  /** Sent and not yet used by the peer; `#sent` of them on this connection. */
  readonly #kept: Bytes[] = []
  #keptBytes = 0
  #keptFrom = 0
  #sent = 0
  readonly #frames: Frame[] = []
  #queued = 0
  #arrived = 0
  #used = 0
  #usedBytes = 0
  #receiver: (Waiting<Frame> & { readonly timer: NodeJS.Timeout }) | undefined
  readonly #senders: (Waiting<void> & { readonly timer: NodeJS.Timeout })[] = []
  bytesSent = 0
  bytesReceived = 0

  /** @param nonce 16 random bytes of this run */
  constructor(peer: string, nonce: Bytes, limits: LinkLimits) {
    this.peer = peer
    this.#nonce = nonce
    this.#limits = limits
  }

  async send(step: string, payload: Bytes): Promise<void> {
    this.#assertOpen()
    const name = utf8(step)
    const frame = new Uint8Array(2 + name.length + payload.length)
    frame[0] = DATA
    frame[1] = name.length
    frame.set(name, 2)
    frame.set(payload, 2 + name.length)
    this.#kept.push(frame)
    this.#keptBytes += costOf(frame)
    this.bytesSent += frame.length
    this.#pump()
    if (this.#keptBytes <= this.#limits.window) return
    await new Promise<void>((resolve, reject) => {
      this.#senders.push({ resolve, reject, timer: this.#stall(step) })
    })
  }

  async receive(
    step: string,
    { min, max }: { readonly min: number; readonly max: number },
  ): Promise<Bytes> {
    const frame = await this.#next(step)
    const { length } = frame.payload
    const culprit = this.peer
    const wrong =
      frame.step !== step ? 'UNEXPECTED_STEP' : length < min || length > max ? 'WRONG_LENGTH' : null
    if (wrong === null) return frame.payload
    const error = new ProtocolError(wrong, { culprit, at: step })
    this.fail(error)
    throw error
  }

  /**
   * Takes a connection into use, the peer's end of the one before left to itself. Resolves when it is
   * lost or the session ends.
   */
  async attach(channel: Channel): Promise<void> {
    if (this.#ended !== undefined) return void (await channel.close())
    const before = this.#channel
    this.#channel = undefined
    void before?.close()
    let alive: NodeJS.Timeout | undefined
    try {
      const hello = new ByteWriter().u8(HELLO).bytes(this.#nonce).u32(this.#used)
      await channel.send(STEP, hello.u32(this.#arrived).finish())
      this.#greeted(await channel.receive(STEP))
      if (this.ended) return
      let heard = true
      alive = setInterval(() => {
        // A connection whose other end is gone without a word says nothing at all.
        if (!heard) void channel.close()
        heard = false
        this.#tell(channel, Uint8Array.of(ALIVE))
      }, this.#limits.aliveMs)
      this.#channel = channel
      this.#pump()
      while (this.#channel === channel) {
        const frame = await channel.receive(STEP)
        // What an abandoned connection still brings was not in the next one's hello: it comes again.
        if (this.#channel !== channel) break
        this.#take(frame)
        heard = true
      }
    } catch (error) {
      if (!isLost(error)) this.fail(error)
    } finally {
      clearInterval(alive)
      if (this.#channel === channel) this.#channel = undefined
      void channel.close()
    }
  }

  get ended(): boolean {
    return this.#ended !== undefined
  }

  /** Ends the session's traffic; the first reason stays. Nothing more is sent or received. */
  fail(error: unknown): void {
    if (this.#ended !== undefined) return
    this.#ended = { error }
    const waiting = [this.#receiver, ...this.#senders.splice(0)]
    this.#receiver = undefined
    for (const one of waiting) {
      clearTimeout(one?.timer)
      one?.reject(error)
    }
    this.#kept.length = 0
    this.#frames.length = 0
    void this.#channel?.close()
    this.#channel = undefined
  }

  #assertOpen(): void {
    if (this.#ended !== undefined) throw this.#ended.error
  }

  #stall(at: string): NodeJS.Timeout {
    const error = new ProtocolError('PSI_STALLED', { culprit: this.peer, at })
    return setTimeout(() => this.fail(error), this.#limits.stallMs)
  }

  async #next(step: string): Promise<Frame> {
    this.#assertOpen()
    const frame =
      this.#frames.shift() ??
      (await new Promise<Frame>((resolve, reject) => {
        this.#receiver = { resolve, reject, timer: this.#stall(step) }
      }))
    this.#queued -= frame.cost
    this.#use(frame)
    return frame
  }

  /** Told in strides, so that the word costs nothing. */
  #use({ cost }: Frame): void {
    this.#used++
    this.#usedBytes += cost
    if (this.#usedBytes < this.#limits.window / 4 || this.#channel === undefined) return
    this.#usedBytes = 0
    this.#tell(this.#channel, new ByteWriter().u8(USED).u32(this.#used).finish())
  }

  #tell(channel: Channel, frame: Bytes): void {
    channel.send(STEP, frame).catch(() => {})
  }

  #pump(): void {
    const channel = this.#channel
    while (channel !== undefined && this.#sent < this.#kept.length) {
      this.#tell(channel, this.#kept[this.#sent++]!)
    }
  }

  #greeted(frame: Bytes): void {
    const reader = new ByteReader(frame)
    if (reader.u8() !== HELLO) fail('PSI_DIFFERS', { culprit: this.peer, at: 'hello' })
    const nonce = reader.bytes(NONCE)
    const used = reader.u32()
    const arrived = reader.u32()
    reader.finish()
    this.#peerNonce ??= nonce
    if (!equalBytes(this.#peerNonce, nonce)) fail('NODE_RESTARTED', { culprit: this.peer })
    this.#forget(used)
    this.#sent = arrived - this.#keptFrom
    if (this.#sent < 0 || this.#sent > this.#kept.length) {
      fail('PSI_DIFFERS', { culprit: this.peer, at: 'hello' })
    }
  }

  #take(frame: Bytes): void {
    this.bytesReceived += frame.length
    if (frame[0] === DATA) this.#data(frame)
    else if (frame[0] === USED && frame.length === 5) {
      this.#forget(new ByteReader(frame.subarray(1)).u32())
    } else if (frame[0] !== ALIVE || frame.length !== 1) {
      fail('PSI_DIFFERS', { culprit: this.peer, at: 'frame' })
    }
  }

  #data(frame: Bytes): void {
    const length = frame[1] ?? 0
    if (frame.length < 2 + length) fail('PSI_DIFFERS', { culprit: this.peer, at: 'frame' })
    const step = fromUtf8(frame.subarray(2, 2 + length))
    const payload = frame.subarray(2 + length)
    const cost = costOf(frame)
    this.#arrived++
    this.#queued += cost
    const receiver = this.#receiver
    if (receiver !== undefined) {
      this.#receiver = undefined
      clearTimeout(receiver.timer)
      receiver.resolve({ step, payload, cost })
      return
    }
    this.#frames.push({ step, payload, cost })
    // One frame may go over the window: who sends it waits behind it.
    if (this.#queued > 2 * this.#limits.window) fail('PSI_FLOOD', { culprit: this.peer, at: step })
  }

  /** @param used how many of all frames the peer has used */
  #forget(used: number): void {
    const count = used - this.#keptFrom
    if (count < 0 || count > this.#kept.length) {
      fail('PSI_DIFFERS', { culprit: this.peer, at: 'used' })
    }
    for (const frame of this.#kept.splice(0, count)) this.#keptBytes -= costOf(frame)
    this.#keptFrom += count
    this.#sent = Math.max(0, this.#sent - count)
    if (this.#keptBytes > this.#limits.window) return
    for (const sender of this.#senders.splice(0)) {
      clearTimeout(sender.timer)
      sender.resolve()
    }
  }
}

function costOf(frame: Bytes): number {
  return frame.length + OVERHEAD
}

/** What ends a connection and not the session. */
function isLost(error: unknown): boolean {
  return isProtocolError(error, 'PEER_GONE') || isProtocolError(error, 'PEER_TIMEOUT')
}
