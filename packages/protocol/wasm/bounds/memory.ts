/**
 * Memory as the bounds checker sees it: constants and digits as bytes, words that were written or
 * are promised as statements, and bytes of which nothing is known. The kernel's own memory begins
 * as zeros; elsewhere, what nobody wrote can't be read.
 */

import { type Lanes, outOfBounds, type Range } from './words.ts'

export class Memory<Word> {
  readonly #lanes: Lanes<Word>
  readonly #bytes = new Map<number, number>()
  /** By address, one for each lane. */
  readonly #cells = new Map<number, Word>()
  readonly #unknown: { from: number; to: number }[] = []
  #zeroUntil = 0

  constructor(lanes: Lanes<Word>) {
    this.#lanes = lanes
  }

  zeroUntil(at: number): void {
    this.#zeroUntil = at
  }

  /** These very bytes. */
  set(at: number, bytes: Uint8Array): void {
    bytes.forEach((byte, i) => {
      this.#bytes.set(at + i, byte)
    })
  }

  /** Any bytes: encodings, secrets. */
  anything(at: number, length: number): void {
    for (let i = 0; i < length; i++) this.#cells.delete(this.#cellOf(at + i))
    this.#unknown.push({ from: at, to: at + length })
  }

  store(at: number, word: Word): void {
    for (let lane = 0; lane < 16; lane += this.#lanes.bytes) this.#setCell(at + lane, word)
  }

  /** One lane, which becomes a value of its own. */
  storeLane(at: number, word: Word): void {
    this.#setCell(at, this.#lanes.another(word))
  }

  load(at: number): Word {
    const bytes = this.#known(at, 16)
    if (bytes !== undefined) return this.#lanes.constant(bytes)
    let word = this.loadLane(at)
    for (let lane = this.#lanes.bytes; lane < 16; lane += this.#lanes.bytes) {
      word = this.#lanes.join(word, this.loadLane(at + lane))
    }
    return word
  }

  loadLane(at: number): Word {
    const cell = this.#cells.get(at)
    if (cell !== undefined) return cell
    if (this.#isUnknown(at)) return this.#lanes.unknown()
    const size = this.#lanes.bytes
    const bytes = this.#known(at, size)
    if (bytes === undefined) return outOfBounds(`reads ${at}, which nobody wrote`)
    return this.#lanes.constant(Uint8Array.from({ length: 16 }, (_, i) => bytes[i % size]!))
  }

  copy(to: number, from: number, length: number): void {
    const lanes = Array.from({ length: length / this.#lanes.bytes }, (_, i) =>
      this.loadLane(from + i * this.#lanes.bytes),
    )
    lanes.forEach((lane, i) => {
      this.#setCell(to + i * this.#lanes.bytes, lane)
    })
  }

  fill(to: number, value: number, length: number): void {
    const word = this.#lanes.constant(new Uint8Array(16).fill(value))
    for (let at = 0; at < length; at += this.#lanes.bytes) this.storeLane(to + at, word)
  }

  /** One byte as a number, with its sign or without. */
  byte(at: number, signed: boolean): Range<number> {
    if (this.#isUnknown(at) || this.#cells.has(this.#cellOf(at)))
      return signed ? { lo: -128, hi: 127 } : { lo: 0, hi: 255 }
    const byte = this.#byteAt(at)
    if (byte === undefined) return outOfBounds(`reads ${at}, which nobody wrote`)
    const value = signed ? (byte << 24) >> 24 : byte
    return { lo: value, hi: value }
  }

  #cellOf(at: number): number {
    return at - (at % this.#lanes.bytes)
  }

  #setCell(at: number, word: Word): void {
    if (at % this.#lanes.bytes !== 0) outOfBounds(`writes a lane at ${at}`)
    this.#cells.set(at, word)
  }

  #isUnknown(at: number): boolean {
    return this.#unknown.some(({ from, to }) => from <= at && at < to)
  }

  #byteAt(at: number): number | undefined {
    return this.#bytes.get(at) ?? (at < this.#zeroUntil ? 0 : undefined)
  }

  #known(at: number, length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) {
      if (this.#cells.has(this.#cellOf(at + i))) return undefined
      const byte = this.#byteAt(at + i)
      if (byte === undefined) return undefined
      bytes[i] = byte
    }
    return bytes
  }
}
