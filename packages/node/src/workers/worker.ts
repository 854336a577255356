/** A worker's thread: runs what it is sent, several jobs in turn when one is urgent. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { type JobArguments, type JobName, runJob, type World } from './jobs.ts'
import { arraysIn, buffersIn, faultOf, type Order, type Reply } from './messages.ts'
import { seededRandom, systemRandom } from './random.ts'

const port = parentPort!
const running = new Set<number>()

port.on('message', async (order: Order) => {
  if ('abort' in order) return void running.delete(order.abort)
  const { id, name, args, seed } = order
  running.add(id)
  const world: World = {
    random: seed === null ? systemRandom : seededRandom(seed),
    pause: async () => {
      await nextTurn()
      if (!running.has(id)) throw new Error('aborted')
    },
  }
  try {
    const result = await runJob(name, world, args as JobArguments<JobName>)
    const reply: Reply = { id, result }
    port.postMessage(reply, buffersIn(result))
  } catch (error) {
    const reply: Reply = { id, error: faultOf(error) }
    port.postMessage(reply)
  } finally {
    running.delete(id)
    // What the result took along is detached by now; what is shared is another's to overwrite.
    for (const { buffer } of arraysIn(args)) {
      if (buffer instanceof ArrayBuffer && !buffer.detached) new Uint8Array(buffer).fill(0)
    }
  }
})
