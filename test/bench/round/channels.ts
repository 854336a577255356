/** What a channel between two nodes costs, against a plain socket in turns. */

import { type Result, ratioOf, resultOf } from '../harness/results.ts'
import type { Mode } from '../harness/suite.ts'
import { takeTurns } from '../harness/turns.ts'
import { Cluster } from './cluster.ts'

const LIMITS = {
  full: { seconds: 15, atLeast: 3, atMost: 25 },
  quick: { seconds: 3, atLeast: 2, atMost: 15 },
  smoke: { seconds: 0, atLeast: 1, atMost: 1 },
} as const

const SIZES = [
  { name: '1 KiB', size: 1 << 10, count: 5_000 },
  { name: '128 KiB', size: 1 << 17, count: 400 },
] as const

export async function channels(mode: Mode, say: (text: string) => void): Promise<Result[]> {
  say('round: channels')
  const cluster = await Cluster.start()
  try {
    const contender = (via: 'channel' | 'plain', size: number, count: number) => ({
      name: `${via} ${size}`,
      run: async () => {
        const answers = await cluster.ask<'flood'>(() => ({ ask: 'flood', via, size, count }))
        return answers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
      },
    })
    const share = mode === 'smoke' ? 0.02 : 1
    const counted = SIZES.map((one) => ({ ...one, count: Math.ceil(one.count * share) }))
    const turns = await takeTurns(
      counted.flatMap(({ size, count }) => [
        contender('channel', size, count),
        contender('plain', size, count),
      ]),
      LIMITS[mode],
    )
    return counted.flatMap(({ name, size, count }) => {
      const ours = turns.of(`channel ${size}`)
      const theirs = turns.of(`plain ${size}`)
      const figure = `channel, messages of ${name}: processor time of both ends`
      return [
        resultOf(
          { name: figure, unit: 'us', better: 'lower' },
          ours.map((seconds) => (1e6 * seconds) / count),
        ),
        ratioOf({ name: `${figure} / plain socket`, peer: 'node:net' }, ours, theirs),
      ]
    })
  } finally {
    await cluster.stop()
  }
}
