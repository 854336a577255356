/** Sessions of two parties in one process, seeded. */

import {
  distinctItems,
  type EcdhWork,
  ecdh,
  type PsiOptions,
  type PsiOutput,
  type PsiResult,
  type PsiRole,
} from '@drempel/protocol/psi'
import { seededRandom } from '../random.ts'
import { type Link, linked, type Tamper } from './link.ts'
import { paddedSize } from './padded.ts'

export type Lists = { readonly receiver: readonly string[]; readonly sender: readonly string[] }

export type Session = Lists & {
  readonly output: PsiOutput
  readonly to: PsiOptions['to']
  readonly maxResult?: number
  readonly seed?: string
  readonly tamper?: Tamper
  readonly idleMs?: number
  /** What only one side has so. */
  readonly only?: { readonly [Role in PsiRole]?: Partial<PsiOptions> }
}

export const CONTEXT = new Uint8Array(32).fill(7)

/** Lists of distinct identifiers with so many in common, in an order of their own each. */
export function planted(receiver: number, sender: number, common: number, seed: string): Lists {
  const list = (side: string, size: number) => {
    const own = Array.from({ length: size }, (_, i) =>
      i < common ? `drempel/v1/phone:+3161${i}` : `drempel/v1/phone:+3162${side}${i}`,
    )
    return shuffled(own, `${seed} ${side}`)
  }
  return { receiver: list('r', receiver), sender: list('s', sender) }
}

/** Both results; the first failure when one fails. */
export async function intersected(
  session: Session,
): Promise<{ receiver: PsiResult; sender: PsiResult; link: Link }> {
  const { link, ends } = await ended(session)
  const [receiver, sender] = ends.map((end) => {
    if (end.status === 'rejected') throw end.reason
    return end.value
  })
  return { receiver, sender, link }
}

/** How each side ended, the receiver first; one that fails is gone for the other. */
export async function ended(
  session: Session,
  work?: EcdhWork,
): Promise<{ link: Link; ends: readonly PromiseSettledResult<PsiResult>[] }> {
  const link = linked(session.tamper, session.idleMs)
  const side = (role: PsiRole) =>
    ecdh(optionsOf(session, role, link), work).finally(() => link.close(role))
  return { link, ends: await Promise.allSettled([side('receiver'), side('sender')]) }
}

export function optionsOf(session: Session, role: PsiRole, link: Link): PsiOptions {
  const { output, to, maxResult, seed = 'seed', only } = session
  const sizes = {
    receiver: paddedSize(session.receiver.length),
    sender: paddedSize(session.sender.length),
  }
  return {
    role,
    output,
    to,
    items: distinctItems(session[role]).items,
    sizes,
    context: CONTEXT,
    channel: link[role],
    random: seededRandom(`${seed} ${role}`),
    ...(maxResult === undefined ? {} : { maxResult }),
    ...only?.[role],
  }
}

function shuffled<T>(list: readonly T[], seed: string): T[] {
  const bytes = seededRandom(seed)(4 * list.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const keyed = list.map((item, i) => ({ item, key: view.getUint32(4 * i) }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}
