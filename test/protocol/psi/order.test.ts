/** What the order of products says where only the size is told, and of the sender's records: nothing. */

import { type Bytes, hex } from '@drempel/protocol/encoding'
import { defaultGroup } from '@drempel/protocol/group'
import { expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { ended, type Session } from './run.ts'

const ITEMS = 8
const SESSIONS = 240
/** Chi-square with 7 degrees of freedom is above this with probability 10^-6. */
const LIMIT = 40.5

const group = defaultGroup()
const names = (side: string) => Array.from({ length: ITEMS }, (_, i) => `${side} ${i}`)
const sizes = { receiver: ITEMS, sender: ITEMS }

/** The place among the products of each of the receiver's points, session by session. */
const places: Promise<readonly (readonly number[])[]> = (async () => {
  const all: number[][] = []
  for (let i = 0; i < SESSIONS; i++) {
    const session: Session = {
      receiver: names('r'),
      sender: names('s'),
      output: 'size',
      to: 'receiver',
      seed: `order ${i}`,
      only: { receiver: { sizes }, sender: { sizes } },
    }
    const { link } = await ended(session)
    const frame = (step: string) => link.sent.find((one) => one.step === step)!.payload
    // The sender draws its scalar first.
    const scalar = group.scalars.reduce(seededRandom(`order ${i} sender`)(64))
    const products = split(group.multiplySecret(scalar, frame('psi/masked')))
    const sent = split(frame('psi/products'))
    expect(sent.toSorted()).toEqual(products.toSorted())
    all.push(products.map((product) => sent.indexOf(product)))
  }
  return all
})()

it('each point comes back at each place equally often', async () => {
  for (const item of [0, ITEMS - 1]) {
    expect(chiSquare((await places).map((session) => session[item]!))).toBeLessThan(LIMIT)
  }
})

it('two points come back in either order equally often', async () => {
  const first = (await places).filter((session) => session[0]! < session[1]!).length
  // Six standard deviations.
  expect(Math.abs(first - SESSIONS / 2)).toBeLessThan(6 * Math.sqrt(SESSIONS / 4))
})

it('the statistic sees an order that is kept, and one that is turned by a few places', () => {
  const kept = Array.from({ length: SESSIONS }, () => 0)
  expect(chiSquare(kept)).toBeGreaterThan(LIMIT)
  const turned = Array.from({ length: SESSIONS }, (_, i) => i % (ITEMS / 2))
  expect(chiSquare(turned)).toBeGreaterThan(LIMIT)
})

function chiSquare(samples: readonly number[]): number {
  const expected = samples.length / ITEMS
  const counts = new Array<number>(ITEMS).fill(0)
  for (const place of samples) counts[place]!++
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

function split(points: Bytes): string[] {
  return Array.from({ length: points.length / 32 }, (_, i) =>
    hex(points.subarray(32 * i, 32 * i + 32)),
  )
}
