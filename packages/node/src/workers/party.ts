/**
 * A whole party of an intersection on a worker thread: `ot` is one computation from its first message to
 * its last, which would hold up the main thread. The main thread has the connection; frames cross by a
 * port, of which either end may ask for the next thing.
 */

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Bytes, RandomBytes } from '@drempel/protocol/encoding'
import { ot, type PsiChannel, type PsiOptions, type PsiResult } from '@drempel/protocol/psi'
import { answerCalls, Calls } from './calls.ts'
import type { WorkerPool } from './pool.ts'

/** What crosses as it is. */
export type PartyTerms = Omit<
  PsiOptions,
  'channel' | 'random' | 'progress' | 'signal' | 'maxResult'
> & { readonly peer: string; readonly maxResult: number | null }

type Ask =
  | { readonly send: string; readonly payload: Bytes }
  | { readonly receive: string; readonly min: number; readonly max: number }
  | { readonly done: number; readonly of: number }

/** The main thread's end. @throws as `ot`, and as the pool */
export async function otOnThread(pool: WorkerPool, options: PsiOptions): Promise<PsiResult> {
  const { role, output, to, items, sizes, context, channel, progress, signal } = options
  const { port1: own, port2: port } = new MessageChannel()
  answerCalls<Ask>(own, (ask) => {
    if ('done' in ask) return void progress?.(ask.done, ask.of)
    if ('send' in ask) return channel.send(ask.send, ask.payload).then(() => undefined)
    const { receive, min, max } = ask
    return channel.receive(receive, { min, max })
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

/** The thread's end. */
export async function runOt(
  { peer, maxResult, ...terms }: PartyTerms,
  port: MessagePort,
  random: RandomBytes,
  pause: () => Promise<void>,
): Promise<{ readonly result: Exclude<PsiResult, undefined> | null }> {
  const calls = new Calls<Ask>(port)
  const channel: PsiChannel = {
    peer,
    async send(step, payload) {
      // Of its own: a view would take along all that it is a view of, a kernel's whole memory.
      const copy = payload.slice()
      await calls.ask({ send: step, payload: copy }, [copy.buffer])
    },
    receive: async (step, length) => (await calls.ask({ receive: step, ...length }))!,
  }
  try {
    const progress = (done: number, of: number) => calls.tell({ done, of })
    const capped = maxResult === null ? {} : { maxResult }
    const result = await ot({ ...terms, ...capped, channel, random, progress }, pause)
    return { result: result ?? null }
  } finally {
    calls.close()
  }
}
