import { defaultGroup, libsodiumGroup } from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { measure } from './measure.ts'
import { FIXED, plantedLeak, subjectsOf } from './subjects.ts'
import { CERTAIN } from './welch.ts'

const MEASUREMENTS = 3000

/**
 * That the planted leak is found can be asserted: its |t| is far above the threshold on a machine
 * however busy. That nothing else is found can't, since a busy machine makes some |t| large by itself.
 * So the others are printed beside it, for people who ran this on a quiet machine.
 */
describe('time and secrets', () => {
  it.each([defaultGroup(), libsodiumGroup])('a planted leak shows on $backend', (group) => {
    const verdicts = [plantedLeak(group), ...subjectsOf(group)].map((subject) =>
      measure(subject, FIXED, MEASUREMENTS),
    )
    for (const { name, t, medianNanoseconds } of verdicts) {
      console.log(
        `${name}: |t| ${t.toFixed(1)}, median ${(medianNanoseconds / 1000).toFixed(1)} µs`,
      )
    }
    expect(verdicts[0]!.t).toBeGreaterThan(CERTAIN)
  })
})
