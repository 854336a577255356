/** How long a process computes without a look at anything else. */

const EVERY_MS = 2

export class LongestTurn {
  #last = process.threadCpuUsage()
  #longest = 0
  readonly #timer = setInterval(() => this.#look(), EVERY_MS)

  /**
   * The most processor time of this thread between two turns of its event loop, in milliseconds: what
   * an answer waits for on a machine that has nothing else to do.
   */
  stop(): number {
    clearInterval(this.#timer)
    this.#look()
    return this.#longest
  }

  #look(): void {
    const { user, system } = process.threadCpuUsage(this.#last)
    this.#last = process.threadCpuUsage()
    this.#longest = Math.max(this.#longest, (user + system) / 1000)
  }
}
