/** Asker: inputs blinded and answers combined; for checks of one turn of the event loop together. */

import { type Bytes, concatAll, hex } from '@drempel/protocol/encoding'
import type { Elements } from '@drempel/protocol/group'
import {
  type BlindSecret,
  joinShares,
  OUTPUT_BYTES,
  type VerifiedShare,
} from '@drempel/protocol/oprf'
import { type JobOptions, packed } from '../../workers/index.ts'
import type { NodeContext } from '../context.ts'
import { gathered } from './gather.ts'
import { MAX_TOGETHER } from './messages.ts'

export type Blinded = {
  /** 32 bytes an element, padding included. */
  readonly blinded: Bytes
  /** The same, decoded where there are many. */
  readonly elements: Elements
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
    const known = blindings.get(ctx) ?? gatheredBlinding(ctx)
    blindings.set(ctx, known)
    return known(single)
  }
  return ctx.workers.run('blind', { inputs: packed(inputs), count }, lane)
}

const blindings = new WeakMap<NodeContext, (input: Bytes) => Promise<Blinded>>()

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
        return { blinded, elements: blinded, state: { blinds: one(all.state!.blinds), blinded } }
      })
    },
  )
}

export type Answered = {
  readonly state: BlindSecret
  readonly inputs: readonly Bytes[]
  /** Of a quorum. */
  readonly shares: readonly VerifiedShare[]
}

/** @returns 64 bytes for each input, one behind the other */
export function combine(ctx: NodeContext, answered: Answered, lane: JobOptions): Promise<Bytes> {
  if (answered.inputs.length === 1 && lane.elements === 1 && lane.signal === undefined) {
    const known = combinations.get(ctx) ?? gatheredCombining(ctx)
    combinations.set(ctx, known)
    return known(answered)
  }
  const { state, shares } = answered
  const inputs = packed(answered.inputs)
  const answers = shares.flatMap(({ evaluated, decoded }) =>
    decoded === undefined ? [evaluated] : [evaluated, decoded.points],
  )
  const options = { ...lane, move: [state.blinds, inputs.bytes, ...answers] }
  return ctx.workers.run('combine', { state, inputs, shares }, options)
}

const combinations = new WeakMap<NodeContext, (answered: Answered) => Promise<Bytes>>()

/** Only what the same holders answered under the same key has the same weights. */
function gatheredCombining(ctx: NodeContext): (answered: Answered) => Promise<Bytes> {
  const nameOf = ({ shares }: Answered) =>
    `${hex(shares[0]!.key.publicKey)} ${shares.map(({ index }) => index).join()}`
  return gathered(MAX_TOGETHER, nameOf, async (all: readonly Answered[]) => {
    const state = {
      blinds: concatAll(all.map((one) => one.state.blinds)),
      blinded: concatAll(all.map((one) => one.state.blinded)),
    }
    const inputs = packed(all.flatMap((one) => one.inputs))
    const shares = all[0]!.shares.map((_, i) => joinShares(all.map((one) => one.shares[i]!)))
    const lane = { elements: all.length, urgent: true }
    const outputs = await ctx.workers.run('combine', { state, inputs, shares }, lane)
    return all.map((_, i) => () => outputs.subarray(OUTPUT_BYTES * i, OUTPUT_BYTES * (i + 1)))
  })
}
