/**
 * A whole party of an intersection on a worker thread: `ot` is one computation from its first message to
 * its last, which would hold up the main thread. The main thread has the connection; frames cross by a
 * port, of which either end may ask for the next thing.
 */

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { type Bytes, ProtocolError, type RandomBytes } from '@drempel/protocol/encoding'
import { ot, type PsiChannel, type PsiOptions, type PsiResult } from '@drempel/protocol/psi'
import { errorOf, type Fault, faultOf } from './messages.ts'
import type { WorkerPool } from './pool.ts'

/** What crosses as it is. */
export type PartyTerms = Omit<
  PsiOptions,
  'channel' | 'random' | 'progress' | 'signal' | 'maxResult'
> & { readonly peer: string; readonly maxResult: number | null }

type Ask =
  | { readonly id: number; readonly send: string; readonly payload: Bytes }
  | { readonly id: number; readonly receive: string; readonly min: number; readonly max: number }
  | { readonly done: number; readonly of: number }
type Answer =
  | { readonly id: number; readonly payload?: Bytes }
  | { readonly id: number; readonly error: Fault }

/** The main thread's end. @throws as `ot`, and as the pool */
export async function otOnThread(pool: WorkerPool, options: PsiOptions): Promise<PsiResult> {
  const { role, output, to, items, sizes, context, channel, progress, signal } = options
  const { port1: own, port2: port } = new MessageChannel()
  own.on('message', (ask: Ask) => {
    if ('done' in ask) progress?.(ask.done, ask.of)
    else void serve(own, channel, ask)
  })
  const terms: PartyTerms = {
    ...{ role, output, to, items, sizes, context, peer: channel.peer },
    maxResult: options.maxResult ?? null,
  }
  // What waits for a frame is told by the port's end, what computes by the pool.
  const stop = () => own.close()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const lane = { elements: sizes.receiver + sizes.sender, urgent: false, signal }
    const { result } = await pool.run('psiOt', { terms, port }, { ...lane, ports: [port] })
    return result ?? undefined
  } finally {
    signal?.removeEventListener('abort', stop)
    own.close()
  }
}

async function serve(
  port: MessagePort,
  channel: PsiChannel,
  ask: Exclude<Ask, { done: number }>,
): Promise<void> {
  const { id } = ask
  let answer: Answer
  try {
    if ('send' in ask) {
      await channel.send(ask.send, ask.payload)
      answer = { id }
    } else {
      const { min, max } = ask
      answer = { id, payload: await channel.receive(ask.receive, { min, max }) }
    }
  } catch (error) {
    answer = { id, error: faultOf(error) }
  }
  port.postMessage(answer)
}

/** The thread's end. */
export async function runOt(
  { peer, maxResult, ...terms }: PartyTerms,
  port: MessagePort,
  random: RandomBytes,
  pause: () => Promise<void>,
): Promise<{ readonly result: Exclude<PsiResult, undefined> | null }> {
  const channel = new PortChannel(peer, port)
  try {
    const progress = (done: number, of: number) => port.postMessage({ done, of } satisfies Ask)
    const capped = maxResult === null ? {} : { maxResult }
    const result = await ot({ ...terms, ...capped, channel, random, progress }, pause)
    return { result: result ?? null }
  } finally {
    port.close()
  }
}

class PortChannel implements PsiChannel {
  readonly peer: string
  readonly #port: MessagePort
  readonly #waiting = new Map<
    number,
    { resolve(payload?: Bytes): void; reject(e: unknown): void }
  >()
  #last = 0
  #closed = false

  constructor(peer: string, port: MessagePort) {
    this.peer = peer
    this.#port = port
    port.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if ('error' in answer) waiting?.reject(errorOf(answer.error))
      else waiting?.resolve(answer.payload)
    })
    port.on('close', () => {
      this.#closed = true
      for (const { reject } of this.#waiting.values()) reject(lost())
      this.#waiting.clear()
    })
  }

  async send(step: string, payload: Bytes): Promise<void> {
    // Of its own: a view would take along all that it is a view of, a kernel's whole memory.
    const copy = payload.slice()
    await this.#ask((id) => ({ id, send: step, payload: copy }), [copy.buffer])
  }

  async receive(step: string, length: { readonly min: number; readonly max: number }) {
    return (await this.#ask((id) => ({ id, receive: step, ...length })))!
  }

  #ask(make: (id: number) => Ask, moved: ArrayBuffer[] = []): Promise<Bytes | undefined> {
    if (this.#closed) return Promise.reject(lost())
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#port.postMessage(make(id), moved)
    })
  }
}

function lost(): ProtocolError {
  return new ProtocolError('WORKER_LOST', { at: 'port' })
}
