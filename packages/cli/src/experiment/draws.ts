/**
 * Numbers from a seed: SHA-256 of the seed and a name makes a key, AES-256 in counter mode the stream
 * (NIST SP 800-38A). Each name has a stream of its own, so that more draws for one campaign leave
 * the others as they were. For made-up worlds only, never for a protocol's randomness.
 */

import { createCipheriv } from 'node:crypto'
import { sha256, utf8 } from '@drempel/protocol/encoding'

export type Draws = ReturnType<typeof seededDraws>

const CHUNK = 4096

export function seededDraws(seed: number, name: string) {
  const stream = createCipheriv(
    'aes-256-ctr',
    sha256(utf8(`drempel/world/${seed}/${name}`)),
    ZERO_IV,
  )
  const zeros = new Uint8Array(CHUNK)
  let view = new DataView(new ArrayBuffer(0))
  let at = 0
  /** At least 0, below 1; 53 bits. */
  const uniform = (): number => {
    if (at + 8 > view.byteLength) {
      const piece = stream.update(zeros)
      view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
      at = 0
    }
    const high = view.getUint32(at) >>> 5
    const low = view.getUint32(at + 4) >>> 6
    at += 8
    return (high * 2 ** 26 + low) / 2 ** 53
  }
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const below = (count: number): number => Math.floor(uniform() * count)
  return {
    uniform,
    below,
    chance: (p: number): boolean => uniform() < p,
    exponential: (mean: number): number => -mean * Math.log(1 - uniform()),
    /** Half of the draws lie below the median; sigma is of the logarithm. */
    logNormal: (median: number, sigma: number): number => median * Math.exp(sigma * normal()),
    /** Knuth's product of uniforms: fine for the small means of this generator. */
    poisson: (mean: number): number => {
      const limit = Math.exp(-mean)
      let count = 0
      for (let product = uniform(); product > limit; product *= uniform()) count++
      return count
    },
    /** An index, in proportion to the weights. */
    weighted: (weights: readonly number[]): number => {
      let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0)
      for (const [i, weight] of weights.entries()) {
        left -= weight
        if (left < 0) return i
      }
      return weights.findLastIndex((weight) => weight > 0)
    },
  }
}

const ZERO_IV = new Uint8Array(16)
