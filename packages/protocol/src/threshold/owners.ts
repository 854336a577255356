/**
 * Output `owners`: each partner learns which of its own identifiers are over the threshold, and nobody
 * else learns anything. A compute node hands its part of partner i's flags to partner i alone. The
 * flags are fresh sharings from AND gates, so the parts add nothing to the flags' values.
 *
 * A part is the party index and two components, each [shard][slot][16 bytes]. Every component comes
 * from two nodes, so one node that lies is noticed, though not which of the two.
 */

import { type Bytes, equalBytes } from '../encoding/index.ts'
import { bytesOf, type PartyIndex, type Planes, planeAt, type Words } from '../mpc/index.ts'
import { fail } from './errors.ts'
import { type Group, shardsOf } from './group.ts'
import type { RoundPlan } from './plan.ts'

/** The only length of a part that `combineOwners` accepts. */
export function ownerPartBytes(plan: RoundPlan, partner: number): number {
  return 1 + 2 * componentBytes(plan, partner)
}

/** Compute node: an empty part for one partner. */
export function newOwnerPart(plan: RoundPlan, partner: number, party: PartyIndex): Bytes {
  const part = new Uint8Array(ownerPartBytes(plan, partner))
  part[0] = party
  return part
}

/**
 * Compute node: writes a group's flags into the partner's part: plane `bit` of `flags`, where the
 * partner's slots begin at row `start`.
 */
export function fillOwnerPart(
  plan: RoundPlan,
  partner: number,
  part: Bytes,
  group: Group,
  flags: Planes,
  start: number,
  bit: number,
): void {
  const length = componentBytes(plan, partner)
  const { slots } = plan.partners[partner]!
  const { rowWords, share } = flags
  const from = planeAt(flags, bit) + start * rowWords
  const rows = (words: Words) => words.subarray(from, from + slots * rowWords)
  fillComponent(part.subarray(1, 1 + length), group, slots, rows(share.first))
  fillComponent(part.subarray(1 + length), group, slots, rows(share.second))
}

/** Compute node: puts together what parts of the bins wrote into parts for one partner. */
export function joinOwnerParts(parts: readonly Bytes[]): Bytes {
  const [first, ...others] = parts as readonly [Bytes, ...Bytes[]]
  const whole = first.slice()
  // The first byte is the party; elsewhere each is zero where another has bins.
  for (const part of others) for (let i = 1; i < whole.length; i++) whole[i]! |= part[i]!
  return whole
}

/**
 * Partner: which of its values are over the threshold, in the order they were given to `prepareList`.
 * @param parts of the three compute nodes in party order
 * @throws ProtocolError `BAD_OWNER_PARTS`: wrong sizes, or two nodes disagree on a component
 */
export function combineOwners(
  plan: RoundPlan,
  prepared: { readonly partner: number; readonly slotOf: Int32Array },
  parts: readonly [Bytes, Bytes, Bytes],
): readonly boolean[] {
  const length = componentBytes(plan, prepared.partner)
  parts.forEach((part, party) => {
    if (part.length !== ownerPartBytes(plan, prepared.partner) || part[0] !== party)
      fail('BAD_OWNER_PARTS', { at: String(party) })
  })
  const flags = new Uint8Array(length)
  parts.forEach((part, party) => {
    const component = part.subarray(1, 1 + length)
    const before = parts[(party + 2) % 3]!
    if (!equalBytes(component, before.subarray(1 + length)))
      fail('BAD_OWNER_PARTS', { at: String(party), hint: 'two compute nodes disagree' })
    for (let i = 0; i < length; i++) flags[i]! ^= component[i]!
  })
  const { slots } = plan.partners[prepared.partner]!
  return Array.from(prepared.slotOf, (cell) => {
    const bin = Math.floor(cell / slots)
    const lane = bin % 128
    const at = ((bin - lane) / 128) * slots * 16 + (cell % slots) * 16
    return ((flags[at + (lane >> 3)]! >> (lane & 7)) & 1) === 1
  })
}

function componentBytes(plan: RoundPlan, partner: number): number {
  return (plan.bins / 128) * plan.partners[partner]!.slots * 16
}

function fillComponent(into: Bytes, group: Group, slots: number, rows: Words): void {
  const source = bytesOf(rows)
  for (const { shard, from: first, words, at } of shardsOf(group)) {
    let from = 4 * at
    let to = shard * slots * 16 + 4 * first
    for (let row = 0; row < slots; row++, from += 4 * group.words, to += 16)
      into.set(source.subarray(from, from + 4 * words), to)
  }
}
