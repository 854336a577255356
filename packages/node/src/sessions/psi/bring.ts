/** What a side brings to an intersection: its list, committed to, and refusals on account of it. */

import { REFUSALS, type RefusalCode } from '@drempel/protocol/convenant'
import { base64, hex, isProtocolError } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { itemCount } from '@drempel/protocol/psi'
import type { Operator } from '../../http/index.ts'
import type { NodeContext } from '../context.ts'
import { fail, failure } from '../errors.ts'
import { padded } from './agree.ts'
import { journalPsiRefused } from './journal.ts'
import { commitmentTo, dropList, knownDigest, type Loaded, loadList, takeList } from './lists.ts'
import { readyFor } from './prepared/run.ts'
import type { OwnList, PsiSession } from './state.ts'

/** The node's flags, what was brought under a name, or the list of an own session that failed. */
export type PsiInput = 'flags' | { readonly list: string } | { readonly of: string }

/** What a partner brings; a list that was masked ahead for who proposes. */
export type PsiBrought = PsiInput | 'prepared'

/** The own list that was masked ahead, as it was. @throws ProtocolError `PSI_PREPARED_ENDED` */
export async function preparedFor(
  ctx: NodeContext,
  session: PsiSession,
  allowed: (size: number, listSize: number) => void,
): Promise<OwnList> {
  const found = await readyFor(ctx, session)
  if (found === undefined) return fail('PSI_PREPARED_ENDED', { hint: 'run: drempel psi prepare' })
  const { own, bound } = found.content
  allowed(bound.size, own!.size)
  return { ...own!, prepared: found.id }
}

/** @param allowed throws where the convenant refuses a list of this padded size and this size */
export async function listFor(
  ctx: NodeContext,
  about: Pick<PsiSession, 'id' | 'side' | 'purpose'> & { readonly kind: IdentifierKind },
  input: PsiInput,
  allowed: (size: number, listSize: number) => void,
): Promise<{ readonly own: OwnList; readonly size: number; readonly loaded: Loaded }> {
  const { id, side, purpose, kind } = about
  await takeList(ctx, kind, input, id)
  try {
    const loaded = await loadList(ctx, id)
    const { items } = loaded
    const size = padded(ctx, purpose, side, itemCount(items))
    allowed(size, itemCount(items))
    const salt = ctx.random(32)
    const [commitment, known] = await Promise.all([
      commitmentTo(ctx, items, salt),
      knownDigest(ctx, items),
    ])
    const source = input === 'flags' ? 'flags' : 'list'
    const digests = { commitment: hex(commitment), known: hex(known) }
    const own = { source, size: itemCount(items), salt: base64(salt), ...digests } as const
    return { own, size, loaded }
  } catch (error) {
    await dropList(ctx, id)
    throw error
  }
}

/** A refusal of the convenant is entered before it is told. */
export function refuser(
  ctx: NodeContext,
  about: Parameters<typeof journalPsiRefused>[1],
  by: Operator | null,
) {
  return async <Value>(work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work()
    } catch (error) {
      if (!isProtocolError(error, 'REFUSED')) throw error
      const code = error.at as RefusalCode
      await journalPsiRefused(ctx, about, code, { operator: by?.id ?? null })
      throw failure('REFUSED', { at: code, hint: REFUSALS[code].en })
    }
  }
}
