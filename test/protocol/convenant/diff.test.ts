import {
  type Convenant,
  diffConvenants,
  MEANINGS,
  type Meaning,
  parseConvenant,
} from '@drempel/protocol/convenant'
import { describe, expect, it } from 'vitest'
import { bend, draft, type Loose, member } from './world.ts'

const old = draft()

function changed(change: (c: Loose) => void) {
  return diffConvenants(old, bend(old, change) as Convenant)
}

describe('differences between two convenants', () => {
  it('are none for the same terms in another order of fields', () => {
    const reversed = Object.fromEntries(Object.entries(old).reverse())
    expect(diffConvenants(old, parseConvenant(reversed))).toEqual([])
  })

  it('name the field, both values and the meaning', () => {
    expect(
      changed((c) => {
        c.purposes[0].quotaPerDay = 20_000
        c.rules[1].minContributors = 3
      }),
    ).toEqual([
      {
        path: 'purposes[fraude-onderzoek].quotaPerDay',
        from: 10_000,
        to: 20_000,
        meaning: 'quota',
        alert: true,
      },
      {
        path: 'rules[host-t3].minContributors',
        from: 4,
        to: 3,
        meaning: 'threshold',
        alert: true,
      },
    ])
  })

  it.each<[string, (c: Loose) => void, string, Meaning, boolean]>([
    ['a threshold', (c) => (c.rules[0].t = 3), 'rules[host-t2].t', 'threshold', true],
    ['a new rule', (c) => c.rules.push({ ...c.rules[0], id: 'x' }), 'rules[x]', 'threshold', true],
    ['a list cap', (c) => (c.kinds[0].listCap = 1), 'kinds[host].listCap', 'quota', true],
    [
      'an asker',
      (c) => c.purposes[1].askers.push('telecom'),
      'purposes[klantacceptatie].askers',
      'purpose',
      true,
    ],
    [
      'a basis',
      (c) => (c.purposes[1].grondslag.law = 'avg-6-1-c'),
      'purposes[klantacceptatie].grondslag.law',
      'purpose',
      true,
    ],
    ['a purpose gone', (c) => c.purposes.pop(), 'purposes[klantacceptatie]', 'purpose', true],
    ['a newcomer', (c) => c.members.push(member('x', 'bank', 1)), 'members[x]', 'membership', true],
    [
      'a key',
      (c) => (c.members[0].signingKey = c.members[1].signingKey),
      'members[bank-a].signingKey',
      'identity',
      true,
    ],
    ['a contact', (c) => (c.members[0].contact = 'x'), 'members[bank-a].contact', 'wording', false],
    ['a compute node', (c) => (c.computeNodes[0] = 'bank-b'), 'computeNodes', 'computation', true],
    [
      'a grace',
      (c) => (c.witnessing = { quorum: 2, graceMinutes: 60 }),
      'witnessing',
      'computation',
      true,
    ],
    ['a quorum', (c) => (c.keyHolders.quorum = 4), 'keyHolders.quorum', 'computation', true],
    ['a suspension', (c) => c.suspended.push('platform'), 'suspended', 'suspension', true],
    [
      'an acknowledgement',
      (c) => (c.acknowledgements.contributorsMayChange = true),
      'acknowledgements.contributorsMayChange',
      'leakage',
      true,
    ],
    [
      'a list of suffixes',
      (c) => (c.formVersions.publicSuffixList = 'list-2'),
      'formVersions.publicSuffixList',
      'forms',
      false,
    ],
    ['a longer key epoch', (c) => (c.round.keyEpochDays = 30), 'round.keyEpochDays', 'quota', true],
    [
      'a schedule',
      (c) => (c.round.schedule = { everyHours: 24 }),
      'round.schedule',
      'schedule',
      false,
    ],
    ['an end', (c) => (c.validUntil = '2027-02-01T00:00:00Z'), 'validUntil', 'validity', false],
    ['a field of a later format', (c) => (c.later = true), 'later', 'purpose', true],
    [
      'another order of members, which renumbers nothing but is signed',
      (c) => c.members.reverse(),
      'members',
      'purpose',
      true,
    ],
  ])('class %s', (_name, change, path, meaning, alert) => {
    const found = changed(change)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ path, meaning, alert })
    expect(MEANINGS[meaning].nl).not.toBe('')
  })

  it('give null for what was not there', () => {
    const [added] = changed((c) => c.members.push(member('x', 'bank', 1)))
    expect(added).toMatchObject({ from: null, to: { id: 'x', sector: 'bank' } })
    const [gone] = changed((c) => c.members.pop())
    expect(gone).toMatchObject({ from: { id: 'platform' }, to: null })
  })
})
