/**
 * Reads the frames of one peer from a socket's chunks, strictly: RFC 6455, section 5, with one binary
 * frame a message, `u16 length ‖ step ‖ payload`. A payload is written once, to where the sink wants it.
 */

import type { Bytes } from '@drempel/protocol/encoding'
import { fail } from './errors.ts'
import { type ControlOpcode, LEAST_MESSAGE, MAX_CONTROL, OPCODE } from './websocket.ts'

export type Sink = {
  /** A message of this step begins. @returns where its `length` bytes of payload go */
  begin(step: string, length: number): Bytes
  /** The message that began last is whole. */
  end(): void
  /** @param body gone when this returns */
  control(opcode: ControlOpcode, body: Bytes): void
}

/** The longest: a frame's own 14 bytes, u16, step. */
const HEAD_BYTES = 14 + 2 + 255
const KNOWN = new Set<number>(Object.values(OPCODE))

export class FrameReader {
  readonly #masked: boolean
  readonly #maxFrame: number
  readonly #sink: Sink
  /** A frame up to its payload, or a whole control frame; the first `#have` bytes are there, `#need` are wanted. */
  readonly #head = Buffer.alloc(HEAD_BYTES)
  #have = 0
  #need = 2
  /** What reads the part that was wanted last. */
  #then: () => void = this.#readFrame
  #opcode = 0
  /** Of the frame's body. */
  #length = 0
  #mask: Bytes | undefined
  #stepLength = 0
  #into: Bytes | undefined
  #filled = 0

  /** @param masked whether the peer is the client of the handshake */
  constructor(masked: boolean, maxFrame: number, sink: Sink) {
    this.#masked = masked
    this.#maxFrame = maxFrame
    this.#sink = sink
  }

  /** After an error nothing more can be read. @throws ProtocolError `BAD_FRAME`, `FRAME_TOO_LARGE`, and what the sink throws */
  read(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      at = this.#into === undefined ? this.#readHead(chunk, at) : this.#readPayload(chunk, at)
    }
  }

  #readPayload(chunk: Buffer, at: number): number {
    const into = this.#into!
    const end = Math.min(chunk.length, at + into.length - this.#filled)
    into.set(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end), this.#filled)
    this.#filled += end - at
    if (this.#filled === into.length) this.#endMessage()
    return end
  }

  #readHead(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#need - this.#have)
    chunk.copy(this.#head, this.#have, at, end)
    this.#have += end - at
    if (this.#have === this.#need) this.#then()
    return end
  }

  #readFrame(): void {
    const [first, second] = this.#head as unknown as readonly [number, number]
    this.#opcode = first & 0x0f
    this.#length = second & 0x7f
    // Final, and no reserved bit.
    if ((first & 0xf0) !== 0x80 || !KNOWN.has(this.#opcode)) badFrame()
    if (second >= 0x80 !== this.#masked) badFrame()
    if (this.#isControl() && this.#length > MAX_CONTROL) badFrame()
    const extended = this.#length === 126 ? 2 : this.#length === 127 ? 8 : 0
    this.#want(extended + (this.#masked ? 4 : 0), this.#readLength)
  }

  #readLength(): void {
    if (this.#length === 126) {
      this.#length = this.#head.readUInt16BE(2)
      // Section 5.2: in as few bytes as possible.
      if (this.#length <= MAX_CONTROL) badFrame()
    } else if (this.#length === 127) {
      const high = this.#head.readUInt32BE(2)
      this.#length = high * 2 ** 32 + this.#head.readUInt32BE(6)
      if (this.#length <= 0xffff || high >= 2 ** 31) badFrame()
    }
    if (this.#masked) {
      const key = this.#head.subarray(this.#have - 4, this.#have)
      this.#mask = key.some((byte) => byte !== 0) ? Uint8Array.from(key) : undefined
    }
    if (this.#isControl()) {
      this.#want(this.#length, this.#endControl)
      return
    }
    if (this.#length > this.#maxFrame) fail('FRAME_TOO_LARGE')
    if (this.#length < LEAST_MESSAGE) badFrame()
    this.#want(2, this.#readStepLength)
  }

  #endControl(): void {
    const body = this.#head.subarray(this.#have - this.#length, this.#have)
    this.#unmask(body, 0)
    this.#sink.control(this.#opcode as ControlOpcode, body)
    this.#endFrame()
  }

  #readStepLength(): void {
    this.#unmask(this.#head.subarray(this.#have - 2, this.#have), 0)
    const length = this.#head.readUInt16BE(this.#have - 2)
    if (length === 0 || length > 255 || 2 + length > this.#length) badFrame()
    this.#stepLength = length
    this.#want(length, this.#beginMessage)
  }

  #beginMessage(): void {
    const name = this.#head.subarray(this.#have - this.#stepLength, this.#have)
    this.#unmask(name, 2)
    const step = name.toString('latin1')
    if (!isStep(step)) badFrame()
    const length = this.#length - 2 - this.#stepLength
    this.#filled = 0
    this.#into = this.#sink.begin(step, length)
    if (length === 0) this.#endMessage()
  }

  #endMessage(): void {
    const into = this.#into!
    this.#unmask(into, this.#length - into.length)
    this.#sink.end()
    this.#endFrame()
  }

  #endFrame(): void {
    this.#into = undefined
    this.#have = 0
    this.#need = 0
    this.#want(2, this.#readFrame)
  }

  #want(bytes: number, then: () => void): void {
    this.#need += bytes
    this.#then = then
    if (bytes === 0) then.call(this)
  }

  #isControl(): boolean {
    return this.#opcode >= OPCODE.close
  }

  /** Section 5.3. Nodes mask with zero, other clients do not. @param offset of `bytes` in the frame's body */
  #unmask(bytes: Bytes, offset: number): void {
    const mask = this.#mask
    if (mask === undefined) return
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= mask[(offset + i) & 3]!
  }
}

/** Printable ASCII without space. */
export function isStep(text: string): boolean {
  return /^[!-~]{1,255}$/.test(text)
}

function badFrame(): never {
  return fail('BAD_FRAME')
}
