/** A worker that certain batches kill: by an exit, or by an error that nothing catches. */

import { parentPort } from 'node:worker_threads'
import '../../../packages/node/src/workers/worker.ts'

parentPort!.on('message', (order: { args?: { blinded?: Uint8Array } }) => {
  const elements = (order.args?.blinded?.length ?? 0) / 32
  if (elements === 13 * 17) process.exit(1)
  if (elements === 13 * 19) throw new RangeError('with text that must not be told')
})
