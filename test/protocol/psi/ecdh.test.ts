/** The answer of `ecdh` against a plain computation, both ends in one process. */

import { type Bytes, hex } from '@drempel/protocol/encoding'
import type { PsiOutput } from '@drempel/protocol/psi'
import { describe, expect, it } from 'vitest'
import { paddedSize } from './padded.ts'
import { intersected, planted, type Session } from './run.ts'

/** Sizes of both lists and of what they have in common. */
const SIZES: readonly (readonly [receiver: number, sender: number, common: number])[] = [
  [0, 0, 0],
  [0, 7, 0],
  [7, 0, 0],
  [1, 1, 0],
  [1, 1, 1],
  [40, 60, 1],
  [60, 40, 39],
  [50, 50, 50],
  [1, 1000, 1],
  [1000, 1, 1],
  [512, 513, 250],
]

describe.each(SIZES)('%i with %i, %i in common', (receiver, sender, common) => {
  const lists = planted(receiver, sender, common, `${receiver} ${sender} ${common}`)
  const both = new Set(lists.sender)
  const expected = lists.receiver.flatMap((item, row) => (both.has(item) ? [row] : []))

  it.each(['items', 'size'] as const)('%s to both', async (output) => {
    const { receiver: asked, sender: told } = await intersected({ ...lists, output, to: 'both' })
    expect(asked!.size).toBe(common)
    expect(told!.size).toBe(common)
    if (output === 'size') {
      expect(asked).not.toHaveProperty('rows')
      return expect(told).not.toHaveProperty('rows')
    }
    expect([...asked!.rows!]).toEqual(expected)
    const named = [...told!.rows!].map((row) => lists.sender[row]!)
    expect(named.toSorted()).toEqual(expected.map((row) => lists.receiver[row]!).toSorted())
    expect([...told!.rows!]).toEqual([...told!.rows!].toSorted((a, b) => a - b))
  })
})

it.each([
  [0, 0],
  [0, 3],
  [3, 0],
])('unpadded sizes, %i and %i: an answer where one side has nothing', async (receiver, sender) => {
  const sizes = { receiver, sender }
  const only = { receiver: { sizes }, sender: { sizes } }
  const lists = planted(receiver, sender, 0, 'none')
  for (const output of ['items', 'size'] as const) {
    const results = await intersected({ ...lists, output, to: 'both', only })
    expect([results.receiver!.size, results.sender!.size]).toEqual([0, 0])
  }
})

describe('what a session tells', () => {
  const lists = planted(90, 70, 33, 'tells')

  it('the sender nothing where the result goes to the receiver', async () => {
    for (const output of ['items', 'size'] as const) {
      const results = await intersected({ ...lists, output, to: 'receiver' })
      expect(results.receiver!.size).toBe(33)
      expect(results.sender).toBeUndefined()
    }
  })

  it('both the number alone above the largest result', async () => {
    const tell = async (maxResult: number) => {
      const ended = await intersected({ ...lists, output: 'items', to: 'both', maxResult })
      return [ended.receiver, ended.sender]
    }
    expect(await tell(32)).toEqual([{ size: 33 }, { size: 33 }])
    for (const side of await tell(33)) expect(side!.rows).toHaveLength(33)
  })

  it('the same frames whatever the lists', async () => {
    const shape = async (output: PsiOutput, common: number, own: number) => {
      const { link } = await intersected({ ...planted(own, 70, common, 's'), output, to: 'both' })
      const frames = link.sent.map(({ from, step, payload }) => `${from} ${step} ${payload.length}`)
      return frames.toSorted()
    }
    expect(paddedSize(81)).toBe(paddedSize(96))
    for (const output of ['items', 'size'] as const) {
      expect(await shape(output, 0, 81)).toEqual(await shape(output, 70, 96))
    }
  })

  it('no item twice with the same bytes, and nothing of another session', async () => {
    const points = async (session: Session) => {
      const { link } = await intersected(session)
      const frames = link.sent.filter(({ step }) => step !== 'psi/terms')
      return new Set(frames.flatMap(({ payload }) => split(payload)))
    }
    const session: Session = { ...lists, output: 'items', to: 'receiver' }
    const first = await points({ ...session, seed: 'one' })
    const second = await points({ ...session, seed: 'two' })
    expect([...first].filter((point) => second.has(point))).toEqual([])
  })
})

function split(bytes: Bytes): string[] {
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) =>
    hex(bytes.subarray(8 * i, 8 * i + 8)),
  )
}
