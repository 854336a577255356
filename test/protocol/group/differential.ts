/**
 * Backends do the same random work, with a taste for what breaks carries and special cases: scalars
 * near zero, near the order and of equal digits, small multiples of the generator, doubled elements,
 * batches around the borders of lanes and slices.
 */

import { concat, hex, type RandomBytes } from '@drempel/protocol/encoding'
import {
  type Group,
  itemAt,
  libsodiumGroup,
  randomScalars,
  smallScalar,
} from '@drempel/protocol/group'
import { seededRandom } from '../random.ts'

/**
 * @param subjects of which each does every operation; the oracle, which may be slow, does it once
 * @returns how many operations on single elements or pairs were compared @throws Error with the case
 */
export function compareBackends(
  subjects: readonly Group[],
  oracle: Group,
  operations: number,
  seed: string,
  batches: readonly number[] = [1, 2, 3, 4, 5, 8, 9, 17, 25],
  progress: (done: number) => void = () => {},
): number {
  const random = seededRandom(seed)
  const world = new World(random)
  let done = 0
  for (let turn = 0; done < operations; turn++) {
    const count = batches[world.below(batches.length)]!
    for (const [name, work] of Object.entries(cases(world, count))) {
      const expected = hex(work(oracle))
      for (const subject of subjects) {
        if (hex(work(subject)) === expected) continue
        const where = `in turn ${turn} of seed ${seed}`
        throw new Error(`${name} of ${count} differs at ${subject.backend} ${where}`)
      }
      done += count
    }
    progress(done)
  }
  return done
}

function cases(world: World, count: number): Record<string, (group: Group) => Uint8Array> {
  const scalars = world.scalars(count)
  const one = world.scalars(1)
  const a = world.elements(count)
  const b = world.elements(count)
  const base = world.elements(1)
  const weights = world.weights(2)
  const uniform = world.random(64 * count)
  const messages = Array.from({ length: count }, () => world.random(world.below(100)))
  const tag = Uint8Array.of(7)
  return {
    multiplySecret: (group) => group.multiplySecret(scalars, a),
    'multiplySecret by one': (group) => group.multiplySecret(one, a),
    multiplyBaseSecret: (group) => group.multiplyBaseSecret(scalars),
    add: (group) => group.add(a, b),
    subtract: (group) => group.subtract(a, b),
    combinePublic: (group) => group.combinePublic(scalars, a),
    combineMinusSecret: (group) => group.combineMinusSecret(weights, [a, b], scalars, base),
    fromUniform: (group) => group.fromUniform(uniform),
    hashPlusBaseSecret: (group) => group.hashPlusBaseSecret(messages, tag, scalars),
    hashTimesSecret: (group) => group.hashTimesSecret(messages, tag, scalars),
  }
}

const { scalars } = libsodiumGroup

/** Makes its operands by libsodium, whoever computes with them. */
class World {
  readonly random: RandomBytes

  constructor(random: RandomBytes) {
    this.random = random
  }

  below(bound: number): number {
    return this.random(4).reduce((value, byte) => 256 * value + byte, 0) % bound
  }

  scalars(count: number): Uint8Array {
    return concat(...Array.from({ length: count }, () => this.#scalar()))
  }

  /** Half of them short. */
  weights(count: number): Uint8Array {
    const short = () => {
      const value = smallScalar(1 + this.below(1 << 20))
      return this.below(2) === 0 ? value : scalars.negate(value)
    }
    const all = this.below(2) === 0 ? short : () => this.#scalar()
    return concat(...Array.from({ length: count }, all))
  }

  /** Not the identity. */
  elements(count: number): Uint8Array {
    const elements = libsodiumGroup.fromUniform(this.random(64 * count))
    for (let i = 0; i < count; i++) {
      if (this.below(4) === 0) {
        elements.set(libsodiumGroup.multiplyBaseSecret(smallScalar(1 + this.below(20))), 32 * i)
      } else if (i > 0 && this.below(8) === 0) {
        elements.set(itemAt(elements, i - 1), 32 * i)
      }
    }
    return elements
  }

  #scalar(): Uint8Array {
    const small = smallScalar(1 + this.below(20))
    switch (this.below(5)) {
      case 0:
        return small
      case 1:
        return scalars.negate(small)
      case 2: {
        // All digits alike, or two by turns: where carries of signed digits run through.
        const digits = new Uint8Array(32).fill(this.below(256))
        return digits.with(31, digits[31]! & 15).with(0, digits[0]! | 1)
      }
      default:
        return randomScalars(libsodiumGroup, 1, this.random)
    }
  }
}
