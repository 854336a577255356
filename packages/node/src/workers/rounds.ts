/**
 * Parts of a round on worker threads. A thread computes; the main thread keeps the channels and passes
 * on what is said. Bulk crosses in buffers that go back and forth: it is copied once on either side and
 * leaves no garbage. To copy from or to memory that both threads see would take three times as long.
 */

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Bytes, RandomBytes } from '@drempel/protocol/encoding'
import { type Channel, MAX_PAYLOAD, type PartyContext } from '@drempel/protocol/mpc'
import {
  type InputShare,
  type PartResult,
  type PartRunner,
  type PartTask,
  type RoundInputs,
  runPart,
} from '@drempel/protocol/threshold'
import { aesCtr, gmac } from '../bulk/index.ts'
import { answerCalls, Calls } from './calls.ts'
import type { WorkerPool } from './pool.ts'

type Side = 'next' | 'previous'
export type PartLinks = Readonly<Record<Side, Channel>>

/** What a thread needs to know of its node. */
type Place = Pick<PartyContext, 'party' | 'members'>

/** A task as it crosses; its inputs lie in memory that all threads see. */
export type PartOrder = {
  readonly place: Place
  readonly task: PartTask
  readonly port: MessagePort
}

/** `buffer` is given away with what is asked, and comes back with the answer. */
type Ask =
  | { readonly side: Side; readonly send: string; readonly buffer: Bytes; readonly length: number }
  | {
      readonly side: Side
      readonly receive: string
      readonly buffer: Bytes
      readonly length: number
    }
  /** What comes seldom and is short. */
  | { readonly side: Side; readonly receive: string }
  | { readonly done: number }

/** Beside each other at most: the main thread has the channels' work. */
export function partsAtMost(pool: WorkerPool): number {
  return Math.max(1, pool.size - 1)
}

/**
 * The main thread's end.
 * @param links of each part
 * @param pause between two partners' inputs, which are copied once for all parts
 * @param signal when the round has ended, as it may: inputs are overwritten then
 */
export function partsOnThreads(
  pool: WorkerPool,
  links: readonly PartLinks[],
  place: Place,
  pause: () => Promise<void>,
  signal: AbortSignal,
): PartRunner {
  let inputs: Promise<RoundInputs> | undefined
  return async (index, given, onProgress) => {
    inputs ??= shareInputs(given.inputs, pause, signal)
    const task = { ...given, inputs: await inputs }
    const { port1: own, port2: port } = new MessageChannel()
    answerCalls<Ask>(own, (ask) => {
      if ('done' in ask) return void onProgress(ask.done)
      const channel = links[index]![ask.side]
      if (!('buffer' in ask)) return channel.receive(ask.receive)
      const { buffer, length } = ask
      const message = buffer.subarray(0, length)
      const passed =
        'send' in ask ? channel.send(ask.send, message) : channel.receiveInto(ask.receive, message)
      return passed.then(() => ({ moved: buffer }))
    })
    // What waits for a message is told by the port's end, what computes by the pool.
    const stop = () => own.close()
    signal.addEventListener('abort', stop, { once: true })
    try {
      const order = { place, task, port }
      // At once, beside what else a thread does: one that waited would hold up the other nodes' threads.
      const elements = task.plan.rows * task.plan.bins
      return await pool.run('roundPart', order, { elements, urgent: true, signal, ports: [port] })
    } finally {
      signal.removeEventListener('abort', stop)
      own.close()
    }
  }
}

/** The thread's end. */
export async function runRoundPart(
  { place, task, port }: PartOrder,
  random: RandomBytes,
  pause: () => Promise<void>,
): Promise<PartResult> {
  const calls = new Calls<Ask>(port)
  const buffers = new Buffers()
  try {
    return await runPart(
      {
        ...place,
        next: linkOver(calls, buffers, 'next'),
        previous: linkOver(calls, buffers, 'previous'),
        prg: aesCtr,
        mac: gmac,
        random,
        pause,
        onProgress: (done) => calls.tell({ done }),
      },
      task,
    )
  } finally {
    calls.close()
  }
}

function linkOver(calls: Calls<Ask>, buffers: Buffers, side: Side): Channel {
  return {
    async send(step, payload) {
      const buffer = buffers.take()
      buffer.set(payload)
      const ask = { side, send: step, buffer, length: payload.length }
      buffers.give((await calls.ask(ask, [buffer.buffer]))!)
    },
    async receive(step) {
      return (await calls.ask({ side, receive: step }))!
    },
    async receiveInto(step, into) {
      const buffer = buffers.take()
      const ask = { side, receive: step, buffer, length: into.length }
      const filled = (await calls.ask(ask, [buffer.buffer]))!
      into.set(filled.subarray(0, into.length))
      buffers.give(filled)
    },
  }
}

/** A message each, as many as there ever were under way; used again, since fresh memory is dear. */
class Buffers {
  readonly #free: Uint8Array<ArrayBuffer>[] = []

  take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(MAX_PAYLOAD)
  }

  give(buffer: Bytes): void {
    this.#free.push(buffer as Uint8Array<ArrayBuffer>)
  }
}

/** Copies that last until the round ends. */
async function shareInputs(
  inputs: RoundInputs,
  pause: () => Promise<void>,
  signal: AbortSignal,
): Promise<RoundInputs> {
  const lengths = [...inputs.values()].flatMap(({ components }) =>
    components.map(({ length }) => length),
  )
  const memory = new SharedArrayBuffer(lengths.reduce((sum, length) => sum + length, 0))
  signal.addEventListener('abort', () => new Uint8Array(memory).fill(0), { once: true })
  let at = 0
  const share = (component: Bytes): Bytes => {
    const shared = new Uint8Array(memory, at, component.length)
    at += component.length
    shared.set(component)
    return shared
  }
  const copies = new Map<number, InputShare>()
  for (const [partner, input] of inputs) {
    // Nothing overwrites what is copied after the end.
    signal.throwIfAborted()
    const [own, next] = input.components
    copies.set(partner, { ...input, components: [share(own), share(next)] })
    await pause()
  }
  signal.throwIfAborted()
  return copies
}
