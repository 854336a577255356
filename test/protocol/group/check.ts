/**
 * `npm run differential -- FIELD GROUP [SEED [BUILD]]`: FIELD operations of each kernel's field (or
 * of one) against BigInt, GROUP operations of the kernel against libsodium, and a hundredth against
 * noble.
 */

import { libsodiumGroup, nobleGroup, simdGroup } from '@drempel/protocol/group'
import { loadKernel } from '../../../packages/protocol/src/encoding/ed25519/select.ts'
import { compareSignatures } from '../encoding/signatures.ts'
import { readCommand, USAGE } from './arguments.ts'
import { compareBackends } from './differential.ts'
import { compareField, FIELDS } from './field.ts'

const command = readCommand(process.argv.slice(2), Date.now())
if (command === undefined) {
  console.error(USAGE)
  process.exit(2)
}
const { fieldOperations, groupOperations, seed, builds } = command
const REPORT_EVERY = 30_000

function report(what: string, run: (progress: (done: number) => void) => number): void {
  const start = performance.now()
  let next = start + REPORT_EVERY
  const done = run((sofar) => {
    if (performance.now() < next) return
    next += REPORT_EVERY
    console.log(`${what}: ${sofar} so far`)
  })
  const seconds = Math.round((performance.now() - start) / 1000)
  console.log(`${what}: ${done} operations, no difference, ${seconds} s`)
}

console.log(`Node.js ${process.version}, seed ${seed}`)
for (const build of builds) {
  if (fieldOperations > 0) {
    report(`field ${build} like BigInt`, (progress) =>
      compareField(FIELDS[build], fieldOperations, seed, undefined, progress),
    )
  }
  const group = simdGroup(build)
  if (group === undefined) {
    console.log(`group ${build}: does not run here`)
    continue
  }
  for (const [oracle, operations] of [
    [libsodiumGroup, groupOperations],
    [nobleGroup, groupOperations / 100],
  ] as const) {
    if (operations === 0) continue
    report(`group ${build} like ${oracle.backend}`, (progress) =>
      compareBackends([group], oracle, operations, String(seed), undefined, progress),
    )
  }
  const kernel = loadKernel(build)
  if (kernel !== undefined && groupOperations > 0) {
    report(`signatures ${build} like libsodium`, (progress) =>
      compareSignatures(kernel, groupOperations, String(seed), progress),
    )
  }
}
