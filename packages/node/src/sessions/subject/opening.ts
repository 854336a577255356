/**
 * A data subject's case between what the log says and what the store has: there is one from its entry on. One
 * that a crash or a full disk cut off before that never came, one after that is there at the next start, or
 * with the next case.
 */

import { base64, fromBase64, isProtocolError } from '@drempel/protocol/encoding'
import type { CaseRecord } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { Turns } from '../turns.ts'

type NewCase = Pick<CaseRecord, 'id' | 'type' | 'kind' | 'receivedAt' | 'dueAt' | 'sealed'>

const BEGUN = 'case-begun'
const turns = new Turns<object>()

/** @returns its number */
export function openEntered(
  ctx: NodeContext,
  entry: NewCase,
  enter: () => Promise<unknown>,
): Promise<number> {
  const { cases, meta } = ctx.store
  return turns.of(cases, async () => {
    await openBegun(ctx)
    await meta.set(BEGUN, JSON.stringify({ ...entry, sealed: base64(entry.sealed) }))
    await enter()
    const number = await cases.open(entry)
    await meta.set(BEGUN, '')
    return number
  })
}

/** At start. */
export function finishOpening(ctx: NodeContext): Promise<void> {
  return turns.of(ctx.store.cases, () => openBegun(ctx))
}

async function openBegun({ store, audit }: NodeContext): Promise<void> {
  const text = await store.meta.get(BEGUN)
  if (!text) return
  const { sealed, ...entry } = JSON.parse(text)
  if ((await audit.find(entry.id)).some(({ type }) => type === 'subject.opened')) {
    await store.cases.open({ ...entry, sealed: fromBase64(sealed) }).catch((error: unknown) => {
      // It was there already.
      if (!isProtocolError(error, 'STORE_CONFLICT')) throw error
    })
  }
  await store.meta.set(BEGUN, '')
}
