/**
 * Dual control: two people, over records one who supervises (auditor, fg) and one who manages (operator,
 * admin). People are known by their tokens, so this sees two tokens of two names, with roles of two sides;
 * that they are two people is for whoever hands tokens out.
 */

import type { Operator } from '../../http/index.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'

/** The role that stands for a side comes first. */
const SIDES = {
  supervision: ['fg', 'auditor'],
  management: ['admin', 'operator'],
} as const

export type Side = keyof typeof SIDES
export type Capacity = (typeof SIDES)[Side][number]

export type Person = {
  readonly token: string
  readonly name: string
  readonly capacity: Capacity
}

/**
 * In which capacity an operator stands for a side.
 * @throws ProtocolError `DUAL_CONTROL`, also for a token with roles of both sides: its holder could be
 * both people
 */
export function personOf({ id, name, roles }: Operator, side: Side): Person {
  const other = side === 'supervision' ? 'management' : 'supervision'
  const capacity = SIDES[side].find((role) => roles.includes(role))
  if (SIDES[other].some((role) => roles.includes(role))) {
    const both = capacity !== undefined
    fail('DUAL_CONTROL', {
      at: both ? 'both-sides' : 'side',
      hint: both
        ? 'use a personal token with roles of one side'
        : `this step is for ${SIDES[side].join(' or ')}`,
    })
  }
  return capacity === undefined
    ? fail('DUAL_CONTROL', { at: 'side', hint: `this step is for ${SIDES[side].join(' or ')}` })
    : { token: id, name, capacity }
}

/** Who need not stand for a side. */
type Named = Pick<Person, 'token' | 'name'>

/** @throws ProtocolError `DUAL_CONTROL` */
export function differ(one: Named, other: Named): void {
  if (one.token === other.token) fail('DUAL_CONTROL', { at: 'self', hint: 'ask somebody else' })
  if (one.name === other.name) {
    fail('DUAL_CONTROL', { at: 'holder', hint: 'both tokens are of one holder' })
  }
}

/**
 * Who agreed to an act that an operator carries out: who proposed it does, while the token that agreed is
 * good. One that was revoked since may have been in the wrong hands when it decided.
 * @throws ProtocolError `DUAL_CONTROL`, `NOT_APPROVED`
 */
export async function agreedBy<Decider extends Named>(
  { store }: Pick<NodeContext, 'store'>,
  { id }: Pick<Operator, 'id'>,
  act: { readonly state: string; readonly proposer: Named; readonly decider: Decider | null },
): Promise<Decider> {
  const { state, proposer, decider } = act
  if (proposer.token !== id) {
    fail('DUAL_CONTROL', { at: 'proposer', hint: 'who proposed it carries it out' })
  }
  if (state !== 'approved' || decider === null) return fail('NOT_APPROVED', { at: state })
  const [agreed] = await standing({ store }, [decider])
  return agreed ?? fail('DUAL_CONTROL', { at: 'revoked' })
}

/** Those whose tokens are good still: one that was revoked since it decided decided nothing. */
export async function standing<Somebody extends Pick<Named, 'token'>>(
  { store }: Pick<NodeContext, 'store'>,
  people: readonly Somebody[],
): Promise<Somebody[]> {
  const tokens = await Promise.all(people.map(({ token }) => store.tokens.get(token)))
  return people.filter((_, i) => tokens[i] !== null && tokens[i]!.revokedAt === null)
}
