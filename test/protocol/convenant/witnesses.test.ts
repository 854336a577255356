import {
  bearable,
  type Convenant,
  diffConvenants,
  leastQuorum,
  readConvenant,
  witnessTerms,
} from '@drempel/protocol/convenant'
import { base64url } from '@drempel/protocol/encoding'
import { describe, expect, test } from 'vitest'
import { draft } from './world.ts'

const terms = (change: Partial<Convenant>, owner = 'bank-a') => {
  const { witnesses, ...rest } = witnessTerms({ ...draft(), ...change }, owner)
  return { witnesses: witnesses.map(({ id }) => id), ...rest }
}
const auditor = {
  ...{ id: 'auditor', name: 'An auditor', url: 'https://auditor.example/witness' },
  ...{ keyName: 'auditor.example/witness', signingKey: base64url(new Uint8Array(32).fill(9)) },
  contact: 'witness@auditor.example',
}
const problems = (change: object) => {
  const reading = readConvenant({ ...draft(), ...change })
  return reading.ok ? [] : reading.problems.map(({ code, path }) => `${code} ${path}`)
}
const all = ['telecom', 'platform', 'bank-b', 'bank-a']

describe('the witnesses of a log', () => {
  test('are those of the convenant without its owner and without the suspended', () => {
    expect(terms({ witnesses: all })).toEqual({
      ...{ witnesses: ['bank-b', 'platform', 'telecom'], quorum: 2, groups: [], graceMinutes: 15 },
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

  test('are outside ones as well, for every log, under names of their own', () => {
    const change = { witnesses: ['bank-a', 'bank-b'], outsideWitnesses: [auditor] }
    expect(terms(change)).toMatchObject({ witnesses: ['auditor', 'bank-b'], quorum: 2 })
    expect(terms(change, 'telecom')).toMatchObject({
      ...{ witnesses: ['auditor', 'bank-a', 'bank-b'], quorum: 2 },
    })
    const { witnesses } = witnessTerms({ ...draft(), ...change }, 'bank-a')
    const { id, keyName, signingKey, url } = auditor
    expect(witnesses[0]).toEqual({ id, keyName, signingKey, url })
    expect(witnesses[1]).toMatchObject({ keyName: 'drempel/proef/bank-b', url: null })
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

describe('groups of witnesses', () => {
  const members = { id: 'leden', witnesses: ['bank-a', 'bank-b', 'telecom'], quorum: 2 }
  const outside = { id: 'buiten', witnesses: ['auditor'], quorum: 1 }
  const with_ = (...groups: object[]) => ({
    ...{ witnesses: ['bank-a', 'bank-b', 'telecom'], outsideWitnesses: [auditor] },
    witnessing: { quorum: 3, graceMinutes: 15, groups },
  })

  test('ask so many of each besides, the owner and the suspended not counted', () => {
    expect(problems(with_(members, outside))).toEqual([])
    const change = with_(members, outside) as Partial<Convenant>
    expect(witnessTerms({ ...draft(), ...change }, 'bank-a').groups).toEqual([
      { id: 'leden', quorum: 2, keyNames: ['drempel/proef/bank-b', 'drempel/proef/telecom'] },
      { id: 'buiten', quorum: 1, keyNames: [auditor.keyName] },
    ])
    const without = witnessTerms({ ...draft(), ...change, suspended: ['telecom'] }, 'bank-a')
    expect(without.groups[0]).toMatchObject({ quorum: 2, keyNames: ['drempel/proef/bank-b'] })
    expect(diffConvenants({ ...draft(), ...change }, draft())[0]).toMatchObject({
      ...{ meaning: 'computation', alert: true },
    })
  })

  test.each<[string, object, string]>([
    ['more than a log of one of them has', { quorum: 3 }, 'QUORUM_TOO_LARGE'],
    ['none', { quorum: 0 }, 'BAD_FIELD'],
    ['a stranger', { witnesses: ['bank-a', 'platform', 'telecom'] }, 'UNKNOWN_REFERENCE'],
    ['one twice', { witnesses: ['bank-a', 'bank-b', 'bank-b'] }, 'DUPLICATE'],
    ['nobody', { witnesses: [] }, 'BAD_FIELD'],
    ['a field too many', { weight: 1 }, 'UNKNOWN_FIELD'],
  ])('with %s are refused', (_, change, code) => {
    const [first, ...rest] = problems(with_({ ...members, ...change }, outside))
    expect(first).toMatch(new RegExp(`^${code} witnessing.groups\\[0\\]`))
    expect(rest).toEqual([])
  })

  test('have names of their own', () => {
    expect(problems(with_(members, { ...outside, id: 'leden' }))).toEqual([
      'DUPLICATE witnessing.groups[1].id',
    ])
  })
})

describe('an outside witness', () => {
  test('is a term that every signer sees change', () => {
    expect(problems({ outsideWitnesses: [auditor] })).toEqual([])
    const before = { ...draft(), outsideWitnesses: [auditor] }
    const after = { ...draft(), outsideWitnesses: [{ ...auditor, url: 'https://b.example' }] }
    expect(diffConvenants(before, after)).toMatchObject([
      { path: 'outsideWitnesses[auditor].url', meaning: 'computation', alert: true },
    ])
    expect(diffConvenants(draft(), before)).toMatchObject([{ meaning: 'computation', alert: true }])
    const named = { ...draft(), outsideWitnesses: [{ ...auditor, name: 'Another' }] }
    expect(diffConvenants(before, named)).toMatchObject([{ meaning: 'wording', alert: false }])
  })

  test.each([
    ['an id of a member', { id: 'bank-a' }, 'DUPLICATE outsideWitnesses[0].id'],
    [
      'a name of a member',
      { name: draft().members[0]!.name },
      'DUPLICATE outsideWitnesses[0].name',
    ],
    [
      'a key of a member',
      { signingKey: draft().members[0]!.signingKey },
      'DUPLICATE outsideWitnesses[0].signingKey',
    ],
    ['plain http', { url: 'http://auditor.example' }, 'BAD_FIELD outsideWitnesses[0].url'],
    [
      'a slash at its end',
      { url: 'https://auditor.example/' },
      'BAD_FIELD outsideWitnesses[0].url',
    ],
    ['a way up', { url: 'https://auditor.example/a/..' }, 'BAD_FIELD outsideWitnesses[0].url'],
    ['a query', { url: 'https://auditor.example/a?b' }, 'BAD_FIELD outsideWitnesses[0].url'],
    ['a plus in its name', { keyName: 'a+b' }, 'BAD_FIELD outsideWitnesses[0].keyName'],
    [
      "a member's name for its key",
      { keyName: 'drempel/proef/bank-b' },
      'BAD_FIELD outsideWitnesses[0].keyName',
    ],
    ['a space in its name', { keyName: 'a b' }, 'BAD_FIELD outsideWitnesses[0].keyName'],
    ['a field too many', { pin: 1 }, 'UNKNOWN_FIELD outsideWitnesses[0].pin'],
  ])('with %s is refused', (_, change, problem) => {
    expect(problems({ outsideWitnesses: [{ ...auditor, ...change }] })).toEqual([problem])
  })

  test('can not stand there twice', () => {
    const other = { ...auditor, id: 'other', name: 'Other' }
    expect(problems({ outsideWitnesses: [auditor, other] })).toEqual([
      'DUPLICATE outsideWitnesses[1].signingKey',
      'DUPLICATE outsideWitnesses[1].url',
      'DUPLICATE outsideWitnesses[1].keyName',
    ])
  })

  test('counts in the quorum that a convenant may ask for', () => {
    const quorum = (n: number) => ({
      ...{ witnesses: ['bank-a', 'bank-b'], outsideWitnesses: [auditor] },
      witnessing: { quorum: n, graceMinutes: 15 },
    })
    expect(problems(quorum(1))).toEqual(['QUORUM_TOO_SMALL witnessing.quorum'])
    expect(problems(quorum(2))).toEqual([])
    expect(problems(quorum(3))).toEqual(['QUORUM_TOO_LARGE witnessing.quorum'])
    const alone = { witnesses: [], outsideWitnesses: [auditor] }
    expect(problems({ ...alone, witnessing: { quorum: 1, graceMinutes: 15 } })).toEqual([])
  })
})
