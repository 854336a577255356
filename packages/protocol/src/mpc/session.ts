/**
 * One session of three parties: fresh pairwise keys, named messages, zero-sharings, and a running
 * record of what was said, compared before anything is opened (verify.ts).
 *
 * Adversary: one semi-honest party. Each pair derives its keys from a nonce of both sides, sent over
 * their own link, so the third party learns no key. Every purpose has its own key, and each key stream
 * only moves forward: no (key, counter) pair is used twice.
 */

import { type Bytes, concat, equalBytes, hashParts, hmacSha256, utf8 } from '../encoding/index.ts'
import { Arena } from './arena.ts'
import type { Mac, PartyContext, PartyIndex, Prg } from './context.ts'
import { fail } from './errors.ts'
import { Masks } from './masks.ts'
import type { Words } from './share.ts'

export type Side = 'next' | 'previous'

export type SessionStats = { ands: number; bytesSent: number; rounds: number }

type Link = {
  readonly name: string
  readonly pairSeed: Bytes
  sent: Mac
  received: Mac
}

type State = {
  readonly ctx: PartyContext
  readonly links: Record<Side, Link>
  readonly arena: Arena
  readonly masks: Masks
  readonly roundTripMs: number
  readonly streams: Set<string>
  readonly stats: SessionStats
  epoch: number
}

/** What is below a millisecond tells how busy a machine is rather than how far away. */
const NEAR_MS = 0.2
const MEMORY_BYTES = 1 << 26

/**
 * Opens a session with both neighbours; all three call it at the same time.
 * @param sessionId binds what must be equal for all: round, attempt, shard, plan
 * @param memoryBytes what the computation will hold at a time; more is slower, not wrong
 * @param roundTripMs what the three went by in an earlier session; without it the longest of what each
 *   measured
 * @throws ProtocolError `SESSION_MISMATCH` (culprit: the neighbour whose id or such time differs),
 *   `WRONG_LENGTH`
 */
export async function openSession(
  ctx: PartyContext,
  sessionId: Bytes,
  memoryBytes: number = MEMORY_BYTES,
  roundTripMs?: number,
): Promise<Session> {
  const stats: SessionStats = { ands: 0, bytesSent: 0, rounds: 0 }
  const id = hashParts('drempel/v1/mpc/session', sessionId)
  const tenths = tenthsOf(roundTripMs ?? ctx.roundTripMs ?? NEAR_MS)
  let longest = readTenths(tenths)
  const hello = async (side: Side): Promise<Link> => {
    const name = neighbour(ctx, side)
    const nonce = ctx.random(32)
    const sending = post(ctx, side, 'hello', concat(id, nonce, tenths), stats)
    const theirs = await take(ctx, side, 'hello', 68)
    await sending
    if (!equalBytes(theirs.subarray(0, 32), id)) fail('SESSION_MISMATCH', { culprit: name })
    const [other, time] = [theirs.subarray(32, 64), theirs.subarray(64)]
    if (roundTripMs !== undefined && !equalBytes(time, tenths))
      fail('SESSION_MISMATCH', { culprit: name, at: 'round trip' })
    // The nonce of the pair's first party (the one whose next is the other) comes first.
    const nonces = side === 'next' ? [nonce, other] : [other, nonce]
    const pairSeed = hashParts('drempel/v1/mpc/pair', id, ...nonces)
    longest = Math.max(longest, readTenths(time))
    return { name, pairSeed, ...transcript(ctx, pairSeed, side, 0) }
  }
  const [next, previous] = await Promise.all([hello('next'), hello('previous')])
  stats.rounds++
  const arena = new Arena(memoryBytes, ctx.simd)
  const zero = [previous, next].map((link) =>
    ctx.prg(purposeKey(link.pairSeed, 'zero'), new Uint8Array(16)),
  ) as unknown as readonly [Prg, Prg]
  const masks = new Masks(arena, zero)
  const links = { next, previous }
  const state = { ctx, links, arena, masks, roundTripMs: longest / 10, stats, epoch: 0 }
  return new Session({ ...state, streams: new Set() }, '')
}

export class Session {
  readonly #state: State
  readonly step: string

  constructor(state: State, step: string) {
    this.#state = state
    this.step = step
  }

  get party(): PartyIndex {
    return this.#state.ctx.party
  }

  get stats(): Readonly<SessionStats> {
    return this.#state.stats
  }

  /** The same session under a longer step name. */
  narrow(step: string): Session {
    return new Session(this.#state, this.#name(step))
  }

  /** The member behind a side, for culprits. */
  name(side: Side): string {
    return this.#state.links[side].name
  }

  get arena(): Arena {
    return this.#state.arena
  }

  /** What all three go by. */
  get roundTripMs(): number {
    return this.#state.roundTripMs
  }

  /** A share of zero for the own part of as many ANDs; see Masks. */
  mask(words: number): Words {
    this.#state.stats.ands += 32 * words
    return this.#state.masks.next(words)
  }

  /** Before waiting for a message: prepares masks of messages to come. */
  prepareMasks(): void {
    this.#state.masks.ahead()
  }

  /**
   * A stream that one neighbour also has and the other does not; one per step.
   * @throws ProtocolError `STEP_REUSED`
   */
  pairStream(side: Side, step: string): Prg {
    const name = `${side}:${this.#name(step)}`
    if (this.#state.streams.has(name)) fail('STEP_REUSED', { at: name })
    this.#state.streams.add(name)
    const { pairSeed } = this.#state.links[side]
    return this.#state.ctx.prg(
      purposeKey(pairSeed, `stream/${this.#name(step)}`),
      new Uint8Array(16),
    )
  }

  /** Await the result only after posting the receives of the step, or three full links block each other. */
  send(side: Side, step: string, payload: Bytes): Promise<void> {
    const name = this.#name(step)
    this.#state.links[side].sent.update(payload)
    return post(this.#state.ctx, side, name, payload, this.#state.stats)
  }

  /** @throws ProtocolError `WRONG_LENGTH`, `UNEXPECTED_STEP`, `PEER_GONE`, culprit = the neighbour */
  async receive(side: Side, step: string, length: number): Promise<Bytes> {
    const payload = await take(this.#state.ctx, side, this.#name(step), length)
    this.#state.links[side].received.update(payload)
    return payload
  }

  /** As `receive`, into the caller's memory, which the message has to fill. */
  async receiveInto(side: Side, step: string, into: Bytes): Promise<void> {
    await this.expect(side, step, into)
    this.record(side, into)
  }

  /**
   * As `receiveInto`, for several at a time: the caller calls `record` for each that has come, in the
   * order in which they were expected.
   */
  expect(side: Side, step: string, into: Bytes): Promise<void> {
    const { ctx } = this.#state
    const coming = abortable(ctx.signal, ctx[side].receiveInto(this.#name(step), into))
    // Whoever awaits sees a failure; the one before it may have ended all.
    coming.catch(() => undefined)
    return coming
  }

  record(side: Side, received: Bytes): void {
    this.#state.links[side].received.update(received)
  }

  countRound(): void {
    this.#state.stats.rounds++
  }

  pause(): Promise<void> | undefined {
    return this.#state.ctx.pause?.()
  }

  progress(done: number): void {
    this.#state.ctx.onProgress?.(done)
  }

  /** Ends both links' records and starts new ones. */
  closeTranscript(): Record<Side, { readonly sent: Bytes; readonly received: Bytes }> {
    const state = this.#state
    state.epoch++
    const close = (side: Side) => {
      const link = state.links[side]
      const digests = { sent: link.sent.digest(), received: link.received.digest() }
      Object.assign(link, transcript(state.ctx, link.pairSeed, side, state.epoch))
      return digests
    }
    return { next: close('next'), previous: close('previous') }
  }

  #name(step: string): string {
    return this.step === '' ? step : `${this.step}/${step}`
  }
}

function neighbour(ctx: PartyContext, side: Side): string {
  return ctx.members[(ctx.party + (side === 'next' ? 1 : 2)) % 3]!
}

function post(
  ctx: PartyContext,
  side: Side,
  step: string,
  payload: Bytes,
  stats: SessionStats,
): Promise<void> {
  stats.bytesSent += payload.length
  const sending = abortable(ctx.signal, ctx[side].send(step, payload))
  // Whoever awaits sees a failure; a failing receive may come first and leave this one unobserved.
  sending.catch(() => undefined)
  return sending
}

async function take(ctx: PartyContext, side: Side, step: string, length: number): Promise<Bytes> {
  const payload = await abortable(ctx.signal, ctx[side].receive(step))
  if (payload.length !== length) fail('WRONG_LENGTH', { culprit: neighbour(ctx, side), at: step })
  return payload
}

// A listener per receive, removed again: Promise.race with one long-lived promise would hold every
// payload until the session ends.
function abortable<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const stop = () => {
      try {
        fail('ABORTED')
      } catch (error) {
        reject(error)
      }
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

// In 0.1 ms, up to a minute, so that three parties find one maximum.
function tenthsOf(milliseconds: number): Bytes {
  const bytes = new Uint8Array(4)
  const known = milliseconds >= 1 ? Math.min(60_000, milliseconds) : NEAR_MS
  new DataView(bytes.buffer).setUint32(0, Math.round(10 * known))
  return bytes
}

function readTenths(bytes: Bytes): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}

function purposeKey(pairSeed: Bytes, purpose: string): Bytes {
  return hashParts('drempel/v1/mpc/key', pairSeed, utf8(purpose)).subarray(0, 16)
}

// The pair shares the seed: what one sends to its next, the other receives from its previous.
function transcript(
  ctx: PartyContext,
  pairSeed: Bytes,
  side: Side,
  epoch: number,
): { sent: Mac; received: Mac } {
  const iv = new Uint8Array(12)
  new DataView(iv.buffer).setUint32(8, epoch)
  const mac = (direction: string) =>
    (ctx.mac ?? slowMac)(purposeKey(pairSeed, `transcript/${direction}`), iv)
  const [sent, received] = side === 'next' ? ['up', 'down'] : ['down', 'up']
  return { sent: mac(sent!), received: mac(received!) }
}

function slowMac(key: Bytes, iv: Bytes): Mac {
  let state = hmacSha256(key, iv)
  return {
    update(bytes) {
      state = hmacSha256(key, concat(state, bytes))
    },
    digest: () => state,
  }
}
