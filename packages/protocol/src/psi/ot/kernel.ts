/**
 * The kernel in WebAssembly SIMD with a memory of its own; packages/protocol/wasm/psi writes the
 * module and says what each function does. There is no other implementation: every engine that this
 * package supports (Node 22 and later, browsers since 2023) has SIMD.
 */

import { type Bytes, fromBase64 } from '../../encoding/index.ts'
import { kernel } from './kernel.wasm.ts'
import { CHUNK, COLUMNS, HELD_ROW, ROW } from './parameters.ts'

type Exports = {
  prg(
    out: number,
    stride: number,
    seeds: number,
    columns: number,
    counter: number,
    groups: number,
  ): void
  items(
    records: number,
    places: number,
    bytes: number,
    offsets: number,
    count: number,
    key: number,
    bins: number,
    number: number,
  ): void
  transpose(rows: number, columns: number, stride: number, blocks: number): void
  correct(rows: number, sent: number, choices: number, count: number): void
  conceal(
    sent: number,
    own: number,
    other: number,
    slots: number,
    records: number,
    dummy: number,
    key: number,
    bin: number,
    count: number,
  ): void
  outputs(
    out: number,
    slots: number,
    count: number,
    records: number,
    rows: number,
    bin: number,
    key: number,
  ): void
  evaluate(
    values: number,
    slots: number,
    count: number,
    records: number,
    rows: number,
    bin: number,
    choices: number,
    codeKey: number,
    key: number,
    width: number,
  ): void
}

const PAGE = 65_536
/** All that WebAssembly can address; growing beyond throws. */
const MOST_PAGES = 65_536
/** As much as lists of some thousand need. */
const FIRST_PAGES = 128
/** Where the module's own part ends. */
const HEAP = 1024
const SEED = 32
/** A column of a chunk is 1 KiB; apart by a line more, so that columns do not share cache sets. */
const STRIDE = CHUNK / 8 + 64
/** The key stream comes in four blocks of 64 bytes at a time. */
const GROUP = 256
const GROUPS = CHUNK / 8 / GROUP

let compiled: WebAssembly.Module | undefined

export class OtKernel {
  readonly call: Exports
  readonly #memory = new WebAssembly.Memory({ initial: FIRST_PAGES })
  #top = HEAP

  constructor() {
    compiled ??= new WebAssembly.Module(Uint8Array.from(fromBase64(kernel)))
    const instance = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } })
    this.call = instance.exports as Exports
  }

  /** A region of zeros. May detach all views: take first, then view. */
  take(bytes: number): number {
    const at = this.#top
    this.#top = Math.ceil((at + bytes) / 64) * 64
    // Some functions read whole vectors or items a little beyond a region's end.
    const needed = Math.ceil((this.#top + PAGE) / PAGE)
    const pages = this.#memory.buffer.byteLength / PAGE
    // Twice as much at a time: what is not used costs no memory, and growing costs time.
    if (needed > pages) this.#memory.grow(Math.max(needed, Math.min(2 * pages, MOST_PAGES)) - pages)
    return at
  }

  bytes(at: number, length: number): Bytes {
    return new Uint8Array(this.#memory.buffer, at, length)
  }

  words(at: number, length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, at, length)
  }

  /** Copies `bytes` into a region of their own. */
  place(bytes: Bytes): number {
    const at = this.take(bytes.length)
    this.bytes(at, bytes.length).set(bytes)
    return at
  }
}

/** The rows of one chunk after another, of the key streams under one seed for each column. */
export class Streams {
  readonly #kernel: OtKernel
  readonly #seeds: number
  readonly #columns: number
  readonly rows: number

  /** @param seeds 448 times 32 bytes @param columns from `takeColumns` */
  constructor(kernel: OtKernel, seeds: Bytes, columns: number) {
    this.#kernel = kernel
    this.#seeds = kernel.place(seeds)
    this.#columns = columns
    this.rows = kernel.take(CHUNK * HELD_ROW)
  }

  /** Writes the rows of chunk number `chunk`, to whole blocks of 128. */
  fill(chunk: number, rows: number): void {
    const { call } = this.#kernel
    const counter = 4 * GROUPS * chunk
    const groups = Math.ceil(rows / (8 * GROUP))
    call.prg(this.#columns, STRIDE, this.#seeds, COLUMNS, counter, groups)
    call.transpose(this.rows, this.#columns, STRIDE, Math.ceil(rows / 128))
  }

  close(): void {
    this.#kernel.bytes(this.#seeds, SEED * COLUMNS).fill(0)
    this.#kernel.bytes(this.rows, CHUNK * HELD_ROW).fill(0)
  }
}

/** Memory for the columns of one chunk, which several streams may use in turns. */
export function takeColumns(kernel: OtKernel): number {
  return kernel.take(COLUMNS * STRIDE)
}

/** Memory for the rows of one chunk as sent. */
export function takeFrame(kernel: OtKernel): number {
  return kernel.take(CHUNK * ROW)
}
