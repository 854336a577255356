/**
 * A node that is brought a checkpoint to cosign, or brings its own, and kills itself at one durable step
 * of that, while it appends to its log. Says on standard output what was acknowledged, right after it was.
 * Arguments: home, milliseconds that its clock is ahead, step, before or after, who brings what.
 */

import { writeSync } from 'node:fs'
import { startNode } from '@drempel/node/testing'
import { base64, fromBase64 } from '@drempel/protocol/encoding'
import { killAt } from '../../kit/killAt.ts'
import type { Killed } from './killed.ts'

const [home, ahead, step, when, from, body] = process.argv.slice(2) as [
  ...[home: string, ahead: string, step: Killed['step'], when: Killed['when']],
  ...[from: string, body: string],
]
const say = (what: object) => writeSync(1, `${JSON.stringify(what)}\n`)
const clock = () => Date.now() + Number(ahead)
const output = { write: () => {} }
const live = await startNode({ home, clock, output, workers: 0, background: false })
const { audit, store, witnessing } = live.node.sessions.ctx

async function append(): Promise<void> {
  const { origin, index, leaf } = await audit.append({ type: 'node.started' }, { step })
  say({ origin, index, leaf: base64(leaf) })
}

for (let i = 0; i < 3; i++) await append()
if (step === 'append') killAt(store.log, step, when)
else killAt(store.witness, step, when)

async function appending(): Promise<void> {
  for (;;) await append()
}

void appending()
if (step === 'setCosigned') await witnessing.cosigning.run()
if (step === 'advance' || step === 'keepConflict') {
  await witnessing.witness.add(from, fromBase64(body))
}
await new Promise((resolve) => setTimeout(resolve, 10_000))
process.exit(1)
