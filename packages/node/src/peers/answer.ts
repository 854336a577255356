/**
 * Reads one answer of HTTP/1.1 (RFC 9112) from a connection's bytes, as they come. Strict: a status
 * line of version 1.1, fields on a line each, a body by content-length or in chunks and never both.
 * What ends with the connection is refused, since nothing would tell it from what was cut off.
 */

import { type Bytes, concatAll } from '@drempel/protocol/encoding'

export type Answer = {
  readonly status: number
  /** By names in lower case; a list where a name came more than once. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Bytes
}

/** An answer that is none; `at` says what of it. */
export class BadAnswer extends Error {
  readonly at: 'head' | 'size' | 'truncated'

  constructor(at: 'head' | 'size' | 'truncated') {
    super(at)
    this.at = at
  }
}

const MAX_HEAD = 16 * 1024
const MAX_LINE = 256
const NOTHING = Buffer.alloc(0)

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d)(?: [\t -~\x80-\xff]*)?$/
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t -~\x80-\xff]*)$/
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,8})[\t ]*(?:;[\t -~\x80-\xff]*)?$/

type State = 'head' | 'sized' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers' | 'done'

export class AnswerReader {
  readonly #limit: number
  #state: State = 'head'
  /** The beginning of a head or of a line. */
  #pending: Buffer = NOTHING
  #heads = 0
  #status = 0
  #headers: Record<string, string | string[] | undefined> = {}
  readonly #parts: Bytes[] = []
  #length = 0
  /** Bytes to come, of the body or of the chunk. */
  #left = 0
  #surplus = false

  /** @param limit the largest body */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether the head was whole. */
  get begun(): boolean {
    return this.#state !== 'head'
  }

  /** Whether another exchange may follow on the connection. */
  get persists(): boolean {
    const { connection } = this.#headers
    const closes = connection !== undefined && !/^keep-alive$/i.test(String(connection))
    return this.#state === 'done' && !closes && !this.#surplus
  }

  /** @returns the answer, once it is whole @throws BadAnswer */
  read(data: Buffer): Answer | undefined {
    let rest = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data])
    this.#pending = NOTHING
    while (this.#state !== 'done' && rest.length > 0) {
      const used = this.#step(rest)
      if (used === 0) {
        this.#pending = rest
        return undefined
      }
      rest = rest.subarray(used)
    }
    if (this.#state !== 'done') return undefined
    this.#surplus = rest.length > 0
    return { status: this.#status, headers: this.#headers, body: concatAll(this.#parts) }
  }

  /** @returns bytes that it used; 0 when it needs more of them */
  #step(data: Buffer): number {
    switch (this.#state) {
      case 'head': {
        const end = data.indexOf('\r\n\r\n')
        this.#assertHead(end < 0 ? data.length : end)
        if (end < 0) return 0
        this.#readHead(data.toString('latin1', 0, end))
        return end + 4
      }
      case 'sized':
      case 'chunk': {
        const part = data.subarray(0, this.#left)
        this.#parts.push(part)
        this.#left -= part.length
        if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'chunk end' : 'done'
        return part.length
      }
      default: {
        const end = data.indexOf('\r\n')
        if ((end < 0 ? data.length : end) > MAX_LINE) throw new BadAnswer('head')
        if (end < 0) return 0
        this.#readLine(data.toString('latin1', 0, end))
        return end + 2
      }
    }
  }

  /** All heads and trailers of an answer count together. */
  #assertHead(more: number): void {
    if (this.#heads + more > MAX_HEAD) throw new BadAnswer('head')
  }

  #readHead(head: string): void {
    this.#heads += head.length
    const [first, ...lines] = head.split('\r\n')
    const status = Number(STATUS_LINE.exec(first!)?.[1])
    // Nobody asked to switch protocols.
    if (Number.isNaN(status) || status === 101) throw new BadAnswer('head')
    const headers = fieldsOf(lines)
    if (status < 200) return
    this.#status = status
    this.#headers = headers
    const { 'transfer-encoding': encoding, 'content-length': size } = headers
    if (encoding !== undefined) {
      const chunked = size === undefined && /^chunked$/i.test(String(encoding))
      if (!chunked) throw new BadAnswer('head')
      this.#state = 'chunk size'
    } else if (size !== undefined) {
      if (typeof size !== 'string' || !/^\d{1,15}$/.test(size)) throw new BadAnswer('head')
      const hasBody = status !== 204 && status !== 304
      this.#expect(hasBody ? Number(size) : 0, 'sized', 'done')
    } else if (status === 204 || status === 304) this.#state = 'done'
    else throw new BadAnswer('head')
  }

  #readLine(line: string): void {
    if (this.#state === 'chunk size') {
      const size = Number.parseInt(CHUNK_SIZE.exec(line)?.[1] ?? 'none', 16)
      if (Number.isNaN(size)) throw new BadAnswer('head')
      this.#expect(size, 'chunk', 'trailers')
    } else if (this.#state === 'chunk end') {
      if (line !== '') throw new BadAnswer('head')
      this.#state = 'chunk size'
    } else if (line === '') this.#state = 'done'
    else {
      fieldsOf([line])
      this.#assertHead(line.length)
      this.#heads += line.length
    }
  }

  #expect(bytes: number, some: State, none: State): void {
    this.#length += bytes
    if (this.#length > this.#limit) throw new BadAnswer('size')
    this.#left = bytes
    this.#state = bytes > 0 ? some : none
  }
}

function fieldsOf(lines: readonly string[]): Record<string, string | string[] | undefined> {
  const fields: Record<string, string | string[] | undefined> = Object.create(null)
  for (const line of lines) {
    const match = FIELD.exec(line)
    if (match === null) throw new BadAnswer('head')
    const name = match[1]!.toLowerCase()
    const value = trimmed(match[2]!)
    const before = fields[name]
    fields[name] = before === undefined ? value : [before, value].flat()
  }
  return fields
}

/** Without the spaces and tabs around it: no other white space is any here. */
function trimmed(value: string): string {
  let [from, to] = [0, value.length]
  while (from < to && isBlank(value.charCodeAt(from))) from++
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--
  return value.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
