/**
 * The last message where the result goes to both: what the receiver found, told to the sender. Its
 * length says nothing of the result: a byte for the kind, then a bit for each of the sender's records
 * in the order in which they were sent, or zeros behind the number of them.
 */

import { type Bytes, ByteWriter } from '../encoding/index.ts'
import { fail } from './errors.ts'
import type { PsiChannel } from './party.ts'

const SIZE_ONLY = 0
const POSITIONS = 1

export type Report = {
  readonly size: number
  /** A bit for each record of the sender; absent when only the size is told. */
  readonly hits?: Bytes
}

/** Room for a bit for each of `count` records. */
export function emptyHits(count: number): Bytes {
  return new Uint8Array(Math.ceil(count / 8))
}

export function isHit(hits: Bytes, position: number): boolean {
  return ((hits[position >> 3]! >> (position & 7)) & 1) === 1
}

export function setHit(hits: Bytes, position: number): void {
  hits[position >> 3]! |= 1 << (position & 7)
}

/** @param length of the hits, null where items are never told */
export function sendReport(
  channel: PsiChannel,
  length: number | null,
  report: Report,
): Promise<void> {
  const { size, hits } = report
  const writer = new ByteWriter().u8(hits === undefined ? SIZE_ONLY : POSITIONS).u32(size)
  return channel.send('psi/report', writer.bytes(hits ?? new Uint8Array(length ?? 0)).finish())
}

/**
 * @param length as the sender of the report has it
 * @param most how many can be in common
 * @throws ProtocolError `BAD_MESSAGE`, culprit = the peer
 */
export async function receiveReport(
  channel: PsiChannel,
  length: number | null,
  most: number,
): Promise<Report> {
  const exactly = 5 + (length ?? 0)
  const frame = await channel.receive('psi/report', { min: exactly, max: exactly })
  const bad = () => fail('BAD_MESSAGE', { culprit: channel.peer, at: 'psi/report' })
  const size = new DataView(frame.buffer, frame.byteOffset).getUint32(1)
  const hits = frame.slice(5)
  if (size > most || frame[0]! > POSITIONS) return bad()
  if (frame[0] === POSITIONS && length !== null)
    return countHits(hits) === size ? { size, hits } : bad()
  return frame[0] === SIZE_ONLY && hits.every((byte) => byte === 0) ? { size } : bad()
}

function countHits(hits: Bytes): number {
  let count = 0
  for (const byte of hits) for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return count
}
