/**
 * A node that begins or ends a rehearsal and kills itself at one step of that.
 * Arguments: home, token, begin or end, step, before or after.
 */

import { startNode } from '@drempel/node/testing'
import Database from 'better-sqlite3'
import { killAt } from '../../node/kit/killAt.ts'
import type { Killed } from './killed.ts'

const [home, token, act, step, when] = process.argv.slice(2) as [
  ...[home: string, token: string, act: Killed['act']],
  ...[step: Killed['step'], when: Killed['when']],
]
const output = { write: () => {} }
const live = await startNode({ home, output, workers: 0, background: false })
const { rehearsals, keys } = live.node.sessions.ctx.store
const { audit } = live.node.sessions.ctx

switch (step) {
  case 'record':
    killAt(rehearsals, act === 'begin' ? 'begin' : 'turn', when)
    break
  case 'key':
    killAt(keys, 'drop', when)
    break
  case 'entry':
    killAt(audit, 'append', when, ({ type }: { type: string }) => type === 'convenant.changed')
    break
  case 'traces': {
    const { clear } = rehearsals
    rehearsals.clear = () => {
      // All is deleted by then, in a log of pages that still has it.
      killAt(Database.prototype, 'pragma', when)
      return clear()
    }
  }
}

const word = act === 'begin' ? { word: 'herfst' } : {}
const { status } = await fetch(`${live.url}/api/v1/rehearsal${act === 'begin' ? '' : '/end'}`, {
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: JSON.stringify(word),
})
console.log(JSON.stringify({ status }))
process.exit(1)
