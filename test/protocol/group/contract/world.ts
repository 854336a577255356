/** What the sections of the contract share: a backend, what is drawn for it, and what it refuses. */

import { fromHex, isProtocolError } from '@drempel/protocol/encoding'
import { type Group, randomScalar, smallScalar } from '@drempel/protocol/group'
import { seededRandom } from '../../random.ts'

export const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
export const ORDER_LESS_ONE = fromHex(
  'ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010',
)
export const ZERO = new Uint8Array(32)

export type GroupWorld = ReturnType<typeof groupWorld>

export function groupWorld(group: Group) {
  const random = seededRandom(`contract of ${group.backend}`)
  const scalar = () => randomScalar(group, random)
  const element = () => group.fromUniform(random(64))
  const alternating = (value: Uint8Array, i: number) =>
    i % 2 === 0 ? value : group.scalars.negate(value)
  const fraction = (above: number, below: number) => {
    const quotient = group.scalars.multiply(
      smallScalar(Math.abs(above)),
      group.scalars.invert(smallScalar(below)),
    )
    return above < 0 ? group.scalars.negate(quotient) : quotient
  }
  const code = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      if (isProtocolError(error)) return `${error.code} ${error.at ?? ''}`.trim()
      throw error
    }
    return 'no error'
  }
  return { group, random, scalar, element, alternating, fraction, code }
}
