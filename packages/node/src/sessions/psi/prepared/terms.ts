/**
 * A list masked ahead: what both members know of it, and what each keeps, sealed.
 *
 * Its key answers every question of one member for one purpose until it is erased. What it is bound to
 * is in the context that all its points are hashed under, so that no other list, member, purpose or
 * version of the convenant shares them.
 */

import { type Bytes, hashParts, hex, jcs, parseJcs } from '@drempel/protocol/encoding'
import { z } from 'zod'
import type { PreparedRecord } from '../../../store/index.ts'
import type { NodeContext } from '../../context.ts'
import { hex16 } from '../../round/messages.ts'
import type { OwnList } from '../state.ts'

/** As the acceptance of a session has it. */
export const preparedTerms = z.strictObject({
  id: hex16,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** The most that a question may be padded to. */
  most: z.int().min(1),
})
export type PreparedTerms = z.infer<typeof preparedTerms>

/** Whose list, given to whom, for what. */
export type Bound = {
  readonly convenant: string
  readonly owner: string
  readonly asker: string
  readonly purpose: string
  readonly kind: string
  /** Of the list, padded. */
  readonly size: number
  /** Commitment to it, hexadecimal. */
  readonly list: string
  readonly terms: PreparedTerms
}

export type PreparedContent = {
  readonly bound: Bound
  /** At its owner. */
  readonly own: Omit<OwnList, 'prepared'> | null
  /** base64: at the owner its scalar, at the asker the owner's element; null before and after its life. */
  readonly key: string | null
}

export type Prepared = Omit<PreparedRecord, 'sealed'> & { readonly content: PreparedContent }

type Unnamed = Omit<Bound, 'terms'> & { readonly terms: Omit<PreparedTerms, 'id'> }

/**
 * The id of a list, which stands in the log of who is given it: it follows from all else that is said of
 * the list, so that its owner does not choose it, and no list has the name of another or of a query.
 *
 * An owner can draw salts of its commitment until some bits of the id are as it likes: b bits for 2^b
 * commitments. That gives it nothing that it lacks. A name that is another's takes all 128, two lists of one
 * name some 2^64, and the second of them is refused. Bits that stand in another member's log it has for
 * nothing: whoever asks or proposes draws the txid, whole. No secret and no order follows from an id. So
 * nothing of the asker's goes into it, which would take a message more, before there is a question.
 */
export function nameOf({ terms: { createdAt, expiresAt, most }, ...bound }: Unnamed): string {
  const said = jcs({ ...bound, createdAt, expiresAt, most })
  return hex(hashParts('drempel/v1/psi/prepared-id', said).subarray(0, 16))
}

/** Whether its id is of that form. */
export function isNamed({ id, content }: Pick<Prepared, 'id' | 'content'>): boolean {
  return id === nameOf(content.bound)
}

/** 32 bytes. */
export function contextOf({ terms, ...bound }: Bound): Bytes {
  return hashParts('drempel/v1/psi/prepared', jcs({ ...bound, ...terms }))
}

export function sizesOf({ size, terms }: Bound) {
  return { receiver: terms.most, sender: size }
}

const placeOf = (id: string) => `psi/prepared/${id}`

export function sealPrepared(ctx: NodeContext, id: string, content: PreparedContent): Bytes {
  return ctx.vault.seal(placeOf(id), jcs(content as never), ctx.random)
}

export function openPrepared(ctx: NodeContext, { sealed, ...row }: PreparedRecord): Prepared {
  const content = parseJcs(ctx.vault.open(placeOf(row.id), sealed)) as unknown as PreparedContent
  return { ...row, content }
}
