/**
 * Asker: one exchange with a holder, its answer verified. Checks that are asked of the same holder in
 * one turn of the event loop share a message, hence its signatures, and one proof; each of them has its
 * own entry, its own permission and its own refusal.
 */

import { concatAll, isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import type { Elements } from '@drempel/protocol/group'
import { partOfShare, type ThresholdKey, type VerifiedShare } from '@drempel/protocol/oprf'
import type { PeerResponse } from '../../peers/index.ts'
import { isWorkerFault, type JobOptions } from '../../workers/index.ts'
import { memberCheckpoint } from '../checkpoints.ts'
import type { NodeContext } from '../context.ts'
import type { PeerCheckpoint } from '../journal.ts'
import { gathered } from './gather.ts'
import {
  decodeAnswer,
  decodeAnswerTogether,
  type EvaluationRequest,
  encodeTogether,
  MAX_TOGETHER,
} from './messages.ts'

/** How long a holder may take: another is asked only when this one's time is over. */
const ANSWER_MS = 20_000
const ELEMENT_MS = 10
/**
 * A batch of tags waits at the holder behind those of all who tag for the same round. A full one is
 * half a second of one core and a member has four under way: ten members that tag at once are 20 s of
 * work. Twice that for a small batch that came last, and more for who brings more itself.
 */
const TAGS_MS = 40_000
const TAG_MS = 20

export type Asked = {
  readonly key: ThresholdKey
  readonly index: number
  readonly holder: string
  readonly request: EvaluationRequest
  /** The request; all holders get the same bytes. */
  readonly encoded: Uint8Array
  /** The blinded elements of the request. */
  readonly elements: Elements
  readonly lane: JobOptions
}

export type HolderAnswer = {
  readonly share: VerifiedShare
  /** The head of the holder's log; null for the own one. */
  readonly checkpoint: PeerCheckpoint | null
}

/** An answer that its holder signed and no honest holder gives; the evidence is the signed exchange. */
export class FalseAnswer extends ProtocolError {}

/** @throws ProtocolError of the peer client; `FalseAnswer` */
export async function askAlone(
  ctx: NodeContext,
  { key, index, holder, request, encoded, elements, lane }: Asked,
): Promise<HolderAnswer> {
  const { signal } = lane
  const response = await ctx.peers.post(holder, '/peer/v1/oprf/evaluate', encoded, {
    timeoutMs: lane.urgent
      ? ANSWER_MS + ELEMENT_MS * lane.elements
      : TAGS_MS + TAG_MS * lane.elements,
    maxResponse: request.blinded.length + 65_536,
    ...(signal === undefined ? {} : { signal }),
  })
  return judged(holder, response, async () => {
    const answer = decodeAnswer(holder, response.body)
    const checkpoint = memberCheckpoint(ctx, holder, answer.checkpoint)
    const args = { key, index, blinded: elements, answer }
    const share = await ctx.workers.run('verify', args, lane)
    return { share, checkpoint }
  })
}

const gatherers = new WeakMap<NodeContext, (asked: Asked) => Promise<HolderAnswer>>()

/** The same for a check. @throws besides, ProtocolError `PEER_PROBLEM`, `at` = what it was refused for */
export function askTogether(ctx: NodeContext, asked: Asked): Promise<HolderAnswer> {
  const nameOf = ({ holder, request: { header } }: Asked) =>
    `${holder} ${header.kind} ${header.epoch}`
  const ask = gatherers.get(ctx) ?? gathered(MAX_TOGETHER, nameOf, (all) => exchange(ctx, all))
  gatherers.set(ctx, ask)
  return ask(asked)
}

async function exchange(
  ctx: NodeContext,
  all: readonly Asked[],
): Promise<readonly (() => HolderAnswer)[]> {
  const [first] = all as readonly [Asked, ...Asked[]]
  if (all.length === 1) {
    const answer = await askAlone(ctx, first)
    return [() => answer]
  }
  const { key, index, holder } = first
  const body = encodeTogether(all.map(({ encoded }) => encoded))
  const response = await ctx.peers.post(holder, '/peer/v1/oprf/checks', body, {
    timeoutMs: ANSWER_MS + ELEMENT_MS * all.length,
    maxResponse: 65_536,
  })
  try {
    return await judged(holder, response, async () => {
      const answer = decodeAnswerTogether(holder, response.body, all.length)
      const checkpoint = memberCheckpoint(ctx, holder, answer.checkpoint)
      const granted = all.filter((_, i) => answer.refused[i] === null)
      const blinded = concatAll(granted.map(({ request }) => request.blinded))
      const lane = { elements: granted.length, urgent: true }
      const share =
        granted.length === 0
          ? null
          : await ctx.workers.run('verify', { key, index, blinded, answer }, lane)
      let next = 0
      return answer.refused.map((code) => {
        if (code !== null || share === null) {
          return () => {
            throw new ProtocolError('PEER_PROBLEM', { culprit: holder, at: code ?? '' })
          }
        }
        const part = partOfShare(share, next, ++next)
        return () => ({ share: part, checkpoint })
      })
    })
  } catch (error) {
    if (!(error instanceof FalseAnswer)) throw error
    // The evidence of all is one exchange, which is kept with the first.
    const { code, culprit } = error
    return all.map((_, i) => () => {
      throw i === 0 ? error : new FalseAnswer(code, { culprit: culprit! })
    })
  }
}

/** What is wrong with an answer that came under the holder's signature is the holder's word. */
async function judged<Value>(
  holder: string,
  response: PeerResponse,
  read: () => Promise<Value>,
): Promise<Value> {
  try {
    return await read()
  } catch (error) {
    if (!isProtocolError(error) || isWorkerFault(error)) throw error
    const evidence = response.evidence({ withRequestBody: true })
    throw new FalseAnswer(error.code, { culprit: holder, evidence })
  }
}
