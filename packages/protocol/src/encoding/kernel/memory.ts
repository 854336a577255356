/**
 * The memory of a WebAssembly module of packages/protocol/wasm. Regions of the heap are taken for
 * one piece of work; when it ends, however it ends, they are overwritten with zeros, and the fixed
 * part, where the module has constants and intermediate values, with what stood there at the start.
 * So digits of secrets and points that would give them away do not outlive the work in this memory;
 * what JavaScript and the engine copied elsewhere is out of reach. A region taken while no work runs
 * stays.
 */

import type { Bytes } from '../bytes.ts'

/** What every module with a memory of its own exports; all from heapBase() on is the caller's. */
type OwnMemory = { readonly memory: WebAssembly.Memory; heapBase(): number }

const PAGE = 65_536
const ALIGNMENT = 16

export class ModuleMemory<Exports extends OwnMemory> {
  readonly call: Exports
  readonly #fixed: Bytes
  #top: number
  #bytes: Bytes

  /** @throws WebAssembly.CompileError where the engine lacks what the module needs */
  constructor(module: Bytes) {
    const compiled = new WebAssembly.Module(new Uint8Array(module))
    this.call = new WebAssembly.Instance(compiled).exports as unknown as Exports
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

  /** The module's memory; not to be kept over a `take`. */
  get bytes(): Bytes {
    return this.#bytes
  }

  /** A copy. */
  read(at: number, length: number): Bytes {
    return this.#bytes.slice(at, at + length)
  }
}
