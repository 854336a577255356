/** What every session works with: the world passed in once, by app. */

import type { Convenant, SignedConvenant } from '@drempel/protocol/convenant'
import type { Bytes, Clock, Json, RandomBytes, Signer } from '@drempel/protocol/encoding'
import type { PartyContext } from '@drempel/protocol/mpc'
import type { Audit } from '../audit/index.ts'
import type { PeriodKeys, PurposeKeys } from '../config/index.ts'
import type { Channel, OutsideClient, PeerClient, PeerRequestOptions } from '../peers/index.ts'
import type { Store, Vault } from '../store/index.ts'
import type { WorkerPool } from '../workers/index.ts'
import type { EvaluationWatch, QuestionWatch } from './alerts/index.ts'
import type { Witnessing } from './witness/index.ts'

/** What a line of the node's own output may carry: no identifier, no person, no text of somebody else. */
export type LogFields = {
  readonly [Name in
    | ('round' | 'kind' | 'epoch' | 'period' | 'purpose' | 'protocol' | 'txid')
    /** Members: which did not answer, which failed, which did wrong, or else which it is about. */
    | ('absent' | 'holder' | 'culprit' | 'peer')
    | ('code' | 'reason' | 'step' | 'reference' | 'url' | 'software')]?: string | number
}

export type Log = (level: 'info' | 'warn' | 'error', event: string, fields?: LogFields) => void

/** The convenant in force and what is derived from it. */
export type InForce = {
  readonly convenant: Convenant
  readonly signed: SignedConvenant
  /** Under which keys, rounds and entries of the log stand. */
  readonly digest: string
  /** The document's own, while its rehearsal is what is in force; else null. */
  readonly rehearsed: string | null
}

export type NodeContext = {
  readonly self: string
  readonly signer: Signer
  readonly store: Store
  readonly vault: Vault
  readonly audit: Audit
  readonly periodKeys: Pick<PeriodKeys, 'erase' | 'list'>
  readonly purposeKeys: PurposeKeys
  readonly peers: PeerClient
  /** Servers that are no members. */
  readonly outside: OutsideClient
  readonly connectChannel: (
    member: string,
    path: string,
    options?: { signal?: AbortSignal; timeoutMs?: number },
  ) => Promise<Channel>
  readonly prg: PartyContext['prg']
  readonly mac: NonNullable<PartyContext['mac']>
  readonly random: RandomBytes
  readonly clock: Clock
  readonly witnessing: Witnessing
  /** Who probes: other members at this key holder, own people at this asker. */
  readonly watch: { readonly evaluations: EvaluationWatch; readonly questions: QuestionWatch }
  /** Where long computations go. */
  readonly workers: WorkerPool
  /** Instead of what makes a part of a round worth a thread; equal on all compute nodes. */
  readonly partAnds?: number
  /** Lets the event loop breathe inside long computations. */
  readonly pause: () => Promise<void>
  readonly log: Log
  /** @throws ProtocolError `NO_CONVENANT` */
  readonly inForce: () => InForce
  /** Calls a peer method by name; a call to this node itself goes straight to its handler. */
  readonly call: (
    member: string,
    method: string,
    body: Bytes | Json,
    options?: PeerRequestOptions,
  ) => Promise<Bytes>
}

/** One request that peers may send: POST /peer/v1/<name>. `body` is verified as `from`'s, not parsed. */
export type PeerMethod = {
  readonly name: string
  /** Bytes */
  readonly maxBody: number
  /** Nothing that rests on it leaves this node before its own writes are durable; see `PeerGate.verify`. */
  readonly overlap?: boolean
  handle(from: string, body: Bytes): Promise<Bytes | Json>
}
