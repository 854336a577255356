/**
 * A kernel's module and its memory. Regions of the heap are taken for one piece of work; when it
 * ends, however it ends, they are overwritten with zeros, and the fixed part, where the kernel has
 * constants and intermediate values, with what stood there at the start. So digits of secrets and
 * points that would give them away do not outlive the work in this memory; what JavaScript and the
 * engine copied elsewhere is out of reach.
 */

import type { Bytes } from '../../encoding/index.ts'

/** The exports; packages/protocol/wasm/curve/abi.ts says what each does. */
export type KernelExports = {
  readonly memory: WebAssembly.Memory
  lanes(): number
  pointBytes(): number
  tableBytes(): number
  heapBase(): number
  decode(out: number, encodings: number, groups: number, flags: number): void
  fromUniform(out: number, uniform: number, groups: number): void
  encode(encodings: number, points: number, groups: number): void
  doubleEncode(encodings: number, points: number, groups: number, scratch: number): void
  multiply(out: number, points: number, digits: number, groups: number, stride: number): void
  fixedTable(table: number, point: number, scratch: number): void
  fixedMultiply(out: number, table: number, digits: number, groups: number, stride: number): void
  fixedMultiplyAdd(
    out: number,
    points: number,
    table: number,
    digits: number,
    groups: number,
    stride: number,
  ): void
  add(out: number, a: number, b: number, groups: number): void
  subtract(out: number, a: number, b: number, groups: number): void
  straus(
    out: number,
    rows: number,
    q: number,
    digits: number,
    windows: number,
    groups: number,
    scratch: number,
  ): void
  msm(
    out: number,
    points: number,
    groups: number,
    digits: number,
    bits: number,
    windows: number,
    scratch: number,
  ): void
}

const PAGE = 65_536
const ALIGNMENT = 16

export class KernelMemory {
  readonly call: KernelExports
  readonly lanes: number
  readonly pointBytes: number
  readonly tableBytes: number
  readonly #fixed: Bytes
  #top: number
  #bytes: Bytes

  /** @throws WebAssembly.CompileError where the engine lacks what the module needs */
  constructor(module: Bytes) {
    const compiled = new WebAssembly.Module(new Uint8Array(module))
    this.call = new WebAssembly.Instance(compiled).exports as KernelExports
    this.lanes = this.call.lanes()
    this.pointBytes = this.call.pointBytes()
    this.tableBytes = this.call.tableBytes()
    this.#top = this.call.heapBase()
    this.#bytes = new Uint8Array(this.call.memory.buffer)
    this.#fixed = this.#bytes.slice(0, this.#top)
  }

  /** Runs `work`, which may run other work within, then clears every region that it took. */
  run<T>(work: () => T): T {
    const before = this.#top
    try {
      return work()
    } finally {
      this.#bytes.fill(0, before, this.#top)
      this.#bytes.set(this.#fixed)
      this.#top = before
    }
  }

  /** A region for the work that runs. */
  take(length: number): number {
    const at = Math.ceil(this.#top / ALIGNMENT) * ALIGNMENT
    this.#top = at + length
    const missing = this.#top - this.#bytes.length
    if (missing > 0) {
      this.call.memory.grow(Math.ceil(missing / PAGE))
      this.#bytes = new Uint8Array(this.call.memory.buffer)
    }
    return at
  }

  /** A region for points of so many groups. */
  takePoints(groups: number): number {
    return this.take(groups * this.pointBytes)
  }

  /** A region with these bytes; the batch's last item is repeated until it has `count` of them. */
  place(batch: Bytes, itemBytes: number, count: number): number {
    const at = this.take(count * itemBytes)
    this.#bytes.set(batch, at)
    const last = at + batch.length - itemBytes
    for (let to = at + batch.length; to < at + count * itemBytes; to += itemBytes) {
      this.#bytes.copyWithin(to, last, last + itemBytes)
    }
    return at
  }

  /** The kernel's memory; not to be kept over a `take`. */
  get bytes(): Bytes {
    return this.#bytes
  }

  /** A copy. */
  read(at: number, length: number): Bytes {
    return this.#bytes.slice(at, at + length)
  }

  /** Groups that hold `count` elements. */
  groupsOf(count: number): number {
    return Math.ceil(count / this.lanes)
  }
}
