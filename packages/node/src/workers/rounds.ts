/**
 * Parts of a round on worker threads. A thread computes; the main thread keeps the channels and passes
 * on what is said. Bulk crosses in memory that both threads see, so that it is copied once on either
 * side and leaves no garbage: masked parts of products, no more than what the channel carries.
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
type Place = Required<Pick<PartyContext, 'party' | 'members' | 'roundTripMs'>>

/** A task as it crosses; its inputs lie in memory that all threads see. */
export type PartOrder = {
  readonly place: Place
  readonly task: PartTask
  readonly port: MessagePort
  /** Landings of what is sent and of what is received, one behind the other. */
  readonly landings: readonly [SharedArrayBuffer, SharedArrayBuffer]
}

type Ask =
  | { readonly side: Side; readonly send: string; readonly from: Landing | Bytes }
  /** Null: a message that comes seldom and is short. A number: its length, where no landing is free. */
  | { readonly side: Side; readonly receive: string; readonly into: Landing | number | null }
  | { readonly done: number }

/** Where a message lies in the memory of both threads. */
type Landing = { readonly landing: number; readonly length: number }

/** Of each kind. What is under way beside them is copied. Memory that is not used costs nothing. */
const LANDINGS = 96

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
    const landings = [newLandings(), newLandings()] as const
    answerCalls<Ask>(own, (ask) => {
      if ('done' in ask) return void onProgress(ask.done)
      const channel = links[index]![ask.side]
      if ('send' in ask) {
        const { from } = ask
        return channel
          .send(ask.send, 'landing' in from ? bytesAt(landings[0], from) : from)
          .then(nothing)
      }
      const { receive, into } = ask
      if (into === null) return channel.receive(receive)
      if (typeof into !== 'number')
        return channel.receiveInto(receive, bytesAt(landings[1], into)).then(nothing)
      const payload = new Uint8Array(into)
      return channel.receiveInto(receive, payload).then(() => payload)
    })
    // What waits for a message is told by the port's end, what computes by the pool.
    const stop = () => own.close()
    signal.addEventListener('abort', stop, { once: true })
    try {
      const order = { place, task, port, landings }
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
  { place, task, port, landings }: PartOrder,
  random: RandomBytes,
  pause: () => Promise<void>,
): Promise<PartResult> {
  const calls = new Calls<Ask>(port)
  const pools = [new Landings(landings[0]), new Landings(landings[1])] as const
  try {
    return await runPart(
      {
        ...place,
        next: linkOver(calls, pools, 'next'),
        previous: linkOver(calls, pools, 'previous'),
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

/** Nothing waits for a landing: what is asked of a channel is asked in the order of the calls. */
function linkOver(
  calls: Calls<Ask>,
  [outgoing, incoming]: readonly [Landings, Landings],
  side: Side,
): Channel {
  return {
    async send(step, payload) {
      const from = outgoing.take(payload.length)
      if (from === undefined) {
        // Of its own: a view would take along all that it is a view of.
        const copy = payload.slice()
        await calls.ask({ side, send: step, from: copy }, [copy.buffer])
        return
      }
      outgoing.at(from).set(payload)
      await calls.ask({ side, send: step, from })
      outgoing.give(from)
    },
    async receive(step) {
      return (await calls.ask({ side, receive: step, into: null }))!
    },
    async receiveInto(step, into) {
      const landing = incoming.take(into.length)
      const payload = await calls.ask({ side, receive: step, into: landing ?? into.length })
      into.set(landing === undefined ? payload! : incoming.at(landing))
      if (landing !== undefined) incoming.give(landing)
    },
  }
}

/** Memory of both threads, a message each. One whose message failed is not used again. */
class Landings {
  readonly #memory: SharedArrayBuffer
  readonly #free = Array.from({ length: LANDINGS }, (_, i) => i)

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
  }

  take(length: number): Landing | undefined {
    const landing = this.#free.pop()
    return landing === undefined ? undefined : { landing, length }
  }

  at(taken: Landing): Bytes {
    return bytesAt(this.#memory, taken)
  }

  give({ landing }: Landing): void {
    this.#free.push(landing)
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

function newLandings(): SharedArrayBuffer {
  return new SharedArrayBuffer(LANDINGS * MAX_PAYLOAD)
}

function bytesAt(memory: SharedArrayBuffer, { landing, length }: Landing): Bytes {
  return new Uint8Array(memory, landing * MAX_PAYLOAD, length)
}

function nothing(): undefined {}
