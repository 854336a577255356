/**
 * Multiples of Ed25519's points by a WebAssembly kernel (packages/protocol/wasm/curve/ed25519.ts),
 * from tables of the base point and of the public keys that were made known to it.
 */

import { type Bytes, fromBase64, fromHex } from '../bytes.ts'
import { DIGITS, writeDigits } from '../kernel/digits.ts'
import { ModuleMemory } from '../kernel/memory.ts'

type Exports = {
  readonly memory: WebAssembly.Memory
  lanes(): number
  pointBytes(): number
  tableBytes(): number
  heapBase(): number
  decompress(out: number, encodings: number, flags: number): void
  fixedTable(table: number, point: number, scratch: number): void
  spread(lanewise: number, table: number): void
  multiple(encoding: number, lanewise: number, digits: number): void
  sum(encoding: number, first: number, second: number, digits: number): void
}

const POINT_BYTES = 32
/** The y = 4 / 5 of RFC 8032, section 5.1. */
const BASE = fromHex('5866666666666666666666666666666666666666666666666666666666666666')

/** A public key's table, which stays in the kernel's memory. */
export type KeyTable = {
  readonly at: number
  /** The table is of the point with an even x, which is the key's negative where its x is odd. */
  readonly odd: boolean
}

export class SignatureKernel {
  readonly memory: ModuleMemory<Exports>
  readonly #lanes: number
  readonly #base: number
  readonly #lanewise: number

  /** @param module as the generated files hold it @throws WebAssembly.CompileError where the engine lacks what it needs */
  constructor(module: string) {
    this.memory = new ModuleMemory(fromBase64(module))
    const { call } = this.memory
    this.#lanes = call.lanes()
    this.#base = this.prepare(BASE).at
    this.#lanewise = this.memory.take(call.tableBytes())
    call.spread(this.#lanewise, this.#base)
  }

  /**
   * The table of a key that is known to be a point.
   * @param at where a table stands that is no longer needed
   */
  prepare(publicKey: Bytes, at = this.memory.take(this.memory.call.tableBytes())): KeyTable {
    const { memory } = this
    const last = publicKey[POINT_BYTES - 1]!
    memory.run(() => {
      const encodings = memory.place(publicKey, POINT_BYTES, this.#lanes)
      const point = memory.take(memory.call.pointBytes())
      memory.call.decompress(point, encodings, memory.take(this.#lanes))
      memory.call.fixedTable(at, point, memory.take(512 * memory.call.pointBytes()))
    })
    return { at, odd: last >> 7 === 1 }
  }

  /** scalar · B in constant time. @param scalar secret, canonical */
  multiplyBase(scalar: Bytes): Bytes {
    const { memory } = this
    return memory.run(() => {
      const digits = memory.take(DIGITS)
      writeDigits(memory.bytes, digits, scalar, false)
      return this.#encoding((out) => memory.call.multiple(out, this.#lanewise, digits))
    })
  }

  /** s · B - k · A. @param s below 2^255, as `k` public */
  difference(s: Bytes, k: Bytes, { at, odd }: KeyTable): Bytes {
    const { memory } = this
    return memory.run(() => {
      const digits = memory.take(2 * DIGITS)
      writeDigits(memory.bytes, digits, s, false)
      writeDigits(memory.bytes, digits + DIGITS, k, !odd)
      return this.#encoding((out) => memory.call.sum(out, this.#base, at, digits))
    })
  }

  #encoding(write: (out: number) => void): Bytes {
    const out = this.memory.take(POINT_BYTES * this.#lanes)
    write(out)
    return this.memory.read(out, POINT_BYTES)
  }
}
