/** The two ends of a session once products and records are there: what is told to whom. */

import type { Bytes } from '../../encoding/index.ts'
import { fail } from '../errors.ts'
import type { PsiOptions, PsiResult } from '../party.ts'
import { isHit, receiveReport, sendReport } from '../report.ts'
import { match } from './receiver.ts'
import type { MaskedList } from './sender.ts'
import type { EcdhSession } from './session.ts'

export type Terms = Pick<PsiOptions, 'output' | 'to' | 'sizes' | 'channel' | 'maxResult'>

/** Receiver: its result, told to the sender where the terms say so. */
export async function conclude(
  session: EcdhSession,
  terms: Terms,
  list: Bytes,
  records: Bytes,
): Promise<PsiResult> {
  const { output, to, channel, maxResult = Number.POSITIVE_INFINITY } = terms
  const { size, rows, hits } = match(session, list, records)
  const told = output === 'items' && size <= maxResult
  if (to === 'both') {
    const length = output === 'items' ? hits.length : null
    await session.stop.race(sendReport(channel, length, told ? { size, hits } : { size }))
  }
  return told ? { size, rows } : { size }
}

/**
 * Sender: what the receiver tells.
 * @param count own items; records of dummies are in common with nobody
 */
export async function beTold(
  session: EcdhSession,
  terms: Terms,
  { order }: MaskedList,
  count: number,
): Promise<PsiResult> {
  const { to, output, sizes, channel } = terms
  if (to === 'receiver') return undefined
  const length = output === 'items' ? Math.ceil(sizes.sender / 8) : null
  const most = Math.min(count, sizes.receiver)
  const { size, hits } = await session.stop.race(receiveReport(channel, length, most))
  if (hits === undefined) return { size }
  const positions = Uint32Array.from(order.keys()).filter((position) => isHit(hits, position))
  const rows = positions.map((position) => order[position]!).sort()
  if (rows.length !== size || rows.some((row) => row >= count)) {
    fail('BAD_MESSAGE', { culprit: channel.peer, at: 'psi/report' })
  }
  return { size, rows }
}
