/**
 * Calls from a worker's thread to the main thread over a port: the main thread has the connections, so
 * what a protocol says and hears crosses here. Answers come in any order; several calls may be open.
 *
 * To wake another thread costs more than to copy a message: what one turn of an event loop has to say
 * goes together.
 */

import type { MessagePort, Transferable } from 'node:worker_threads'
import { type Bytes, ProtocolError } from '@drempel/protocol/encoding'
import { errorOf, type Fault, faultOf } from './messages.ts'

/** Without an id: only told. */
type Call<Ask> = { readonly id?: number; readonly ask: Ask }
type Answer =
  | { readonly id: number; readonly payload: Bytes | undefined }
  | { readonly id: number; readonly error: Fault }

type Waiting = {
  resolve(payload: Bytes | undefined): void
  reject(error: unknown): void
}

/** The thread's end. */
export class Calls<Ask extends object> {
  readonly #outbox: Outbox<Call<Ask>>
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #closed = false

  constructor(port: MessagePort) {
    this.#outbox = new Outbox(port)
    port.on('message', (answers: readonly Answer[]) => {
      for (const answer of answers) {
        const waiting = this.#waiting.get(answer.id)
        this.#waiting.delete(answer.id)
        if ('error' in answer) waiting?.reject(errorOf(answer.error))
        else waiting?.resolve(answer.payload)
      }
    })
    port.on('close', () => {
      this.#closed = true
      for (const { reject } of this.#waiting.values()) reject(lost())
      this.#waiting.clear()
    })
  }

  /** @throws what the main thread's work throws; ProtocolError `WORKER_LOST` once the port is closed */
  ask(ask: Ask, moved: readonly Transferable[] = []): Promise<Bytes | undefined> {
    if (this.#closed) return Promise.reject(lost())
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#outbox.put({ id, ask }, moved)
    })
  }

  /** What has no answer. */
  tell(ask: Ask): void {
    if (!this.#closed) this.#outbox.put({ ask })
  }

  /** What was told last still arrives. */
  close(): void {
    this.#outbox.close()
  }
}

/** `moved` owns its whole buffer and is given away. */
type Work = Promise<Bytes | { readonly moved: Bytes } | undefined> | undefined

/** The main thread's end. @param work returns undefined for what is only told */
export function answerCalls<Ask extends object>(port: MessagePort, work: (ask: Ask) => Work): void {
  const outbox = new Outbox<Answer>(port)
  port.on('message', (calls: readonly Call<Ask>[]) => {
    for (const { id, ask } of calls) {
      const done = work(ask)
      if (id === undefined || done === undefined) continue
      done.then(
        (given) => {
          if (given === undefined || !('moved' in given)) return outbox.put({ id, payload: given })
          outbox.put({ id, payload: given.moved }, [given.moved.buffer as ArrayBuffer])
        },
        (error) => outbox.put({ id, error: faultOf(error) }),
      )
    }
  })
}

class Outbox<Message> {
  readonly #port: MessagePort
  #messages: Message[] = []
  #moved: Transferable[] = []
  #due = false

  constructor(port: MessagePort) {
    this.#port = port
  }

  put(message: Message, moved: readonly Transferable[] = []): void {
    this.#messages.push(message)
    this.#moved.push(...moved)
    if (this.#due) return
    this.#due = true
    setImmediate(() => this.#flush())
  }

  close(): void {
    this.#flush()
    this.#port.close()
  }

  #flush(): void {
    this.#due = false
    if (this.#messages.length === 0) return
    this.#port.postMessage(this.#messages, this.#moved)
    this.#messages = []
    this.#moved = []
  }
}

function lost(): ProtocolError {
  return new ProtocolError('WORKER_LOST', { at: 'port' })
}
