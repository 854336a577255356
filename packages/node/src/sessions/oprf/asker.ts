/**
 * Asker: one query to a quorum of key holders. The intent is durable in the log before the first
 * byte leaves; a holder that answers falsely is named, kept as evidence, and another is asked.
 */

import { type Bytes, base64, hex, isProtocolError, type Json } from '@drempel/protocol/encoding'
import type { Elements } from '@drempel/protocol/group'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { batchDigest } from '@drempel/protocol/log'
import { OUTPUT_BYTES, type ThresholdKey, type VerifiedShare } from '@drempel/protocol/oprf'
import { isWorkerFault, type JobOptions } from '../../workers/index.ts'
import type { NodeContext } from '../context.ts'
import { codeOf, failure } from '../errors.ts'
import {
  journalFault,
  journalIntent,
  journalResult,
  type PeerCheckpoint,
  type Question,
} from '../journal.ts'
import { beforeQuery } from '../witness/queries.ts'
import { blind, combine } from './blinding.ts'
import { askAlone, askTogether, FalseAnswer, type HolderAnswer } from './exchange.ts'
import type { Intent } from './holder.ts'
import { publicKeyOf } from './keyring.ts'
import { type EvaluationRequest, encodeRequest } from './messages.ts'
import { evaluateOwn } from './own.ts'

export type Evaluation = {
  readonly protocol: Question['protocol']
  readonly kind: IdentifierKind
  readonly epoch: string
  readonly purpose?: string
  readonly rule?: string
  readonly inputs: readonly Bytes[]
  /** Elements to send, at least as many as inputs: the rest is padding. */
  readonly count: number
  /** Where two people stand behind the query: what binds its entries to who they are. */
  readonly approvalCommit?: string
  /** Sealed with the intent: who asked, for which case. */
  readonly record: Json
  /** What else must be durable before anything leaves; called with the intent, for one fsync of both. */
  readonly reserve?: (txid: string) => Promise<unknown>
  /** At which of the other holders to start; random when left out, so that quotas wear evenly. */
  readonly turn?: number
  /** Holders that let their time run out: asked last. Those that do so now are added. */
  readonly late?: Set<string>
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
  const { protocol, kind, epoch, purpose, rule, approvalCommit } = evaluation
  const key = await publicKeyOf(ctx, kind, epoch)
  // A holder sees how many elements there are, so all but a single check are padded.
  const { count, signal, turn = turnOf(ctx), late = new Set() } = evaluation
  const lane = { elements: count, urgent: protocol !== 'tag', signal }
  const { blinded, elements, state } = await blind(ctx, evaluation.inputs, count, lane)
  const question: Question = {
    txid: hex(ctx.random(16)),
    kind,
    protocol,
    ...(purpose === undefined ? {} : { purpose }),
    ...(rule === undefined ? {} : { rule }),
    ...(approvalCommit === undefined ? {} : { approvalCommit }),
    count,
  }
  await beforeQuery(ctx, question, evaluation.record)
  const { suspended } = ctx.inForce().convenant
  const everyone = key.publicShares.map(({ id }) => id).filter((id) => !suspended.includes(id))
  const batch = batchDigest(blinded)
  const intent = {
    ...{ parties: everyone, batch },
    ...(approvalCommit === undefined ? {} : { approvalCommit }),
  }
  const [{ origin, index, leaf }] = await Promise.all([
    journalIntent(ctx, question, everyone, epoch, batch, evaluation.record),
    evaluation.reserve?.(question.txid),
  ])
  const { count: _, approvalCommit: __, ...named } = question
  const receipt = await ctx.audit.receipt(origin, index, leaf)
  const request = { header: { ...named, epoch }, receipt, blinded }
  try {
    const asking = {
      key,
      question,
      intent,
      origin,
      request,
      encoded: encodeRequest(request),
      elements,
      turn,
      late,
      lane,
    }
    const { shares, peerCheckpoints } = await askHolders(ctx, asking)
    // A batch may be all padding: then only its size says anything, and nothing is combined.
    const outputs =
      state === null
        ? new Uint8Array()
        : await combine(ctx, { state, inputs: evaluation.inputs, shares }, lane)
    const holders = shares.map(({ index }) => key.publicShares.find((s) => s.index === index)!.id)
    if (protocol === 'tag') {
      await journalResult(ctx, question, holders, 'answered', { peerCheckpoints }, {})
    }
    return { question, outputs: split(outputs), holders, peerCheckpoints }
  } catch (error) {
    await journalResult(ctx, question, everyone, 'failed', { reason: codeOf(error) }, {})
    throw error
  }
}

const turns = new WeakMap<NodeContext, number>()

/**
 * At which holder to start: drawn for each turn of the event loop, so that checks that begin together
 * are asked of the same holders, together.
 */
function turnOf(ctx: NodeContext): number {
  const known = turns.get(ctx)
  if (known !== undefined) return known
  const drawn = ctx.random(1)[0]!
  turns.set(ctx, drawn)
  setImmediate(() => turns.delete(ctx))
  return drawn
}

function split(outputs: Bytes): Bytes[] {
  return Array.from({ length: outputs.length / OUTPUT_BYTES }, (_, i) =>
    outputs.subarray(OUTPUT_BYTES * i, OUTPUT_BYTES * (i + 1)),
  )
}

type Asking = {
  readonly key: ThresholdKey
  readonly question: Question
  readonly intent: Intent
  /** Of the log with the intent. */
  readonly origin: string
  readonly request: EvaluationRequest
  /** All holders get the same bytes. */
  readonly encoded: Bytes
  readonly elements: Elements
  readonly turn: number
  readonly late: Set<string>
  readonly lane: JobOptions
}

/** Asks q holders at once, this node among them if it is one, and the next for each that fails. */
async function askHolders(
  ctx: NodeContext,
  asking: Asking,
): Promise<{ shares: readonly VerifiedShare[]; peerCheckpoints: readonly PeerCheckpoint[] }> {
  const { key, question, turn, late } = asking
  const waiting = holderOrder(ctx, key, turn, late)
  const shares: VerifiedShare[] = []
  const peerCheckpoints: PeerCheckpoint[] = []
  const said = new Map<string, string>()
  const askNext = async (): Promise<void> => {
    for (let holder = waiting.shift(); holder !== undefined; holder = waiting.shift()) {
      try {
        const { share, checkpoint } = await askHolder(ctx, asking, holder)
        shares.push(share)
        if (checkpoint !== null) peerCheckpoints.push(checkpoint)
        return
      } catch (error) {
        if (!isProtocolError(error) || isWorkerFault(error)) throw error
        asking.lane.signal?.throwIfAborted()
        said.set(holder.id, codeOf(error))
        if (error.code === 'PEER_TIMEOUT') late.add(holder.id)
        ctx.log('warn', 'oprf.holder-failed', { holder: holder.id, code: said.get(holder.id)! })
        if (error instanceof FalseAnswer || error.code === 'PEER_BAD_RESPONSE') {
          const evidence = error.evidence === undefined ? '' : base64(error.evidence)
          await journalFault(ctx, question, holder.id, error.code, evidence)
        }
      }
    }
  }
  await Promise.all(Array.from({ length: key.quorum }, askNext))
  if (shares.length >= key.quorum) {
    // In one order, whoever was first, so that queries of the same holders are combined together.
    return { shares: shares.toSorted((a, b) => a.index - b.index), peerCheckpoints }
  }
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

function holderOrder(ctx: NodeContext, key: ThresholdKey, turn: number, late: ReadonlySet<string>) {
  const { suspended } = ctx.inForce().convenant
  const holders = key.publicShares.filter(({ id }) => !suspended.includes(id))
  const own = holders.filter(({ id }) => id === ctx.self)
  const others = holders.filter(({ id }) => id !== ctx.self)
  const start = others.length === 0 ? 0 : turn % others.length
  const turned = [...others.slice(start), ...others.slice(0, start)]
  const inTime = turned.filter(({ id }) => !late.has(id))
  return [...own, ...inTime, ...turned.filter(({ id }) => late.has(id))]
}

async function askHolder(
  ctx: NodeContext,
  { key, intent, origin, request, encoded, elements, lane }: Asking,
  { index, id }: { readonly index: number; readonly id: string },
): Promise<HolderAnswer> {
  if (id === ctx.self) {
    const share = await evaluateOwn(ctx, { key, request, elements, intent, origin, lane })
    return { share, checkpoint: null }
  }
  const asked = { key, index, holder: id, request, encoded, elements, lane }
  return request.header.protocol === 'check' ? askTogether(ctx, asked) : askAlone(ctx, asked)
}
