/** The convenant at this node: what is in force, signing a draft, installing a signed version. */

import {
  convenantDigest,
  diffConvenants,
  formatSignedConvenant,
  memberOf,
  parseSignedConvenant,
  parseSignedConvenantText,
  rehearsalDigest,
  type SignedConvenant,
  signConvenant,
  verifyConvenant,
  verifySuccession,
} from '@drempel/protocol/convenant'
import { fromHex, fromUtf8, hex, type Signer } from '@drempel/protocol/encoding'
import { formVersions } from '@drempel/protocol/identifiers'
import type { Home } from '../config/index.ts'
import type { Store } from '../store/index.ts'
import type { InForce, NodeContext } from './context.ts'
import { END_REHEARSAL, fail } from './errors.ts'
import { finishInstalling, putLogged } from './installing.ts'
import { Modes } from './modes.ts'
import { Turns } from './turns.ts'

/** In memory what the store has as current; read by every request. */
export class ConvenantInForce {
  #current: InForce | null = null
  #unfit: unknown = null
  readonly #turns = new Turns<'install'>()
  readonly modes = new Modes()

  /**
   * A release or a runtime that writes identifiers in another form than the convenant pins would miss
   * silently: such a node takes no part until a version that fits is installed.
   */
  async load(store: Store, home: Home): Promise<void> {
    await finishInstalling(store)
    const row = await store.convenants.current()
    if (row === null) return
    this.#current = read(parseSignedConvenantText(fromUtf8(row.document)))
    const rehearsal = await store.rehearsals.current()
    if (rehearsal !== null) this.rehearse(rehearsal.word)
    try {
      fits(this.#current.signed, home, true)
    } catch (error) {
      this.#unfit = error
    }
  }

  /** @throws ProtocolError `NO_CONVENANT`, `CONVENANT_UNFIT`, `REHEARSING` as in modes.ts */
  get(): InForce {
    this.modes.check()
    if (this.#unfit !== null) throw this.#unfit
    return this.#current ?? fail('NO_CONVENANT', { hint: 'run: drempel convenant install FILE' })
  }

  peek(): InForce | null {
    return this.#current
  }

  /** Puts the convenant's rehearsal in force; with null the convenant itself again. */
  rehearse(word: string | null): InForce {
    const { digest, rehearsed, ...rest } = this.get()
    const own = rehearsed ?? digest
    const next = word === null ? own : hex(rehearsalDigest(fromHex(own), word))
    this.#current = { ...rest, digest: next, rehearsed: word === null ? null : own }
    this.modes.next()
    return this.#current
  }

  /**
   * Verifies, logs, then puts a version in force.
   * @throws ProtocolError `CONVENANT_UNFIT`, and what the convenant layer says of it
   */
  install(
    ctx: Pick<NodeContext, 'store' | 'audit' | 'clock'>,
    home: Home,
    value: unknown,
  ): Promise<InForce> {
    return this.#turns.of('install', () => this.#install(ctx, home, value))
  }

  async #install(
    { store, audit, clock }: Pick<NodeContext, 'store' | 'audit' | 'clock'>,
    home: Home,
    value: unknown,
  ): Promise<InForce> {
    const signed = parseSignedConvenant(value)
    const before = this.#current
    if (before?.rehearsed) fail('REHEARSING', { hint: END_REHEARSAL })
    if (before === null) verifyConvenant(signed)
    else if (before.digest !== hex(convenantDigest(signed.convenant))) {
      verifySuccession(before.convenant, signed)
    }
    fits(signed, home, true)
    const next = read(signed)
    if (before?.digest === next.digest) return before
    const { digest } = next
    const { version, members } = next.convenant
    const previous: Previous = before === null ? {} : changeOf(before, next)
    const unfit = this.#unfit
    const document = formatSignedConvenant(signed)
    const alerts = previous.alerts !== undefined
    const enter = () => {
      // In force for the log's origin before its first entry can be written there.
      this.#current = next
      this.#unfit = null
      const parties = members.map(({ id }) => id).sort()
      const changed = { convenant: { version, digest }, parties, ...previous }
      return audit.append({ type: 'convenant.changed', ...changed }, {})
    }
    try {
      await putLogged(store, { at: clock(), digest, version, document, alerts }, enter)
    } catch (error) {
      this.#current = before
      this.#unfit = unfit
      throw error
    }
    this.#current = next
    this.#unfit = null
    return next
  }
}

type Previous = Partial<ReturnType<typeof changeOf>>

/** What the version replaces, and of what kinds its changes are that no member may overlook. */
function changeOf(before: InForce, next: InForce) {
  const { version } = before.convenant
  const changes = diffConvenants(before.convenant, next.convenant)
  const alerts = [...new Set(changes.filter(({ alert }) => alert).map(({ meaning }) => meaning))]
  return {
    previousConvenant: { version, digest: before.digest },
    ...(alerts.length === 0 ? {} : { alerts: alerts.sort() }),
  }
}

/** This node's signature under a draft that names it rightly. @throws ProtocolError `CONVENANT_UNFIT` */
export function signDraft(home: Home, signer: Signer, value: unknown) {
  const signed = parseSignedConvenant(value)
  fits(signed, home, false)
  const signature = signConvenant(signed.convenant, home.member.id, signer)
  return { signature, digest: hex(convenantDigest(signed.convenant)) }
}

/** A node must find itself in the document, and its software must write the same canonical forms. */
function fits(signed: SignedConvenant, home: Home, installing: boolean): void {
  const { convenant } = signed
  const self = memberOf(convenant, home.member.id)
  if (self === undefined) fail('CONVENANT_UNFIT', { at: 'members', hint: 'this node is no member' })
  for (const field of ['signingKey', 'url', 'tlsPin'] as const) {
    if (self[field] !== home.member[field])
      fail('CONVENANT_UNFIT', { at: `members.${self.id}.${field}` })
  }
  const own: Readonly<Record<string, string>> = { ...formVersions() }
  for (const [name, version] of Object.entries(convenant.formVersions)) {
    if (installing && own[name] !== version) {
      fail('CONVENANT_UNFIT', {
        at: `formVersions.${name}`,
        hint: 'this release writes identifiers in another form: a silent miss at the others',
      })
    }
  }
}

function read(signed: SignedConvenant): InForce {
  const { convenant } = signed
  return { convenant, signed, digest: hex(convenantDigest(convenant)), rehearsed: null }
}
