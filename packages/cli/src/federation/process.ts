/** A node's process: started from its home, watched, stopped, or killed without warning. */

import { type ChildProcess, spawn } from 'node:child_process'
import { nodeProgram } from '../client/child.ts'

const START_MS = 60_000
/** A node closes its connections, ends its log and its store; then it is made to end. */
const STOP_MS = 10_000

/** All that a process wrote. */
export type Output = { stdout: string; stderr: string }

const running = new Set<ChildProcess>()
// Whatever ends this process, it leaves no node behind: what ends it unheard closes their standard input.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
let heeded = false

/** Runs `drempel-node` to its end. @throws Error with what it wrote, when it fails */
export async function runNode(args: readonly string[]): Promise<Output> {
  const { child, output } = launch(args)
  const code = await ended(child)
  if (code !== 0) throw new Error(`drempel-node ${args[0]} ended with ${code}: ${output.stderr}`)
  return output
}

export class NodeProcess {
  readonly output: Output
  readonly #child: ChildProcess
  readonly #ended: Promise<number | string>
  #wanted = false
  #fault: string | undefined

  private constructor(child: ChildProcess, output: Output) {
    this.#child = child
    this.output = output
    this.#ended = ended(child)
    this.#ended.then((code) => {
      if (!this.#wanted)
        this.#fault = `ended by itself with ${code}: ${output.stderr.slice(-2_000)}`
    }, String)
  }

  /** Resolves when the node listens. @throws Error with what it wrote, when it does not */
  static async start(home: string): Promise<NodeProcess> {
    const { child, output } = launch(['up', '--attended', '--home', home])
    const node = new NodeProcess(child, output)
    let timer: NodeJS.Timeout | undefined
    try {
      await Promise.race([
        listening(child, output),
        node.#ended.then((code) => {
          throw new Error(`the node of ${home} ended with ${code}: ${output.stderr}`)
        }),
        new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error(`the node of ${home} is silent`)), START_MS)
        }),
      ])
      return node
    } catch (error) {
      await node.kill()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  get pid(): number {
    return this.#child.pid!
  }

  get running(): boolean {
    return running.has(this.#child)
  }

  /** What a process said last that ended although nobody wanted it to. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** Asks the node to end, and ends it when it does not. */
  async stop(): Promise<void> {
    this.#wanted = true
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    await this.#ended
    clearTimeout(timer)
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    this.#wanted = true
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

/** A signal that nobody handles would end this process past all who wait for its exit. */
function heedSignals(): void {
  if (heeded) return
  heeded = true
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(128 + number)
    })
  }
}

function launch(args: readonly string[]): { child: ChildProcess; output: Output } {
  heedSignals()
  const { command, cache } = nodeProgram()
  const child = spawn(process.execPath, [...command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...cache, ...process.env },
  })
  running.add(child)
  const output: Output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]!.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
    })
  }
  return { child, output }
}

/** The exit code or the signal, when all that it wrote has been read. */
function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      running.delete(child)
      reject(error)
    })
    child.once('close', (code, signal) => {
      running.delete(child)
      resolve(code ?? signal ?? 'nothing')
    })
  })
}

function listening(child: ChildProcess, output: Output): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (output.stdout.includes('"listening"')) resolve()
    }
    child.stdout!.on('data', look)
    look()
  })
}
