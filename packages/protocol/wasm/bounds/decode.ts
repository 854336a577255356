/** Reads the modules that assembler.ts writes: functions as instructions, exports, data. */

export type Instruction = {
  /** Where in the module's bytes. */
  readonly at: number
  readonly op: number
  /** Of SIMD instructions 0xfd00 + code; of others with a prefix 0xfc00 + code. */
  readonly immediate: readonly number[]
  /** Of a 128-bit constant or a shuffle. */
  readonly bytes?: Uint8Array
  readonly wide?: bigint
}

export type DecodedFunction = {
  readonly index: number
  readonly parameters: readonly number[]
  readonly results: number
  /** Value types of the locals, parameters not among them. */
  readonly locals: readonly number[]
  readonly code: Instruction[]
}

export type DecodedModule = {
  readonly functions: readonly DecodedFunction[]
  readonly exports: ReadonlyMap<string, number>
  readonly data: readonly { readonly at: number; readonly bytes: Uint8Array }[]
}

export const SIMD = 0xfd00
export const DROP = 0x1a
const BULK = 0xfc00
export const MEMORY_COPY = BULK + 10
export const MEMORY_FILL = BULK + 11

export function decodeModule(module: Uint8Array): DecodedModule {
  const reader = new Reader(module, 8)
  let types: { parameters: number[]; results: number }[] = []
  let typeOf: number[] = []
  const exports = new Map<string, number>()
  let functions: DecodedFunction[] = []
  let data: { at: number; bytes: Uint8Array }[] = []
  while (!reader.done) {
    const id = reader.byte()
    const end = reader.unsigned() + reader.at
    if (id === 1) {
      types = reader.vector(() => {
        reader.byte()
        const parameters = reader.vector(() => reader.byte())
        return { parameters, results: reader.vector(() => reader.byte()).length }
      })
    } else if (id === 3) typeOf = reader.vector(() => reader.unsigned())
    else if (id === 7) {
      reader.vector(() => {
        const name = new TextDecoder().decode(reader.take(reader.unsigned()))
        const isFunction = reader.byte() === 0
        const index = reader.unsigned()
        if (isFunction) exports.set(name, index)
      })
    } else if (id === 10) {
      let index = 0
      functions = reader.vector(() => {
        const type = types[typeOf[index]!]!
        return { index: index++, ...type, ...readBody(reader) }
      })
    } else if (id === 11) {
      data = reader.vector(() => {
        reader.take(2)
        const at = Number(reader.signed())
        reader.byte()
        return { at, bytes: reader.take(reader.unsigned()) }
      })
    } else reader.take(end - reader.at)
  }
  return { functions, exports, data }
}

function readBody(reader: Reader): { locals: number[]; code: Instruction[] } {
  const end = reader.unsigned() + reader.at
  const locals = reader.vector(() => {
    const count = reader.unsigned()
    return Array<number>(count).fill(reader.byte())
  })
  const code: Instruction[] = []
  while (reader.at < end) code.push({ at: reader.at, ...readInstruction(reader) })
  return { locals: locals.flat(), code }
}

type Read = Omit<Instruction, 'at'>

function readInstruction(reader: Reader): Read {
  const op = reader.byte()
  if (op === 0xfd) return readSimd(reader)
  if (op === 0xfc) return readBulk(reader)
  if (op === 0x41) return { op, immediate: [Number(reader.signed())] }
  if (op === 0x42) return { op, immediate: [], wide: reader.signed() }
  if (op >= 0x28 && op <= 0x3e) return { op, immediate: reader.memory() }
  const withIndex = [0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22]
  if (withIndex.includes(op)) return { op, immediate: [reader.unsigned()] }
  if (op === 0x02 || op === 0x03 || op === 0x04) return { op, immediate: [reader.byte()] }
  return { op, immediate: [] }
}

function readBulk(reader: Reader): Read {
  const op = BULK + reader.unsigned()
  if (op === MEMORY_COPY) reader.take(2)
  else if (op === MEMORY_FILL) reader.take(1)
  else throw new Error(`not decoded: instruction ${op.toString(16)}`)
  return { op, immediate: [] }
}

function readSimd(reader: Reader): Read {
  const code = reader.unsigned()
  const op = SIMD + code
  if (code === 12 || code === 13) return { op, immediate: [], bytes: reader.take(16) }
  if (code <= 11) return { op, immediate: reader.memory() }
  if (code >= 0x54 && code <= 0x5b) return { op, immediate: [...reader.memory(), reader.byte()] }
  if (code >= 21 && code <= 34) return { op, immediate: [reader.byte()] }
  return { op, immediate: [] }
}

class Reader {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  get done(): boolean {
    return this.at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.at++]!
  }

  take(length: number): Uint8Array {
    this.at += length
    return this.#bytes.slice(this.at - length, this.at)
  }

  unsigned(): number {
    return Number(BigInt.asUintN(64, this.signed(false)))
  }

  /** LEB128. */
  signed(extend = true): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return extend && byte >= 0x40 ? value - (1n << (shift + 7n)) : value
    }
  }

  /** Only the offset matters: alignment is a hint. */
  memory(): number[] {
    this.unsigned()
    return [this.unsigned()]
  }

  vector<T>(read: () => T): T[] {
    const length = this.unsigned()
    const items: T[] = []
    for (let i = 0; i < length; i++) items.push(read())
    return items
  }
}
