/**
 * Tables of multiples of the few elements that many scalars multiply: the generator and the public
 * keys of epochs. Everything here is public. Tables are kept outside the kernel's memory, which is
 * cleared after each piece of work, and copied in: microseconds beside a slice's milliseconds.
 */

import { type Bytes, hex } from '../../encoding/index.ts'
import { fail } from '../errors.ts'
import { ELEMENT_BYTES } from '../group.ts'
import type { KernelMemory } from './memory.ts'

/** A key for each of four kinds and two epochs, and the generator. */
const KEPT = 9

export class BaseTables {
  readonly #memory: KernelMemory
  /** By the element's encoding, the one used longest ago first. */
  readonly #tables = new Map<string, Bytes>()

  constructor(memory: KernelMemory) {
    this.#memory = memory
  }

  /** @throws ProtocolError `BAD_LENGTH`, `BAD_ELEMENT`, `IDENTITY_ELEMENT` */
  prepare(element: Bytes): Bytes {
    if (element.length !== ELEMENT_BYTES) fail('BAD_LENGTH')
    const name = hex(element)
    const table = this.#tables.get(name) ?? this.#memory.run(() => this.#make(element))
    this.#tables.delete(name)
    this.#tables.set(name, table)
    if (this.#tables.size > KEPT) this.#tables.delete(this.#tables.keys().next().value!)
    return table
  }

  #make(element: Bytes): Bytes {
    const memory = this.#memory
    const { lanes, tableBytes } = memory
    const encodings = memory.place(element, ELEMENT_BYTES, lanes)
    const flags = memory.take(lanes)
    const point = memory.takePoints(1)
    memory.call.decode(point, encodings, 1, flags)
    const flag = memory.bytes[flags]
    if (flag !== 1) fail(flag === 2 ? 'IDENTITY_ELEMENT' : 'BAD_ELEMENT', { at: '0' })
    const table = memory.take(tableBytes)
    memory.call.fixedTable(table, point, memory.takePoints(512))
    return memory.read(table, tableBytes)
  }
}
