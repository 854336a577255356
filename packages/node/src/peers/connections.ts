/**
 * Connections to one peer that stay open between exchanges, each with one exchange at a time. Plain
 * sockets and no `http.request`: between nodes that exchange small messages, its objects, streams and
 * timers cost more than all signatures.
 */

import type { Socket } from 'node:net'
import type { Bytes } from '@drempel/protocol/encoding'
import { type Answer, AnswerReader, BadAnswer } from './answer.ts'

/** As many as were needed at once: with fewer, a burst of requests would open and close connections. */
const MAX_OPEN = 64
/** Idle connections end here before they end at the server, which waits 65 s. */
const IDLE_MS = 30_000
/** Up to here one write of a copy costs less than two. */
const SMALL = 16 * 1024

export type Request = {
  /** The request line and the fields, with the empty line after them; latin1. */
  readonly head: string
  readonly body: Bytes
  /** The largest answer. */
  readonly limit: number
}

export type Exchange = {
  /** @throws BadAnswer; ProtocolError of a handshake; what the connection failed with */
  readonly answer: Promise<Answer>
  /** Whether the connection had carried an answer before: then the peer may just have closed it. */
  readonly reused: boolean
  cancel(): void
}

type Opened = (error: Error | null, socket: Socket) => void

export class Connections {
  readonly #open: (opened: Opened) => Socket
  readonly #all = new Set<Connection>()
  readonly #idle: Connection[] = []
  readonly #waiting: Pending[] = []
  #closed = false

  /** @param open a new connection; the callback is called once, with the socket when it may be used */
  constructor(open: (opened: Opened) => Socket) {
    this.#open = open
  }

  begin(request: Request): Exchange {
    const pending = new Pending(request)
    if (this.#closed) pending.cancel()
    else this.#place(pending)
    return pending
  }

  /** Exchanges under way fail, and later ones. */
  close(): void {
    this.#closed = true
    for (const pending of this.#waiting.splice(0)) pending.cancel()
    for (const connection of this.#all) connection.destroy()
  }

  #place(pending: Pending): void {
    const idle = this.#idle.pop()
    if (idle !== undefined) idle.run(pending)
    else if (this.#all.size < MAX_OPEN) this.#connect(pending)
    else this.#waiting.push(pending)
  }

  #connect(pending: Pending): void {
    const connection = new Connection(this.#open, {
      idle: () => {
        const next = this.#next()
        if (next === undefined) this.#idle.push(connection)
        else connection.run(next)
      },
      gone: () => {
        this.#all.delete(connection)
        const at = this.#idle.indexOf(connection)
        if (at >= 0) this.#idle.splice(at, 1)
        const next = this.#next()
        if (next !== undefined) this.#place(next)
      },
    })
    this.#all.add(connection)
    connection.run(pending)
  }

  /** Who waited longest and has not given up. */
  #next(): Pending | undefined {
    for (;;) {
      const next = this.#waiting.shift()
      if (next === undefined || !next.settled) return next
    }
  }
}

class Pending implements Exchange {
  readonly request: Request
  readonly answer: Promise<Answer>
  reused = false
  settled = false
  connection: Connection | undefined
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: unknown) => void

  constructor(request: Request) {
    this.request = request
    let resolve!: (answer: Answer) => void
    let reject!: (error: unknown) => void
    this.answer = new Promise((yes, no) => {
      resolve = yes
      reject = no
    })
    this.#resolve = resolve
    this.#reject = reject
  }

  succeed(answer: Answer): void {
    this.settled = true
    this.#resolve(answer)
  }

  fail(error: unknown): void {
    this.settled = true
    this.#reject(error)
  }

  cancel(): void {
    if (this.settled) return
    this.fail(new Error('cancelled'))
    this.connection?.destroy()
  }
}

class Connection {
  readonly #socket: Socket
  readonly #idle: () => void
  #ready = false
  #answers = 0
  #fault: Error = new Error('closed')
  #current: { readonly pending: Pending; readonly reader: AnswerReader } | undefined

  constructor(
    open: (opened: Opened) => Socket,
    { idle, gone }: { readonly idle: () => void; readonly gone: () => void },
  ) {
    this.#idle = idle
    this.#socket = open((error, socket) => {
      if (error !== null) {
        this.#fault = error
        socket.destroy()
        return
      }
      this.#ready = true
      this.#send()
    })
    const socket = this.#socket
    socket.setTimeout(IDLE_MS, () => {
      if (this.#current === undefined) socket.destroy()
    })
    socket.on('data', (data: Buffer) => this.#receive(data))
    // Stays: an error of the connection that nobody hears, however late, ends the process.
    socket.on('error', (error) => {
      this.#fault = error
    })
    socket.on('close', () => {
      gone()
      this.#fail(this.#current?.reader.begun ? new BadAnswer('truncated') : this.#fault)
    })
  }

  run(pending: Pending): void {
    this.#current = { pending, reader: new AnswerReader(pending.request.limit) }
    pending.connection = this
    pending.reused = this.#answers > 0
    this.#socket.ref()
    if (this.#ready) this.#send()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #send(): void {
    const { head, body } = this.#current!.pending.request
    if (body.length > SMALL) {
      this.#socket.cork()
      this.#socket.write(head, 'latin1')
      this.#socket.write(body)
      this.#socket.uncork()
      return
    }
    const whole = Buffer.allocUnsafe(head.length + body.length)
    whole.write(head, 'latin1')
    whole.set(body, head.length)
    this.#socket.write(whole)
  }

  #receive(data: Buffer): void {
    // Without a question there is no answer.
    if (this.#current === undefined) return void this.destroy()
    const { pending, reader } = this.#current
    let answer: Answer | undefined
    try {
      answer = reader.read(data)
    } catch (error) {
      this.#fail(error)
      return void this.destroy()
    }
    if (answer === undefined) return
    this.#current = undefined
    this.#answers++
    // An answer before the request was read leaves what the peer still has to read of it.
    if (reader.persists && this.#socket.writableLength === 0) {
      this.#socket.unref()
      this.#idle()
    } else this.destroy()
    pending.succeed(answer)
  }

  #fail(error: unknown): void {
    const pending = this.#current?.pending
    this.#current = undefined
    if (pending !== undefined && !pending.settled) pending.fail(error)
  }
}
