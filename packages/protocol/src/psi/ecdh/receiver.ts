/** The side that masks its list, has it masked once more, takes its own mask away, and compares. */

import type { Bytes } from '../../encoding/index.ts'
import { defaultGroup, ELEMENT_BYTES } from '../../group/index.ts'
import { fail } from '../errors.ts'
import { inBatches, type Range } from '../flow.ts'
import { paddedItems, sliceItems } from '../items.ts'
import type { PsiItems, PsiOutput } from '../party.ts'
import { RecordIndex, rises, writeRecords } from '../records.ts'
import { emptyHits, isHit, setHit } from '../report.ts'
import type { Mask } from './masks.ts'
import { BATCH, type EcdhSession } from './session.ts'

/** The sender's records of b * H(y). @throws ProtocolError `BAD_ORDER`, culprit = the sender */
export async function receiveList(session: EcdhSession): Promise<Bytes> {
  const { width, stop, options } = session
  const { sizes, channel } = options
  const records = new Uint8Array(width * sizes.sender)
  for (let from = 0; from < sizes.sender; from += BATCH) {
    const to = Math.min(sizes.sender, from + BATCH)
    records.set(await stop.race(session.receive('psi/list', to - from, width)), width * from)
    if (!rises(records, width, from, to)) fail('BAD_ORDER', { culprit: channel.peer })
  }
  return records
}

/** The sender's b * G. @throws ProtocolError `BAD_ELEMENT`, `IDENTITY_ELEMENT`, culprit = the sender */
export async function receiveKey(session: EcdhSession): Promise<Bytes> {
  const key = await session.stop.race(session.receive('psi/key', 1, ELEMENT_BYTES))
  defaultGroup().assertElements(key, { culprit: session.options.channel.peer, at: 'psi/key' })
  return key
}

/**
 * Own items to records of b * H(x), padding included: in the order of the items for `items`, rising
 * in the sender's products for `size`.
 * @param count the padded size
 * @param mask as the output allows; forgotten at the end
 */
export async function ask(
  session: EcdhSession,
  items: PsiItems,
  count: number,
  output: PsiOutput,
  mask: Mask,
): Promise<Bytes> {
  try {
    return await maskAndUnmask(session, mask, items, count, output)
  } finally {
    mask.forget()
  }
}

async function maskAndUnmask(
  session: EcdhSession,
  mask: Mask,
  items: PsiItems,
  count: number,
  output: PsiOutput,
): Promise<Bytes> {
  const { work, stop, width, options } = session
  const { channel, random } = options
  const padded = paddedItems(items, count, random)
  const records = new Uint8Array(width * count)
  const loop = { count, size: BATCH, parallel: work.parallel, stop }
  let last: Bytes = new Uint8Array(ELEMENT_BYTES)
  const masking = inBatches({
    ...loop,
    fetch: (range: Range) => ({ batch: sliceItems(padded, range.from, range.to), range }),
    work: ({ batch, range }) => mask.on(batch, range),
    take: async (masked, { from, to }) => {
      await channel.send('psi/masked', masked)
      session.advance(to - from)
    },
  })
  const unmasking = inBatches({
    ...loop,
    fetch: async (range) => {
      const products = await session.receive('psi/products', range.to - range.from, ELEMENT_BYTES)
      if (output === 'size') {
        const joined = joinedTo(last, products)
        if (!rises(joined, ELEMENT_BYTES, 0, range.to - range.from + 1)) {
          fail('BAD_ORDER', { culprit: channel.peer })
        }
        last = products.slice(-ELEMENT_BYTES)
      }
      return { products, range }
    },
    work: ({ products, range }) => mask.off(products, range),
    take: (unmasked, { from, to }) => {
      writeRecords(unmasked, width, records, from)
      session.advance(to - from)
    },
  })
  await stop.all([masking, unmasking])
  return records
}

export type Matches = {
  readonly size: number
  /** Numbers of own records that stand in the list, rising. */
  readonly rows: Uint32Array
  /** Positions in the list. */
  readonly hits: Bytes
}

/** @throws ProtocolError `DUPLICATE_ELEMENT`, culprit = the sender, when two records are one in the list */
export function match(session: EcdhSession, list: Bytes, records: Bytes): Matches {
  const { width, options } = session
  const index = new RecordIndex(list, width)
  const hits = emptyHits(list.length / width)
  const rows: number[] = []
  for (let row = 0; row < records.length / width; row++) {
    const position = index.find(records.subarray(width * row, width * (row + 1)))
    if (position < 0) continue
    if (isHit(hits, position)) fail('DUPLICATE_ELEMENT', { culprit: options.channel.peer })
    setHit(hits, position)
    rows.push(row)
  }
  return { size: rows.length, rows: Uint32Array.from(rows), hits }
}

function joinedTo(last: Bytes, products: Bytes): Bytes {
  const joined = new Uint8Array(last.length + products.length)
  joined.set(last)
  joined.set(products, last.length)
  return joined
}
