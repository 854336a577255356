/** A kernel's exports on its own memory, one call a method, for tests. */

export type RawExports = { readonly memory: WebAssembly.Memory } & Readonly<
  Record<string, (...parameters: number[]) => number>
>

export class RawKernel {
  readonly call: RawExports
  readonly lanes: number
  readonly pointBytes: number
  #top: number

  constructor(module: Uint8Array) {
    const compiled = new WebAssembly.Module(new Uint8Array(module))
    this.call = new WebAssembly.Instance(compiled).exports as RawExports
    this.lanes = this.call.lanes!()
    this.pointBytes = this.call.pointBytes!()
    this.#top = this.call.heapBase!()
  }

  /** Room for so many bytes, filled with ones, so that nothing rests on zeros. */
  take(length: number): number {
    const at = this.#top
    this.#top = Math.ceil((at + length) / 16) * 16
    const missing = this.#top - this.call.memory.buffer.byteLength
    if (missing > 0) this.call.memory.grow(Math.ceil(missing / 65_536))
    new Uint8Array(this.call.memory.buffer, at, length).fill(0xff)
    return at
  }

  takePoints(groups: number): number {
    return this.take(groups * this.pointBytes)
  }

  place(items: readonly Uint8Array[]): number {
    const length = items.reduce((sum, item) => sum + item.length, 0)
    let at = this.take(length)
    const start = at
    for (const item of items) {
      new Uint8Array(this.call.memory.buffer).set(item, at)
      at += item.length
    }
    return start
  }

  read(at: number, length: number): Uint8Array {
    return new Uint8Array(this.call.memory.buffer).slice(at, at + length)
  }

  /** Points of whole groups, decoded. */
  decode(encodings: readonly Uint8Array[]): { points: number; flags: Uint8Array } {
    const groups = encodings.length / this.lanes
    const points = this.takePoints(groups)
    const flags = this.take(encodings.length)
    this.call.decode!(points, this.place(encodings), groups, flags)
    return { points, flags: this.read(flags, encodings.length) }
  }

  encode(points: number, count: number): string[] {
    const encodings = this.take(32 * count)
    this.call.encode!(encodings, points, count / this.lanes)
    return Array.from({ length: count }, (_, i) => toHex(this.read(encodings + 32 * i, 32)))
  }

  doubleEncode(points: number, count: number): string[] {
    const groups = count / this.lanes
    const encodings = this.take(32 * count)
    this.call.doubleEncode!(encodings, points, groups, this.takePoints(2 * groups))
    return Array.from({ length: count }, (_, i) => toHex(this.read(encodings + 32 * i, 32)))
  }
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Digits of magnitude 2^(bits - 1) at most: `count` signed bytes, least significant first. */
export function signedDigits(scalar: bigint, bits: number, count: number): Int8Array {
  const radix = 1n << BigInt(bits)
  let rest = scalar
  const digits = Int8Array.from({ length: count }, () => {
    let digit = rest % radix
    if (digit >= radix / 2n) digit -= radix
    rest = (rest - digit) / radix
    return Number(digit)
  })
  if (rest !== 0n) throw new Error('too few digits')
  return digits
}
