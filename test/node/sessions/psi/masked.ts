/** Lists masked ahead, as their owner's operators see them and as the store has them. */

import type { Psi, PsiPrepared } from '@drempel/protocol/api'
import type { Json } from '@drempel/protocol/encoding'
import { eventually, type Member } from '../../kit/member.ts'
import { type Asked, accept, ended, hosts, openThree, propose } from './world.ts'

/**
 * telecom, and bank-a that asks: any number of questions, two for `vanzelf`, by two people for `vier-ogen`,
 * and none of these lists for `zonder`.
 */
export async function openPrepared() {
  const opened = await openThree(({ preparedDays = 0, ...drafted }) => {
    const terms = { ...drafted, to: ['proposer', 'partner', 'both'] as const }
    const few = { ...terms, quota: { perPair: 9, perList: 2, days: 30 } }
    return [
      { ...terms, preparedDays, maxResult: null },
      { ...few, preparedDays, id: 'vanzelf', consent: 'policy' },
      { ...few, preparedDays, id: 'vier-ogen', fourEyes: true },
      { ...few, id: 'zonder' },
    ]
  })
  await opened.bank.flag(hosts(0, 30))
  await opened.telecom.flag(hosts(20, 400))
  return opened
}

/** Of the flags, for questions of bank-a, unless asked otherwise. */
export function tryPrepare(member: Member, asked: object = {}) {
  const body = { partner: 'bank-a', purpose: 'lijsten-vergelijken', kind: 'host', input: 'flags' }
  return member.api('POST', '/psi/prepared', { ...body, ...asked } as Json)
}

export async function prepared(member: Member, asked: object = {}): Promise<PsiPrepared> {
  const { status, json, text } = await tryPrepare(member, asked)
  if (status !== 202) throw new Error(text)
  return settled(member, (json as PsiPrepared).id)
}

/** Once it is not being masked. */
export function settled(member: Member, id: string): Promise<PsiPrepared> {
  return eventually(async () => {
    const found = (await lists(member)).find((list) => list.id === id)
    return found === undefined || found.state === 'masking' ? undefined : found
  })
}

/** The list there is, or another. */
export async function ready(member: Member): Promise<PsiPrepared> {
  const all = await lists(member)
  const of = (list: PsiPrepared) =>
    list.side === 'owner' && list.state === 'ready' && list.purpose === 'lijsten-vergelijken'
  return all.find(of) ?? (await prepared(member))
}

export async function lists(member: Member): Promise<PsiPrepared[]> {
  return ((await member.api('GET', '/psi/prepared')).json as { lists: PsiPrepared[] }).lists
}

/** A question of such a list, to its end on both sides. */
export async function question(from: Member, to: Member, over: Asked = {}): Promise<[Psi, Psi]> {
  const { id } = await propose(from, { protocol: 'prepared', to: 'proposer', ...over })
  const { status, text } = await accept(to, id, 'prepared')
  if (status !== 200) throw new Error(text)
  return Promise.all([ended(from, id), ended(to, id)])
}

export function end(member: Member, id: string) {
  return member.api('POST', `/psi/prepared/${id}/end`, {})
}

/** What the store has of a list, by name. */
export async function kept(member: Member, id: string): Promise<string[]> {
  const names = await member.ctx.store.psi.partsBefore(Number.MAX_SAFE_INTEGER)
  return names.filter((name) => name.split('/').includes(id)).sort()
}
