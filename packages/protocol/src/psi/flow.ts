/** Loops over batches: several in work at a time, results in order, and all end when one fails. */

/** What ends all loops of a session: an abort signal, or the first of them that fails. */
export class Stop {
  readonly #waiting = new Set<(reason: unknown) => void>()
  readonly #signal: AbortSignal | undefined
  readonly #abort = () => this.#fail(this.#signal?.reason)
  #stopped: { readonly reason: unknown } | undefined

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
    if (signal?.aborted) this.#abort()
    signal?.addEventListener('abort', this.#abort, { once: true })
  }

  /** @throws what ended the session, if anything did */
  check(): void {
    if (this.#stopped !== undefined) throw this.#stopped.reason
  }

  /**
   * What `work` makes, unless the session ends before. Nothing of it is kept after that, as
   * Promise.race with one long promise would: all frames until the session ends.
   */
  race<T>(work: Promise<T>): Promise<T> {
    const raced = new Promise<T>((resolve, reject) => {
      if (this.#stopped !== undefined) reject(this.#stopped.reason)
      this.#waiting.add(reject)
      const done = () => this.#waiting.delete(reject)
      work.then(resolve, reject).finally(done)
    })
    ignore(raced)
    return raced
  }

  /** All of them, or the first failure, which ends the others. */
  async all<T extends readonly unknown[]>(
    tasks: readonly [...{ [K in keyof T]: Promise<T[K]> }],
  ): Promise<T> {
    for (const task of tasks) task.catch((reason) => this.#fail(reason))
    return (await this.race(Promise.all(tasks))) as unknown as T
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#abort)
  }

  #fail(reason: unknown): void {
    this.#stopped ??= { reason }
    for (const reject of this.#waiting) reject(this.#stopped.reason)
    this.#waiting.clear()
  }
}

export type Range = { readonly from: number; readonly to: number }

export type Batches<In, Out> = {
  readonly count: number
  /** Items of a batch. */
  readonly size: number
  /** Batches in work at a time. */
  readonly parallel: number
  readonly stop: Stop
  /** Called for one batch after another. */
  readonly fetch: (range: Range) => In | Promise<In>
  readonly work: (input: In) => Promise<Out>
  /** Called for one batch after another, in order. */
  readonly take: (output: Out, range: Range) => void | Promise<void>
}

export async function inBatches<In, Out>(batches: Batches<In, Out>): Promise<void> {
  const { count, size, parallel, stop, fetch, work, take } = batches
  const open: Promise<void>[] = []
  let last: Promise<void> = Promise.resolve()
  // A batch that fails in work must end a wait for the peer's next message.
  const failed = new Stop(undefined)
  for (let from = 0; from < count; from += size) {
    const range = { from, to: Math.min(count, from + size) }
    const input = await stop.race(failed.race(Promise.resolve(fetch(range))))
    const before = last
    const output = stop.race(work(input))
    last = (async () => {
      await before
      await stop.race(Promise.resolve(take(await output, range)))
    })()
    ignore(failed.all([last]))
    open.push(last)
    if (open.length >= parallel) await open.shift()
  }
  await last
}

/** A failure is seen where the promise is awaited, or nobody waits any more. */
function ignore(promise: Promise<unknown>): void {
  promise.catch(() => undefined)
}
