/**
 * Intersections under way in this process. The list and the connection live in memory, the state stands
 * in the store: a restart fails what was running, since a protocol that lost its randomness cannot go
 * on; what was only proposed stays.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { isProtocolError, type Json, ProtocolError } from '@drempel/protocol/encoding'
import type { Appended } from '../../audit/index.ts'
import type { Channel } from '../../peers/index.ts'
import { behind } from '../behind.ts'
import type { NodeContext } from '../context.ts'
import { fail, failure } from '../errors.ts'
import { permit } from '../federation.ts'
import type { PeerCheckpoint } from '../journal.ts'
import { Turns } from '../turns.ts'
import { requestOf } from './agree.ts'
import { keepFailure } from './failure.ts'
import { journalPsiIntent, journalPsiResult } from './journal.ts'
import { type LinkLimits, PsiLink } from './link.ts'
import { dropList } from './lists.ts'
import { playPart } from './part.ts'
import type { PsiPolicy } from './policy.ts'
import { move, openSession, type PsiSession, sessionOf } from './state.ts'
import { tellEnd } from './told.ts'

const RUNS = 4
/** How long a session waits for a connection, the first or one after it was lost. */
const CONNECT_MS = 60_000
const RETRY_MS = 500
/** How long the reason of a session that the peer gave up may take. */
const WORD_MS = 2_000
/** Plus this for each item of either list: a peer computes between its frames. */
const STALL_MS = 5 * 60_000
const STALL_PER_ITEM = 0.5
const LIMITS: Omit<LinkLimits, 'stallMs'> = { window: 8 << 20, aliveMs: 15_000 }

type RunLimits = Omit<LinkLimits, 'stallMs'> & {
  readonly stallMs?: number
  readonly connectMs: number
  readonly retryMs: number
}

export type LiveRun = {
  readonly link: PsiLink
  readonly abort: AbortController
  progress: { done: number; total: number }
  /** Ends the session when no connection comes. */
  missing: NodeJS.Timeout | undefined
  /** What this side is due it has: nothing of the peer's can fail it any more. */
  settled: boolean
  /** To the end, whatever it is. */
  work: Promise<void>
}

/** A list that is masked ahead in this process. */
export type Masking = {
  readonly abort: AbortController
  done: number
  total: number
  work: Promise<void>
}

export class Intersections {
  readonly masking = new Map<string, Masking>()
  /** Kinds of the data subjects' rights that are under way or wait. */
  readonly rights: string[] = []
  readonly policy: PsiPolicy
  readonly #ctx: NodeContext
  readonly #live = new Map<string, LiveRun>()
  readonly #ending = new Set<string>()
  readonly #claimed = new Set<string>()
  readonly #turns = new Turns<string>()
  #limits: RunLimits = { ...LIMITS, connectMs: CONNECT_MS, retryMs: RETRY_MS }

  /** @param policy what this node decides about proposals by itself */
  constructor(ctx: NodeContext, policy: PsiPolicy) {
    this.#ctx = ctx
    this.policy = policy
  }

  find(id: string): LiveRun | undefined {
    return this.#live.get(id)
  }

  /** For tests that do not wait a minute. */
  limit(limits: Partial<RunLimits>): void {
    this.#limits = { ...this.#limits, ...limits }
  }

  /** One after the other, whatever asks for it. */
  inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.inTurnOf('all', work)
  }

  /** One after the other for one session, whatever becomes of others meanwhile. */
  inTurnOf<Value>(id: string, work: () => Promise<Value>): Promise<Value> {
    return this.#turns.of(id, work)
  }

  /** Keeps room for a session while it is agreed to: many may be at once. @throws ProtocolError `BUSY` */
  async claim<Value>(id: string, work: () => Promise<Value>): Promise<Value> {
    const others = new Set([...this.#live.keys(), ...this.#claimed])
    others.delete(id)
    if (others.size >= RUNS) fail('BUSY', { at: 'psi' })
    this.#claimed.add(id)
    try {
      return await work()
    } finally {
      this.#claimed.delete(id)
    }
  }

  /** Whether somebody is at work on agreeing to it. */
  isClaimed(id: string): boolean {
    return this.#claimed.has(id)
  }

  /** The intent of a session that both agreed to. @throws ProtocolError `PSI_WRONG_STATE` once it failed */
  enter({ id }: PsiSession): Promise<Appended> {
    return this.#step(id, async () => {
      const session = await sessionOf(this.#ctx, id)
      const { state } = session
      return state === 'committed'
        ? journalPsiIntent(this.#ctx, session)
        : fail('PSI_WRONG_STATE', { at: state })
    })
  }

  /**
   * Runs a session of which both entered the intent to its end, behind whoever began it.
   * @param connect where this side makes the connection
   * @throws ProtocolError `PSI_WRONG_STATE`
   */
  start(
    { id }: PsiSession,
    peerCheckpoint: PeerCheckpoint,
    connect?: () => Promise<Channel>,
  ): Promise<PsiSession> {
    return this.#step(id, async () => {
      const running = await move(this.#ctx, { id }, ['committed'], 'running')
      this.#start(running, peerCheckpoint, connect)
      return running
    })
  }

  /** Never while the session is agreed to, or fails. */
  whileWaiting<Value>(id: string, work: () => Promise<Value>): Promise<Value> {
    return this.inTurn(() => this.#step(id, work))
  }

  /** Never while the session fails, so that no run is begun behind its end, nor entered after it. */
  #step<Value>(id: string, work: () => Promise<Value>): Promise<Value> {
    return this.inTurnOf(`step/${id}`, work)
  }

  #start(
    session: PsiSession,
    peerCheckpoint: PeerCheckpoint,
    connect: (() => Promise<Channel>) | undefined,
  ): void {
    const { id, peer, content } = session
    const items = content.proposal.body.size + content.acceptance!.body.size
    const link = new PsiLink(peer, this.#ctx.random(16), {
      stallMs: STALL_MS + STALL_PER_ITEM * items,
      ...this.#limits,
    })
    const live: LiveRun = {
      link,
      abort: new AbortController(),
      progress: { done: 0, total: 0 },
      missing: undefined,
      settled: false,
      work: Promise.resolve(),
    }
    this.#live.set(id, live)
    this.#await(id, live)
    live.work = this.#run(session, live, peerCheckpoint).catch((error) => {
      live.settled = false
      return this.fail(id, error)
    })
    behind(this.#ctx, 'psi', live.work)
    if (connect !== undefined) behind(this.#ctx, 'psi', this.#connect(id, live, connect))
  }

  /** A connection from the peer. @throws ProtocolError `PSI_UNKNOWN`, `PSI_WRONG_STATE` */
  async offered(id: string, peer: string): Promise<(channel: Channel) => void> {
    const session = await sessionOf(this.#ctx, id, peer)
    const live = this.#live.get(id)
    if (live === undefined || session.side !== 'proposer') {
      return fail('PSI_WRONG_STATE', { culprit: peer, at: session.state })
    }
    return (channel) => behind(this.#ctx, 'psi', this.#attached(id, live, channel))
  }

  /** Ends a session on this node, once. @param tell whether the peer is told */
  async fail(id: string, error: unknown, tell = true): Promise<void> {
    const live = this.#live.get(id)
    live?.link.fail(error)
    if (live?.settled === true || this.#ending.has(id)) return
    this.#ending.add(id)
    try {
      this.#stop(id, live, error)
      await this.#step(id, async () => {
        // One that was just then begun.
        const begun = this.#live.get(id)
        this.#stop(id, begun, error)
        const session = await sessionOf(this.#ctx, id)
        const failed = await keepFailure(this.#ctx, session, error, live ?? begun, tell)
        if (failed?.untold) tellEnd(this.#ctx, failed)
      })
    } finally {
      this.#ending.delete(id)
    }
  }

  #stop(id: string, live: LiveRun | undefined, error: unknown): void {
    live?.link.fail(error)
    live?.abort.abort(error)
    clearTimeout(live?.missing)
    this.#live.delete(id)
  }

  async #run(session: PsiSession, live: LiveRun, seen: PeerCheckpoint): Promise<void> {
    const ctx = this.#ctx
    const { id, content } = session
    const part = await playPart(ctx, this, session, live)
    live.abort.signal.throwIfAborted()
    // Before it is written down: what ended the session meanwhile would leave parts of it behind.
    live.settled = part.due
    await part.keep()
    const { result } = part
    await conclude(live)
    live.settled = true
    clearTimeout(live.missing)
    const status = result.learned === 'bucket' ? 'suppressed' : 'answered'
    await journalPsiResult(ctx, session, status, {
      result: result as Json,
      peerCheckpoint: seen,
    })
    await move(ctx, session, ['running'], 'done', { content: { ...content, result } })
    live.link.fail(failure('PSI_WRONG_STATE', { at: 'done' }))
    this.#live.delete(id)
    await dropList(ctx, id)
    ctx.log('info', 'psi.done', { txid: id, protocol: content.acceptance!.body.protocol })
  }

  async #connect(id: string, live: LiveRun, connect: () => Promise<Channel>): Promise<void> {
    while (!live.link.ended) {
      try {
        await this.#attached(id, live, await connect())
      } catch (error) {
        // The peer's own word that there is no such run any more; why, it says in a moment.
        if (isProtocolError(error, 'PEER_PROBLEM')) {
          await sleep(WORD_MS, undefined, { ref: false })
          return this.fail(id, error, false)
        }
      }
      if (!live.link.ended) await sleep(this.#limits.retryMs, undefined, { ref: false })
    }
  }

  async #attached(id: string, live: LiveRun, channel: Channel): Promise<void> {
    clearTimeout(live.missing)
    await live.link.attach(channel)
    if (!live.link.ended) this.#await(id, live)
  }

  #await(id: string, live: LiveRun): void {
    const culprit = live.link.peer
    clearTimeout(live.missing)
    live.missing = setTimeout(() => {
      const error = new ProtocolError('PEER_GONE', { culprit, at: 'connection' })
      behind(this.#ctx, 'psi', this.fail(id, error))
    }, this.#limits.connectMs)
  }

  /** At start and at the end of the process, or of a rehearsal. What has its result is entered first. */
  async failRunning(reason: 'NODE_RESTARTED' | 'PSI_STOPPED' = 'NODE_RESTARTED'): Promise<void> {
    for (const { abort } of this.masking.values()) abort.abort()
    const all = [...this.#live.values(), ...this.masking.values()]
    const works = all.map(({ work }) => work.catch(() => {}))
    for (const row of await this.#ctx.store.psi.open()) {
      if (row.state !== 'committed' && row.state !== 'running') continue
      await this.fail(row.id, failure(reason, { culprit: this.#ctx.self }))
    }
    await Promise.all(works)
  }

  /**
   * Ends what the convenant in force has no place for any more, whatever its step: another version is
   * not what both agreed to, and a member may be suspended in it.
   */
  async failOthers(): Promise<void> {
    const { digest } = this.#ctx.inForce()
    for (const session of await this.open()) {
      const { id, side, content } = session
      const { body } = content.proposal
      try {
        permit(this.#ctx, requestOf(body, side))
        if (body.convenant !== digest) fail('CONVENANT_REPLACED')
      } catch (error) {
        await this.fail(id, error)
      }
    }
  }

  async open(): Promise<readonly PsiSession[]> {
    return (await this.#ctx.store.psi.open()).map((row) => openSession(this.#ctx, row))
  }
}

/** Neither leaves before the other has all; who has what it is due does not depend on that. */
async function conclude({ link, settled }: LiveRun): Promise<void> {
  try {
    await link.send('session/done', new Uint8Array(1))
    await link.receive('session/done', { min: 1, max: 1 })
  } catch (error) {
    if (!settled) throw error
  }
}
