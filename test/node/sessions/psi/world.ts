/** Two members that intersect: what their operators do, over the socket. */

import type { Psi, PsiRows } from '@drempel/protocol/api'
import type { Json } from '@drempel/protocol/encoding'
import { eventually, type Member } from '../../kit/member.ts'

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
