/** A list that is sent ahead of the questions. */

import {
  answerQuestion,
  askQuestion,
  distinctItems,
  giveList,
  type Offer,
  type OfferedList,
  type PsiOutput,
  type PsiResult,
  type PsiRole,
  prepareList,
  type Question,
  type TakenList,
  takeList,
  withdraw,
} from '@drempel/protocol/psi'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { type Link, linked, type Tamper } from './link.ts'
import { paddedSize } from './padded.ts'
import { CONTEXT, planted } from './run.ts'

const lists = planted(20, 1500, 12, 'offer')
const sizes = { receiver: 128, sender: paddedSize(1500) }

type Offered = { readonly link: Link; readonly list: OfferedList; readonly taken: TakenList }

async function offered(tamper?: Tamper, context = CONTEXT): Promise<Offered> {
  const link = linked(tamper)
  const offer = (role: PsiRole, own = CONTEXT): Offer => ({
    context: own,
    sizes,
    channel: link[role],
    random: seededRandom(`offer ${role}`),
  })
  // Nobody is there while it is prepared.
  const list = await prepareList(offer('sender'), distinctItems(lists.sender).items)
  expect(link.sent).toEqual([])
  const [, taken] = await Promise.all([
    giveList(offer('sender'), list),
    takeList(offer('receiver', context)),
  ])
  return { link, list, taken }
}

let asked = 0

async function ask(
  { link, list, taken }: Offered,
  items: readonly string[],
  output: PsiOutput = 'items',
  change: Partial<Question> = {},
): Promise<readonly [receiver: PsiResult, sender: PsiResult]> {
  const number = ++asked
  const question = (role: PsiRole): Question => ({
    output,
    to: 'both',
    sizes: { receiver: paddedSize(items.length), sender: sizes.sender },
    context: new Uint8Array(32).fill(number),
    channel: link[role],
    random: seededRandom(`question ${number} ${role}`),
    ...change,
  })
  return Promise.all([
    askQuestion(taken, question('receiver'), distinctItems(items).items),
    answerQuestion(list, question('sender')),
  ])
}

describe('an offered list', () => {
  it('answers any number of questions, each exactly', async () => {
    const one = await offered()
    const all = new Set(lists.sender)
    const questions = [lists.receiver, lists.receiver.slice(0, 5), [], lists.sender.slice(0, 100)]
    for (const items of questions) {
      const [receiver, sender] = await ask(one, items)
      const expected = items.flatMap((item, row) => (all.has(item) ? [row] : []))
      expect([...receiver!.rows!]).toEqual(expected)
      const named = [...sender!.rows!].map((row) => lists.sender[row]!)
      expect(named.toSorted()).toEqual(expected.map((row) => items[row]!).toSorted())
    }
  })

  it('costs a question as much as the question is long', async () => {
    const one = await offered()
    const before = one.link.sent.length
    await ask(one, lists.receiver)
    const after = one.link.sent.slice(before)
    expect(after.map(({ step }) => step).filter((step) => step === 'psi/list')).toEqual([])
    const bytes = after.reduce((sum, { payload }) => sum + payload.length, 0)
    expect(bytes).toBeLessThan(2 * 32 * 64 + 300)
  })

  it('does not show the sender that a question is asked again', async () => {
    const one = await offered()
    for (let i = 0; i < 2; i++) await ask(one, lists.receiver)
    const points = one.link.sent.filter(({ step }) => step === 'psi/masked')
    expect(points).toHaveLength(2)
    const [first, second] = points.map(({ payload }) => payload)
    expect(first).not.toEqual(second)
  })

  it('tells a size once, and nothing beside it', async () => {
    const one = await offered()
    expect(await ask(one, lists.receiver, 'size')).toEqual([{ size: 12 }, { size: 12 }])
    for (const output of ['size', 'items'] as const) {
      await expect(ask(one, lists.receiver, output)).rejects.toThrow('LIST_USED')
    }
    const other = await offered()
    await ask(other, lists.receiver)
    await expect(ask(other, lists.receiver, 'size')).rejects.toThrow('LIST_USED')
  })

  it('is given again as it was, to who lost it', async () => {
    const { link, list, taken } = await offered()
    const offer = { context: CONTEXT, sizes, random: seededRandom('again') }
    const [, again] = await Promise.all([
      giveList({ ...offer, channel: link.sender }, list),
      takeList({ ...offer, channel: link.receiver }),
    ])
    expect(again).toEqual(taken)
    expect((await ask({ link, list, taken: again }, lists.receiver))[0]!.size).toBe(12)
  })

  it('answers nothing when it is withdrawn', async () => {
    const one = await offered()
    withdraw(one.list)
    expect(one.list.scalar.every((byte) => byte === 0)).toBe(true)
    await expect(ask(one, lists.receiver)).rejects.toThrow('LIST_USED')
  })

  it('takes no question longer than agreed, or of another list', async () => {
    const one = await offered()
    const long = { sizes: { receiver: 129, sender: sizes.sender } }
    await expect(ask(one, lists.receiver, 'items', long)).rejects.toThrow('BAD_SIZE')
    const other = { sizes: { receiver: 64, sender: sizes.sender + 1 } }
    await expect(ask(one, lists.receiver, 'items', other)).rejects.toThrow('BAD_SIZE')
  })
})

it('a question refused for its size leaves the list as it was', async () => {
  const one = await offered()
  const long = { sizes: { receiver: 129, sender: sizes.sender } }
  await expect(ask(one, lists.receiver, 'items', long)).rejects.toThrow('BAD_SIZE')
  expect(one.list.asked).toBeUndefined()
})

it('a question of another offer is no question of this one', async () => {
  const one = await offered()
  const other = { ...one.taken, offer: { ...one.taken.offer, context: new Uint8Array(32) } }
  await expect(ask({ ...one, taken: other }, lists.receiver)).rejects.toThrow('WRONG_TERMS')
})

describe('a taken list', () => {
  it('is of the terms of the offer', async () => {
    await expect(offered(undefined, new Uint8Array(32))).rejects.toMatchObject({
      code: 'WRONG_TERMS',
    })
  })

  it('rises', async () => {
    const tamper: Tamper = (frame, _from, n) =>
      frame.step === 'psi/list' && n === 1
        ? [{ ...frame, payload: frame.payload.slice().fill(0) }]
        : [frame]
    await expect(offered(tamper)).rejects.toMatchObject({ code: 'BAD_ORDER', culprit: 'sender' })
  })
})
