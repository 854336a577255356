/**
 * Whether the log has an entry that the store only says was begun: a crash, or a disk that was full, can come
 * between an entry and the note that it was made. Looked for from the log's end back to when it was begun; a
 * clock that was set back far meanwhile can hide it.
 */

import type { Json } from '@drempel/protocol/encoding'
import { type LeafFields, parseEvent, timeOf } from '@drempel/protocol/log'
import type { NodeContext } from './context.ts'
import { isUnreadable } from './errors.ts'

/** A leaf knows the minute only, and a clock may be set right meanwhile. */
const SLACK_MS = 15 * 60_000
const PAGE = 256

export type Written = {
  readonly event: LeafFields
  readonly origin: string
  readonly index: number
}

/** The last entries, as far back as that time; the last one first. */
export async function* writtenSince(
  { log }: Pick<NodeContext['store'], 'log'>,
  since: number,
): AsyncGenerator<Written> {
  for (const origin of [...(await log.origins())].reverse()) {
    const { size } = (await log.end(origin)) ?? { size: 0 }
    for (let to = size; to > 0; to -= PAGE) {
      const from = Math.max(0, to - PAGE)
      const leaves = await log.leaves(origin, from, to)
      for (const [i, leaf] of [...leaves.entries()].reverse()) {
        const event = parseEvent(leaf)
        if (timeOf(event.time) < since - SLACK_MS) return
        yield { event, origin, index: from + i }
      }
    }
  }
}

/** @param named by which field of its record it is known, where what the leaf says can be true of several */
export async function isWritten(
  { store, audit }: Pick<NodeContext, 'store' | 'audit'>,
  since: number,
  fits: (event: LeafFields) => boolean,
  named?: readonly [name: string, value: string | number],
): Promise<boolean> {
  for await (const { event, origin, index } of writtenSince(store, since)) {
    if (!fits(event)) continue
    if (named === undefined) return true
    const record = await audit.openRecord(origin, index).catch((error: unknown) => {
      if (isUnreadable(error)) return null
      throw error
    })
    const [name, value] = named
    if ((record as { readonly [name: string]: Json } | null)?.[name] === value) return true
  }
  return false
}
