/** The answer of `ot` against a plain computation, both ends in one process. */

import { setImmediate } from 'node:timers/promises'
import { ot } from '@drempel/protocol/psi'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linked } from './link.ts'
import { intersectedByOt } from './otRun.ts'
import { paddedSize } from './padded.ts'
import { type Lists, optionsOf, planted, type Session } from './run.ts'

/** Sizes of both lists and of what they have in common. */
const SIZES: readonly (readonly [receiver: number, sender: number, common: number])[] = [
  [0, 0, 0],
  [0, 7, 0],
  [7, 0, 0],
  [1, 1, 1],
  [60, 40, 39],
  [50, 50, 50],
  [5, 5000, 4],
  [5000, 5, 5],
  [64, 64, 0],
  [9000, 7000, 3000],
]

describe.each(SIZES)('%i with %i, %i in common', (receiver, sender, common) => {
  it('to both', async () => {
    await expectExact(planted(receiver, sender, common, `${receiver} ${sender} ${common}`), common)
  })
})

it('items of every length', async () => {
  const lengths = Array.from({ length: 130 }, (_, i) => i + 1).concat(640, 1023, 1024)
  const item = (length: number, side: string) =>
    `${length}${side}`.padEnd(length, 'x').slice(-length)
  const common = lengths.map((length) => item(length, ''))
  const own = (side: string) => lengths.slice(8).map((length) => item(length, side))
  const lists = { receiver: [...common, ...own('r')], sender: [...own('s'), ...common] }
  await expectExact(lists, lengths.length)
})

it('any two sets', async () => {
  const list = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 80, unit: 'binary-ascii' }), {
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(list, list, list, async (first, second, shared) => {
      const receiver = [...new Set([...first, ...shared])]
      const sender = [...new Set([...shared, ...second])]
      await expectExact({ receiver, sender })
    }),
    { numRuns: 8 },
  )
})

describe('what a session tells', () => {
  const lists = planted(90, 70, 33, 'tells')
  const session: Session = { ...lists, output: 'items', to: 'both' }

  it('the sender nothing where the result goes to the receiver', async () => {
    const results = await intersectedByOt({ ...session, to: 'receiver' })
    expect(results.receiver!.size).toBe(33)
    expect(results.sender).toBeUndefined()
    expect(results.link.sent.some(({ step }) => step === 'psi/report')).toBe(false)
  })

  it('both the number alone above the largest result', async () => {
    const tell = async (maxResult: number) => {
      const ended = await intersectedByOt({ ...session, maxResult })
      return [ended.receiver, ended.sender]
    }
    expect(await tell(32)).toEqual([{ size: 33 }, { size: 33 }])
    for (const side of await tell(33)) expect(side!.rows).toHaveLength(33)
  })

  it('the same frames whatever the lists', async () => {
    const shape = async (common: number, own: number) => {
      const { link } = await intersectedByOt({ ...session, ...planted(own, 70, common, 's') })
      return link.sent.map(({ from, step, payload }) => `${from} ${step} ${payload.length}`)
    }
    expect(paddedSize(81)).toBe(paddedSize(96))
    expect((await shape(0, 81)).toSorted()).toEqual((await shape(70, 96)).toSorted())
  })

  it('no eight bytes twice, and none of another session', async () => {
    const words = async (seed: string) => {
      const { link } = await intersectedByOt({ ...session, seed })
      const bulk = link.sent.filter(({ step }) => /matrix|values|columns|keys/.test(step))
      return bulk.flatMap(({ payload }) =>
        Array.from({ length: payload.length >> 3 }, (_, i) =>
          new DataView(payload.buffer, payload.byteOffset).getBigUint64(8 * i),
        ),
      )
    }
    const [first, second] = [await words('one'), await words('two')]
    const all = [...first, ...second]
    expect(first.length).toBeGreaterThan(30_000)
    expect(new Set(all).size).toBe(all.length)
  })

  it('no frame above a MiB, and progress to the end', async () => {
    const steps: [number, number][] = []
    const progress = (done: number, of: number) => steps.push([done, of])
    const { link } = await intersectedByOt({
      ...planted(6400, 17_000, 1, 'frames'),
      output: 'items',
      to: 'receiver',
      only: { receiver: { progress } },
    })
    expect(Math.max(...link.sent.map(({ payload }) => payload.length))).toBeLessThan(1 << 20)
    const matrix = link.sent.filter(({ step }) => step.startsWith('ot/matrix/'))
    expect(matrix.map(({ step }) => step)).toEqual(['ot/matrix/0', 'ot/matrix/1'])
    expect(steps.at(-1)![0]).toBe(steps[0]![1])
    expect(steps.map(([done]) => done)).toEqual(
      steps.map(([done]) => done).toSorted((a, b) => a - b),
    )
  })
})

describe('what a session refuses of its own side', () => {
  const session: Session = { ...planted(9, 9, 3, 'own'), output: 'items', to: 'both' }
  const own = (options: object, output: Session['output'] = 'items') =>
    ot({ ...optionsOf({ ...session, output }, 'receiver', linked()), ...options })
  const items = (...lengths: number[]) => {
    const offsets = new Uint32Array(lengths.length + 1)
    lengths.forEach((length, i) => {
      offsets[i + 1] = offsets[i]! + length
    })
    return { bytes: new Uint8Array(offsets.at(-1)!), offsets }
  }

  it.each([
    ['the size alone', 'ITEMS_ONLY', { output: 'size' }],
    ['more items than agreed', 'LIST_TOO_LARGE', { sizes: { receiver: 8, sender: 9 } }],
    ['lists above 2^24', 'BAD_SIZE', { sizes: { receiver: 9, sender: 2 ** 24 + 1 } }],
    ['sizes that are none', 'BAD_SIZE', { sizes: { receiver: 9.5, sender: 9 } }],
    ['a short context', 'WRONG_TERMS', { context: new Uint8Array(31) }],
  ])('%s', async (_, code, options) => {
    await expect(own(options)).rejects.toMatchObject({ code })
  })

  it.each([
    ['an empty item', items(3, 0, 4), '1'],
    ['a long item', items(3, 4, 1025), '2'],
  ])('%s', async (_, bad, at) => {
    const only = { receiver: { items: bad } }
    const attempt = intersectedByOt({ ...session, only })
    await expect(attempt).rejects.toMatchObject({ code: 'BAD_ITEM', at })
  })
})

it('ends when it is told to, in work and in waiting', async () => {
  const session: Session = { ...planted(5000, 5000, 9, 'abort'), output: 'items', to: 'both' }
  for (const after of ['ot/commit', 'ot/columns', 'ot/matrix/0']) {
    const controller = new AbortController()
    const reason = new Error('enough')
    const { signal } = controller
    const only = { receiver: { signal }, sender: { signal } }
    const tamper: Session['tamper'] = (frame) => {
      if (frame.step === after) controller.abort(reason)
      return [frame]
    }
    await expect(intersectedByOt({ ...session, only, tamper })).rejects.toBe(reason)
  }
})

it('gives way every few milliseconds of work', async () => {
  let turns = 0
  await intersectedByOt(
    { ...planted(6400, 17_000, 5, 'pause'), output: 'items', to: 'both' },
    () => {
      turns++
      return setImmediate()
    },
  )
  // Hashing, bins, two chunks, two batches of values; the sender sorts and evaluates besides.
  expect(turns).toBeGreaterThanOrEqual(12)
})

async function expectExact(lists: Lists, common?: number): Promise<void> {
  const inSender = new Set(lists.sender)
  const expected = lists.receiver.flatMap((item, row) => (inSender.has(item) ? [row] : []))
  const { receiver, sender } = await intersectedByOt({ ...lists, output: 'items', to: 'both' })
  if (common !== undefined) expect(expected).toHaveLength(common)
  expect(receiver!.size).toBe(expected.length)
  expect([...receiver!.rows!]).toEqual(expected)
  const inReceiver = new Set(lists.receiver)
  expect([...sender!.rows!]).toEqual(
    lists.sender.flatMap((item, row) => (inReceiver.has(item) ? [row] : [])),
  )
  expect(sender!.size).toBe(expected.length)
}
