/** The side that masks its own list and the receiver's points with one scalar. */

import type { Bytes } from '../../encoding/index.ts'
import { defaultGroup, ELEMENT_BYTES } from '../../group/index.ts'
import { fail } from '../errors.ts'
import { inBatches } from '../flow.ts'
import { paddedItems, sliceItems } from '../items.ts'
import type { PsiItems, PsiOutput } from '../party.ts'
import { ordered, rises, risingOrder, writeRecords } from '../records.ts'
import { BATCH, type EcdhSession } from './session.ts'

export type MaskedList = {
  /** Records of b * H(y), rising. */
  readonly records: Bytes
  /** For each record the number of its item. */
  readonly order: Uint32Array
}

/** What takes the receiver's masks away where it learns items. */
export function sendKey({ options, stop }: EcdhSession, scalar: Bytes): Promise<void> {
  return stop.race(options.channel.send('psi/key', defaultGroup().multiplyBaseSecret(scalar)))
}

/** Masks the own list, padded. */
export async function maskList(
  session: EcdhSession,
  scalar: Bytes,
  items: PsiItems,
): Promise<MaskedList> {
  const { work, stop, width, hashTag, options } = session
  const count = options.sizes.sender
  const padded = paddedItems(items, count, options.random)
  const records = new Uint8Array(width * count)
  await inBatches({
    count,
    size: BATCH,
    parallel: work.parallel,
    stop,
    fetch: ({ from, to }) => sliceItems(padded, from, to),
    work: (batch) => work.mask(scalar, hashTag, batch),
    take: (masked, { from, to }) => {
      writeRecords(masked, width, records, from)
      session.advance(to - from)
    },
  })
  const order = risingOrder(records, width)
  return { records: ordered(records, width, order), order }
}

/** Rising, so that the order says nothing of the order in which the owner keeps its items. */
export async function sendList(
  session: EcdhSession,
  { records }: Pick<MaskedList, 'records'>,
): Promise<void> {
  await sendRecords(session, 'psi/list', records, session.width)
}

/**
 * Multiplies the receiver's points. For `items` the products go back in their order; for `size` all
 * of them rising, so that nothing tells which belongs to which point.
 */
export async function answer(
  session: EcdhSession,
  scalar: Bytes,
  count: number,
  output: PsiOutput,
): Promise<void> {
  const { work, stop, options } = session
  const { channel } = options
  // Records of products find points that came twice; the receiver cannot choose these.
  const width = output === 'size' ? ELEMENT_BYTES : session.width
  const records = new Uint8Array(width * count)
  await inBatches({
    count,
    size: BATCH,
    parallel: work.parallel,
    stop,
    fetch: async (range) => {
      const points = await session.receive('psi/masked', range.to - range.from, ELEMENT_BYTES)
      return { points, range }
    },
    work: ({ points, range }) => session.checked(range, () => work.multiply(scalar, points)),
    take: async (products, { from, to }) => {
      session.advance(to - from)
      if (output === 'size') return void records.set(products, width * from)
      writeRecords(products, width, records, from)
      await channel.send('psi/products', products)
    },
  })
  const rising = ordered(records, width, risingOrder(records, width))
  if (!rises(rising, width, 0, count)) fail('DUPLICATE_ELEMENT', { culprit: channel.peer })
  if (output === 'size') await sendRecords(session, 'psi/products', rising, width)
}

async function sendRecords(
  { options, stop }: EcdhSession,
  step: string,
  records: Bytes,
  width: number,
): Promise<void> {
  const bytes = BATCH * width
  for (let from = 0; from < records.length; from += bytes) {
    await stop.race(options.channel.send(step, records.subarray(from, from + bytes)))
  }
}
