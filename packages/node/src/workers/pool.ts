/**
 * The node's worker threads. Long jobs (a batch of tags) take one worker each and wait in line for
 * one; urgent ones (a screen, a list that a round waits for) begin at once, in the middle of a long
 * job if they must; tiny ones (a check) run in the main thread, which costs less than the way to a
 * worker and back.
 *
 * Threads start when there is work and end when there was none for a while, so that an idle node
 * holds neither their memory nor what they computed on.
 */

import { availableParallelism } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import type { RandomBytes } from '@drempel/protocol/encoding'
import { ProtocolError } from '@drempel/protocol/encoding'
import { fail } from './errors.ts'
import { type JobArguments, type JobName, type JobResult, runJob } from './jobs.ts'
import { arraysIn } from './messages.ts'
import { systemRandom } from './random.ts'
import { Thread } from './thread.ts'

/** Elements; some 5 ms of work. */
const TINY = 16
const MAX_WAITING = 64 * 2 ** 20
const IDLE_MS = 60_000

export type JobOptions = {
  /** How many elements the job is about. */
  readonly elements: number
  readonly urgent: boolean
  readonly signal?: AbortSignal | undefined
  /** Arrays that own their whole buffers and that the caller has no more use for: these are not copied. */
  readonly move?: readonly ArrayBufferView[]
  /** Ports among the arguments. */
  readonly ports?: readonly MessagePort[]
  /** Its room is held already. */
  readonly held?: boolean
}

export interface WorkerPool {
  /** How many long jobs run at a time. */
  readonly size: number
  /**
   * @throws what the job throws; ProtocolError `WORKER_LOST`, `POOL_FULL`, `POOL_CLOSED`; the
   *   signal's reason
   */
  run<Name extends JobName>(
    name: Name,
    args: JobArguments<Name>,
    options: JobOptions,
  ): Promise<JobResult<Name>>
  /**
   * Room for a job that may have to wait, before anything is spent on it. The caller gives it back when the
   * job is done, or does not come to it.
   * @throws ProtocolError `POOL_FULL`
   */
  hold(bytes: number): () => void
  /** Ends all threads; their jobs fail. */
  close(): Promise<void>
}

export type PoolOptions = {
  /** Threads; 0 or 1 means that all runs in the main thread. As many as there are cores by default. */
  readonly size?: number
  /** The only source of randomness, workers' included, for runs that must repeat. */
  readonly random?: RandomBytes
  /** Bytes that may wait for a thread or be held. */
  readonly maxWaiting?: number
  /** Threads end when there was no job for so long. */
  readonly idleMs?: number
  /** Another program for the threads, for tests. */
  readonly worker?: URL
}

type Waiting = {
  readonly bytes: number
  readonly begin: (thread: Thread) => void
  readonly reject: (error: unknown) => void
  readonly signal: AbortSignal | undefined
}

export function createPool(options: PoolOptions = {}): WorkerPool {
  const { size = availableParallelism(), random, worker } = options
  const { maxWaiting = MAX_WAITING, idleMs = IDLE_MS } = options
  const threads = new Set<Thread>()
  const waiting: Waiting[] = []
  let waitingBytes = 0
  let closed = false
  let idle: NodeJS.Timeout | undefined

  const start = (): Thread => {
    const onExit = (gone: Thread) => {
      threads.delete(gone)
      next()
    }
    const thread = new Thread(onExit, worker)
    threads.add(thread)
    return thread
  }

  /** The one with the least to do; a new one if all have something to do and there may be more. */
  const pick = (): Thread => {
    const [least] = [...threads].sort((a, b) => a.active - b.active)
    return least === undefined || (least.active > 0 && threads.size < size) ? start() : least
  }

  const free = (): Thread | undefined =>
    [...threads].find(({ bulk }) => bulk === 0) ?? (threads.size < size ? start() : undefined)

  const next = (): void => {
    while (waiting.length > 0 && !closed) {
      const thread = free()
      if (thread === undefined) return
      const job = waiting.shift()!
      waitingBytes -= job.bytes
      if (!job.signal?.aborted) job.begin(thread)
    }
  }

  const rest = (): void => {
    clearTimeout(idle)
    idle = setTimeout(() => {
      if ([...threads].some(({ active }) => active > 0)) return
      for (const thread of threads) void thread.end()
      threads.clear()
    }, idleMs)
    idle.unref()
  }

  const assertRoom = (bytes: number): void => {
    if (waitingBytes + bytes > maxWaiting) fail('POOL_FULL')
  }

  function onThread(name: JobName, args: unknown, options: JobOptions): Promise<unknown> {
    const { urgent, signal, move = [], ports = [], held = false } = options
    const bytes = held ? 0 : arraysIn(args).reduce((sum, { byteLength }) => sum + byteLength, 0)
    if (!urgent) assertRoom(bytes)
    const seed = random?.(32) ?? null
    const transfer = [...move.map(({ buffer }) => buffer as ArrayBuffer), ...ports]
    return new Promise((resolve, reject) => {
      // The caller need not wait until the thread has noticed.
      const abort = () => reject(signal!.reason)
      signal?.addEventListener('abort', abort, { once: true })
      const begin = (thread: Thread) => {
        const load = urgent ? 0 : 1
        thread.bulk += load
        const done = thread.run({ name, args, seed }, transfer, signal).then(resolve, reject)
        void done.finally(() => {
          signal?.removeEventListener('abort', abort)
          thread.bulk -= load
          next()
          rest()
        })
      }
      if (urgent) return begin(pick())
      waiting.push({ bytes, begin, reject, signal })
      waitingBytes += bytes
      next()
    })
  }

  async function here(name: JobName, args: never, { signal }: JobOptions): Promise<unknown> {
    const pause = async () => {
      await nextTurn()
      signal?.throwIfAborted()
    }
    return runJob(name, { random: random ?? systemRandom, pause }, args)
  }

  return {
    size: Math.max(1, size),
    hold(bytes) {
      assertRoom(bytes)
      waitingBytes += bytes
      let held = bytes
      return () => {
        waitingBytes -= held
        held = 0
      }
    },
    async run(name, args, jobOptions) {
      if (closed) fail('POOL_CLOSED')
      jobOptions.signal?.throwIfAborted()
      const small = jobOptions.elements <= TINY || size <= 1
      const result = small
        ? here(name, args as never, jobOptions)
        : onThread(name, args, jobOptions)
      return result as Promise<JobResult<typeof name>>
    },
    async close() {
      closed = true
      clearTimeout(idle)
      for (const { reject } of waiting.splice(0)) reject(new ProtocolError('POOL_CLOSED'))
      await Promise.all([...threads].map((thread) => thread.end()))
    },
  }
}
