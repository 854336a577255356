/** Members that intersect: what their operators do, over the socket. */

import type { Psi, PsiRows } from '@drempel/protocol/api'
import type { Intersection } from '@drempel/protocol/convenant'
import type { Json } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { Federation } from '../../kit/federation.ts'
import { eventually, type Member } from '../../kit/member.ts'

/** What a busy machine takes is neither a lost connection nor a stall: tests of those set their own. */
export const LIMITS = { connectMs: 20_000, retryMs: 20, stallMs: 30_000 }

export const runsOf = ({ live }: Member) => live.node.sessions.intersections

/**
 * bank-a, bank-b and telecom, which consents by itself to what is for the purpose `vanzelf`.
 * @param terms from what is drafted, with quotas that no test comes near
 */
export async function openThree(
  terms: (drafted: Intersection) => readonly Intersection[] = (drafted) => [drafted],
  kinds: readonly IdentifierKind[] = ['host'],
) {
  const quota = { perPair: 1_000, perList: 1_000, days: 30 }
  const federation = await Federation.open({
    ...{ size: 3, kinds, intersections: true, background: false },
    config: (id) => (id === 'telecom' ? 'intersections: [{ purpose: vanzelf, do: accept }]\n' : ''),
    amend: (convenant) => {
      const [drafted] = convenant.intersections!
      return { ...convenant, intersections: [...terms({ ...drafted!, quota })] }
    },
  })
  for (const member of federation.members) runsOf(member).limit(LIMITS)
  const [bank, bankB, telecom] = ['bank-a', 'bank-b', 'telecom'].map((id) => federation.member(id))
  return { federation, bank: bank!, bankB: bankB!, telecom: telecom! }
}

export type Asked = {
  readonly partner?: string
  readonly purpose?: string
  readonly kind?: string
  readonly output?: 'items' | 'size'
  readonly to?: 'proposer' | 'partner' | 'both'
  readonly protocol?: 'ecdh' | 'ot' | 'prepared'
  readonly input?: Json
  readonly case?: string
}

export function hosts(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `host-${from + i}.example.net`)
}

/** Brings a list as a file would be, and names it. */
export async function bring(
  member: Member,
  values: readonly string[],
  list = `list-${Math.random().toString(36).slice(2)}`,
): Promise<{ readonly list: string }> {
  const rows = values.map((value, i) => ({ row: i + 2, value }))
  const { status, text } = await member.api('POST', '/psi/lists', { kind: 'host', list, rows })
  if (status !== 200) throw new Error(text)
  return { list }
}

export async function propose(member: Member, asked: Asked = {}, token?: string): Promise<Psi> {
  const { status, json, text } = await tried(member, asked, token)
  if (status !== 201) throw new Error(text)
  return json as Psi
}

export function tried(member: Member, asked: Asked = {}, token?: string) {
  const body = {
    partner: 'telecom',
    purpose: 'lijsten-vergelijken',
    kind: 'host',
    output: 'items',
    to: 'both',
    input: 'flags',
    ...asked,
  }
  return member.api('POST', '/psi', body, token)
}

export function accept(member: Member, id: string, input: Json | null = 'flags', token?: string) {
  const body = input === null ? {} : { input }
  return member.api('POST', `/psi/${id}/acceptance`, body, token)
}

export function refuse(member: Member, id: string) {
  return member.api('POST', `/psi/${id}/refusal`, {})
}

export async function shown(member: Member, id: string): Promise<Psi> {
  return (await member.api('GET', `/psi/${id}`)).json as Psi
}

export function ended(member: Member, id: string): Promise<Psi> {
  return eventually(async () => {
    const session = await shown(member, id)
    return ['done', 'refused', 'failed'].includes(session.state) ? session : undefined
  })
}

export async function items(member: Member, id: string): Promise<PsiRows['rows']> {
  const rows: PsiRows['rows'] = []
  for (let after: number | null = 0; after !== null; ) {
    const { json } = await member.api('GET', `/psi/${id}/items?after=${after}`)
    const page: PsiRows = json as PsiRows
    rows.push(...page.rows)
    after = page.next
  }
  return rows
}

export async function psiEntries(member: Member, id: string) {
  const entries = await member.entries()
  return entries.filter((entry) => 'txid' in entry && entry.txid === id)
}
