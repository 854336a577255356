import { hex } from '@drempel/protocol/encoding'
import { libsodiumGroup, nobleGroup, randomScalar, simdGroup } from '@drempel/protocol/group'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { groupContract } from './contract/contract.ts'

describe.each([libsodiumGroup, nobleGroup, simdGroup('relaxed')!, simdGroup('baseline')!])(
  'ristretto255 on $backend',
  groupContract,
)

describe('libsodium and noble agree', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

  it('on hashing', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ minLength: 1, maxLength: 255 }),
        (message, dst) => {
          expect(libsodiumGroup.hashToGroup([message], dst)).toEqual(
            nobleGroup.hashToGroup([message], dst),
          )
          expect(libsodiumGroup.hashToScalars([message], dst)).toEqual(
            nobleGroup.hashToScalars([message], dst),
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  it('on scalars', () => {
    fc.assert(
      fc.property(bytes(64), bytes(64), (wideA, wideB) => {
        const [s, n] = [libsodiumGroup.scalars, nobleGroup.scalars]
        const a = s.reduce(wideA)
        const b = s.reduce(wideB)
        expect(n.reduce(wideA)).toEqual(a)
        for (const operation of ['add', 'subtract', 'multiply'] as const) {
          expect(s[operation](a, b)).toEqual(n[operation](a, b))
        }
        expect(s.negate(a)).toEqual(n.negate(a))
        if (hex(a) !== '00'.repeat(32)) expect(s.invert(a)).toEqual(n.invert(a))
      }),
      { numRuns: 200 },
    )
  })

  it('on elements', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const random = seededRandom(seed)
        const scalars = Array.from({ length: 2 }, () => randomScalar(nobleGroup, random))
        const flat = Uint8Array.from(scalars.flatMap((scalar) => [...scalar]))
        const uniform = random(128)
        const [s, n] = [libsodiumGroup, nobleGroup]
        const elements = s.fromUniform(uniform)
        expect(elements).toEqual(n.fromUniform(uniform))
        expect(s.multiplySecret(flat, elements)).toEqual(n.multiplySecret(flat, elements))
        expect(s.multiplyPublic(flat, elements)).toEqual(n.multiplyPublic(flat, elements))
        expect(s.multiplyBaseSecret(flat)).toEqual(n.multiplyBaseSecret(flat))
        expect(s.combinePublic(flat, elements)).toEqual(n.combinePublic(flat, elements))
        const [rows, base] = [[elements, elements], elements.subarray(32)] as const
        expect(s.combineMinusSecret(flat, rows, flat, base)).toEqual(
          n.combineMinusSecret(flat, rows, flat, base),
        )
        expect(s.subtract(elements, n.multiplyPublic(flat, elements))).toEqual(
          n.subtract(elements, s.multiplyPublic(flat, elements)),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('on which bytes are elements', () => {
    const verdict = (group: typeof nobleGroup, element: Uint8Array) => {
      try {
        group.assertElements(element)
        return 'ok'
      } catch (error) {
        return String(error)
      }
    }
    const tally = new Set<string>()
    fc.assert(
      fc.property(bytes(32), fc.constantFrom(0xff, 0xfe, 0x7f, 0x7e), (raw, mask) => {
        // Even and below 2^255 most of the time, so that about a quarter are elements.
        const element = raw.with(0, raw[0]! & 0xfe).with(31, raw[31]! & mask)
        const answer = verdict(libsodiumGroup, element)
        expect(verdict(nobleGroup, element)).toBe(answer)
        tally.add(answer)
      }),
      { numRuns: 300 },
    )
    expect(tally.size).toBeGreaterThan(1)
  })
})
