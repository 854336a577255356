import { concat, hex } from '@drempel/protocol/encoding'
import {
  assertIndices,
  commitPolynomial,
  committedValue,
  evaluatePolynomial,
  libsodiumGroup as group,
  interpolateAtZero,
  itemAt,
  lagrangeAtZero,
  randomPolynomial,
  randomScalar,
  smallScalar,
  splitSecret,
  verifySecretShare,
} from '@drempel/protocol/group'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'

const indexSets = fc.uniqueArray(
  fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 65_535 })),
  {
    minLength: 1,
    maxLength: 7,
  },
)

describe('Shamir sharing', () => {
  it('gives the secret to any q shares, whatever the indices, and another scalar to fewer', () => {
    fc.assert(
      fc.property(indexSets, fc.nat(), fc.string(), (indices, pick, seed) => {
        const quorum = 1 + (pick % indices.length)
        const random = seededRandom(seed)
        const secret = randomScalar(group, random)
        const shares = splitSecret(group, secret, quorum, indices, random)
        expect(hex(interpolateAtZero(group, shares.slice(0, quorum)))).toBe(hex(secret))
        expect(hex(interpolateAtZero(group, shares.toReversed()))).toBe(hex(secret))
        if (quorum > 1) {
          expect(hex(interpolateAtZero(group, shares.slice(1, quorum)))).not.toBe(hex(secret))
        }
      }),
    )
  })

  it('weighs 1, 2, 3 with 3, -3, 1', () => {
    const minusThree = group.scalars.negate(smallScalar(3))
    expect(lagrangeAtZero([1, 2, 3])).toEqual([smallScalar(3), minusThree, smallScalar(1)])
  })

  it.each([
    [[], 'BAD_INDEX'],
    [[0], 'BAD_INDEX'],
    [[1, -1], 'BAD_INDEX'],
    [[65_536], 'BAD_INDEX'],
    [[1.5], 'BAD_INDEX'],
    [[Number.NaN], 'BAD_INDEX'],
    [[3, 1, 3], 'DUPLICATE_INDEX'],
  ])('refuses the indices %j', (indices, code) => {
    const random = seededRandom('indices')
    expect(() => assertIndices(indices)).toThrow(code)
    expect(() => lagrangeAtZero(indices)).toThrow(code)
    expect(() => splitSecret(group, smallScalar(5), 1, indices, random)).toThrow(code)
  })

  it('refuses a quorum that nobody reaches or everybody is', () => {
    const random = seededRandom('quorum')
    for (const quorum of [0, 3, 1.5]) {
      expect(() => splitSecret(group, smallScalar(5), quorum, [1, 2], random)).toThrow('BAD_INDEX')
    }
  })

  it('does not evaluate where the secret stands', () => {
    const polynomial = randomPolynomial(group, 2, seededRandom('zero'))
    expect(() => evaluatePolynomial(group, polynomial, 0)).toThrow('BAD_INDEX')
  })
})

describe('Feldman commitments', () => {
  const polynomial = randomPolynomial(group, 3, seededRandom('feldman'))
  const commitments = commitPolynomial(group, polynomial)

  it.each([1, 2, 7, 65_535])('accept the share of holder %i and nothing else', (index) => {
    const share = evaluatePolynomial(group, polynomial, index)
    expect(group.multiplyBaseSecret(share)).toEqual(committedValue(group, commitments, index))
    const accepts = (secret: Uint8Array, by = commitments, at = index) =>
      verifySecretShare(group, by, at, secret)
    expect(accepts(share)).toBe(true)
    expect(accepts(share, commitments, index === 7 ? 8 : 7)).toBe(false)
    expect(accepts(group.scalars.add(share, smallScalar(1)))).toBe(false)
    expect(accepts(share, commitments.slice(0, 64))).toBe(false)
    const swapped = concat(itemAt(commitments, 1), itemAt(commitments, 0), itemAt(commitments, 2))
    expect(accepts(share, swapped)).toBe(index === 1)
  })

  it('refuse zero, scalars that are not reduced and wrong sizes', () => {
    for (const bad of [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(31)]) {
      expect(verifySecretShare(group, commitments, 1, bad)).toBe(false)
    }
    // x - 1 is zero at 1: its holder would have a share of zero.
    const root = concat(group.scalars.negate(smallScalar(1)), smallScalar(1))
    expect(verifySecretShare(group, commitPolynomial(group, root), 1, smallScalar(0))).toBe(false)
  })
})
