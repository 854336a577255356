/**
 * Times a function of a secret scalar for two classes of it, one fixed and one random, in random
 * order. Inputs are made beforehand and copied to one place before the clock starts, so that both
 * classes come from equally cold memory.
 */

import { randomBytes } from 'node:crypto'
import { itemAt, libsodiumGroup, randomScalars } from '@drempel/protocol/group'
import { largestT } from './welch.ts'

export type Subject = {
  readonly name: string
  /** Does the work once with the secret. */
  readonly run: (secret: Uint8Array) => unknown
}

export type Verdict = {
  readonly name: string
  /** The largest |t| that any cropping gives. */
  readonly t: number
  readonly medianNanoseconds: number
}

const WARM_UP = 0.1

export function measure({ name, run }: Subject, fixed: Uint8Array, measurements: number): Verdict {
  const warmUp = Math.ceil(WARM_UP * measurements)
  const total = warmUp + measurements
  const classes = Uint8Array.from(randomBytes(total), (byte) => byte & 1)
  const secrets = randomScalars(libsodiumGroup, total, (length) => randomBytes(length))
  classes.forEach((one, i) => {
    if (one === 0) secrets.set(fixed, 32 * i)
  })
  const nanoseconds = new Float64Array(total)
  const secret = new Uint8Array(32)
  for (let i = 0; i < total; i++) {
    secret.set(itemAt(secrets, i))
    const begin = process.hrtime.bigint()
    run(secret)
    nanoseconds[i] = Number(process.hrtime.bigint() - begin)
  }
  const counted = nanoseconds.subarray(warmUp)
  return {
    name,
    t: largestT(counted, classes.subarray(warmUp)),
    medianNanoseconds: counted.toSorted()[measurements >> 1]!,
  }
}
