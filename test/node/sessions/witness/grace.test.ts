import { expect, test } from 'vitest'
import { createCosigning } from '../../../../packages/node/src/sessions/witness/cosigning.ts'

test('a grace ends with the witnesses of its convenant, also one from before a restart', async () => {
  const kept = new Map([['witness-grace', JSON.stringify({ since: 1_000, told: 'suppressed' })]])
  const convenant = { id: 'proef', members: [], witnesses: [], suspended: [] }
  const world = {
    self: 'bank-a',
    inForce: () => ({ convenant }),
    store: {
      meta: {
        get: async (name: string) => kept.get(name) ?? null,
        set: async (name: string, value: string) => void kept.set(name, value),
      },
    },
  }
  await createCosigning(world as never).run()
  expect(kept.get('witness-grace')).toBe('null')
})
