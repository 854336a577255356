/** Four small lists, what of them is over two, and how a test sees that the members know exactly that. */

import type { Round } from '@drempel/protocol/api'
import { expect } from 'vitest'
import type { Federation } from './federation.ts'
import type { Member } from './member.ts'

const LISTS: Readonly<Record<string, readonly string[]>> = {
  'bank-a': ['all.example', 'a-and-t.example', 'a-and-b.example', 'a.example'],
  'bank-b': ['all.example', 'a-and-b.example', 'b.example'],
  telecom: ['all.example', 'a-and-t.example', 't.example'],
  platform: ['all.example', 'p.example'],
}

/** What is over two when bank-b is left out. */
const OVER = ['all.example', 'a-and-t.example']

export const RULES = [
  { kind: 'host', t: 2 },
  { kind: 'host', t: 2, output: 'owners' },
] as const

export async function flagLists(federation: Federation): Promise<void> {
  for (const member of federation.members) await member.flag(LISTS[member.id]!)
}

/** @param lost members that were robbed of their own answer */
export async function expectExactWithoutBankB(
  federation: Federation,
  round: Round,
  lost: readonly string[] = [],
): Promise<void> {
  expect(round).toMatchObject({ state: 'published' })
  expect(round.contributors).toEqual(['bank-a', 'platform', 'telecom'])
  expect(round.lists?.[0]).toMatchObject({ rule: 'host-t2', size: OVER.length })
  const contributors = federation.members.filter(({ id }) => round.contributors?.includes(id))
  for (const member of contributors.filter(({ id }) => !lost.includes(id))) {
    // The node that leads has published before the others have heard.
    expect(await member.ended(round.round)).toMatchObject({ state: 'published' })
    const theirs = LISTS[member.id]!.filter((value) => OVER.includes(value))
    expect((await ownOver(member)).sort()).toEqual([...theirs].sort())
  }
  const asker = federation.member('bank-a')
  for (const value of new Set(Object.values(LISTS).flat())) {
    const answer = await asker.ask([value], 'klantacceptatie')
    expect([value, answer.results[0]]).toEqual([value, { over: OVER.includes(value) }])
  }
}

/** Every compute node's log names bank-b, and why it was left out of the round. */
export async function expectExcluded(
  federation: Federation,
  round: Round,
  reason: string,
): Promise<void> {
  expect(round.leftOut).toEqual([{ member: 'bank-b', reason }])
  for (const node of federation.convenant.computeNodes) {
    const entries = await federation.member(node).entries()
    expect(entries.findLast(({ type }) => type === 'round.excluded')).toMatchObject({
      parties: ['bank-b'],
      reason,
      round: round.round,
    })
  }
}

async function ownOver(member: Member): Promise<string[]> {
  const { json } = await member.api('GET', '/flags?kind=host&rule=host-t2-owners')
  const { flags } = json as { flags: { value: string; over: boolean }[] }
  return flags.filter((flag) => flag.over).map(({ value }) => value)
}
