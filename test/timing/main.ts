/**
 * npm run timing -- [MEASUREMENTS]
 *
 * Looks for secrets in the time that the group's backends and the signature kernels take (dudect's
 * test). |t| over 10 is a leak, over 4.5 probably one; more measurements find smaller ones. The two
 * planted leaks show that the harness finds some: the small one, of less than a percent, may need a
 * quiet machine. It exits with 1 when the large one is not found, since then nothing else means anything.
 */

import { libsodiumGroup, nobleGroup, simdGroup } from '@drempel/protocol/group'
import { measure, type Subject } from './measure.ts'
import { digits, FIXED, plantedLeak, signatures, smallLeak, subjectsOf } from './subjects.ts'
import { CERTAIN, PROBABLE } from './welch.ts'

const [asked = '20000', ...more] = process.argv.slice(2)
const measurements = Number(asked)
if (!Number.isSafeInteger(measurements) || measurements < 1000 || more.length > 0) {
  console.error('npm run timing -- [MEASUREMENTS], at least 1000 (20000)')
  process.exit(2)
}

const kernels = (['relaxed', 'baseline'] as const).flatMap((build) => simdGroup(build) ?? [])
const fastest = kernels[0] ?? libsodiumGroup

const report = (subject: Subject): number => {
  const { name, t, medianNanoseconds } = measure(subject, FIXED, measurements)
  const verdict = t > CERTAIN ? 'leaks' : t > PROBABLE ? 'probably leaks' : 'nothing found'
  const time = `${(medianNanoseconds / 1000).toFixed(1)} µs`
  console.log(
    `${name.padEnd(36)} |t| ${t.toFixed(1).padStart(7)}  ${time.padStart(10)}  ${verdict}`,
  )
  return t
}

const control = report(plantedLeak(fastest))
report(smallLeak(fastest))
digits.forEach(report)
signatures.forEach(report)
for (const group of [...kernels, libsodiumGroup]) subjectsOf(group).forEach(report)
// Not constant-time, as its header says: a leak that nobody planted.
subjectsOf(nobleGroup).slice(0, 2).forEach(report)
process.exitCode = control > CERTAIN ? 0 : 1
