import { describe, expect, it } from 'vitest'
import { compareField, FIELDS } from './field.ts'

describe.each(['relaxed', 'baseline'] as const)('the field %s', (name) => {
  const seed = Date.now() % 2 ** 32

  it(`computes a million times like BigInt (seed ${seed})`, () => {
    expect(compareField(FIELDS[name], 1_000_000, seed)).toBeGreaterThan(999_999)
  })
})
