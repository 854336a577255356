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

type Step = (...args: never[]) => Promise<unknown>

/** Kills at the first call that is meant. */
function killAt(holder: object, name: string, meant: (...args: never[]) => boolean): void {
  const bent = holder as { [name: string]: Step }
  const honest = bent[name]!
  bent[name] = async (...args) => {
    if (!meant(...args)) return honest.apply(holder, args)
    if (when === 'after') await honest.apply(holder, args)
    process.kill(process.pid, 'SIGKILL')
    return new Promise(() => {})
  }
}

if (step === 'begin' || step === 'end') killAt(ctx.store.proposals, step, () => true)
if (step === 'entry') {
  killAt(ctx.store.log, 'append', (_: string, { entries }: LogBatch) =>
    entries.some(({ type }) => type === 'shred'),
  )
}
if (step === 'key' || step === 'purpose-key') {
  killAt(
    promises,
    'unlink',
    (path: string) => path.includes('/purposes/') === (step === 'purpose-key'),
  )
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
