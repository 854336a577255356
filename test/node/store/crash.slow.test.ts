import { describe, it } from 'vitest'
import { crashTest, seedOf } from './crash.ts'

// Two stores: while one is read after a kill, the other's process works.
describe.concurrent('a store whose process is killed 25 times', () => {
  it('loses nothing that it acknowledged when killed at work', () =>
    crashTest({ runs: 25, at: 'work', wait: 700, seed: seedOf() }))

  it('opens again whenever it was killed at its start', () =>
    crashTest({ runs: 25, at: 'start', wait: 1_500, seed: seedOf() }))
})
