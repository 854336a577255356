/**
 * One WebSocket between two compute nodes: ordered binary frames `u16 length ‖ step ‖ payload`.
 *
 * The upgrade is a signed GET like any peer request, and its 101 is signed like any answer, so both
 * ends know each other before the first frame; frames themselves rely on TLS with pinned keys.
 * Frames are bounded. A reader that falls behind stops reading from the socket, which through TCP
 * makes the writer's `send` wait: memory stays bounded on both sides.
 */

import type { IncomingMessage } from 'node:http'
import {
  type Bytes,
  type Clock,
  fromUtf8,
  ProtocolError,
  type RandomBytes,
  utf8,
} from '@drempel/protocol/encoding'
import type { Context, MiddlewareHandler } from 'hono'
import { WebSocket, WebSocketServer } from 'ws'
import { nodeBindings } from '../http/index.ts'
import { attributed, networkCode, problemCode, targetOf } from './client.ts'
import { createDialer } from './dial.ts'
import { fail, type PeerErrorCode } from './errors.ts'
import type { PeerEnv } from './middleware.ts'
import { pickHeaders, type RequestParts, signRequest, verifyResponse } from './signatures.ts'
import type { Directory, Peer, Self } from './types.ts'

/**
 * First in, first out: the k-th `receive` gets the k-th frame, whose step must be the one expected.
 * Errors carry culprit = the peer: `PEER_GONE`, `UNEXPECTED_STEP`, `FRAME_TOO_LARGE`, `BAD_FRAME`,
 * `PEER_TIMEOUT`. After any error the channel is closed, the code goes to the peer as the close
 * reason, and every pending and later call rejects with it. Frames that arrived before the peer
 * went are still handed out.
 */
export type Channel = {
  readonly peer: string
  /** The payload may be reused when this returns its promise; resolves when there is room again. */
  send(step: string, payload: Bytes): Promise<void>
  /** A copy of its own, at offset 0 of its buffer. */
  receive(step: string): Promise<Bytes>
  /** Into memory of the caller's, which the payload must fill (`WRONG_LENGTH`). */
  receiveInto(step: string, into: Bytes): Promise<void>
  /** Frames sent before are delivered first. */
  close(): Promise<void>
  readonly bytesSent: number
  readonly bytesReceived: number
}

export type ChannelLimits = {
  /** 8 MiB by default */
  readonly maxFrame: number
  /** Bytes waiting in each direction before back-pressure; 32 MiB by default */
  readonly maxQueued: number
  /** Longest wait of one `send` or `receive`; 60 s by default */
  readonly idleMs: number
}

export type ConnectChannel = (
  member: string,
  path: string,
  options?: { signal?: AbortSignal; timeoutMs?: number },
) => Promise<Channel>

const defaults: ChannelLimits = { maxFrame: 8 << 20, maxQueued: 32 << 20, idleMs: 60_000 }
const defaultTimeoutMs = 10_000
const maxStep = 255
const closeMs = 2_000
/** RFC 6455, section 7.4.2: 4000 to 4999 are for private use. */
const closedForError = 4000

/** The promise rejects like `PeerClient` does: `PEER_PROBLEM` when the peer refused the channel. */
export function createChannelConnector(options: {
  self: Self
  directory: Directory
  clock: Clock
  random: RandomBytes
  limits?: Partial<ChannelLimits>
}): ConnectChannel {
  const { self, directory, clock, random } = options
  const limits = { ...defaults, ...options.limits }
  const dialer = createDialer(self)
  return async (member, path, { signal, timeoutMs = defaultTimeoutMs } = {}) => {
    const peer = directory(member) ?? fail('UNKNOWN_PEER', { culprit: member })
    const targetUri = targetOf(peer, path)
    const { parts } = signRequest({
      method: 'GET',
      targetUri,
      body: new Uint8Array(0),
      signer: self.signer,
      keyid: self.id,
      now: clock(),
      random,
    })
    signal?.throwIfAborted()
    const socket = new WebSocket(targetUri.replace(/^http/, 'ws'), {
      headers: { ...parts.headers },
      agent: dialer.agent(peer),
      followRedirects: false,
      perMessageDeflate: false,
      maxPayload: limits.maxFrame,
      generateMask: noMask,
    })
    return await opened(socket, peer, parts, limits, timeoutMs, signal)
  }
}

/**
 * Route handler behind `gate.verify({ maxBody: 0 })`. `accept` runs before the upgrade and may
 * throw to refuse; what it returns gets the channel.
 */
export function acceptChannel(options: {
  accept: (c: Context<PeerEnv>) => Promise<(channel: Channel) => void>
  limits?: Partial<ChannelLimits>
}): MiddlewareHandler<PeerEnv> {
  const limits = { ...defaults, ...options.limits }
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.maxFrame,
  })
  const answers = new WeakMap<IncomingMessage, readonly string[]>()
  server.on('headers', (lines, incoming) => lines.push(...(answers.get(incoming) ?? [])))
  return async (c) => {
    const { upgrade } = nodeBindings(c)
    if (upgrade === undefined) return fail('UPGRADE_REQUIRED', { culprit: c.get('peer') })
    const use = await options.accept(c)
    const peer = c.get('peer')
    upgrade.handler = (incoming, socket, head, headers) => {
      answers.set(incoming, headers)
      server.handleUpgrade(incoming, socket, head, (accepted) => {
        use(new FrameChannel(accepted, peer, limits))
      })
    }
    return c.body(null)
  }
}

function opened(
  socket: WebSocket,
  peer: Peer,
  request: RequestParts,
  limits: ChannelLimits,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const give = (error: unknown) => {
      stop()
      reject(error)
      socket.terminate()
    }
    const verify = (response: IncomingMessage, body: Bytes) =>
      attributed(peer, () =>
        verifyResponse({
          status: response.statusCode ?? 0,
          body,
          headers: pickHeaders((name) => response.headers[name]),
          request,
          peer,
        }),
      )
    const timer = setTimeout(() => {
      give(new ProtocolError<PeerErrorCode>('PEER_TIMEOUT', { culprit: peer.id, at: 'upgrade' }))
    }, timeoutMs)
    const abort = () => give(signal?.reason)
    const stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    signal?.addEventListener('abort', abort)
    socket.on('error', (error) => {
      const known = error instanceof ProtocolError
      const details = { culprit: peer.id, at: networkCode(error) }
      give(known ? error : new ProtocolError<PeerErrorCode>('PEER_UNREACHABLE', details))
    })
    socket.on('upgrade', (response) => {
      try {
        verify(response, new Uint8Array(0))
      } catch (error) {
        give(error)
      }
    })
    socket.on('unexpected-response', (_request, response) => {
      readRefusal(response)
        .then((body) => {
          verify(response, body)
          const at = problemCode(body)
          return fail('PEER_PROBLEM', { culprit: peer.id, at })
        })
        .catch(give)
    })
    socket.on('open', () => {
      stop()
      socket.removeAllListeners('error')
      resolve(new FrameChannel(socket, peer.id, limits))
    })
  })
}

async function readRefusal(response: IncomingMessage): Promise<Bytes> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > 64 * 1024) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

type Frame = { readonly step: string; readonly payload: Bytes }
type Waiter = { readonly step: string; settle(frame: Frame | ProtocolError): void }

class FrameChannel implements Channel {
  readonly peer: string
  bytesSent = 0
  bytesReceived = 0
  readonly #socket: WebSocket
  readonly #limits: ChannelLimits
  readonly #frames: Frame[] = []
  readonly #waiters: Waiter[] = []
  readonly #closed: Promise<void>
  #queuedIn = 0
  #queuedOut = 0
  #room: (() => void)[] = []
  #ended: ProtocolError | undefined

  constructor(socket: WebSocket, peer: string, limits: ChannelLimits) {
    this.peer = peer
    this.#socket = socket
    this.#limits = limits
    socket.binaryType = 'nodebuffer'
    socket.on('message', (data, isBinary) => this.#onMessage(data as Buffer, isBinary))
    socket.on('error', (error) => this.#onError(error))
    this.#closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#end('PEER_GONE', closeReason(code, reason))
        resolve()
      })
    })
  }

  async send(step: string, payload: Bytes): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended
    const frame = encodeFrame(step, payload)
    if (frame.length > this.#limits.maxFrame) fail('FRAME_TOO_LARGE', { culprit: 'self', at: step })
    this.#queuedOut += frame.length
    this.bytesSent += frame.length
    this.#socket.send(frame, () => {
      this.#queuedOut -= frame.length
      if (this.#queuedOut <= this.#limits.maxQueued) this.#wakeSenders()
    })
    if (this.#queuedOut > this.#limits.maxQueued) await this.#drained(step)
  }

  receive(step: string): Promise<Bytes> {
    const frame = this.#frames.shift()
    if (frame !== undefined) {
      this.#queuedIn -= frame.payload.length
      if (this.#socket.isPaused && this.#queuedIn <= this.#limits.maxQueued / 2) {
        this.#socket.resume()
      }
      if (frame.step === step) return Promise.resolve(frame.payload)
      return Promise.reject(this.#violation('UNEXPECTED_STEP', step))
    }
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#violation('PEER_TIMEOUT', step), this.#limits.idleMs)
      const settle = (outcome: Frame | ProtocolError) => {
        clearTimeout(timer)
        if (outcome instanceof ProtocolError) reject(outcome)
        else if (outcome.step === step) resolve(outcome.payload)
        else reject(this.#violation('UNEXPECTED_STEP', step))
      }
      this.#waiters.push({ step, settle })
    })
  }

  async receiveInto(step: string, into: Bytes): Promise<void> {
    const payload = await this.receive(step)
    if (payload.length !== into.length) throw this.#violation('WRONG_LENGTH', step)
    into.set(payload)
  }

  async close(): Promise<void> {
    if (this.#ended === undefined) {
      this.#end('PEER_GONE', 'closed here')
      this.#frames.length = 0
      this.#socket.close(1000)
    }
    // A paused socket would never see the peer's close frame.
    this.#socket.resume()
    const timer = setTimeout(() => this.#socket.terminate(), closeMs)
    await this.#closed
    clearTimeout(timer)
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#ended !== undefined) return
    const frame = isBinary ? decodeFrame(data) : undefined
    if (frame === undefined) {
      this.#violation('BAD_FRAME', 'frame')
      return
    }
    this.bytesReceived += data.length
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      waiter.settle(frame)
      return
    }
    this.#frames.push(frame)
    this.#queuedIn += frame.payload.length
    if (this.#queuedIn > this.#limits.maxQueued) this.#socket.pause()
  }

  #onError(error: Error): void {
    const tooLarge = 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
    // ws has answered a violation of RFC 6455 with its own close code already.
    if (tooLarge) this.#end('FRAME_TOO_LARGE', 'frame')
    else if (networkCode(error).startsWith('WS_ERR')) this.#end('BAD_FRAME', 'frame')
    else this.#end('PEER_GONE', networkCode(error))
  }

  #drained(step: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#violation('PEER_TIMEOUT', step), this.#limits.idleMs)
      this.#room.push(() => {
        clearTimeout(timer)
        if (this.#ended === undefined) resolve()
        else reject(this.#ended)
      })
    })
  }

  #wakeSenders(): void {
    const waiting = this.#room
    this.#room = []
    for (const wake of waiting) wake()
  }

  #violation(code: PeerErrorCode, at: string): ProtocolError {
    const error = this.#end(code, at)
    this.#frames.length = 0
    this.#socket.close(closedForError, code)
    this.#socket.resume()
    setTimeout(() => this.#socket.terminate(), closeMs).unref()
    return error
  }

  /** The first reason stays. */
  #end(code: PeerErrorCode, at: string): ProtocolError {
    this.#ended ??= new ProtocolError<PeerErrorCode>(code, { culprit: this.peer, at })
    for (const waiter of this.#waiters.splice(0)) waiter.settle(this.#ended)
    this.#wakeSenders()
    return this.#ended
  }
}

/**
 * RFC 6455, section 5.3 masks what a client sends so that scripts in browsers can't choose the bytes
 * that a proxy between sees (section 10.3). Here are no scripts and no proxies, and masking halves
 * the speed: the key is zero, which every server accepts and ws need not apply.
 */
function noMask(mask: Buffer): void {
  mask.fill(0)
}

function encodeFrame(step: string, payload: Bytes): Bytes {
  const name = utf8(step)
  if (name.length === 0 || name.length > maxStep) fail('BAD_FRAME', { culprit: 'self', at: 'step' })
  // Every byte is written below.
  const frame = Buffer.allocUnsafe(2 + name.length + payload.length)
  frame.writeUInt16BE(name.length, 0)
  frame.set(name, 2)
  frame.set(payload, 2 + name.length)
  return frame
}

function decodeFrame(data: Buffer): Frame | undefined {
  if (data.length < 2) return undefined
  const length = data.readUInt16BE(0)
  if (length === 0 || length > maxStep || 2 + length > data.length) return undefined
  try {
    const step = fromUtf8(data.subarray(2, 2 + length))
    return { step, payload: new Uint8Array(data.subarray(2 + length)) }
  } catch {
    return undefined
  }
}

/** A code that the peer gave, if it looks like one; its free text goes nowhere. */
function closeReason(code: number, reason: Buffer): string {
  const text = reason.toString('latin1')
  return code === closedForError && /^[A-Z][A-Z_]{0,63}$/.test(text) ? text : `close ${code}`
}
