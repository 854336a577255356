/**
 * Three parties in one process over in-memory links, with seeded randomness. An adversary may look at,
 * change, rename or cut any message by its step; the transcript keeps (from, to, step, length).
 */

import { type Bytes, ProtocolError } from '@drempel/protocol/encoding'
import type { Channel, PartyContext, PartyIndex } from '@drempel/protocol/mpc'
import { aesCtr, gmac, seededBytes } from './ciphers.ts'

export type Message = {
  readonly from: PartyIndex
  readonly to: PartyIndex
  readonly step: string
  readonly payload: Bytes
}

export type Recorded = Omit<Message, 'payload'> & { readonly length: number }

/** What becomes of a message: itself, another one, or the sender dies while sending it. */
export type Adversary = (message: Message) => Message | 'die'

export type WorldOptions = {
  readonly seed: string
  readonly adversary?: Adversary
  readonly transcript?: Recorded[]
  /** Messages that fit on a link before `send` waits. */
  readonly room?: number
  /** How long a message travels. */
  readonly delayMs?: number
  readonly context?: Partial<PartyContext>
  /** What only one party has so. */
  readonly contextAt?: (party: PartyIndex) => Partial<PartyContext>
}

/** Links of their own between the same three, by a number from 1 on. */
export type MoreLinks = (nth: number) => Pick<PartyContext, 'next' | 'previous'>

export const members = ['alder', 'birch', 'cedar'] as const

/** Runs all three; a party that ends or fails closes its links, as a node's sockets would. */
export async function threeParties<T>(
  options: WorldOptions,
  run: (ctx: PartyContext, more: MoreLinks) => Promise<T>,
): Promise<readonly PromiseSettledResult<T>[]> {
  const links = new Map<string, Link>()
  const link = (from: number, to: number, nth = 0): Link => {
    const name = `${from}>${to}/${nth}`
    const made = links.get(name) ?? new Link(from as PartyIndex, to as PartyIndex, options)
    links.set(name, made)
    return made
  }
  const party = async (index: PartyIndex): Promise<T> => {
    const opened = new Set([0])
    const channel = (peer: number, nth = 0): Channel => ({
      send: (step, payload) => link(index, peer, nth).send(step, payload),
      receive: (step) => link(peer, index, nth).receive(step),
      receiveInto: (step, into) => link(peer, index, nth).receiveInto(step, into),
    })
    const more: MoreLinks = (nth) => {
      opened.add(nth)
      return { next: channel(next, nth), previous: channel(previous, nth) }
    }
    const next = (index + 1) % 3
    const previous = (index + 2) % 3
    try {
      const ctx: PartyContext = {
        party: index,
        next: channel(next),
        previous: channel(previous),
        prg: aesCtr,
        mac: gmac,
        random: seededBytes(`${options.seed}/party${index}`),
        members: [...members],
        ...options.context,
        ...options.contextAt?.(index),
      }
      return await run(ctx, more)
    } finally {
      for (const nth of opened) {
        link(index, next, nth).close()
        link(index, previous, nth).close()
      }
    }
  }
  return Promise.allSettled([party(0), party(1), party(2)])
}

/** All three results, or the first failure that is not a mere consequence of another's. */
export async function threeResults<T>(
  options: WorldOptions,
  run: (ctx: PartyContext, more: MoreLinks) => Promise<T>,
): Promise<readonly [T, T, T]> {
  const settled = await threeParties(options, run)
  const failures = settled.flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  )
  const cause = failures.find((error) => error.code !== 'PEER_GONE') ?? failures[0]
  if (cause !== undefined) throw cause
  return settled.map((result) => (result as PromiseFulfilledResult<T>).value) as [T, T, T]
}

class Link {
  readonly #from: PartyIndex
  readonly #to: PartyIndex
  readonly #options: WorldOptions
  readonly #queue: { step: string; payload: Bytes; due: number }[] = []
  readonly #blocked: (() => void)[] = []
  #arrival: (() => void) | undefined
  #before: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(from: PartyIndex, to: PartyIndex, options: WorldOptions) {
    this.#from = from
    this.#to = to
    this.#options = options
  }

  async send(step: string, payload: Bytes): Promise<void> {
    const { adversary, transcript, room = 8, delayMs = 0 } = this.#options
    const message: Message = { from: this.#from, to: this.#to, step, payload: payload.slice() }
    transcript?.push({ from: this.#from, to: this.#to, step, length: payload.length })
    const passed = adversary === undefined ? message : adversary(message)
    if (passed === 'die') {
      this.close()
      throw new Error('died on purpose')
    }
    this.#queue.push({ ...passed, due: performance.now() + delayMs })
    this.#arrival?.()
    if (this.#queue.length > room && !this.#closed)
      await new Promise<void>((resolve) => this.#blocked.push(resolve))
  }

  /** In the order of the calls. */
  receive(step: string): Promise<Bytes> {
    const coming = this.#before.then(() => this.#take(step))
    this.#before = coming.catch(() => undefined)
    return coming
  }

  async #take(step: string): Promise<Bytes> {
    const culprit = members[this.#from]
    while (this.#queue.length === 0) {
      if (this.#closed) throw new ProtocolError('PEER_GONE', { culprit, at: step })
      await new Promise<void>((resolve) => {
        this.#arrival = resolve
      })
    }
    const { step: actual, payload, due } = this.#queue.shift()!
    const early = due - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    this.#blocked.shift()?.()
    if (actual !== step) throw new ProtocolError('UNEXPECTED_STEP', { culprit, at: step })
    return payload
  }

  async receiveInto(step: string, into: Bytes): Promise<void> {
    const payload = await this.receive(step)
    if (payload.length !== into.length)
      throw new ProtocolError('WRONG_LENGTH', { culprit: members[this.#from], at: step })
    into.set(payload)
  }

  close(): void {
    this.#closed = true
    this.#arrival?.()
    for (const resolve of this.#blocked.splice(0)) resolve()
  }
}
