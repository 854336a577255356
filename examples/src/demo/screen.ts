/** What the demo shows: a line of progress that moves on a terminal and stays readable in a file. */

import type { Writable } from 'node:stream'

type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** Between two lines of progress of one phase, where lines can't be overwritten. */
const QUIET_MS = 5_000
const BAR = 24

export class Screen {
  readonly #output: Output
  #written = 0
  #open = false

  constructor(output: Output) {
    this.#output = output
  }

  /** A line that stays. */
  say(text = ''): void {
    this.#clear()
    this.#output.write(`${text}\n`)
  }

  /** A line for what begins now. */
  phase(text: string): void {
    this.say(`${this.#clock()}  ${text}`)
    this.#written = Date.now()
  }

  /** A line that the next one replaces. */
  progress(text: string): void {
    const line = `${this.#clock()}    ${text}`
    if (this.#output.isTTY) {
      this.#output.write(`\r\u001b[2K${line.slice(0, (this.#output.columns ?? 80) - 1)}`)
      this.#open = true
    } else if (Date.now() - this.#written >= QUIET_MS) {
      this.#output.write(`${line}\n`)
      this.#written = Date.now()
    }
  }

  #clear(): void {
    if (this.#open) this.#output.write('\r\u001b[2K')
    this.#open = false
  }

  #clock(): string {
    // From the start of the process.
    return `${(performance.now() / 1000).toFixed(1).padStart(6)} s`
  }
}

export function bar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const full = Math.round(share * BAR)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${String(Math.floor(share * 100)).padStart(3)} %`
}

export function number(value: number): string {
  return value.toLocaleString('en-US')
}
