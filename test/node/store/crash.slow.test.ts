import { it } from 'vitest'
import { crashTest, seedOf } from './crash.ts'

it('loses nothing that it acknowledged when killed at work, 25 times over one store', () =>
  crashTest({ runs: 25, at: 'work', wait: 700, seed: seedOf() }))

it('opens again whenever it was killed at its start', () =>
  crashTest({ runs: 25, at: 'start', wait: 1_500, seed: seedOf() }))
