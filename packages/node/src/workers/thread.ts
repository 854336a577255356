/** One worker thread as the pool sees it: jobs go in, promises settle, a lost thread fails its jobs. */

import { extname } from 'node:path'
import { type MessagePort, Worker } from 'node:worker_threads'
import type { ProtocolError } from '@drempel/protocol/encoding'
import { errorOf, faultOf, type Order, type Reply } from './messages.ts'

/** Sources run as they are, by type stripping; the built package has JavaScript. */
const EXTENSION = extname(import.meta.url)
const PROGRAM = new URL(`./worker${EXTENSION}`, import.meta.url)
const FLAGS =
  EXTENSION === '.ts' ? ['--conditions=drempel-src', '--disable-warning=ExperimentalWarning'] : []
// The environment may hold the master key; a worker gets only where compiled code is kept.
const { NODE_COMPILE_CACHE } = process.env
const ENV = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }

type Settle = {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

export class Thread {
  /** How many of its jobs are long ones. */
  bulk = 0
  readonly #worker: Worker
  readonly #jobs = new Map<number, Settle>()
  readonly #exited: Promise<void>
  #last = 0

  /** @param onExit when the thread is gone, wanted or not */
  constructor(onExit: (thread: Thread) => void, program = PROGRAM) {
    this.#worker = new Worker(program, { name: 'drempel-worker', execArgv: FLAGS, env: ENV })
    let cause = errorOf({ name: 'exit' })
    this.#worker.on('error', (error) => {
      cause = errorOf({ name: nameOf(error) })
    })
    this.#worker.on('message', (reply: Reply) => this.#settle(reply))
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        onExit(this)
        this.#fail(cause)
        resolve()
      })
    })
  }

  get active(): number {
    return this.#jobs.size
  }

  /**
   * @param move buffers and ports that the caller gives away
   * @returns a promise that settles when the worker is done with the job, also after an abort
   */
  run(
    job: Omit<Extract<Order, { id: number }>, 'id'>,
    move: readonly (ArrayBuffer | MessagePort)[],
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const id = ++this.#last
    const abort = () => this.#post({ abort: id })
    const done = new Promise<unknown>((resolve, reject) => {
      this.#jobs.set(id, { resolve, reject })
      signal?.addEventListener('abort', abort, { once: true })
      this.#post({ id, ...job }, move)
    })
    return done.finally(() => signal?.removeEventListener('abort', abort))
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
    await this.#exited
  }

  #post(order: Order, move: readonly (ArrayBuffer | MessagePort)[] = []): void {
    this.#worker.postMessage(order, move)
  }

  #settle(reply: Reply): void {
    const job = this.#jobs.get(reply.id)
    this.#jobs.delete(reply.id)
    if ('error' in reply) job?.reject(errorOf(reply.error))
    else job?.resolve(reply.result)
  }

  #fail(cause: ProtocolError): void {
    for (const { reject } of this.#jobs.values()) reject(cause)
    this.#jobs.clear()
  }
}

function nameOf(error: unknown): string {
  const fault = faultOf(error)
  return 'name' in fault ? fault.name : fault.code
}
