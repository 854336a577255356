/** A key holder's messages as a liar that leads, or follows, would write them. */

import {
  base64,
  fromBase64,
  fromHex,
  hex,
  type Json,
  parseJcs,
  signStatement,
} from '@drempel/protocol/encoding'
import { libsodiumGroup } from '@drempel/protocol/group'
import { type DkgContext, dkgFinish, dkgRound1, dkgRound2 } from '@drempel/protocol/oprf'
import { type Federation, random } from './federation.ts'
import type { Member } from './member.ts'
import { post } from './peer.ts'

export type Statement = {
  readonly member: string
  readonly body: { readonly session: string; readonly to: string | null; readonly message: string }
  readonly signature: string
}

export type Session = {
  readonly convenant: string
  readonly session: string
  readonly kind: string
  readonly epoch: string
}

export function sessionOf(federation: Federation, change: Partial<Session> = {}): Session {
  const { digest } = federation.members[0]!.ctx.inForce()
  return { convenant: digest, session: hex(random(32)), kind: 'host', epoch: '1', ...change }
}

function contextOf(federation: Federation, session: Session): DkgContext {
  const { members, quorum } = federation.convenant.keyHolders
  return {
    convenantDigest: fromHex(session.convenant),
    session: fromHex(session.session),
    kind: session.kind,
    epoch: session.epoch,
    quorum,
    holders: members.map((id, i) => ({ index: i + 1, id })),
  }
}

/** `by` signs another body than it, or somebody else, said. */
export function resign(
  by: Member,
  type: 'dkg.round1' | 'dkg.share',
  { body }: Statement,
  change: Partial<Statement['body']>,
): Statement {
  const changed = { ...body, ...change }
  return signStatement(type, changed, by.id, by.ctx.signer) as unknown as Statement
}

/** What a liar that holds several polynomials can keep ready. */
export class Holder {
  readonly #federation: Federation
  readonly #member: Member
  readonly #session: Session
  readonly #own: ReturnType<typeof dkgRound1>

  constructor(federation: Federation, member: Member, session: Session) {
    this.#federation = federation
    this.#member = member
    this.#session = session
    const context = contextOf(federation, session)
    this.#own = dkgRound1(libsodiumGroup, context, member.id, random)
  }

  get broadcast(): Statement {
    return this.#sign('dkg.round1', null, this.#own.broadcast)
  }

  shares(broadcasts: readonly Statement[]): Statement[] {
    const received = this.#heard(broadcasts)
    return dkgRound2(libsodiumGroup, this.#own.secret, received, random).map(({ to, message }) =>
      this.#sign('dkg.share', to, message),
    )
  }

  finish(broadcasts: readonly Statement[], shares: readonly Statement[]) {
    const mine = this.#heard(shares.filter(({ body }) => body.to === this.#member.id))
    return dkgFinish(libsodiumGroup, this.#own.secret, this.#heard(broadcasts), mine)
  }

  /** Sends one step to another holder. */
  async step(to: string, step: string, body: Json) {
    const answer = await post(this.#member, this.#federation.member(to), `keys/${step}`, body)
    const json = answer.status < 400 ? parseJcs(answer.body) : null
    return { ...answer, json: json as never }
  }

  #heard(statements: readonly Statement[]) {
    return statements
      .filter(({ member }) => member !== this.#member.id)
      .map(({ member, body }) => ({ from: member, message: fromBase64(body.message) }))
  }

  #sign(type: string, to: string | null, message: Uint8Array): Statement {
    const body = { session: this.#session.session, to, message: base64(message) }
    return signStatement(type, body, this.#member.id, this.#member.ctx.signer)
  }
}
