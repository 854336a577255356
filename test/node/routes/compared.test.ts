import type { NodeContext } from '@drempel/node/internal/sessions'
import { expect, test } from 'vitest'
import { comparedWith } from '../../../packages/node/src/routes/compared.ts'

test('a member that was met and not compared with has no time yet, and one suspended no row', async () => {
  const rows = new Map([
    ['bank-b', { origin: 'o', index: 0, at: 1_000 }],
    ['telecom', { origin: 'o', index: 7, at: 2_000 }],
  ])
  const members = ['bank-a', 'bank-b', 'telecom', 'platform', 'gone'].map((id) => ({ id }))
  const ctx = {
    self: 'bank-a',
    inForce: () => ({ convenant: { members, suspended: ['gone'] } }),
    store: { comparisons: { progress: async (id: string) => rows.get(id) ?? null } },
  }
  expect(await comparedWith(ctx as unknown as NodeContext)).toEqual([
    { member: 'bank-b', at: null },
    { member: 'platform', at: null },
    { member: 'telecom', at: 2_000 },
  ])
})
