import { signerFromSeed, signStatement, verifyStatement } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'

const signer = signerFromSeed(new Uint8Array(32).fill(7))
const other = signerFromSeed(new Uint8Array(32).fill(8))
const statement = signStatement('test', { round: 'a', size: 3 }, 'bank', signer)

describe('statements', () => {
  it('verify under the signer and the type they were made for', () => {
    expect(() => verifyStatement('test', statement, signer.publicKey)).not.toThrow()
  })

  it.each([
    ['another type', 'other', statement, signer.publicKey],
    ['another key', 'test', statement, other.publicKey],
    ['an unknown member', 'test', statement, undefined],
    ['a changed body', 'test', { ...statement, body: { round: 'a', size: 4 } }, signer.publicKey],
  ] as const)('are refused under %s', (_, type, value, key) => {
    expect(() => verifyStatement(type, value, key)).toThrow('BAD_STATEMENT at')
    try {
      verifyStatement(type, value, key)
    } catch (error) {
      expect(error).toMatchObject({ culprit: 'bank' })
    }
  })
})
