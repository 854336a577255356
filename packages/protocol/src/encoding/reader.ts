/** Strict binary framing: big-endian integers, length-prefixed bytes; a reader must end exactly. */

import { type Bytes, concatAll } from './bytes.ts'
import { fail } from './errors.ts'

export class ByteReader {
  readonly #bytes: Bytes
  readonly #view: DataView
  #at = 0

  constructor(bytes: Bytes) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  #take(length: number): number {
    if (length > this.remaining) fail('TRUNCATED')
    const at = this.#at
    this.#at += length
    return at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  /** @throws ProtocolError `OUT_OF_RANGE` above 2^53 - 1 */
  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8))
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) fail('OUT_OF_RANGE')
    return Number(value)
  }

  /** A view, not a copy. */
  bytes(length: number): Bytes {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** Bytes behind a u32 length. @throws ProtocolError `OUT_OF_RANGE` when longer than `limit` */
  block(limit: number): Bytes {
    const length = this.u32()
    if (length > limit) fail('OUT_OF_RANGE')
    return this.bytes(length)
  }

  /** @throws ProtocolError `TRAILING_BYTES` */
  finish(): void {
    if (this.remaining !== 0) fail('TRAILING_BYTES')
  }
}

export class ByteWriter {
  readonly #parts: Bytes[] = []

  #number(length: number, set: (view: DataView) => void): this {
    const part = new Uint8Array(length)
    set(new DataView(part.buffer))
    this.#parts.push(part)
    return this
  }

  #check(value: number, limit: number): void {
    if (!Number.isInteger(value) || value < 0 || value > limit) fail('OUT_OF_RANGE')
  }

  u8(value: number): this {
    this.#check(value, 0xff)
    return this.#number(1, (view) => view.setUint8(0, value))
  }

  u16(value: number): this {
    this.#check(value, 0xffff)
    return this.#number(2, (view) => view.setUint16(0, value))
  }

  u32(value: number): this {
    this.#check(value, 0xffff_ffff)
    return this.#number(4, (view) => view.setUint32(0, value))
  }

  u64(value: number): this {
    this.#check(value, Number.MAX_SAFE_INTEGER)
    return this.#number(8, (view) => view.setBigUint64(0, BigInt(value)))
  }

  bytes(bytes: Bytes): this {
    this.#parts.push(bytes)
    return this
  }

  /** Bytes behind a u32 length. */
  block(bytes: Bytes): this {
    return this.u32(bytes.length).bytes(bytes)
  }

  finish(): Bytes {
    return concatAll(this.#parts)
  }
}
