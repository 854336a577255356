/**
 * A node that erases a period's key and kills itself at one step of that, while it appends to its log.
 * Says on standard output what was acknowledged, right after it was.
 * Arguments: home, milliseconds that its clock is ahead, proposal, token, step, before or after.
 */

import { promises, writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { LogBatch } from '@drempel/node/internal/store'
import { startNode } from '@drempel/node/testing'
import { base64 } from '@drempel/protocol/encoding'
import { killAt } from '../../kit/killAt.ts'
import type { Killed } from './killed.ts'

const [home, ahead, proposal, token, step, when] = process.argv.slice(2) as [
  ...[home: string, ahead: string, proposal: string, token: string],
  ...[step: Killed['step'], when: Killed['when']],
]
const say = (what: object) => writeSync(1, `${JSON.stringify(what)}\n`)
const clock = () => Date.now() + Number(ahead)
const output = { write: () => {} }
const live = await startNode({ home, clock, output, workers: 0, background: false })
const { ctx } = live.node.sessions

if (step === 'begin' || step === 'end') killAt(ctx.store.proposals, step, when)
if (step === 'entry') {
  killAt(ctx.store.log, 'append', when, (_: string, { entries }: LogBatch) =>
    entries.some(({ type }) => type === 'shred'),
  )
}
if (step === 'key' || step === 'purpose-key') {
  const meant = (path: string) => path.includes('/purposes/') === (step === 'purpose-key')
  killAt(promises, 'unlink', when, meant)
  syncBuiltinESMExports()
}

async function appending(): Promise<void> {
  for (;;) {
    const { origin, index, leaf } = await ctx.audit.append({ type: 'node.started' }, { step })
    say({ origin, index, leaf: base64(leaf) })
  }
}

void appending()
const { status } = await fetch(`${live.url}/api/v1/proposals/${proposal}/shredding`, {
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: '{}',
})
say({ status })
process.exit(1)
