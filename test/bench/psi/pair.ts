/** The two parties in processes of their own. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { PsiRole } from '@drempel/protocol/psi'
import type { Answers, Progress, Question } from './messages.ts'

const PATIENCE_MS = 3000

export class Pair {
  readonly #sides: Readonly<Record<PsiRole, ChildProcess>>
  readonly #kill = () => {
    for (const side of Object.values(this.#sides)) side.kill('SIGKILL')
  }

  /** Both end with this process at the latest. */
  constructor(start: () => ChildProcess) {
    this.#sides = { receiver: start(), sender: start() }
    process.once('exit', this.#kill)
  }

  /** Connected to each other. */
  static async start(): Promise<Pair> {
    const file = fileURLToPath(new URL('./side.ts', import.meta.url))
    // Standard output is the benchmark's own.
    const pair = new Pair(() =>
      fork(file, [], { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] }),
    )
    try {
      await pair.ask('receiver', { ask: 'listen', role: 'receiver' })
      const { port } = await pair.ask<'listen'>('sender', { ask: 'listen', role: 'sender' })
      await pair.both<'connect'>(() => ({ ask: 'connect', port }))
      return pair
    } catch (error) {
      await pair.stop()
      throw error
    }
  }

  /** The same kind of question to both at once. */
  async both<K extends Question['ask']>(
    question: (role: PsiRole) => Extract<Question, { ask: K }>,
    onProgress?: (done: number) => void,
  ): Promise<Readonly<Record<PsiRole, Answers[K]>>> {
    const [receiver, sender] = await Promise.all([
      this.ask<K>('receiver', question('receiver')),
      this.ask<K>('sender', question('sender'), onProgress),
    ])
    return { receiver, sender }
  }

  ask<K extends Question['ask']>(
    role: PsiRole,
    question: Extract<Question, { ask: K }>,
    onProgress?: (done: number) => void,
  ): Promise<Answers[K]> {
    const side = this.#sides[role]
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        side.off('message', heard)
        side.off('exit', gone)
        act()
      }
      const heard = (answer: Answers[K] | Progress) => {
        if ('done' in answer) onProgress?.(answer.done)
        else settle(() => resolve(answer))
      }
      const gone = () => settle(() => reject(new Error(`the ${role} ended at "${question.ask}"`)))
      side.on('message', heard)
      side.once('exit', gone)
      side.send(question, (error) => {
        if (error !== null) settle(() => reject(error))
      })
    })
  }

  async stop(): Promise<void> {
    const sides = Object.values(this.#sides)
    const running = sides.filter((side) => side.exitCode === null && side.signalCode === null)
    const gone = running.map((side) => once(side, 'exit'))
    for (const side of running) if (side.connected) side.disconnect()
    const timer = setTimeout(this.#kill, PATIENCE_MS)
    await Promise.all(gone)
    clearTimeout(timer)
    process.off('exit', this.#kill)
  }
}
