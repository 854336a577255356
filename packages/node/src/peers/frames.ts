/**
 * A channel over an upgraded socket: messages go out in frames of their own, come in where a receive
 * waits for them or into a bounded queue, and memory is given back as soon as it is read.
 */

import type { Socket } from 'node:net'
import { type Bytes, ProtocolError } from '@drempel/protocol/encoding'
import { giveBack, takeBytes } from '../bulk/index.ts'
import type { Channel, ChannelLimits } from './channel.ts'
import { networkCode } from './client.ts'
import { fail, type PeerErrorCode } from './errors.ts'
import { FrameReader, isStep } from './reader.ts'
import {
  CLOSED_FOR_ERROR,
  CLOSED_NORMALLY,
  type ControlOpcode,
  closeBody,
  encodeControl,
  encodeMessage,
  OPCODE,
} from './websocket.ts'

type Frame = { readonly step: string; readonly payload: Bytes }
/** Something that must happen within the channel's time. */
type Waiting = { readonly step: string; readonly since: number; reject(error: ProtocolError): void }
type Receiver = Waiting & { readonly into: Bytes | undefined; resolve(payload: Bytes): void }
type Sender = Waiting & { resolve(): void }
type Ping = Waiting & { resolve(milliseconds: number): void }

/** Bytes that a message in the queue counts for besides its own. */
const OVERHEAD = 64
/** How long a peer has to take in what was sent before the end. */
const CLOSE_MS = 2_000

export class FrameChannel implements Channel {
  readonly peer: string
  bytesSent = 0
  bytesReceived = 0
  readonly #socket: Socket
  readonly #client: boolean
  readonly #limits: ChannelLimits
  readonly #reader: FrameReader
  readonly #closed: Promise<void>
  readonly #frames: Frame[] = []
  readonly #receivers: Receiver[] = []
  readonly #senders: Sender[] = []
  readonly #pings: Ping[] = []
  #arriving: Frame | undefined
  #queuedIn = 0
  #queuedOut = 0
  #timer: NodeJS.Timeout | undefined
  #ended: ProtocolError | undefined

  /** @param client whether this end asked for the upgrade */
  constructor(socket: Socket, peer: string, limits: ChannelLimits, client: boolean) {
    this.peer = peer
    this.#socket = socket
    this.#client = client
    this.#limits = limits
    this.#reader = new FrameReader(!client, limits.maxFrame, {
      begin: (step, length) => this.#begin(step, length),
      end: () => this.#endMessage(),
      control: (opcode, body) => this.#control(opcode, body),
    })
    // HTTP's time limits end with the upgrade.
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('end', () => this.#end('PEER_GONE', 'close 1006'))
    socket.on('error', (error) => this.#end('PEER_GONE', networkCode(error)))
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#end('PEER_GONE', 'close 1006')
        resolve()
      })
    })
  }

  async send(step: string, payload: Bytes): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended
    if (!isStep(step)) fail('BAD_FRAME', { culprit: 'self', at: 'step' })
    const length = messageLength(step, payload)
    if (length > this.#limits.maxFrame) fail('FRAME_TOO_LARGE', { culprit: 'self', at: step })
    this.bytesSent += length
    this.#write(encodeMessage(step, payload, this.#client))
    if (this.#queuedOut > this.#limits.maxQueued) {
      await this.#wait<void>((promise) => this.#senders.push({ step, ...promise }))
    }
  }

  receive(step: string): Promise<Bytes> {
    return this.#next(step, undefined)
  }

  async receiveInto(step: string, into: Bytes): Promise<void> {
    await this.#next(step, into)
  }

  async roundTrip(): Promise<number> {
    if (this.#ended !== undefined) throw this.#ended
    this.#write(encodeControl(OPCODE.ping, new Uint8Array(0), this.#client))
    return await this.#wait<number>((promise) => this.#pings.push({ step: 'ping', ...promise }))
  }

  async close(): Promise<void> {
    this.#frames.length = 0
    this.#end('PEER_GONE', 'closed here')
    await this.#closed
  }

  #next(step: string, into: Bytes | undefined): Promise<Bytes> {
    const frame = this.#frames.shift()
    if (frame === undefined) {
      if (this.#ended !== undefined) return Promise.reject(this.#ended)
      return this.#wait((promise) => this.#receivers.push({ step, into, ...promise }))
    }
    this.#queuedIn -= costOf(frame)
    if (this.#socket.isPaused() && this.#queuedIn <= this.#limits.maxQueued / 2) {
      this.#socket.resume()
    }
    try {
      return Promise.resolve(handOver(frame, step, into))
    } catch (error) {
      return Promise.reject(this.#violation(error))
    }
  }

  #wait<Value>(
    add: (promise: {
      since: number
      resolve: (value: Value) => void
      reject: (error: ProtocolError) => void
    }) => void,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      add({ since: performance.now(), resolve, reject })
      this.#timer ??= setTimeout(() => this.#expire(), this.#limits.idleMs)
    })
  }

  /** One timer for all that wait: a timer a message would cost as much as the message. */
  #expire(): void {
    this.#timer = undefined
    const [first] = [this.#receivers[0], this.#senders[0], this.#pings[0]]
      .filter((waiting) => waiting !== undefined)
      .sort((a, b) => a.since - b.since)
    if (first === undefined) return
    const left = this.#limits.idleMs - (performance.now() - first.since)
    if (left > 0) this.#timer = setTimeout(() => this.#expire(), left)
    else this.#violation(new ProtocolError<PeerErrorCode>('PEER_TIMEOUT', { at: first.step }))
  }

  #onData(chunk: Buffer): void {
    // After the end the rest is taken in and dropped, so that the peer gets to read why.
    if (this.#ended === undefined) {
      try {
        this.#reader.read(chunk)
      } catch (error) {
        this.#violation(error)
      }
    }
    // Made for this listener alone.
    giveBack(chunk)
  }

  /** Straight to the receiver that waits, else to memory of the queue. */
  #begin(step: string, length: number): Bytes {
    const [receiver] = this.#receivers
    if (receiver !== undefined) check(step, length, receiver.step, receiver.into)
    const payload = receiver?.into ?? takeBytes(length)
    this.#arriving = { step, payload }
    return payload
  }

  #endMessage(): void {
    const frame = this.#arriving!
    this.bytesReceived += messageLength(frame.step, frame.payload)
    const [receiver] = this.#receivers
    if (receiver !== undefined) {
      const payload = handOver(frame, receiver.step, receiver.into)
      this.#receivers.shift()
      receiver.resolve(payload)
      return
    }
    this.#frames.push(frame)
    this.#queuedIn += costOf(frame)
    if (this.#queuedIn > this.#limits.maxQueued) this.#socket.pause()
  }

  #control(opcode: ControlOpcode, body: Bytes): void {
    if (opcode === OPCODE.ping) {
      // Section 5.5.3: not every ping must be answered, and not those of a peer that does not read.
      if (this.#queuedOut <= this.#limits.maxQueued) {
        this.#write(encodeControl(OPCODE.pong, body, this.#client))
      }
    } else if (opcode === OPCODE.pong) {
      const ping = this.#pings.shift()
      ping?.resolve(performance.now() - ping.since)
    } else {
      const { code, reason } = readClose(body)
      // Thrown to leave the reader: nothing counts after a close frame.
      throw this.#end('PEER_GONE', reason, closeBody(code))
    }
  }

  #write(frame: Buffer): void {
    const { length } = frame
    this.#queuedOut += length
    this.#socket.write(frame, () => {
      giveBack(frame)
      this.#queuedOut -= length
      if (this.#queuedOut > this.#limits.maxQueued) return
      for (const sender of this.#senders.splice(0)) sender.resolve()
    })
  }

  /** What the peer did wrong ends the channel, and the peer is told the code. */
  #violation(error: unknown): ProtocolError {
    if (!(error instanceof ProtocolError)) throw error
    const { code, at = 'frame' } = error as ProtocolError<PeerErrorCode>
    if (this.#ended === undefined) this.#frames.length = 0
    return this.#end(code, at, closeBody(CLOSED_FOR_ERROR, code))
  }

  /** The first reason stays. */
  #end(code: PeerErrorCode, at: string, goodbye = closeBody(CLOSED_NORMALLY)): ProtocolError {
    if (this.#ended !== undefined) return this.#ended
    const ended = new ProtocolError<PeerErrorCode>(code, { culprit: this.peer, at })
    this.#ended = ended
    clearTimeout(this.#timer)
    for (const waiting of [this.#receivers, this.#senders, this.#pings]) {
      for (const { reject } of waiting.splice(0)) reject(ended)
    }
    if (this.#socket.destroyed) return ended
    this.#write(encodeControl(OPCODE.close, goodbye, this.#client))
    this.#socket.end()
    // A paused socket would never see the peer's end.
    this.#socket.resume()
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_MS)
    this.#socket.once('close', () => clearTimeout(timer))
    return ended
  }
}

/** What it takes up in the queue: an empty message is not nothing. */
function costOf({ step, payload }: Frame): number {
  return messageLength(step, payload) + OVERHEAD
}

function messageLength(step: string, payload: Bytes): number {
  return 2 + step.length + payload.length
}

/** @throws ProtocolError `UNEXPECTED_STEP`, `WRONG_LENGTH` */
function check(step: string, length: number, expected: string, into: Bytes | undefined): void {
  if (step !== expected) fail('UNEXPECTED_STEP', { at: expected })
  if (into !== undefined && into.length !== length) fail('WRONG_LENGTH', { at: expected })
}

function handOver({ step, payload }: Frame, expected: string, into: Bytes | undefined): Bytes {
  check(step, payload.length, expected, into)
  if (into === undefined || into === payload) return payload
  into.set(payload)
  giveBack(payload)
  return into
}

/** A code that the peer gave, if it looks like one; its free text goes nowhere. */
function readClose(body: Bytes): { code: number; reason: string } {
  if (body.length === 1) fail('BAD_FRAME')
  const code = body.length === 0 ? 1005 : body[0]! * 256 + body[1]!
  const text = Buffer.from(body.subarray(2)).toString('latin1')
  const told = code === CLOSED_FOR_ERROR && /^[A-Z][A-Z_]{0,63}$/.test(text)
  // Section 7.4.1: 1005 stands for no code and is not sent.
  return { code: code === 1005 ? CLOSED_NORMALLY : code, reason: told ? text : `close ${code}` }
}
