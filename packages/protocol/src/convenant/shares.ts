/** Look-ups in a parsed convenant, and the arithmetic of quotas that several key holders guard. */

import type {
  Convenant,
  ConvenantKind,
  Intersection,
  MemberDescriptor,
  Purpose,
  Rule,
} from './schema.ts'

/** The caps that bind one member for one kind. */
export type Caps = Pick<
  ConvenantKind,
  'listCap' | 'newPerRound' | 'withdrawnPerRound' | 'epochBudget'
>

/**
 * What one key holder grants out of a total: floor(total·q/n). Every element costs q evaluations
 * and the n holders together grant at most total·q, so rotating over holders gains nothing.
 */
export function holderShare(total: number, keyHolders: Convenant['keyHolders']): number {
  return Math.floor((total * keyHolders.quorum) / keyHolders.members.length)
}

export function memberOf(convenant: Convenant, id: string): MemberDescriptor | undefined {
  return convenant.members.find((member) => member.id === id)
}

export function kindOf(convenant: Convenant, kind: string): ConvenantKind | undefined {
  return convenant.kinds.find((entry) => entry.kind === kind)
}

export function ruleOf(convenant: Convenant, id: string): Rule | undefined {
  return convenant.rules.find((rule) => rule.id === id)
}

export function purposeOf(convenant: Convenant, id: string): Purpose | undefined {
  return convenant.purposes.find((purpose) => purpose.id === id)
}

export function intersectionOf(convenant: Convenant, id: string): Intersection | undefined {
  return convenant.intersections?.find((terms) => terms.id === id)
}

/**
 * Whether flags of a kind may be personal data relating to criminal offences (AVG art. 10): only where
 * every purpose that uses them names the basis and the reference of the licence or the exception.
 */
export function mayBeCriminal(convenant: Convenant, kind: string): boolean {
  const all = [...convenant.purposes, ...(convenant.intersections ?? [])]
  const using = all.filter(({ kinds }) => kinds.some((used) => used === kind))
  return using.every(({ criminalData }) => criminalData !== null)
}

/**
 * The size that a list of an intersection is given as: rounded up to one of `stepsPerDoubling` in each
 * doubling, and never below the least list.
 */
export function paddedListSize(
  { sizes, stepsPerDoubling }: Pick<Intersection, 'sizes' | 'stepsPerDoubling'>,
  side: 'proposer' | 'partner',
  size: number,
): number {
  const least = Math.max(size, sizes[side].least)
  // Exact: Math.log2 of a power of two may round.
  const top = 31 - Math.clz32(least)
  const unit = 2 ** Math.max(0, top - Math.log2(stepsPerDoubling))
  return Math.ceil(least / unit) * unit
}

/** Caps of one member: its exception if it has one, else those of the kind. */
export function capsOf(kind: ConvenantKind, member: string): Caps {
  return kind.exceptions.find((exception) => exception.member === member) ?? kind
}

export function mayConsume(rule: Rule, member: string): boolean {
  return rule.consumers === 'all' || rule.consumers.includes(member)
}
