import { madeUpIdentifier } from '@drempel/cli/internal/experiment/identifiers'
import { canonicalize, IDENTIFIER_KINDS, isMadeUp } from '@drempel/protocol/identifiers'
import { describe, expect, it } from 'vitest'

describe('identifiers that are nobody’s', () => {
  it.each(IDENTIFIER_KINDS)('%s: are told from others, and are valid', (kind) => {
    for (const number of [0, 1, 99, 100, 4_321]) {
      const value = madeUpIdentifier(kind, number)
      expect(canonicalize(kind, value)).toBe(value)
      expect(isMadeUp(kind, value)).toBe(true)
    }
  })

  it.each([
    ['iban', 'NL91ABNA0417164300'],
    ['phone', '+31612345678'],
    ['phone', '+12025550200'],
    ['phone', '+12025560100'],
    ['device', '49015420323751'],
    ['device', '00000000-0000-4000-8000-000000000000'],
    ['host', 'example.nl'],
    ['host', 'www.example.com'],
    ['host', 'notexample'],
    ['domain', 'test.nl'],
    ['email', 'example@bank.nl'],
    ['email', 'a@notexample'],
  ] as const)('%s: %s is somebody’s, or may be', (kind, value) => {
    expect(isMadeUp(kind, value)).toBe(false)
  })
})
