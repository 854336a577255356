import { base64, hex } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  emptyTree,
  encodeEvent,
  type Finding,
  type Hash,
  type LeafFields,
  leafHash,
  type ReconciledSide,
  reconcile,
  reconcileHeads,
  rootOf,
} from '@drempel/protocol/log'
import { describe, expect, it } from 'vitest'
import { digestOf, intent as sample } from './events.ts'
import { memoryReader, nodeKey } from './tree.ts'

const A = 'drempel/proef/bank-a/2026Q4'
const B = 'drempel/proef/bank-b/2026Q4'

type Fields = { readonly [name: string]: unknown }

const txidOf = (i: number) => i.toString(16).padStart(32, '0')
const at = (minute: number) =>
  new Date(Date.UTC(2026, 10, 7, 14, minute)).toISOString().slice(0, 16)

/** The two sides' entries of a query that bank-a puts to bank-b. */
const { quotaClass: _q, approvalCommit: _a, batch, ...about } = sample
const base = { ...about, batch, epoch: '1' }
const intent = (i: number, minute: number, more: Fields = {}) =>
  ({
    ...base,
    txid: txidOf(i),
    parties: ['bank-b', 'telecom-c'],
    time: `${at(minute)}Z`,
    ...more,
  }) as LeafFields
const result = (i: number, minute: number, more: Fields = {}) =>
  intent(i, minute, { type: 'query.result', status: 'answered', parties: ['bank-b'], ...more })
const head = (origin: string, size: number, root = digestOf('root')) => ({
  ...{ origin, size },
  root: base64(Uint8Array.from(root.match(/../g)!, (byte) => Number.parseInt(byte, 16))),
})
const evaluated = (i: number, minute: number, more: Fields = {}) =>
  ({
    ...base,
    type: 'oprf.evaluated',
    role: 'key-holder',
    txid: txidOf(i),
    parties: ['bank-a'],
    time: `${at(minute)}Z`,
    peerCheckpoints: [head(A, 1)],
    ...more,
  }) as LeafFields

function side(origin: string, leaves: readonly LeafFields[], more: Partial<ReconciledSide> = {}) {
  for (const leaf of leaves) encodeEvent(leaf)
  return { origin, leaves, settled: leaves.length, complete: true, ...more }
}

const compare = (asker: readonly LeafFields[], holder: readonly LeafFields[], tolerance?: number) =>
  reconcile(side(A, asker), side(B, holder), tolerance)
const finding = (kind: Finding['kind'], more: Partial<Finding>) => ({ kind, ...more })

describe('two honest logs', () => {
  it('match, in either order', () => {
    const asker = [1, 2, 3].flatMap((i) => [intent(i, i), result(i, i + 1)])
    const holder = [1, 2, 3].map((i) => evaluated(i, i))
    const told = { matched: 3, undecided: 0, findings: [], unanswered: [] }
    expect(compare(asker, holder)).toEqual(told)
    expect(reconcile(side(B, holder), side(A, asker))).toEqual(told)
  })

  it('match where the holder was asked and its answer was not used, or never came', () => {
    const unused = [intent(1, 1), result(1, 2, { parties: ['telecom-c'] })]
    expect(compare(unused, [evaluated(1, 1)])).toMatchObject({ matched: 1, findings: [] })
    const failed = [intent(1, 1), intent(1, 2, { type: 'query.result', status: 'failed' })]
    expect(compare(failed, [])).toMatchObject({ matched: 0, findings: [] })
    expect(compare([intent(1, 1)], [evaluated(1, 14)])).toMatchObject({ matched: 1, findings: [] })
  })

  it('match where the holder refused what was asked', () => {
    const refused = evaluated(1, 1, { type: 'oprf.refused', reason: 'QUOTA_EXCEEDED' })
    expect(compare([intent(1, 1)], [refused])).toMatchObject({ matched: 1, findings: [] })
  })

  it('have nothing to do with what either did with others', () => {
    const asker = [
      intent(1, 1),
      result(1, 2, { parties: ['telecom-c'] }),
      evaluated(9, 3, { parties: ['telecom-c'] }),
    ]
    const holder = [evaluated(7, 1, { parties: ['telecom-c'] })]
    expect(compare(asker, holder)).toEqual({
      ...{ matched: 0, undecided: 0, findings: [], unanswered: [] },
    })
  })
})

describe('a query that failed', () => {
  const failed = intent(1, 2, { type: 'query.result', status: 'failed', parties: ['bank-b'] })

  it('names the transaction of which the holder has nothing, and accuses nobody', () => {
    expect(compare([intent(1, 1), failed], [])).toEqual({
      ...{ matched: 0, undecided: 0, findings: [] },
      unanswered: [{ txid: txidOf(1), place: { member: 'bank-a', index: 1 }, member: 'bank-b' }],
    })
  })

  it('is answered where the holder has it, also as a refusal', () => {
    const refused = evaluated(1, 1, { type: 'oprf.refused', reason: 'QUOTA_EXCEEDED' })
    for (const entry of [evaluated(1, 1), refused]) {
      expect(compare([intent(1, 1), failed], [entry]).unanswered).toEqual([])
    }
  })
})

describe('a holder that', () => {
  it('leaves its entry out is named', () => {
    const { findings, matched } = compare(
      [intent(1, 1), result(1, 1), intent(2, 2), result(2, 2)],
      [evaluated(2, 2)],
    )
    expect(matched).toBe(1)
    expect(findings).toEqual([
      {
        ...{ kind: 'one-sided', txid: txidOf(1), places: [{ member: 'bank-a', index: 1 }] },
        ...{ member: 'bank-b', fields: [], minutes: null },
      },
    ])
  })

  it.each([
    ['kind', { kind: 'phone' }],
    ['sizeBucket', { sizeBucket: 64 }],
    ['purpose', { purpose: 'other' }],
    ['rule', { rule: 'other' }],
    ['protocol', { protocol: 'screen' }],
    ['epoch', { epoch: '2' }],
    ['batch', { batch: digestOf('other') }],
    ['convenant', { convenant: { version: 4, digest: digestOf('other') } }],
  ])('enters another %s shows a mismatch', (field, more) => {
    const { findings, matched } = compare([intent(1, 1), result(1, 1)], [evaluated(1, 1, more)])
    expect(matched).toBe(0)
    const places = [
      { member: 'bank-a', index: 0 },
      { member: 'bank-b', index: 0 },
    ]
    expect(findings).toEqual([
      { kind: 'mismatch', txid: txidOf(1), places, member: null, fields: [field], minutes: null },
    ])
  })

  it('writes its entry an hour later is late, also when it sets the time back', () => {
    const asker = [intent(1, 1), result(1, 1)]
    expect(compare(asker, [evaluated(1, 61)]).findings).toMatchObject([
      finding('late', { txid: txidOf(1), member: 'bank-b', minutes: 60 }),
    ])
    const among = [evaluated(8, 61, { parties: ['telecom-c'] }), evaluated(1, 1)]
    expect(compare(asker, among).findings).toMatchObject([
      finding('late', { txid: txidOf(1), member: 'bank-b', minutes: 60 }),
    ])
  })

  it('is within the tolerance of clocks is not late, and beyond it is', () => {
    const asker = [intent(1, 1), result(1, 1)]
    expect(compare(asker, [evaluated(1, 3)]).findings).toEqual([])
    expect(compare(asker, [evaluated(1, 4)]).findings).toMatchObject([
      finding('late', { minutes: 3 }),
    ])
    expect(compare(asker, [evaluated(1, 4)], 3).findings).toEqual([])
  })

  it('evaluates one txid twice is named', () => {
    const { findings } = compare([intent(1, 1), result(1, 1)], [evaluated(1, 1), evaluated(1, 1)])
    expect(findings).toMatchObject([
      finding('repeated', { member: 'bank-b', places: [{ member: 'bank-b', index: 1 }] }),
    ])
  })
})

describe('an asker that', () => {
  it('leaves its intent out is named', () => {
    const { findings } = compare([], [evaluated(1, 1)])
    expect(findings).toMatchObject([finding('one-sided', { member: 'bank-a', txid: txidOf(1) })])
    const refused = evaluated(2, 1, { type: 'oprf.refused', reason: 'INTENT_MISMATCH' })
    expect(compare([], [refused]).findings).toMatchObject([
      finding('one-sided', { member: 'bank-a', txid: txidOf(2) }),
    ])
  })

  it('asks whom its intent does not name shows a mismatch', () => {
    const asked = intent(1, 1, { parties: ['telecom-c'] })
    expect(compare([asked], [evaluated(1, 1)]).findings).toMatchObject([
      finding('mismatch', { fields: ['parties'] }),
    ])
  })

  it('writes its intent when it has the answer is late', () => {
    expect(compare([intent(1, 30), result(1, 30)], [evaluated(1, 1)]).findings).toMatchObject([
      finding('late', { member: 'bank-a', minutes: 29 }),
    ])
  })
})

describe('what was taken at another moment', () => {
  it('is not judged before both sides can be there', () => {
    const asker = side(A, [intent(1, 1), result(1, 1)], { settled: 0 })
    expect(reconcile(asker, side(B, [])).findings).toEqual([])
    expect(reconcile({ ...asker, settled: 2 }, side(B, [])).findings).toHaveLength(1)
  })

  it('is undecided where a log speaks of a longer one than was given', () => {
    const holder = [evaluated(1, 1, { peerCheckpoints: [head(A, 5)] })]
    const short = reconcile(side(A, [], { complete: false }), side(B, holder))
    expect(short).toMatchObject({ undecided: 1, findings: [] })
    expect(reconcile(side(A, []), side(B, holder))).toMatchObject({
      undecided: 0,
      findings: [{ kind: 'one-sided', member: 'bank-a' }],
    })
  })

  it('is undecided at the edges of the quarter, where the other side is in the next log', () => {
    const minute = (time: string) => ({ time })
    for (const time of ['2026-10-01T00:14Z', '2026-12-31T23:45Z']) {
      expect(compare([result(1, 1, minute(time))], [])).toMatchObject({
        undecided: 1,
        findings: [],
      })
    }
    for (const time of ['2026-10-01T00:15Z', '2026-12-31T23:44Z']) {
      expect(compare([result(1, 1, minute(time))], []).findings).toHaveLength(1)
    }
  })
})

describe('a part of the quarter', () => {
  const on = (time: string) => ({ time: `2026-11-${time}Z` })
  const day = (date: string) => (event: LeafFields) => event.time.startsWith(`2026-11-${date}`)
  const about = (asker: readonly LeafFields[], holder: readonly LeafFields[], date: string) =>
    reconcile(side(A, asker), side(B, holder), 2, day(date))
  const nothing = { matched: 0, undecided: 0, findings: [], unanswered: [] }

  it('has what stands in it in both logs, and nothing of other days', () => {
    const times = ['07T10:00', '08T10:00', '08T11:00', '09T10:00'].map(on)
    const asker = times.flatMap((time, i) => [intent(i, 0, time), result(i, 0, time)])
    const holder = times.map((time, i) => evaluated(i, 0, time))
    const matched = ['06', '07', '08', '09'].map((date) => about(asker, holder, date).matched)
    expect(matched).toEqual([0, 1, 2, 1])
    const left = about(asker, holder.toSpliced(1, 1), '08')
    expect(left).toMatchObject({ matched: 1, findings: [{ kind: 'one-sided', txid: txidOf(1) }] })
    expect(about(asker, holder.toSpliced(1, 1), '07').findings).toEqual([])
    expect(about([], holder, '08').findings).toHaveLength(2)
    const refused = holder.map((event) => ({ ...event, type: 'oprf.refused', reason: 'X' }))
    expect(
      about(
        asker.filter(({ type }) => type === 'query.intent'),
        refused as LeafFields[],
        '08',
      ),
    ).toEqual({ ...nothing, matched: 2 })
    expect(about([], refused as LeafFields[], '07').findings).toHaveLength(1)
  })

  it('calls late, on both days, what came late across midnight', () => {
    const asker = [intent(1, 0, on('07T23:58')), result(1, 0, on('07T23:58'))]
    const late = [evaluated(1, 0, on('08T00:05'))]
    for (const date of ['07', '08']) {
      expect(about(asker, late, date)).toMatchObject({
        matched: 0,
        findings: [{ kind: 'late', member: 'bank-b', minutes: 7 }],
      })
    }
    expect(about(asker, late, '09')).toEqual(nothing)
    const onTime = [evaluated(1, 0, on('08T00:00'))]
    for (const date of ['07', '08']) expect(about(asker, onTime, date).matched).toBe(1)
  })

  it('shows on the day of either what lacks its other side, was repeated or failed', () => {
    const asker = [intent(1, 0, on('07T23:59')), result(1, 0, on('08T00:00'))]
    const failed = [asker[0]!, result(1, 0, { ...on('08T00:00'), status: 'failed' })]
    const twice = [evaluated(1, 0, on('07T23:59')), evaluated(1, 0, on('08T00:00'))]
    for (const date of ['07', '08']) {
      expect(about(asker, [], date).findings).toMatchObject([{ kind: 'one-sided' }])
      expect(about(failed, [], date).unanswered).toHaveLength(1)
      expect(about(asker, twice, date).findings).toMatchObject([{ kind: 'repeated' }])
    }
    expect(about(asker, [], '06')).toEqual(nothing)
    expect(about(failed, [], '06')).toEqual(nothing)
    expect(about(asker, twice, '06')).toEqual(nothing)
  })
})

describe('heads that one log tells of the other', () => {
  const leaves = [intent(1, 1), result(1, 1), intent(2, 2), result(2, 2)]
  const { state, stored } = appendLeaves(
    emptyTree(),
    leaves.map((leaf) => leafHash(encodeEvent(leaf))),
  )
  const hashes = memoryReader(
    new Map<string, Hash>(stored.map((node) => [nodeKey(node), node.hash])),
  )
  const two = appendLeaves(
    emptyTree(),
    leaves.slice(0, 2).map((leaf) => leafHash(encodeEvent(leaf))),
  )
  const tree = { origin: A, size: 4, complete: true }
  const told = (size: number, root: Hash) =>
    side(B, [evaluated(1, 1, { peerCheckpoints: [head(A, size, hex(root))] })])

  it('are heads of its tree', async () => {
    for (const [size, root] of [
      [4, rootOf(state)],
      [2, rootOf(two.state)],
    ] as const) {
      expect(await reconcileHeads(told(size, root), tree, hashes)).toEqual({
        undecided: 0,
        findings: [],
      })
    }
  })

  it('are denied by another tree of that size, and by one that never was so large', async () => {
    for (const [size, root] of [
      [2, rootOf(state)],
      [7, rootOf(state)],
    ] as const) {
      const { findings } = await reconcileHeads(told(size, root), tree, hashes)
      expect(findings).toMatchObject([
        finding('denied', { member: 'bank-a', places: [{ member: 'bank-b', index: 0 }] }),
      ])
    }
  })

  it('are looked at where their entry is asked about', async () => {
    const denied = told(2, rootOf(state))
    const count = async (date: string) => {
      const isAsked = (event: LeafFields) => event.time.startsWith(date)
      return (await reconcileHeads(denied, tree, hashes, isAsked)).findings.length
    }
    expect([await count('2026-11-07'), await count('2026-11-08')]).toEqual([1, 0])
  })

  it('are undecided when the tree at hand is shorter', async () => {
    const short = { ...tree, complete: false }
    expect(await reconcileHeads(told(7, rootOf(state)), short, hashes)).toEqual({
      undecided: 1,
      findings: [],
    })
  })
})
