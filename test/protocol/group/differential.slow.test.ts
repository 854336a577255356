import { libsodiumGroup, nobleGroup, simdGroup } from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { compareBackends } from './differential.ts'

describe('both kernels', () => {
  const seed = `slow ${new Date().toISOString()}`
  const kernels = [simdGroup('relaxed')!, simdGroup('baseline')!]

  it.each([libsodiumGroup, nobleGroup])(
    `do ten thousand operations like $backend (seed ${seed})`,
    (oracle) => {
      expect(compareBackends(kernels, oracle, 10_000, seed)).toBeGreaterThan(9_999)
    },
  )
})
