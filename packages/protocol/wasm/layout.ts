/** The fixed part of a kernel's memory: constants (each once) and room for intermediate values. */

import { type I32, i32const, load, type ModuleBuilder, type V128 } from './assembler.ts'

export class Layout {
  /** Address 0 stays unused: it is what a forgotten pointer would be. */
  #end = 64
  readonly #constants = new Map<string, { at: number; bytes: Uint8Array }>()

  /** Room for `bytes`, aligned to 16. */
  reserve(bytes: number): { base: I32; offset: number } {
    const offset = this.#end
    this.#end += Math.ceil(bytes / 16) * 16
    return { base: i32const(0), offset }
  }

  constant(bytes: Uint8Array): { base: I32; offset: number } {
    const key = bytes.join()
    const known = this.#constants.get(key)
    if (known !== undefined) return { base: i32const(0), offset: known.at }
    const { base, offset } = this.reserve(bytes.length)
    this.#constants.set(key, { at: offset, bytes })
    return { base, offset }
  }

  /** The same 64 bits in both halves. */
  splat64(bits: bigint): V128 {
    const word = new BigUint64Array(2).fill(BigInt.asUintN(64, bits))
    const { base, offset } = this.constant(new Uint8Array(word.buffer))
    return load('v128', base, offset)
  }

  /** Where the caller's memory begins. */
  get end(): number {
    return Math.ceil(this.#end / 64) * 64
  }

  writeTo(module: ModuleBuilder): void {
    for (const { at, bytes } of this.#constants.values()) module.data(at, bytes)
  }
}
