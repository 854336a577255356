import type { PartyIndex } from '@drempel/protocol/mpc'
import {
  type PreparedList,
  type RoundPlan,
  type RoundRule,
  uploadBytes,
} from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
import { readCell, writeCell } from '../worlds/cells.ts'
import {
  expectedOver,
  type Lie,
  type RoundOutcome,
  type RoundWorld,
  runRound,
} from '../worlds/round.ts'

const rules: readonly RoundRule[] = [
  { id: 'list', t: 2, output: 'list' },
  { id: 'owners', t: 2, output: 'owners' },
]

/** Partner 0 lies; 1 and 2 share some values with each other, and other ones with 0. */
function listsOf(size: number): string[][] {
  return [0, 1, 2].map((partner) =>
    Array.from({ length: size }, (_, i) =>
      i % 4 === 0 && partner > 0
        ? `both${i}`
        : i % 4 === 1 && partner < 2
          ? `liar${i}`
          : `own${partner}.${i}`,
    ),
  )
}

function expectLeftOut(outcome: RoundOutcome, lists: readonly (readonly string[])[]): void {
  for (const result of outcome.results)
    expect(result.leftOut).toEqual([{ partner: 0, reason: 'INVALID_LIST' }])
  const over = expectedOver(lists.slice(1), 2)
  expect(over.size).toBeGreaterThan(0)
  expect(outcome.lists.get('list')).toEqual([...over].map(outcome.key).sort())
  const owners = outcome.owners.get('owners')!
  expect([...owners.keys()]).toEqual([1, 2])
  for (const [partner, answers] of owners)
    expect(answers).toEqual(lists[partner]!.map((value) => over.has(value)))
}

/** The liar's change to its own list. */
function only0(change: (list: PreparedList, plan: RoundPlan) => void): Lie {
  return (prepared, plan) => {
    if (prepared.partner !== 0) return prepared
    const list = { ...prepared, planes: prepared.planes.slice() }
    change(list, plan)
    return list
  }
}

describe('a partner that submits a list no honest partner can have is left out, the rest stays exact', () => {
  const lists = listsOf(60)

  test('one identifier twice, to reach the threshold alone', async () => {
    const lie = only0((list, plan) => {
      const { slots } = plan.partners[0]!
      const cell = list.slotOf[2]!
      const bin = Math.floor(cell / slots)
      const slot = cell % slots
      const twin = slot + 1 < slots ? slot + 1 : slot - 1
      writeCell(plan, list, bin, twin, readCell(plan, list, bin, slot))
    })
    expectLeftOut(await runRound({ seed: 'twice', lists, rules, lie }), lists)
  })

  test.each([0, 5, 127])('two entries out of order in bin %i', async (bin) => {
    const lie = only0((list, plan) => {
      const [a, b] = [readCell(plan, list, bin, 7), readCell(plan, list, bin, 8)]
      writeCell(plan, list, bin, 7, b)
      writeCell(plan, list, bin, 8, a)
    })
    expectLeftOut(await runRound({ seed: 'order', lists, rules, lie }), lists)
  })

  test('an entry of all ones, like the rows that pad the merge', async () => {
    const lie = only0((list, plan) => {
      writeCell(plan, list, 3, plan.partners[0]!.slots - 1, (1n << BigInt(plan.width)) - 1n)
    })
    expectLeftOut(await runRound({ seed: 'ones', lists, rules, lie }), lists)
  })
})

describe('a list clustered against the slot bounds', () => {
  const lists = listsOf(6_000)
  const lie = only0((list, plan) => {
    for (let bin = 0; bin < plan.bins; bin++)
      for (let slot = 0; slot < plan.partners[0]!.slots; slot++)
        writeCell(plan, list, bin, slot, BigInt(slot))
  })

  test('without the bounds check it erases results of others', async () => {
    const options = { checks: { bounds: false } }
    const outcome = await runRound({ seed: 'cluster', lists, rules, lie, options })
    const over = expectedOver(lists.slice(1), 2)
    expect(outcome.results[0].leftOut).toEqual([])
    expect(outcome.lists.get('list')!.length).toBeLessThan(0.75 * over.size)
  })

  test('with the check it is left out and the others stay exact', async () => {
    expectLeftOut(await runRound({ seed: 'cluster', lists, rules, lie }), lists)
  })
})

describe('a partner that knows an identifier cannot hide it', () => {
  // The liar enters keys that differ from the others' in the last bit only: were order decided on fewer
  // bits than equality, its row could come to stand between two equal ones.
  const shared = Array.from({ length: 100 }, (_, i) => `both${i}`)
  const lists = [shared, shared, shared]
  const nearKeys =
    (liar: number): Lie =>
    (prepared, plan) => {
      if (prepared.partner !== liar) return prepared
      const list = { ...prepared, planes: prepared.planes.slice() }
      const { slots } = plan.partners[liar]!
      for (const cell of list.slotOf) {
        const bin = Math.floor(cell / slots)
        const slot = cell % slots
        writeCell(plan, list, bin, slot, readCell(plan, list, bin, slot) ^ 1n)
      }
      return list
    }

  test.each([0, 1, 2])('by a neighbour of its key, as partner %i', async (liar) => {
    const outcome = await runRound({ seed: 'hide', lists, rules, lie: nearKeys(liar) })
    expect(outcome.results[0].leftOut).toEqual([])
    expect(outcome.lists.get('list')).toEqual(shared.map(outcome.key).sort())
  })

  test('as it could with fewer order bits', async () => {
    const plan = (made: RoundPlan) => ({ ...made, orderBits: made.width - 20 })
    const outcome = await runRound({ seed: 'hide', lists, rules, lie: nearKeys(0), plan })
    expect(outcome.results[0].leftOut).toEqual([])
    expect(outcome.lists.get('list')!.length).toBeLessThan(90)
  })
})

describe('a partner that gives the nodes different things', () => {
  const lists = listsOf(30)
  const leftOut = async (upload: NonNullable<RoundWorld['upload']>) => {
    const outcome = await runRound({ seed: 'upload', lists, rules, upload })
    const over = expectedOver(lists.slice(1), 2)
    expect(outcome.lists.get('list')).toEqual([...over].map(outcome.key).sort())
    expect(outcome.results[1].leftOut).toEqual(outcome.results[0].leftOut)
    expect(outcome.results[2].leftOut).toEqual(outcome.results[0].leftOut)
    return outcome.results[0].leftOut
  }

  test.each([0, 1, 2])('a changed upload at node %i', async (node) => {
    for (const from of [4, -1]) {
      const out = await leftOut((partner, party, upload) => {
        if (partner !== 0 || party !== node) return upload
        const changed = upload.slice()
        const at = from < 0 ? upload.length - 1 : from
        changed[at]! ^= 1
        return changed
      })
      expect(out).toEqual([{ partner: 0, reason: 'INCONSISTENT_SHARES' }])
    }
  })

  test.each([[[0]], [[1, 2]], [[0, 1, 2]]])('no upload at %j', async (missing) => {
    const out = await leftOut((partner, party, upload) =>
      partner === 0 && missing.includes(party) ? undefined : upload,
    )
    expect(out).toEqual([{ partner: 0, reason: 'NO_INPUT' }])
  })

  test('every upload has the one length that is accepted', async () => {
    const seen: number[][] = []
    const upload: RoundWorld['upload'] = (partner, party, sent) => {
      seen.push([partner, party, sent.length])
      return sent
    }
    const { plan } = await runRound({ seed: 'length', lists, rules, upload })
    for (const [partner, party, length] of seen)
      expect(uploadBytes(plan, partner!, party as PartyIndex)).toBe(length)
    expect(seen.length).toBe(9)
  })

  test('an upload that does not parse names the partner', async () => {
    const forms: ((upload: Uint8Array) => Uint8Array)[] = [
      (upload) => upload.subarray(0, upload.length - 1),
      (upload) => new Uint8Array([...upload, 0]),
      (upload) => upload.subarray(0, 3),
      () => new Uint8Array(0),
      (upload) => upload.map((byte, i) => (i === 0 ? 2 : byte)),
      (upload) => upload.map((byte, i) => (i === 1 ? byte + 1 : byte)),
      (upload) => upload.map((byte, i) => (i === 3 ? byte + 1 : byte)),
    ]
    for (const form of forms) {
      const upload: RoundWorld['upload'] = (partner, _, sent) => (partner === 1 ? form(sent) : sent)
      const attempt = runRound({ seed: 'parse', lists, rules, upload })
      await expect(attempt).rejects.toMatchObject({ code: 'BAD_UPLOAD', culprit: 'partner1' })
    }
  })

  test('too few that are left', async () => {
    const upload: RoundWorld['upload'] = (partner, _, sent) => (partner === 1 ? undefined : sent)
    const attempt = runRound({ seed: 'few', lists, rules, upload, options: { minContributors: 3 } })
    await expect(attempt).rejects.toMatchObject({ code: 'TOO_FEW_CONTRIBUTORS' })
  })

  test('too few for one node alone, which ends it for all', async () => {
    const optionsAt = (node: PartyIndex) => ({ minContributors: node === 1 ? 3 : 1 })
    const world = { seed: 'strict', lists, rules, optionsAt }
    expect((await runRound(world)).results.map(({ leftOut }) => leftOut)).toEqual([[], [], []])
    const upload: RoundWorld['upload'] = (partner, _, sent) => (partner === 1 ? undefined : sent)
    const few = { code: 'TOO_FEW_CONTRIBUTORS', culprit: 'partner1' }
    await expect(runRound({ ...world, upload })).rejects.toMatchObject(few)
  })
})

test('more keys over the threshold than honest lists can bring are not opened', async () => {
  let first: PreparedList | undefined
  const lie: Lie = (prepared) => {
    first ??= prepared
    return { ...prepared, planes: first.planes }
  }
  const steps: string[] = []
  const attempt = runRound({
    seed: 'many',
    lists: [['a'], ['b'], []],
    rules,
    lie,
    adversary: (message) => {
      steps.push(message.step)
      return message
    },
  })
  await expect(attempt).rejects.toMatchObject({ code: 'TOO_MANY_OVER' })
  expect(steps.some((step) => step.startsWith('open/marks'))).toBe(true)
  expect(steps.some((step) => step.startsWith('open/keys'))).toBe(false)
})

describe('arguments', () => {
  const lists = listsOf(5)

  test.each([
    [{ id: 'list', t: 3, output: 'list' } as const],
    [{ id: 'list', t: 2, output: 'owners' } as const],
    [{ id: 'other', t: 2, output: 'list' } as const],
  ])('a node that would run rule %j instead is refused before any share is used', async (rule) => {
    const steps: string[] = []
    const attempt = runRound({
      seed: 'arguments',
      lists,
      rules: rules.slice(0, 1),
      rulesAt: (party) => (party === 1 ? [rule] : rules.slice(0, 1)),
      adversary: (message) => {
        steps.push(message.step)
        return message
      },
    })
    await expect(attempt).rejects.toMatchObject({ code: 'SESSION_MISMATCH' })
    expect(new Set(steps)).toEqual(new Set(['hello']))
  })

  test.each([
    [[]],
    [[{ id: 'a', t: 1, output: 'list' }]],
    [[{ id: 'a', t: 2.5, output: 'list' }]],
    [
      [
        { id: 'a', t: 2, output: 'list' },
        { id: 'a', t: 3, output: 'list' },
      ],
    ],
  ] as [RoundRule[]][])('rules %j are refused', async (bad) => {
    const attempt = runRound({ seed: 'rules', lists, rules: bad })
    await expect(attempt).rejects.toMatchObject({ code: 'BAD_RULE' })
  })
})
