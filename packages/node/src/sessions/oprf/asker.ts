/**
 * Asker: one query to a quorum of key holders. The intent is durable in the log before the first
 * byte leaves; a holder that answers falsely is named, kept as evidence, and another is asked.
 */

import {
  type Bytes,
  base64,
  concat,
  hex,
  isProtocolError,
  type Json,
  ProtocolError,
} from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { batchDigest } from '@drempel/protocol/log'
import {
  blindInputs,
  combineShares,
  randomBlinded,
  type ThresholdKey,
  type VerifiedShare,
  verifyShare,
} from '@drempel/protocol/oprf'
import { memberCheckpoint } from '../checkpoints.ts'
import type { NodeContext } from '../context.ts'
import { codeOf, failure } from '../errors.ts'
import {
  journalFault,
  journalIntent,
  journalResult,
  type PeerCheckpoint,
  type Question,
} from '../journal.ts'
import { evaluateOwn } from './holder.ts'
import { group, publicKeyOf } from './keyring.ts'
import { decodeAnswer, type EvaluationRequest, encodeRequest } from './messages.ts'

/** How long a holder may take: another is asked only when this one's time is over. */
const ANSWER_MS = 20_000
const ELEMENT_MS = 10

export type Evaluation = {
  readonly protocol: Question['protocol']
  readonly kind: IdentifierKind
  readonly epoch: string
  readonly purpose?: string
  readonly rule?: string
  readonly inputs: readonly Bytes[]
  /** Elements to send, at least as many as inputs: the rest is padding. */
  readonly count: number
  /** Sealed with the intent: who asked, for which case. */
  readonly record: Json
  readonly signal?: AbortSignal
}

export type Evaluated = {
  readonly question: Question
  /** 64 bytes an input */
  readonly outputs: readonly Bytes[]
  /** The holders that answered, and their logs' heads at that time. */
  readonly holders: readonly string[]
  readonly peerCheckpoints: readonly PeerCheckpoint[]
}

/**
 * A tagging query is closed with its own result entry here; a check's caller closes it with the answer.
 * @throws ProtocolError `NO_KEY`, `QUORUM_LOST` (`at` = what the last holders said), `LOG_UNAVAILABLE`
 */
export async function evaluateInputs(ctx: NodeContext, evaluation: Evaluation): Promise<Evaluated> {
  const { protocol, kind, epoch, purpose, rule, inputs } = evaluation
  const key = await publicKeyOf(ctx, kind, epoch)
  // A batch may be all padding: then only its size says anything, and nothing is combined.
  const blind = inputs.length === 0 ? null : await blindInputs(group, inputs, ctx.random, ctx.pause)
  // A holder sees how many elements there are, so all but a single check are padded.
  const { count } = evaluation
  const padding = randomBlinded(group, count - inputs.length, ctx.random)
  const blinded = concat(blind?.blinded ?? new Uint8Array(), padding)
  const question: Question = {
    txid: hex(ctx.random(16)),
    kind,
    protocol,
    ...(purpose === undefined ? {} : { purpose }),
    ...(rule === undefined ? {} : { rule }),
    count,
  }
  const { suspended } = ctx.inForce().convenant
  const everyone = key.publicShares.map(({ id }) => id).filter((id) => !suspended.includes(id))
  const intent = await journalIntent(
    ctx,
    question,
    everyone,
    epoch,
    batchDigest(blinded),
    evaluation.record,
  )
  const { count: _, ...named } = question
  const request: EvaluationRequest = {
    header: { ...named, epoch },
    receipt: await ctx.audit.receipt(intent.origin, intent.index),
    blinded,
  }
  try {
    const { shares, peerCheckpoints } = await askHolders(
      ctx,
      key,
      question,
      request,
      evaluation.signal,
    )
    const outputs =
      blind === null ? [] : await combineShares(group, blind.state, inputs, shares, ctx.pause)
    const holders = shares.map(({ index }) => key.publicShares.find((s) => s.index === index)!.id)
    if (protocol === 'tag') {
      await journalResult(ctx, question, holders, 'answered', { peerCheckpoints }, {})
    }
    return { question, outputs, holders, peerCheckpoints }
  } catch (error) {
    await journalResult(ctx, question, everyone, 'failed', { reason: codeOf(error) }, {})
    throw error
  }
}

/** Asks q holders at once, this node among them if it is one, and the next for each that fails. */
async function askHolders(
  ctx: NodeContext,
  key: ThresholdKey,
  question: Question,
  request: EvaluationRequest,
  signal: AbortSignal | undefined,
): Promise<{ shares: readonly VerifiedShare[]; peerCheckpoints: readonly PeerCheckpoint[] }> {
  const waiting = holderOrder(ctx, key)
  const shares: VerifiedShare[] = []
  const peerCheckpoints: PeerCheckpoint[] = []
  const said = new Map<string, string>()
  const askNext = async (): Promise<void> => {
    for (let holder = waiting.shift(); holder !== undefined; holder = waiting.shift()) {
      try {
        const { share, checkpoint } = await askHolder(ctx, key, holder, request, signal)
        shares.push(share)
        if (checkpoint !== null) peerCheckpoints.push(checkpoint)
        return
      } catch (error) {
        if (!isProtocolError(error)) throw error
        signal?.throwIfAborted()
        said.set(holder.id, codeOf(error))
        ctx.log('warn', 'oprf.holder-failed', { holder: holder.id, code: said.get(holder.id)! })
        if (error instanceof FalseAnswer || error.code === 'PEER_BAD_RESPONSE') {
          const evidence = error.evidence === undefined ? '' : base64(error.evidence)
          await journalFault(ctx, question, holder.id, error.code, evidence)
        }
      }
    }
  }
  await Promise.all(Array.from({ length: key.quorum }, askNext))
  if (shares.length >= key.quorum) return { shares, peerCheckpoints }
  throw quorumLost(said)
}

function quorumLost(said: ReadonlyMap<string, string>) {
  const codes = [...new Set(said.values())]
  const at = [...said].map(([holder, code]) => `${holder}: ${code}`).join(', ')
  // A refusal that all give is the answer, not a fault of the network.
  if (codes.length === 1 && /^[A-Z_]*(EXCEEDED|ALLOWED|SUSPENDED|REQUIRED)$/.test(codes[0]!)) {
    return failure('REFUSED', { at: codes[0]! })
  }
  return failure('QUORUM_LOST', {
    at,
    hint: 'too few key holders answered; try again when they are up',
  })
}

function holderOrder(ctx: NodeContext, key: ThresholdKey) {
  const { suspended } = ctx.inForce().convenant
  const holders = key.publicShares.filter(({ id }) => !suspended.includes(id))
  const own = holders.filter(({ id }) => id === ctx.self)
  const others = holders.filter(({ id }) => id !== ctx.self)
  // Where the turn starts is random, so that quotas wear evenly.
  const start = others.length === 0 ? 0 : ctx.random(1)[0]! % others.length
  return [...own, ...others.slice(start), ...others.slice(0, start)]
}

async function askHolder(
  ctx: NodeContext,
  key: ThresholdKey,
  holder: { readonly index: number; readonly id: string },
  request: EvaluationRequest,
  signal: AbortSignal | undefined,
): Promise<{ share: VerifiedShare; checkpoint: PeerCheckpoint | null }> {
  const encoded = encodeRequest(request)
  if (holder.id === ctx.self)
    return { share: await evaluateOwn(ctx, key, encoded), checkpoint: null }
  const response = await ctx.peers.post(holder.id, '/peer/v1/oprf/evaluate', encoded, {
    timeoutMs: ANSWER_MS + ELEMENT_MS * (request.blinded.length / 32),
    maxResponse: request.blinded.length + 65_536,
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    const answer = decodeAnswer(holder.id, response.body)
    const share = await verifyShare(group, key, holder.index, request.blinded, answer, ctx.pause)
    return { share, checkpoint: memberCheckpoint(ctx, holder.id, answer.checkpoint) }
  } catch (error) {
    if (!isProtocolError(error)) throw error
    throw new FalseAnswer(error.code, {
      culprit: holder.id,
      evidence: response.evidence({ withRequestBody: true }),
    })
  }
}

/** An answer that its holder signed and no honest holder gives; the evidence is the signed exchange. */
class FalseAnswer extends ProtocolError {}
