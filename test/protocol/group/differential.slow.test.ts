import { libsodiumGroup, nobleGroup, simdGroup } from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { compareBackends } from './differential.ts'

describe.each(['relaxed', 'baseline'] as const)('the kernel %s', (build) => {
  const seed = `slow ${new Date().toISOString()}`

  it(`does ten thousand operations like libsodium (seed ${seed})`, () => {
    const group = simdGroup(build)!
    expect(compareBackends(group, libsodiumGroup, 10_000, seed)).toBeGreaterThan(9_999)
  })

  it(`does ten thousand operations like noble (seed ${seed})`, () => {
    const group = simdGroup(build)!
    expect(compareBackends(group, nobleGroup, 10_000, seed)).toBeGreaterThan(9_999)
  })
})
