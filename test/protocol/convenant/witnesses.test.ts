import { bearable, type Convenant, leastQuorum, witnessTerms } from '@drempel/protocol/convenant'
import { describe, expect, test } from 'vitest'
import { draft } from './world.ts'

const terms = (change: Partial<Convenant>, owner = 'bank-a') => {
  const { witnesses, ...rest } = witnessTerms({ ...draft(), ...change }, owner)
  return { witnesses: witnesses.map(({ id }) => id), ...rest }
}
const all = ['telecom', 'platform', 'bank-b', 'bank-a']

describe('the witnesses of a log', () => {
  test('are those of the convenant without its owner and without the suspended', () => {
    expect(terms({ witnesses: all })).toEqual({
      ...{ witnesses: ['bank-b', 'platform', 'telecom'], quorum: 2, graceMinutes: 15 },
    })
    expect(terms({ witnesses: all, suspended: ['platform'] })).toMatchObject({
      ...{ witnesses: ['bank-b', 'telecom'], quorum: 2 },
    })
    expect(terms({ witnesses: ['bank-b'] }, 'bank-b')).toMatchObject({ witnesses: [], quorum: 0 })
    expect(terms({ witnesses: [] })).toMatchObject({ witnesses: [], quorum: 0 })
  })

  test('are as many as the convenant says, also when one of them is suspended', () => {
    const witnessing = { quorum: 3, graceMinutes: 60 }
    expect(terms({ witnesses: all, witnessing })).toMatchObject(witnessing)
    const suspended = { witnesses: all, witnessing, suspended: ['platform'] }
    expect(terms(suspended)).toMatchObject({ witnesses: ['bank-b', 'telecom'], quorum: 3 })
  })

  test('any two quorums share more than may lie, and the silent ones can be missed', () => {
    for (let witnesses = 1; witnesses <= 64; witnesses++) {
      const faulty = bearable(witnesses)
      const quorum = leastQuorum(witnesses, faulty)
      expect(2 * quorum - witnesses).toBeGreaterThan(faulty)
      expect(2 * (quorum - 1) - witnesses).toBeLessThanOrEqual(faulty)
      if (witnesses !== 2) expect(quorum).toBeLessThanOrEqual(witnesses - faulty)
    }
    expect([1, 2, 3, 4, 5, 6, 7].map((w) => leastQuorum(w, bearable(w)))).toEqual([
      1, 2, 2, 3, 4, 4, 5,
    ])
  })
})
