import {
  type Convenant,
  convenantDigest,
  missingSignatures,
  parseConvenant,
  type SignedConvenant,
  signConvenant,
  unfittingSignatures,
  verifyConvenant,
  verifyHistory,
  verifySuccession,
  withSignature,
} from '@drempel/protocol/convenant'
import { base64url, hex } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'
import { bend, draft, FOUR, type Loose, member, signedBy, signerOf } from './world.ts'

const ALL = FOUR.map(({ id }) => id)
const first = draft()

function missing(code: string, culprit: string) {
  return expect.objectContaining({ code, culprit })
}

/** The next version of `old`, changed, as its drafter would write it. */
function next(old: Convenant, change: (copy: Loose) => void = () => {}): Convenant {
  return parseConvenant(
    bend(old, (copy) => {
      copy.version = old.version + 1
      copy.previous = base64url(convenantDigest(old))
      change(copy)
    }),
  )
}

function without(id: string) {
  return (c: Loose) => {
    c.members = c.members.filter((m: { id: string }) => m.id !== id)
    const ids = c.members.map((m: { id: string }) => m.id)
    c.computeNodes = ids.slice(0, 3)
    c.keyHolders = { members: ids, quorum: Math.max(3, Math.floor(ids.length / 2) + 1) }
    for (const purpose of c.purposes)
      purpose.askers = purpose.askers.filter((asker: string) => asker !== id)
    c.rules = c.rules.filter(
      (rule: { minContributors: number }) => rule.minContributors <= ids.length,
    )
    for (const purpose of c.purposes)
      purpose.rules = purpose.rules.filter((rule: string) =>
        c.rules.some(({ id }: { id: string }) => id === rule),
      )
  }
}

describe('digest', () => {
  it('is the same for the same terms in another order of fields', () => {
    const reversed = Object.fromEntries(Object.entries(first).reverse())
    expect(hex(convenantDigest(parseConvenant(reversed)))).toBe(hex(convenantDigest(first)))
  })

  it('changes with every field', () => {
    const seen = new Set([hex(convenantDigest(first))])
    const others = [
      draft({ quotaPerDay: 9_999 }),
      draft({ id: 'proef-2' }),
      draft({ validUntil: '2027-12-31T00:00:00Z' }),
      draft({ members: [...FOUR].reverse() }),
      next(first),
    ]
    for (const other of others) seen.add(hex(convenantDigest(other)))
    expect(seen.size).toBe(others.length + 1)
  })
})

describe('signatures', () => {
  it('suffice when all members signed, and only then', () => {
    verifyConvenant(signedBy(first, ALL))
    for (const absent of ALL) {
      const signed = signedBy(
        first,
        ALL.filter((id) => id !== absent),
      )
      expect(missingSignatures(signed)).toEqual([absent])
      expect(() => verifyConvenant(signed)).toThrow(missing('CONVENANT_SIGNATURE_MISSING', absent))
    }
  })

  it('are refused when one bit differs, or they are of other terms or another member', () => {
    const good = signedBy(first, ALL)
    const flipped = new Uint8Array(Buffer.from(good.signatures[1]!.signature, 'base64url'))
    flipped[3]! ^= 1
    const spoilt: SignedConvenant[] = [
      replaced(good, 1, { member: 'bank-b', signature: base64url(flipped) }),
      replaced(good, 1, signConvenant(draft({ quotaPerDay: 9_999 }), 'bank-b', signerOf('bank-b'))),
      replaced(good, 1, signConvenant(first, 'bank-b', signerOf('bank-a'))),
    ]
    for (const signed of spoilt) {
      expect(() => verifyConvenant(signed)).toThrow(missing('CONVENANT_SIGNATURE_BAD', 'bank-b'))
      expect(missingSignatures(signed)).toEqual(['bank-b'])
      expect(unfittingSignatures(signed)).toEqual(['bank-b'])
    }
    expect(unfittingSignatures(good)).toEqual([])
    expect(unfittingSignatures(signedBy(first, ['bank-a']))).toEqual([])
  })

  it('do not count when someone signs in the name of another', () => {
    const signed = signedBy(first, ['bank-a', 'bank-b', 'telecom'])
    const forged = withSignature(signed, signConvenant(first, 'platform', signerOf('bank-a')))
    expect(() => verifyConvenant(forged)).toThrow('CONVENANT_SIGNATURE_BAD')
    const { signature } = signConvenant(first, 'platform', signerOf('platform'))
    expect(missingSignatures(withSignature(signed, { member: 'bank-a', signature }))).toEqual([
      'platform',
    ])
  })

  it('are added once, and spoilt ones do not keep out good ones', () => {
    const one = signConvenant(first, 'bank-a', signerOf('bank-a'))
    let signed: SignedConvenant = { convenant: first, signatures: [] }
    signed = withSignature(withSignature(signed, one), one)
    expect(signed.signatures).toEqual([one])
    signed = withSignature(signed, signConvenant(first, 'bank-b', signerOf('bank-a')))
    for (const id of ALL) signed = withSignature(signed, signConvenant(first, id, signerOf(id)))
    verifyConvenant(signed)
  })
})

describe('replacement', () => {
  const second = next(first, (c) => {
    c.purposes[0].quotaPerDay = 20_000
  })

  it('needs all members', () => {
    expect(verifySuccession(first, signedBy(second, ALL))).toEqual({ type: 'replacement' })
    for (const absent of ALL) {
      const signed = signedBy(
        second,
        ALL.filter((id) => id !== absent),
      )
      expect(() => verifySuccession(first, signed)).toThrow(
        missing('CONVENANT_SIGNATURE_MISSING', absent),
      )
    }
  })

  it('follows the version in force exactly', () => {
    const wrong = [
      next(first, (c) => {
        c.id = 'ander'
      }),
      next(first, (c) => {
        c.version = 3
      }),
      next(draft({ quotaPerDay: 9_999 })),
      first,
    ]
    for (const convenant of wrong)
      expect(() => verifySuccession(first, signedBy(convenant, ALL))).toThrow(
        'CONVENANT_NOT_SUCCESSOR',
      )
  })

  it('admits a newcomer when the newcomer signs too', () => {
    const joined = next(first, (c) => {
      c.members.push(member('helpdesk', 'helpdesk', 9005))
      // A sector that was not there: each purpose says on which basis its flags may answer whom.
      for (const purpose of c.purposes) {
        const [{ grondslag }] = purpose.crossSector
        for (const to of new Set(purpose.crossSector.map((pair: Loose) => pair.to)))
          purpose.crossSector.push({ from: 'helpdesk', to, grondslag })
      }
    })
    expect(() => verifySuccession(first, signedBy(joined, ALL))).toThrow(
      missing('CONVENANT_SIGNATURE_MISSING', 'helpdesk'),
    )
    const signed = signedBy(joined, [...ALL, 'helpdesk'])
    expect(verifySuccession(first, signed)).toEqual({ type: 'replacement' })
  })

  it('changes a key when both the old and the new one sign', () => {
    const rekeyed = next(first, (c) => {
      c.members[0].signingKey = base64url(signerOf('bank-a', 1).publicKey)
    })
    const withNew = withSignature(
      signedBy(rekeyed, ['bank-b', 'telecom', 'platform']),
      signConvenant(rekeyed, 'bank-a', signerOf('bank-a', 1)),
    )
    const withBoth = withSignature(withNew, signConvenant(rekeyed, 'bank-a', signerOf('bank-a')))
    expect(verifySuccession(first, withBoth)).toEqual({ type: 'replacement' })
    // A lost key: all others vouch, as for a removal.
    expect(verifySuccession(first, withNew)).toEqual({ type: 'removal', member: 'bank-a' })
    expect(() => verifySuccession(first, signedBy(rekeyed, ALL))).toThrow(
      missing('CONVENANT_SIGNATURE_BAD', 'bank-a'),
    )
  })
})

describe('removal', () => {
  const five = draft({ members: [...FOUR, member('helpdesk', 'helpdesk', 9005)] })

  it('needs all others and no more', () => {
    const rest = next(five, without('helpdesk'))
    expect(verifySuccession(five, signedBy(rest, ALL))).toEqual({
      type: 'removal',
      member: 'helpdesk',
    })
    expect(() => verifySuccession(five, signedBy(rest, ALL.slice(1)))).toThrow(
      missing('CONVENANT_SIGNATURE_MISSING', 'bank-a'),
    )
    // One who agrees to go makes it a replacement.
    expect(verifySuccession(five, signedBy(rest, [...ALL, 'helpdesk']))).toEqual({
      type: 'replacement',
    })
  })

  it('takes one at a time, so that a few cannot remove the rest', () => {
    const rest = next(five, (c) => {
      without('helpdesk')(c)
      without('platform')(c)
    })
    expect(() => verifySuccession(five, signedBy(rest, ['bank-a', 'bank-b', 'telecom']))).toThrow(
      'CONVENANT_SIGNATURE_MISSING',
    )
    const agreed = signedBy(rest, ['bank-a', 'bank-b', 'telecom', 'platform'])
    expect(verifySuccession(five, agreed)).toEqual({ type: 'removal', member: 'helpdesk' })
  })
})

describe('suspension', () => {
  const six = draft({
    members: [
      ...FOUR,
      member('helpdesk', 'helpdesk', 9005),
      member('platform-b', 'platform', 9006),
    ],
  })
  const suspend = (old: Convenant, id: string) =>
    next(old, (c) => {
      c.suspended.push(id)
    })

  it('needs two thirds of all members', () => {
    const suspended = suspend(six, 'platform-b')
    expect(verifySuccession(six, signedBy(suspended, ALL))).toEqual({
      type: 'suspension',
      member: 'platform-b',
    })
    expect(() => verifySuccession(six, signedBy(suspended, ALL.slice(1)))).toThrow(
      'CONVENANT_SIGNATURE_MISSING',
    )
    expect(() =>
      verifySuccession(six, signedBy(suspended, [...ALL.slice(1), 'platform-b'])),
    ).toThrow('CONVENANT_SIGNATURE_MISSING')
  })

  it('rounds two thirds up: three of four', () => {
    const suspended = suspend(first, 'platform')
    expect(() => verifySuccession(first, signedBy(suspended, ['bank-a', 'bank-b']))).toThrow(
      'CONVENANT_SIGNATURE_MISSING',
    )
    const signed = signedBy(suspended, ['bank-a', 'bank-b', 'telecom'])
    expect(verifySuccession(first, signed)).toMatchObject({ type: 'suspension' })
  })

  it('may change nothing else, and is lifted by all only', () => {
    const more = next(six, (c) => {
      c.suspended.push('platform-b')
      c.purposes[0].quotaPerDay *= 2
    })
    expect(() => verifySuccession(six, signedBy(more, ALL))).toThrow('CONVENANT_SIGNATURE_MISSING')
    const suspended = suspend(six, 'platform-b')
    const lifted = next(suspended, (c) => {
      c.suspended = []
    })
    const five = [...ALL, 'helpdesk']
    expect(() => verifySuccession(suspended, signedBy(lifted, ALL))).toThrow(
      'CONVENANT_SIGNATURE_MISSING',
    )
    expect(verifySuccession(suspended, signedBy(lifted, [...five, 'platform-b']))).toEqual({
      type: 'replacement',
    })
  })

  it('takes one at a time and never more than a third in all', () => {
    const two = next(six, (c) => {
      c.suspended.push('platform-b', 'helpdesk')
    })
    expect(() => verifySuccession(six, signedBy(two, ALL))).toThrow('CONVENANT_SIGNATURE_MISSING')
    const one = suspend(six, 'platform-b')
    const second = suspend(one, 'helpdesk')
    verifySuccession(one, signedBy(second, ALL))
    const third = suspend(second, 'platform')
    expect(() =>
      verifySuccession(second, signedBy(third, ['bank-a', 'bank-b', 'telecom', 'helpdesk'])),
    ).toThrow('CONVENANT_SIGNATURE_MISSING')
  })

  it('cannot put the suspension of another back', () => {
    const one = suspend(six, 'platform-b')
    const swapped = next(one, (c) => {
      c.suspended = ['helpdesk']
    })
    expect(() => verifySuccession(one, signedBy(swapped, ALL))).toThrow(
      'CONVENANT_SIGNATURE_MISSING',
    )
  })
})

describe('history', () => {
  it('leads from a fully signed first version to the one in force', () => {
    const suspended = next(first, (c) => {
      c.suspended.push('platform')
    })
    const signed = [
      signedBy(first, ALL),
      signedBy(suspended, ['bank-a', 'bank-b', 'telecom']),
      signedBy(next(suspended), ALL),
    ]
    expect(verifyHistory(signed).version).toBe(3)
    expect(() => verifyHistory(signed.slice(1))).toThrow('CONVENANT_NOT_SUCCESSOR')
    expect(() => verifyHistory([signed[0]!, signed[2]!])).toThrow('CONVENANT_NOT_SUCCESSOR')
    expect(() => verifyHistory([])).toThrow('CONVENANT_NOT_SUCCESSOR')
    expect(() => verifyHistory([signedBy(first, ALL.slice(1))])).toThrow(
      'CONVENANT_SIGNATURE_MISSING',
    )
  })
})

function replaced(
  signed: SignedConvenant,
  at: number,
  signature: SignedConvenant['signatures'][number],
): SignedConvenant {
  return { ...signed, signatures: signed.signatures.with(at, signature) }
}
