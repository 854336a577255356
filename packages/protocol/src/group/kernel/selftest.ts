/**
 * Does a kernel compute what libsodium computes on this machine? Relaxed SIMD leaves to the machine
 * whether `relaxed_madd` rounds once or twice (one choice for all of an environment, says its
 * specification), and the kernel's products are right when it rounds once: rounded twice, the low
 * half of nearly every product of limbs is lost. One multiplication makes over 100,000 of them.
 *
 * All exports run, with more elements than lanes. A kernel that takes good input for bad fails too.
 */

import { type Bytes, concat, equalBytes, sodium, utf8 } from '../../encoding/index.ts'
import type { Group } from '../group.ts'
import { libsodiumGroup as oracle } from '../libsodium.ts'
import { smallScalar } from '../scalar.ts'
import { FEW } from './sums.ts'

const COUNT = 5
const DST = utf8('self-test')

export function passesSelfTest(group: Group): boolean {
  return cases().every((run) => {
    const expected = run(oracle)
    try {
      return equalBytes(run(group), expected)
    } catch {
      return false
    }
  })
}

function cases(): readonly ((group: Group) => Bytes)[] {
  const wide = (label: string) =>
    Array.from({ length: COUNT }, (_, i) => sodium.crypto_hash_sha512(utf8(`${label} ${i}`)))
  const scalars = concat(...wide('scalar').map((bytes) => oracle.scalars.reduce(bytes)))
  const uniform = concat(...wide('element'))
  const elements = oracle.fromUniform(uniform)
  /** Elements or scalars from one position to another. */
  const part = (flat: Bytes, from: number, to: number) => flat.subarray(32 * from, 32 * to)
  const repeated = (flat: Bytes) => Array.from({ length: Math.ceil((FEW + 1) / COUNT) }, () => flat)
  const rows = [part(elements, 0, 2), part(elements, 2, 4)]
  const base = part(elements, 4, 5)
  const small = concat(smallScalar(3), oracle.scalars.negate(smallScalar(2)))
  return [
    (group) => group.fromUniform(uniform),
    (group) => group.multiplySecret(scalars, elements),
    (group) => group.multiplySecret(part(scalars, 0, 1), part(elements, 0, 2)),
    (group) => group.multiplyBaseSecret(part(scalars, 0, 2)),
    (group) => group.hashPlusBaseSecret([utf8('a'), utf8('b')], DST, part(scalars, 1, 3)),
    (group) => group.hashTimesSecret([utf8('a'), utf8('b')], DST, part(scalars, 1, 3)),
    (group) => group.combineMinusSecret(small, rows, part(scalars, 2, 4), base),
    (group) => group.combineMinusSecret(part(scalars, 0, 2), rows, part(scalars, 3, 5), base),
    (group) => group.combinePublic(scalars, elements),
    // More than the few that are summed by tables.
    (group) => group.combinePublic(concat(...repeated(scalars)), concat(...repeated(elements))),
    (group) => group.subtract(part(elements, 0, 2), part(elements, 2, 4)),
  ]
}
