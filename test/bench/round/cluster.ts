/**
 * Three compute nodes in processes of their own, asked in lockstep; if wanted with links between them
 * as long as those of a wide area.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Detour, delayed } from './delay.ts'
import type { Answers, Progress, Question } from './messages.ts'

const PARTIES = [0, 1, 2] as const
const PATIENCE_MS = 3000

export class Cluster {
  readonly #nodes: readonly ChildProcess[]
  #detours: readonly Detour[] = []
  #roundTrips: readonly number[] = []
  readonly #kill = () => {
    for (const node of this.#nodes) node.kill('SIGKILL')
  }

  /** The nodes end with this process at the latest. */
  constructor(nodes: readonly ChildProcess[]) {
    this.#nodes = nodes
    process.once('exit', this.#kill)
  }

  /**
   * Ends what it started when it fails.
   * @param delayMs each way, on every link
   * @param parts with links of their own, if there are several
   */
  static async start(delayMs = 0, parts = 1): Promise<Cluster> {
    const file = fileURLToPath(new URL('./node.ts', import.meta.url))
    const cluster = new Cluster(
      // Standard output is the benchmark's own.
      PARTIES.map(() =>
        fork(file, [], { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] }),
      ),
    )
    try {
      const answers = await cluster.ask<'listen'>((party) => ({ ask: 'listen', party }))
      let ports = answers.map(({ port }) => port)
      if (delayMs > 0) {
        cluster.#detours = await Promise.all(ports.map((port) => delayed(port, delayMs)))
        ports = cluster.#detours.map(({ port }) => port)
      }
      const plainPorts = answers.map(({ plainPort }) => plainPort)
      const connected = await cluster.ask<'connect'>(() => ({
        ...{ ask: 'connect', ports, plainPorts },
        parts: parts === 1 ? 0 : parts,
      }))
      cluster.#roundTrips = connected.map(({ roundTripMs }) => roundTripMs)
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** Milliseconds to the farther neighbour, as each node measured it. */
  get roundTrips(): readonly number[] {
    return this.#roundTrips
  }

  /** The same kind of question to all three at once; their answers in party order. */
  ask<K extends Question['ask']>(
    question: (party: number) => Extract<Question, { ask: K }>,
    onProgress?: (done: number) => void,
  ): Promise<readonly Answers[K][]> {
    return Promise.all(
      this.#nodes.map((node, party) =>
        askOne<K>(node, question(party), party === 0 ? onProgress : undefined),
      ),
    )
  }

  async stop(): Promise<void> {
    const running = this.#nodes.filter((node) => node.exitCode === null && node.signalCode === null)
    const gone = running.map((node) => once(node, 'exit'))
    // A node that is idle ends by itself, and so writes its profile when it was told to make one.
    for (const node of running) if (node.connected) node.disconnect()
    const timer = setTimeout(this.#kill, PATIENCE_MS)
    await Promise.all(gone)
    for (const { close } of this.#detours) close()
    clearTimeout(timer)
    process.off('exit', this.#kill)
  }
}

function askOne<K extends Question['ask']>(
  node: ChildProcess,
  question: Question,
  onProgress: ((done: number) => void) | undefined,
): Promise<Answers[K]> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      node.off('message', heard)
      node.off('exit', gone)
      act()
    }
    const heard = (answer: Answers[K] | Progress) => {
      if ('done' in answer) onProgress?.(answer.done)
      else settle(() => resolve(answer))
    }
    const gone = () => settle(() => reject(new Error(`a compute node ended at "${question.ask}"`)))
    node.on('message', heard)
    node.once('exit', gone)
    node.send(question, (error) => {
      if (error !== null) settle(() => reject(error))
    })
  })
}
