/**
 * The SHA-512 kernel (packages/protocol/wasm/sha512.ts) on messages of any length. Messages of as many
 * blocks go together, two in the lanes of each step. Whole blocks that all begin with are hashed once.
 */

import { type Bytes, fromHex } from '../bytes.ts'
import { ModuleMemory } from '../kernel/memory.ts'
import type { Affixes } from '../sha512.ts'

type Exports = {
  readonly memory: WebAssembly.Memory
  heapBase(): number
  sha512(
    out: number,
    apart: number,
    messages: number,
    blocks: number,
    pairs: number,
    initial: number,
  ): void
}

const BLOCK = 128
const HASH = 64
/** Behind a message: a bit, and its length in sixteen bytes. */
const PADDING = 17
/** Messages at once: some 100 KiB. */
const SLICE = 256
/** FIPS 180-4, section 5.3.5. */
const INITIAL = fromHex(
  '6a09e667f3bcc908bb67ae8584caa73b3c6ef372fe94f82ba54ff53a5f1d36f1' +
    '510e527fade682d19b05688c2b3e6c1f1f83d9abfb41bd6b5be0cd19137e2179',
)

export class HashKernel {
  readonly memory: ModuleMemory<Exports>

  /** @throws WebAssembly.CompileError where the engine lacks what the module needs */
  constructor(module: Bytes) {
    this.memory = new ModuleMemory<Exports>(module)
  }

  hashAll(messages: readonly Bytes[], { prefix = EMPTY, suffix = EMPTY }: Affixes): Bytes {
    const whole = prefix.length - (prefix.length % BLOCK)
    const state = this.#begin(prefix.subarray(0, whole))
    const rest = prefix.subarray(whole)
    const frames = new Map<number, Bytes>()
    const frameOf = ({ length }: Bytes): Bytes => {
      const frame = frames.get(length) ?? framed(rest, length, suffix, whole)
      frames.set(length, frame)
      return frame
    }
    const hashes = new Uint8Array(HASH * messages.length)
    for (let from = 0; from < messages.length; ) {
      const { length } = frameOf(messages[from]!)
      const end = Math.min(messages.length, from + SLICE)
      let to = from + 1
      while (to < end && frameOf(messages[to]!).length === length) to++
      hashes.set(this.#hash(state, messages.slice(from, to), frameOf, rest.length), HASH * from)
      from = to
    }
    return hashes
  }

  /** The state after whole blocks. */
  #begin(blocks: Bytes): Bytes {
    if (blocks.length === 0) return INITIAL
    const { memory } = this
    return memory.run(() =>
      this.#states(INITIAL, memory.place(blocks, blocks.length, 2), blocks, 1),
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
      // The second of the last pair may be nobody's: it is hashed and not read.
      const start = memory.take(frame.length * 2 * Math.ceil(messages.length / 2))
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
    const pairs = Math.ceil(count / 2)
    const initial = memory.place(state, HASH, 1)
    const out = memory.take(2 * HASH * pairs)
    memory.call.sha512(out, HASH, messages, length / BLOCK, pairs, initial)
    return memory.read(out, HASH * count)
  }
}

const EMPTY = new Uint8Array()

/** The blocks of a message of this length, with zeros where it comes. @param hashed bytes before them */
function framed(before: Bytes, length: number, behind: Bytes, hashed: number): Bytes {
  const end = before.length + length + behind.length
  const frame = new Uint8Array(BLOCK * Math.ceil((end + PADDING) / BLOCK))
  frame.set(before)
  frame.set(behind, before.length + length)
  frame[end] = 0x80
  new DataView(frame.buffer).setBigUint64(frame.length - 8, 8n * BigInt(hashed + end))
  return frame
}
