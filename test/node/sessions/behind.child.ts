/**
 * A node that kills itself between an entry and what follows from it.
 * Arguments: home, milliseconds that its clock is ahead, what it does, and what with.
 */

import { generateKey, objectTo } from '@drempel/node/internal/sessions'
import { startNode } from '@drempel/node/testing'
import { killAt } from '../kit/killAt.ts'

const [home, ahead, what, given] = process.argv.slice(2) as [string, string, string, string]
const clock = () => Date.now() + Number(ahead)
const output = { write: () => {} }
const live = await startNode({ home, clock, output, workers: 0, background: false })
const { sessions, convenant, home: own } = live.node
const { ctx, intersections } = sessions
setTimeout(() => process.exit(1), 10_000)

if (what === 'install') {
  killAt(ctx.store.convenants, 'put', 'before')
  await convenant.install(ctx, own, JSON.parse(given))
} else if (what === 'lead') {
  killAt(ctx, 'call', 'after', (_, method: string) => method === 'keys/shares')
  await generateKey(ctx, 'host')
} else {
  killAt(ctx.store.flags, 'object', 'before')
  const about = { kind: 'host', value: given, proof: 'seen', operator: 'test' } as const
  await objectTo(ctx, intersections, about)
}
