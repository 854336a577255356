/** Asker: inputs blinded; those of checks that come in one turn of the event loop together. */

import type { Bytes } from '@drempel/protocol/encoding'
import type { BlindSecret } from '@drempel/protocol/oprf'
import { type JobOptions, packed } from '../../workers/index.ts'
import type { NodeContext } from '../context.ts'
import { gathered } from './gather.ts'
import { MAX_TOGETHER } from './messages.ts'

export type Blinded = {
  /** 32 bytes an element, padding included. */
  readonly blinded: Bytes
  /** Null for a batch that is all padding. */
  readonly state: BlindSecret | null
}

/** @param count elements, at least as many as inputs: the rest is padding */
export function blind(
  ctx: NodeContext,
  inputs: readonly Bytes[],
  count: number,
  lane: JobOptions,
): Promise<Blinded> {
  const [single] = inputs
  if (count === 1 && single !== undefined && lane.signal === undefined) {
    const known = gatherers.get(ctx) ?? gatheredBlinding(ctx)
    gatherers.set(ctx, known)
    return known(single)
  }
  return ctx.workers.run('blind', { inputs: packed(inputs), count }, lane)
}

const gatherers = new WeakMap<NodeContext, (input: Bytes) => Promise<Blinded>>()

function gatheredBlinding(ctx: NodeContext): (input: Bytes) => Promise<Blinded> {
  return gathered(
    MAX_TOGETHER,
    () => '',
    async (inputs: readonly Bytes[]) => {
      const count = inputs.length
      const lane = { elements: count, urgent: true }
      const all = await ctx.workers.run('blind', { inputs: packed(inputs), count }, lane)
      return inputs.map((_, i) => () => {
        // Arrays of their own: the next job may move them to a thread.
        const one = (flat: Bytes) => flat.slice(32 * i, 32 * i + 32)
        const blinded = one(all.blinded)
        return { blinded, state: { blinds: one(all.state!.blinds), blinded } }
      })
    },
  )
}
