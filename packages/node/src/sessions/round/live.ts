/**
 * Rounds under way in this process. What a round needs while it runs (lists, uploads, results) lives
 * in memory; its state stands in the store, and a restart fails what was open: a new round is cheap,
 * a half-remembered one is not safe.
 */

import { type Bytes, type Json, jcs } from '@drempel/protocol/encoding'
import type { InputShare, PreparedList, RoundPlan } from '@drempel/protocol/threshold'
import type { Channel } from '../../peers/index.ts'
import type { RoundState } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { codeOf, culpritOf, fail, failure, refusedBy } from '../errors.ts'
import { memberKey, sameConvenant } from '../federation.ts'
import { type Ending, enterRounds } from './journal.ts'
import type { Announcement, SignedCommitment, SignedList, Terms } from './messages.ts'

/** What a compute node opened, one entry a rule. */
export type OpenedList = { readonly statement: SignedList; readonly keys: Bytes }

export type LiveRound = {
  readonly announcement: Announcement
  readonly digest: string
  readonly abort: AbortController
  /** What the round is doing, for people; counts are of the node's own work. */
  progress: { step: string; done?: number; total?: number }
  touched: number
  /** Of this node's list: tags, or OPRF inputs where keys are plain. */
  values: readonly Bytes[]
  /** Blind indexes of the flags behind `values`. */
  flags: readonly Bytes[]
  /** One a value: the reports behind it, where a rule of the kind counts them. */
  reports: readonly number[]
  nonce: Bytes | null
  commitment: SignedCommitment | null
  /** Digest of the one set of commitments for which the nonce was opened. */
  openedFor: string | null
  terms: Terms | null
  plan: RoundPlan | null
  salt: Bytes | null
  /** The computation runs once. */
  computing: boolean
  /** The links, by number, that the previous compute node opened. */
  readonly offered: Set<number>
  /** The list is prepared once. */
  preparing: boolean
  prepared: Pick<PreparedList, 'partner' | 'slotOf'> | null
  readonly uploads: Map<number, InputShare>
  /** From the previous compute node, by the link's number. */
  readonly channels: Map<number, Deferred<Channel>>
  /** Parts of `owners` rules, by rule and then by compute node's index. */
  readonly ownerParts: Map<string, Map<number, Bytes>>
  opened: readonly OpenedList[] | null
  /** At its coordinator: who takes no part, and why as far as is known. */
  readonly absent: Map<string, string>
  /** For want of whom it cannot go on. */
  missing: readonly string[]
  error: unknown
}

export class Deferred<Value> {
  readonly promise: Promise<Value>
  resolve!: (value: Value) => void
  reject!: (error: unknown) => void
  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.promise.catch(() => undefined)
  }
}

/** The coordinator asks every member a few times a minute; after this long it is gone. */
const SILENCE_MS = 2 * 60_000
/** Nothing else of the kind can run meanwhile. */
const LONGEST_MS = 2 * 60 * 60_000
export const OPEN = ['announced', 'collecting', 'computing', 'opening'] as const
/** Rounds whose end is remembered, so that a late question is told why it ended. */
const REMEMBERED = 64

export class Rounds {
  readonly #ctx: NodeContext
  readonly #live = new Map<string, LiveRound>()
  readonly #ended = new Map<string, unknown>()
  readonly #claimed = new Set<string>()

  constructor(ctx: NodeContext) {
    this.#ctx = ctx
  }

  add(announcement: Announcement, digest: string): LiveRound {
    const live: LiveRound = {
      announcement,
      digest,
      abort: new AbortController(),
      progress: { step: 'announced' },
      touched: this.#ctx.clock(),
      values: [],
      flags: [],
      reports: [],
      nonce: null,
      commitment: null,
      openedFor: null,
      terms: null,
      plan: null,
      salt: null,
      computing: false,
      offered: new Set(),
      preparing: false,
      prepared: null,
      uploads: new Map(),
      channels: new Map(),
      ownerParts: new Map(),
      opened: null,
      absent: new Map(),
      missing: [],
      error: null,
    }
    this.#live.set(announcement.round, live)
    return live
  }

  find(round: string): LiveRound | undefined {
    return this.#live.get(round)
  }

  /** One announcement of a kind at a time, while nothing durable says so yet. @throws ProtocolError `BUSY` */
  async claim<Value>(kind: string, work: () => Promise<Value>): Promise<Value> {
    if (this.#claimed.has(kind)) fail('BUSY', { at: kind })
    this.#claimed.add(kind)
    try {
      return await work()
    } finally {
      this.#claimed.delete(kind)
    }
  }

  ofKind(kind: string): LiveRound | undefined {
    return [...this.#live.values()].find((live) => live.announcement.kind === kind)
  }

  /** @throws ProtocolError `ROUND_UNKNOWN`; for a round that failed here, why it did */
  get(round: string, from: string): LiveRound {
    const live = this.#live.get(round)
    if (live === undefined) {
      throw this.#ended.get(round) ?? failure('ROUND_UNKNOWN', { culprit: from })
    }
    if (live.error !== null) throw live.error
    // Rules and roles are those of the convenant under which the round was announced, or none.
    sameConvenant(this.#ctx.inForce(), live.announcement.convenant, live.announcement.coordinator)
    // Nobody else can keep a round alive.
    if (from === live.announcement.coordinator) live.touched = this.#ctx.clock()
    return live
  }

  drop(round: string): void {
    const live = this.#live.get(round)
    if (live !== undefined) cutOff(live, failure('ROUND_WRONG_STATE', { at: 'published' }))
    this.#live.delete(round)
  }

  /** Durable before it returns. @throws ProtocolError `ROUND_WRONG_STATE` */
  async move(
    live: LiveRound,
    from: readonly RoundState[],
    to: RoundState,
    data?: Json,
  ): Promise<void> {
    const { round } = live.announcement
    const patch = data === undefined ? {} : { data: jcs(data) }
    const moved = await this.#ctx.store.rounds.transition(round, from, to, patch)
    if (!moved) fail('ROUND_WRONG_STATE', { at: to })
    live.touched = this.#ctx.clock()
    live.progress = { step: to }
  }

  /** Ends a round on this node; what was in force stays in force. Safe to call twice. */
  async fail(round: string, error: unknown): Promise<void> {
    const ctx = this.#ctx
    const live = this.#live.get(round)
    // The first reason stays: what follows from it, an abort say, would hide it. So where it could not be
    // kept, for want of room, and silence ends the round that it cut off.
    const first = live?.error ?? this.#ended.get(round) ?? error
    const reason = codeOf(first)
    const culprit = this.#member(culpritOf(first))
    if (live !== undefined) {
      live.error = first
      cutOff(live, first)
    }
    if (!this.#ended.has(round)) this.#ended.set(round, first)
    if (this.#ended.size > REMEMBERED) this.#ended.delete(this.#ended.keys().next().value!)
    // Its announcement comes before its end.
    await enterRounds(ctx)
    const ending = this.#endingOf(live, first, culprit)
    const data = ending === null ? {} : { data: jcs(ending as unknown as Json) }
    const patch = { reason, culprit, entered: false, ...data } as const
    const moved = await ctx.store.rounds.transition(round, OPEN, 'failed', patch)
    this.#live.delete(round)
    if (!moved) return
    const named = ending?.culprits.join(', ') ?? culprit ?? ''
    ctx.log('warn', 'round.failed', { round, reason, culprit: named })
    await enterRounds(ctx)
  }

  /** @returns null where reason and culprit say it all */
  #endingOf(live: LiveRound | undefined, error: unknown, culprit: string | null): Ending | null {
    const absent = [...(live?.absent ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
    const leftOut = absent.map(([member, reason]) => ({ member, reason }))
    const refuser = this.#member(refusedBy(error))
    if (leftOut.length === 0 && refuser === null) return null
    const missing = live?.missing.includes(culprit ?? '') ? live.missing : []
    const named = new Set([...(culprit === null ? [] : [culprit]), ...missing])
    return { leftOut, culprits: [...named].sort(), refusedBy: refuser }
  }

  /** A name that a message brought is entered only if it is a member's. */
  #member(id: string | undefined): string | null {
    if (id === 'self') return this.#ctx.self
    const known = id !== undefined && memberKey(this.#ctx.inForce(), id) !== undefined
    return known ? id : null
  }

  /** Work that goes on after an answer was given; a fault in it ends the round, and no more than that. */
  background(round: string, work: Promise<unknown>): void {
    work
      .catch((error: unknown) => this.fail(round, error))
      .catch((error: unknown) =>
        this.#ctx.log('error', 'round.stuck', { round, code: codeOf(error) }),
      )
  }

  /** Ends rounds that were announced under another convenant than the one in force. */
  async failOthers(convenant: string): Promise<void> {
    for (const [round, live] of this.#live) {
      if (live.announcement.convenant === convenant) continue
      await this.fail(round, failure('CONVENANT_DIFFERS', { culprit: this.#ctx.self }))
    }
  }

  /** Fails rounds whose coordinator went silent, or goes on for ever, and those that nobody here is at work on. */
  async expire(): Promise<void> {
    const now = this.#ctx.clock()
    for (const [round, live] of this.#live) {
      const begun = Date.parse(live.announcement.createdAt)
      if (now - live.touched <= SILENCE_MS && now - begun <= LONGEST_MS) continue
      const culprit = live.announcement.coordinator
      await this.fail(round, failure('ROUND_FAILED', { culprit, at: 'silence' }))
    }
    for (const { id, updatedAt } of await this.#ctx.store.rounds.open()) {
      if (this.#live.has(id) || now - updatedAt <= SILENCE_MS) continue
      await this.fail(id, failure('ROUND_FAILED', { culprit: this.#ctx.self, at: 'lost' }))
    }
  }
}

/** With the reason, which what is cut off then enters as its own. Channels that nobody came for are closed. */
function cutOff({ abort, channels }: LiveRound, reason: unknown): void {
  abort.abort(reason)
  for (const { promise, reject } of channels.values()) {
    reject(reason)
    promise.then((channel) => channel.close()).catch(() => undefined)
  }
}
