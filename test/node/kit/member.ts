/** One member: its running node, its operator's view, its log, and the lies that it can be made to tell. */

import type { Audit } from '@drempel/node/internal/audit'
import {
  check,
  generateKey,
  importFlags,
  type PeerMethod,
  startRound,
} from '@drempel/node/internal/sessions'
import type { LiveNode } from '@drempel/node/testing'
import type { Round } from '@drempel/protocol/api'
import type { MemberDescriptor, SignedConvenant } from '@drempel/protocol/convenant'
import type { Bytes, Json } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { type LeafFields, parseEvent } from '@drempel/protocol/log'
import { TestRunner } from 'vitest'

/** What a lying node answers; `honest` does what the real one would. */
export type Lie = (
  from: string,
  body: Bytes,
  honest: (body?: Bytes) => Promise<Bytes | Json>,
) => Promise<Bytes | Json>

export type Entry = LeafFields & { readonly at: number; readonly origin: string }

export class Member {
  readonly descriptor: MemberDescriptor
  readonly token: string
  live: LiveNode
  readonly #start: () => Promise<LiveNode>
  readonly #appending = new Set<Promise<unknown>>()
  #running = true

  constructor(
    descriptor: MemberDescriptor,
    token: string,
    start: () => Promise<LiveNode>,
    live: LiveNode,
  ) {
    this.descriptor = descriptor
    this.token = token
    this.live = live
    this.#start = start
    this.#watch()
  }

  /** Some entries are written behind an answer: each append is known from its call on. */
  #watch(): void {
    const audit = this.ctx.audit as { append: Audit['append'] }
    const { append } = audit
    audit.append = (event, record) => {
      const appending = append(event, record)
      this.#appending.add(appending)
      const done = () => this.#appending.delete(appending)
      appending.then(done, done)
      return appending
    }
  }

  get id(): string {
    return this.descriptor.id
  }

  get ctx() {
    return this.live.node.sessions.ctx
  }

  get rounds() {
    return this.live.node.sessions.rounds
  }

  async install(signed: SignedConvenant): Promise<void> {
    const { convenant, home } = this.live.node
    await convenant.install(this.ctx, home, signed)
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    await this.live.close()
  }

  async restart(): Promise<void> {
    await this.stop()
    this.live = await this.#start()
    this.#watch()
    this.#running = true
  }

  /** From now on this node lies in one message; the returned function makes it honest again. */
  lie(name: string, lie: Lie): () => void {
    const method = this.live.node.sessions.methods.find((entry) => entry.name === name)
    if (method === undefined) throw new Error(`no method ${name}`)
    const bent = method as { handle: PeerMethod['handle'] }
    const honest = method.handle.bind(method)
    bent.handle = (from, body) => lie(from, body, (other = body) => honest(from, other))
    return () => {
      bent.handle = honest
    }
  }

  generateKey(kind: IdentifierKind = 'host') {
    return generateKey(this.ctx, kind)
  }

  /** @param reports of each value; 1 unless given */
  async flag(
    values: readonly string[],
    kind: IdentifierKind = 'host',
    reports: readonly number[] = [],
  ): Promise<void> {
    const rows = values.map((value, row) => ({ row, value, reports: reports[row] }))
    const { rejected } = await importFlags(this.ctx, kind, 'test', rows)
    if (rejected.length > 0) throw new Error(`rejected: ${rejected[0]!.code}`)
  }

  /** Asks which hosts are on two lists or more: one by one or, as a screening, many. */
  ask(
    values: readonly string[],
    purpose = 'fraude-onderzoek',
    rule = 'host-t2',
  ): ReturnType<typeof check> {
    const protocol = values.length === 1 ? 'check' : 'screen'
    const question = { kind: 'host', rule, values, purpose, protocol } as const
    return check(this.ctx, { ...question, operator: 'test' })
  }

  /** Runs a round that this node leads, to its end. */
  async round(kind: IdentifierKind = 'host'): Promise<Round> {
    const id = await startRound(this.ctx, this.rounds, kind)
    return this.ended(id)
  }

  async ended(id: string): Promise<Round> {
    return eventually(async () => {
      const view = (await this.api('GET', `/rounds/${id}`)).json as Round
      return view.state === 'published' || view.state === 'failed' ? view : undefined
    })
  }

  /** The operator API over the socket, as the first administrator. */
  async api(
    method: string,
    path: string,
    body?: Json | Bytes | string,
    token: string | null = this.token,
  ): Promise<{ status: number; text: string; json: unknown; header: (name: string) => string }> {
    const sent = body instanceof Uint8Array ? Buffer.from(body) : body
    const raw = typeof sent === 'string' || sent instanceof Buffer
    const response = await fetch(`${this.descriptor.url}/api/v1${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: raw ? sent : JSON.stringify(body) }),
    })
    const text = await response.text()
    const json: unknown = /json/.test(response.headers.get('content-type') ?? '')
      ? JSON.parse(text)
      : undefined
    const header = (name: string) => response.headers.get(name) ?? ''
    return { status: response.status, text, json, header }
  }

  /** The token of a new person beside the first administrator. */
  async person(name: string, ...roles: readonly string[]): Promise<string> {
    const { json } = await this.api('POST', '/tokens', { name, roles: [...roles] })
    return (json as { token: string }).token
  }

  /** Tokens of new people, by their names; each has one role. */
  async people(roles: Readonly<Record<string, string>>): Promise<Map<string, string>> {
    const tokens = new Map<string, string>()
    for (const [name, role] of Object.entries(roles))
      tokens.set(name, await this.person(name, role))
    return tokens
  }

  /** All entries of the log, oldest first. */
  async entries(): Promise<Entry[]> {
    const entries: Entry[] = []
    for (const origin of await this.ctx.audit.origins()) {
      const { size } = (await this.ctx.audit.head(origin))!
      for (let at = 0; at < size; at++) {
        const event = parseEvent(await this.ctx.audit.leaf(origin, at))
        entries.push({ ...event, at, origin })
      }
    }
    return entries
  }

  /** The sealed record of an entry. */
  record({ origin, at }: Entry): Promise<Json> {
    return this.ctx.audit.openRecord(origin, at)
  }

  /** Until what was entered behind earlier answers stands in the log. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#appending)
  }

  /** Entries that `work` adds, whatever comes of it, with those behind its answers and no earlier ones. */
  async adds(work: () => Promise<unknown>): Promise<Entry[]> {
    await this.settled()
    const before = (await this.entries()).length
    await work()
    await this.settled()
    return (await this.entries()).slice(before)
  }
}

/** Polls until there is an answer. @throws Error that says who waits, just before the test's time is up */
export async function eventually<Value>(ask: () => Promise<Value | undefined>): Promise<Value> {
  const late = new Error('what this waits for does not come')
  const test = TestRunner.getCurrentTest()
  const end = (test?.result?.startTime ?? 0) + (test?.timeout ?? Number.POSITIVE_INFINITY) - 1_000
  while (Date.now() < end) {
    const value = await ask()
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw late
}
