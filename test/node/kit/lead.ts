/** A compute node that leads a round as it likes: every message by hand, well signed, with any content. */

import {
  type Bytes,
  ByteWriter,
  fromHex,
  hex,
  type Json,
  parseJcs,
  signStatement,
} from '@drempel/protocol/encoding'
import { parseTranscript, transcriptDigest } from '@drempel/protocol/oprf'
import { type Federation, random } from './federation.ts'
import { eventually, type Member } from './member.ts'
import { type Answer, post } from './peer.ts'

export type Statement = {
  readonly member: string
  readonly body: Readonly<Record<string, Json>>
  readonly signature: string
}

export type Announcement = Readonly<Record<string, Json>> & { readonly round: string }

export const asJson = (value: unknown): Json => value as Json

export async function announcementOf(
  federation: Federation,
  leader: Member,
  change: Readonly<Record<string, Json>> = {},
): Promise<Announcement> {
  const key = (await leader.ctx.store.keys.current('host'))!
  return {
    convenant: leader.ctx.inForce().digest,
    round: hex(random(16)),
    kind: 'host',
    epoch: Number(key.epoch),
    key: hex(transcriptDigest(parseTranscript(key.transcript))),
    rules: federation.convenant.rules.filter(({ kind }) => kind === 'host').map(({ id }) => id),
    coordinator: leader.id,
    createdAt: new Date(Date.now() + federation.clock.ahead).toISOString(),
    ...change,
  } as Announcement
}

export function resign(
  by: Member,
  type: 'commitment' | 'opening' | 'list',
  { body }: Statement,
  change: Readonly<Record<string, Json>>,
): Statement {
  const changed = { ...body, ...change } as Json
  return signStatement(`round.${type}`, changed, by.id, by.ctx.signer) as unknown as Statement
}

export function uploadBody(round: string, share: Bytes): Bytes {
  return new ByteWriter().bytes(fromHex(round)).block(share).finish()
}

/** A round under a liar's lead, step by step; to its own node it speaks directly. */
export class Lead {
  readonly announcement: Announcement
  readonly #federation: Federation
  readonly #leader: Member

  private constructor(federation: Federation, leader: Member, announcement: Announcement) {
    this.announcement = announcement
    this.#federation = federation
    this.#leader = leader
  }

  /** Announced to all members. */
  static async open(federation: Federation, leader: Member): Promise<Lead> {
    const lead = new Lead(federation, leader, await announcementOf(federation, leader))
    for (const { id } of federation.members) {
      await lead.expect(id, 'announce', lead.announcement)
    }
    return lead
  }

  get round(): string {
    return this.announcement.round
  }

  async say(to: string, step: string, body: Json | Bytes): Promise<Answer> {
    const member = this.#federation.member(to)
    if (member !== this.#leader) return post(this.#leader, member, `rounds/${step}`, body)
    const answer = await this.#leader.ctx.call(to, `rounds/${step}`, body)
    return { status: 200, body: answer, problem: {} }
  }

  async expect(to: string, step: string, body: Json | Bytes): Promise<never> {
    const { status, body: answer, problem } = await this.say(to, step, body)
    if (status !== 200) throw new Error(`${step} at ${to}: ${problem.code} ${problem.at}`)
    return parseJcs(answer) as never
  }

  /** Everybody's, in the order of the round. */
  async commitments(): Promise<Statement[]> {
    const { round } = this
    const statements: Statement[] = []
    for (const { id } of this.#federation.members) {
      const reply = await eventually(async () => {
        const answer = await this.expect(id, 'commitment', { round })
        const { ready, commitment } = answer as { ready: boolean; commitment: Statement }
        return ready ? commitment : undefined
      })
      statements.push(reply)
    }
    return statements.sort((a, b) => (a.member < b.member ? -1 : 1))
  }

  async openings(commitments: readonly Statement[]): Promise<Statement[]> {
    const statements: Statement[] = []
    for (const id of this.#federation.convenant.computeNodes) {
      const body = asJson({ round: this.round, commitments })
      statements.push(await this.expect(id, 'open', body))
    }
    return statements
  }

  /** Up to the point where all have the terms. */
  async agree(): Promise<{ commitments: Statement[]; openings: Statement[] }> {
    const commitments = await this.commitments()
    const openings = await this.openings(commitments)
    const terms = asJson({ announcement: this.announcement, commitments, openings })
    for (const { id } of this.#federation.members) await this.expect(id, 'terms', terms)
    return { commitments, openings }
  }

  /** Why the round ended at a member. */
  async ended(id: string): Promise<{ reason: string | null; culprit: string | null }> {
    const { store } = this.#federation.member(id).ctx
    return eventually(async () => {
      const row = await store.rounds.get(this.round)
      return row?.state === 'failed' ? { reason: row.reason, culprit: row.culprit } : undefined
    })
  }
}
