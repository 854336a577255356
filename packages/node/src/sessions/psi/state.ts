/** What a node remembers of an intersection: a row of the store whose content is sealed. */

import type { Psi } from '@drempel/protocol/api'
import { type Bytes, jcs, parseJcs } from '@drempel/protocol/encoding'
import type { PsiPatch, PsiRecord, PsiState } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import type { Cause } from './causes.ts'
import type { SignedAcceptance, SignedProposal } from './messages.ts'

/** How long a proposal may wait. */
export const PROPOSAL_MS = 7 * 86_400_000

export type Person = { readonly token: string; readonly name: string }

/** The own list once there is one: its parts are kept under the session's id until the end. */
export type OwnList = {
  readonly source: 'flags' | 'list'
  /** Distinct items. */
  readonly size: number
  /** base64, 32 bytes: opens the commitment. */
  readonly salt: string
  /** Hexadecimal. */
  readonly commitment: string
  /** Keyed digest by which this node counts how often it used one list; hexadecimal. */
  readonly known: string
  /** Of a list masked ahead, its id; its parts are that list's. */
  readonly prepared?: string
}

export type PsiContent = {
  readonly proposal: SignedProposal
  readonly acceptance: SignedAcceptance | null
  readonly own: OwnList | null
  /** Who of this side stands behind it, in order; none where the node consented by itself. */
  readonly people: readonly Person[]
  readonly automatic: boolean
  readonly case: string | null
  /** Why this protocol: a reason of the chooser, or that a person asked for it. */
  readonly why: Psi['why'] | null
  readonly result: Psi['result'] | null
  /** Why the other side ended it, by its word. */
  readonly cause?: Cause
}

export type PsiSession = Omit<PsiRecord, 'sealed'> & { readonly content: PsiContent }

const placeOf = (id: string) => `psi/${id}`

export function sealContent(ctx: NodeContext, id: string, content: PsiContent): Bytes {
  return ctx.vault.seal(placeOf(id), jcs(content as never), ctx.random)
}

export function openSession(ctx: NodeContext, { sealed, ...row }: PsiRecord): PsiSession {
  const content = parseJcs(ctx.vault.open(placeOf(row.id), sealed)) as unknown as PsiContent
  return { ...row, content }
}

/** @throws ProtocolError `PSI_UNKNOWN` */
export async function sessionOf(ctx: NodeContext, id: string, peer?: string): Promise<PsiSession> {
  const row = await ctx.store.psi.get(id)
  // Whose session it is, a stranger is not told.
  if (row === null || (peer !== undefined && row.peer !== peer)) return fail('PSI_UNKNOWN')
  return openSession(ctx, row)
}

/** Durable when it returns. @throws ProtocolError `PSI_WRONG_STATE`, `at` the state that it is in */
export async function move(
  ctx: NodeContext,
  { id }: Pick<PsiSession, 'id'>,
  from: readonly PsiState[],
  to: PsiState,
  { content, ...patch }: Omit<PsiPatch, 'sealed'> & { readonly content?: PsiContent } = {},
): Promise<PsiSession> {
  const sealed = content === undefined ? {} : { sealed: sealContent(ctx, id, content) }
  const moved = await ctx.store.psi.transition(id, from, to, { ...patch, ...sealed })
  const session = await sessionOf(ctx, id)
  return moved ? session : fail('PSI_WRONG_STATE', { at: session.state })
}
