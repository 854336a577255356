/**
 * A node that ends a list masked ahead, and kills itself once that is in its log, before its store has it.
 * Arguments: home, milliseconds that its clock is ahead, token, list.
 */

import { startNode } from '@drempel/node/testing'
import { killAt } from '../../kit/killAt.ts'

const [home, ahead, token, id] = process.argv.slice(2) as [string, string, string, string]
const clock = () => Date.now() + Number(ahead)
const output = { write: () => {} }
const live = await startNode({ home, clock, output, workers: 0, background: false })
killAt(live.node.sessions.ctx.store.psi.prepared, 'transition', 'before')
await fetch(`${live.url}/api/v1/psi/prepared/${id}/end`, {
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: '{}',
})
process.exit(1)
