/** Three compute nodes in processes of their own, asked in lockstep. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answers, Question } from './messages.ts'

const PARTIES = [0, 1, 2] as const
const PATIENCE_MS = 3000

export class Cluster {
  readonly #nodes: readonly ChildProcess[]
  readonly #kill = () => {
    for (const node of this.#nodes) node.kill('SIGKILL')
  }

  /** The nodes end with this process at the latest. */
  constructor(nodes: readonly ChildProcess[]) {
    this.#nodes = nodes
    process.once('exit', this.#kill)
  }

  /** Ends what it started when it fails. */
  static async start(): Promise<Cluster> {
    const file = fileURLToPath(new URL('./node.ts', import.meta.url))
    const cluster = new Cluster(
      // Standard output is the benchmark's own.
      PARTIES.map(() =>
        fork(file, [], { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] }),
      ),
    )
    try {
      const answers = await cluster.ask<'listen'>((party) => ({ ask: 'listen', party }))
      const ports = answers.map(({ port }) => port)
      await cluster.ask<'connect'>(() => ({ ask: 'connect', ports }))
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** The same kind of question to all three at once; their answers in party order. */
  ask<K extends Question['ask']>(
    question: (party: number) => Extract<Question, { ask: K }>,
  ): Promise<readonly Answers[K][]> {
    return Promise.all(this.#nodes.map((node, party) => askOne<K>(node, question(party))))
  }

  async stop(): Promise<void> {
    const running = this.#nodes.filter((node) => node.exitCode === null && node.signalCode === null)
    const gone = running.map((node) => once(node, 'exit'))
    // A node that is idle ends by itself, and so writes its profile when it was told to make one.
    for (const node of running) if (node.connected) node.disconnect()
    const timer = setTimeout(this.#kill, PATIENCE_MS)
    await Promise.all(gone)
    clearTimeout(timer)
    process.off('exit', this.#kill)
  }
}

function askOne<K extends Question['ask']>(
  node: ChildProcess,
  question: Question,
): Promise<Answers[K]> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      node.off('message', heard)
      node.off('exit', gone)
      act()
    }
    const heard = (answer: unknown) => settle(() => resolve(answer as Answers[K]))
    const gone = () => settle(() => reject(new Error(`a compute node ended at "${question.ask}"`)))
    node.once('message', heard)
    node.once('exit', gone)
    node.send(question, (error) => {
      if (error !== null) settle(() => reject(error))
    })
  })
}
