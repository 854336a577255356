/** A partner's list, from values to uploads, on all threads and on one in turns. */

import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createPool, prepareOnThreads } from '@drempel/node/internal/workers'
import type { Bytes } from '@drempel/protocol/encoding'
import { TAG_BYTES } from '@drempel/protocol/oprf'
import { planRound } from '@drempel/protocol/threshold'
import { type Result, ratioOf, resultOf } from '../harness/results.ts'
import type { Mode } from '../harness/suite.ts'
import { takeTurns, timed } from '../harness/turns.ts'

const LIMITS = {
  full: { seconds: 20, atLeast: 3, atMost: 15 },
  quick: { seconds: 2, atLeast: 2, atMost: 9 },
  smoke: { seconds: 0, atLeast: 1, atMost: 1 },
} as const

const SIZES: Record<Mode, number> = { full: 1_000_000, quick: 100_000, smoke: 2_000 }

export async function preparing(mode: Mode, say: (text: string) => void): Promise<Result[]> {
  const size = SIZES[mode]
  say(`round: preparing a list of ${size}`)
  const random = (length: number): Bytes => new Uint8Array(randomBytes(length))
  const all = random(TAG_BYTES * size)
  const values = Array.from({ length: size }, (_, i) =>
    all.subarray(TAG_BYTES * i, TAG_BYTES * (i + 1)),
  )
  const plan = planRound(['a', 'b', 'own'].map((id) => ({ id, paddedSize: size })))
  const list = { plan, partner: 2, salt: random(32), values, reports: [] }
  const pools = { 'one thread': createPool({ size: 1 }), 'all threads': createPool() }
  try {
    const turns = await takeTurns(
      Object.entries(pools).map(([name, pool]) => ({
        name,
        run: () => timed(() => prepareOnThreads(pool, list, { pause: () => nextTurn() })),
      })),
      LIMITS[mode],
    )
    const of = (name: keyof typeof pools) => turns.of(name)
    const label = `list of ${size.toLocaleString('en')} prepared`
    return [
      ...(['one thread', 'all threads'] as const).map((name) =>
        resultOf({ name: `${label}, ${name}`, unit: 's', better: 'lower' }, of(name)),
      ),
      ratioOf(
        { name: `${label}, all threads / one`, peer: 'one thread' },
        of('all threads'),
        of('one thread'),
      ),
    ]
  } finally {
    await Promise.all(Object.values(pools).map((pool) => pool.close()))
  }
}
