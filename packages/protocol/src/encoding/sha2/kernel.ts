/**
 * A SHA-2 kernel (packages/protocol/wasm/sha2.ts) on messages of any length. Messages of as many blocks
 * go together, one in each lane of a step. Whole blocks that all begin with are hashed once.
 */

import { type Bytes, fromHex } from '../bytes.ts'
import { ModuleMemory } from '../kernel/memory.ts'
import type { Affixes } from '../sha2.ts'

type Exports = {
  readonly memory: WebAssembly.Memory
  heapBase(): number
  hash(
    out: number,
    apart: number,
    messages: number,
    blocks: number,
    groups: number,
    initial: number,
  ): void
}

/** Messages at once: some 100 KiB. */
const SLICE = 256

/** Which of the two functions; lengths in bytes. */
export type Variant = {
  readonly block: number
  readonly hash: number
  readonly lanes: number
  /** Of the length that stands behind a message and its bit. */
  readonly length: number
  /** FIPS 180-4, sections 5.3.3 and 5.3.5. */
  readonly initial: Bytes
}

export const SHA256: Variant = {
  ...{ block: 64, hash: 32, lanes: 4, length: 8 },
  initial: fromHex('6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19'),
}
export const SHA512: Variant = {
  ...{ block: 128, hash: 64, lanes: 2, length: 16 },
  initial: fromHex(
    '6a09e667f3bcc908bb67ae8584caa73b3c6ef372fe94f82ba54ff53a5f1d36f1' +
      '510e527fade682d19b05688c2b3e6c1f1f83d9abfb41bd6b5be0cd19137e2179',
  ),
}

export class HashKernel {
  readonly memory: ModuleMemory<Exports>
  readonly #variant: Variant

  /** @throws WebAssembly.CompileError where the engine lacks what the module needs */
  constructor(variant: Variant, module: Bytes) {
    this.#variant = variant
    this.memory = new ModuleMemory<Exports>(module)
  }

  hashAll(messages: readonly Bytes[], { prefix = EMPTY, suffix = EMPTY }: Affixes): Bytes {
    const { block, hash } = this.#variant
    const whole = prefix.length - (prefix.length % block)
    const state = this.#begin(prefix.subarray(0, whole))
    const rest = prefix.subarray(whole)
    const frames = new Map<number, Bytes>()
    const frameOf = ({ length }: Bytes): Bytes => {
      const frame = frames.get(length) ?? framed(this.#variant, rest, length, suffix, whole)
      frames.set(length, frame)
      return frame
    }
    const hashes = new Uint8Array(hash * messages.length)
    for (let from = 0; from < messages.length; ) {
      const { length } = frameOf(messages[from]!)
      const end = Math.min(messages.length, from + SLICE)
      let to = from + 1
      while (to < end && frameOf(messages[to]!).length === length) to++
      hashes.set(this.#hash(state, messages.slice(from, to), frameOf, rest.length), hash * from)
      from = to
    }
    return hashes
  }

  /**
   * HMAC (RFC 2104): inner digests go straight to where the outer hash reads them.
   * @param bytes messages one behind the other
   */
  hmacAll(key: Bytes, bytes: Bytes, lengths: Uint32Array): Bytes {
    const { block, hash, lanes } = this.#variant
    const padded = new Uint8Array(block)
    padded.set(key.length > block ? this.hashAll([key], {}) : key)
    const [inner, outer] = [0x36, 0x5c].map((pad) => this.#begin(padded.map((byte) => byte ^ pad)))
    const around = framed(this.#variant, EMPTY, hash, EMPTY, block)
    const frames = new Map<number, Bytes>()
    const frameOf = (length: number): Bytes => {
      const frame = frames.get(length) ?? framed(this.#variant, EMPTY, length, EMPTY, block)
      frames.set(length, frame)
      return frame
    }
    const macs = new Uint8Array(hash * lengths.length)
    const { memory } = this
    for (let [from, at] = [0, 0]; from < lengths.length; ) {
      const { length } = frameOf(lengths[from]!)
      const most = Math.min(lengths.length, from + SLICE)
      let [to, end] = [from, at]
      for (; to < most && frameOf(lengths[to]!).length === length; to++) end += lengths[to]!
      memory.run(() => {
        const groups = Math.ceil((to - from) / lanes)
        const [first, second] = [memory.place(inner!, hash, 1), memory.place(outer!, hash, 1)]
        const messages = memory.take(length * lanes * groups)
        const digests = memory.take(block * lanes * groups)
        repeat(memory.bytes, digests, around, block * lanes * groups)
        spread(memory.bytes, messages, bytes.subarray(at, end), lengths.subarray(from, to), frameOf)
        memory.call.hash(digests, block, messages, length / block, groups, first)
        memory.call.hash(messages, hash, digests, 1, groups, second)
        macs.set(memory.bytes.subarray(messages, messages + hash * (to - from)), hash * from)
      })
      ;[from, at] = [to, end]
    }
    return macs
  }

  /** The state after whole blocks. */
  #begin(blocks: Bytes): Bytes {
    const { initial, lanes } = this.#variant
    if (blocks.length === 0) return initial
    const { memory } = this
    return memory.run(() =>
      this.#states(initial, memory.place(blocks, blocks.length, lanes), blocks, 1),
    )
  }

  /** @param frameOf of one length for all of these messages @param at where a message stands in it */
  #hash(
    state: Bytes,
    messages: readonly Bytes[],
    frameOf: (message: Bytes) => Bytes,
    at: number,
  ): Bytes {
    const { memory } = this
    const frame = frameOf(messages[0]!)
    return memory.run(() => {
      // The last lanes may be nobody's: they are hashed and not read.
      const { lanes } = this.#variant
      const start = memory.take(frame.length * lanes * Math.ceil(messages.length / lanes))
      const { bytes } = memory
      messages.forEach((message, i) => {
        bytes.set(frameOf(message), start + frame.length * i)
        bytes.set(message, start + frame.length * i + at)
      })
      return this.#states(state, start, frame, messages.length)
    })
  }

  /** After `count` messages of as many blocks as the example. */
  #states(state: Bytes, messages: number, { length }: Bytes, count: number): Bytes {
    const { memory } = this
    const { block, hash, lanes } = this.#variant
    const groups = Math.ceil(count / lanes)
    const initial = memory.place(state, hash, 1)
    const out = memory.take(lanes * hash * groups)
    memory.call.hash(out, hash, messages, length / block, groups, initial)
    return memory.read(out, hash * count)
  }
}

const EMPTY = new Uint8Array()

/** Writes the frames of messages of as many blocks, each with its message. @param bytes of the messages */
function spread(
  into: Bytes,
  start: number,
  bytes: Bytes,
  lengths: Uint32Array,
  frameOf: (length: number) => Bytes,
): void {
  const [length] = lengths as Uint32Array & [number]
  const frame = frameOf(length)
  const words = (n: number) => n % 4 === 0
  if (!words(length) || !words(bytes.byteOffset) || lengths.some((other) => other !== length)) {
    let [from, to] = [0, start]
    for (const length of lengths) {
      const own = frameOf(length)
      into.set(own, to)
      into.set(bytes.subarray(from, from + length), to)
      from += length
      to += own.length
    }
    return
  }
  // Messages alike, as tags are: a call for each would take longer than hashing it.
  const total = frame.length * lengths.length
  repeat(into, start, frame, total)
  const source = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const target = new Uint32Array(into.buffer, into.byteOffset + start, total / 4)
  const [step, apart] = [length / 4, frame.length / 4]
  for (let from = 0, to = 0; from < source.length; from += step, to += apart) {
    for (let k = 0; k < step; k++) target[to + k] = source[from + k]!
  }
}

/** The blocks of a message of this length, with zeros where it comes. @param hashed bytes before them */
function framed(
  { block, length: behindBit }: Variant,
  before: Bytes,
  length: number,
  behind: Bytes,
  hashed: number,
): Bytes {
  const end = before.length + length + behind.length
  const frame = new Uint8Array(block * Math.ceil((end + 1 + behindBit) / block))
  frame.set(before)
  frame.set(behind, before.length + length)
  frame[end] = 0x80
  new DataView(frame.buffer).setBigUint64(frame.length - 8, 8n * BigInt(hashed + end))
  return frame
}

/** Fills so many bytes, a multiple of the item's. */
function repeat(into: Bytes, start: number, item: Bytes, bytes: number): void {
  into.set(item, start)
  for (let done = item.length; done < bytes; done *= 2)
    into.copyWithin(start + done, start, start + Math.min(done, bytes - done))
}
