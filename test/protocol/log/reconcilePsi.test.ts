import {
  encodeEvent,
  type Finding,
  type LeafFields,
  type ReconciledSide,
  reconcile,
} from '@drempel/protocol/log'
import { describe, expect, it } from 'vitest'
import { digestOf, intent as sample } from './events.ts'

const A = 'drempel/proef/bank-a/2026Q4'
const B = 'drempel/proef/bank-b/2026Q4'

type Fields = { readonly [name: string]: unknown }

const { quotaClass: _q, approvalCommit: _a, batch: _b, rule: _r, ...base } = sample

const txidOf = (i: number) => i.toString(16).padStart(32, '0')

/** What bank-a, who proposed it, has of intersection i. */
function ours(i: number, more: Fields = {}): LeafFields {
  const txid = txidOf(i)
  const own = { type: 'psi.intent', role: 'asker', parties: ['bank-b'], protocol: 'psi-ecdh' }
  return { ...base, ...own, txid, digest: digestOf(`agreement ${i}`), ...more } as LeafFields
}
const theirs = (i: number, more: Fields = {}) =>
  ours(i, { role: 'partner', parties: ['bank-a'], ...more })
const ended = (intent: LeafFields, status = 'answered') =>
  ({ ...intent, type: 'psi.result', status }) as LeafFields

function side(origin: string, leaves: readonly LeafFields[], more: Partial<ReconciledSide> = {}) {
  for (const leaf of leaves) encodeEvent(leaf)
  return { origin, leaves, settled: leaves.length, complete: true, ...more }
}

const one = (kind: Finding['kind'], more: Partial<Finding>) =>
  expect.objectContaining({ kind, ...more })

describe('intersections in two logs', () => {
  it('match, in either order', () => {
    const a = [1, 2].flatMap((i) => [ours(i), ended(ours(i))])
    const b = [1, 2].flatMap((i) => [theirs(i), ended(theirs(i), 'suppressed')])
    const told = { matched: 2, undecided: 0, findings: [], unanswered: [] }
    expect(reconcile(side(A, a), side(B, b))).toEqual(told)
    expect(reconcile(side(B, b), side(A, a))).toEqual(told)
  })

  it('with other members are none of these two’s', () => {
    const a = [ours(1, { parties: ['telecom-c'] }), ended(ours(1, { parties: ['telecom-c'] }))]
    expect(reconcile(side(A, a), side(B, []))).toMatchObject({ findings: [], unanswered: [] })
  })

  it('that one of them ran and the other left out are found, on either side', () => {
    const a = [ours(1), ended(ours(1))]
    const found = { txid: txidOf(1), places: [{ member: 'bank-a', index: 0 }], member: 'bank-b' }
    expect(reconcile(side(A, a), side(B, [])).findings).toEqual([one('one-sided', found)])
    expect(reconcile(side(B, []), side(A, a)).findings).toEqual([one('one-sided', found)])
  })

  it('that never began are told, and no fault', () => {
    const told = [{ txid: txidOf(1), place: { member: 'bank-a', index: 0 }, member: 'bank-b' }]
    for (const a of [[ours(1)], [ours(1), ended(ours(1), 'failed')]]) {
      expect(reconcile(side(A, a), side(B, []))).toMatchObject({ findings: [], unanswered: told })
    }
  })

  it.each([
    ['digest', { digest: digestOf('another') }],
    ['kind', { kind: 'phone' }],
    ['protocol', { protocol: 'psi-ot' }],
    ['purpose', { purpose: 'iets-anders' }],
    ['sizeBucket', { sizeBucket: 4_194_304 }],
    ['role', { role: 'asker' }],
    ['convenant', { convenant: { version: 9, digest: digestOf('convenant') } }],
  ])('that differ in %s are found', (field, more) => {
    const { findings } = reconcile(side(A, [ours(1)]), side(B, [theirs(1, more)]))
    expect(findings).toEqual([one('mismatch', { fields: [field], member: null })])
  })

  it('are of a part of the quarter by any of their entries', () => {
    const later = { ...ended(ours(1)), time: '2026-11-20T10:00Z' } as LeafFields
    const day = (date: string) => (event: LeafFields) => event.time.startsWith(date)
    const at = (holder: readonly LeafFields[], date: string) =>
      reconcile(side(A, [ours(1), later]), side(B, holder), 2, day(date))
    for (const date of [sample.time.slice(0, 10), '2026-11-20']) {
      expect(at([theirs(1)], date).matched).toBe(1)
      expect(at([], date).findings).toEqual([one('one-sided', { txid: txidOf(1) })])
    }
    expect(at([theirs(1)], '2026-11-21').matched).toBe(0)
    expect(at([], '2026-11-21').findings).toEqual([])
  })

  it('whose other side may lie beyond are left open', () => {
    const a = [ours(1), ended(ours(1))]
    const open = { undecided: 1, findings: [] }
    expect(reconcile(side(A, a, { settled: 0 }), side(B, []))).toMatchObject(open)
    const early = { time: '2026-10-01T00:05Z' }
    const edge = [ours(1, early), ended(ours(1, early))]
    expect(reconcile(side(A, edge), side(B, []))).toMatchObject(open)
  })
})
