/** Real nodes in one process: own homes, own stores, loopback sockets between them. */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signDraft } from '@drempel/node/internal/sessions'
import { initHome, type NodeOptions, startNode } from '@drempel/node/testing'
import {
  type Convenant,
  type DraftOptions,
  draftConvenant,
  memberOf,
  type Sector,
  type SignedConvenant,
} from '@drempel/protocol/convenant'
import { type Bytes, fromBase64url } from '@drempel/protocol/encoding'
import { formVersions } from '@drempel/protocol/identifiers'
import { Member } from './member.ts'

export const random = (length: number): Bytes => new Uint8Array(randomBytes(length))

const ALWAYS = 'workHours: { timeZone: UTC, from: 0, until: 24, outside: 0 }\n'

const PARTNERS: readonly (readonly [string, Sector])[] = [
  ['bank-a', 'bank'],
  ['bank-b', 'bank'],
  ['telecom', 'telecom'],
  ['platform', 'platform'],
]

export type FederationOptions = Partial<DraftOptions> & {
  /** The first so many of bank-a, bank-b, telecom and platform; four by default. */
  readonly size?: number
  /** Loopback without TLS by default. */
  readonly transport?: 'tls' | 'plain-loopback'
  /** False: no node does anything by itself, such as catching up or comparing logs. */
  readonly background?: boolean
  /** More of a member's config.yaml. */
  readonly config?: (member: string) => string
  /** How nodes are started otherwise: with threads, say. */
  readonly start?: Pick<NodeOptions, 'workers' | 'partAnds'>
  /** The last word on the convenant before it is signed. */
  readonly amend?: (convenant: Convenant) => Convenant
}

/**
 * bank-a, telecom and platform compute; all hold a share of the key, three are a quorum. Every node
 * reads `clock`, which a test may set ahead.
 */
export class Federation {
  readonly clock: { ahead: number }
  readonly signed: SignedConvenant
  readonly members: readonly Member[]
  readonly #directory: string

  private constructor(
    clock: { ahead: number },
    signed: SignedConvenant,
    members: readonly Member[],
    directory: string,
  ) {
    this.clock = clock
    this.signed = signed
    this.members = members
    this.#directory = directory
  }

  static async open(options: FederationOptions = {}): Promise<Federation> {
    const {
      size = 4,
      transport = 'plain-loopback',
      background = true,
      amend = (convenant) => convenant,
      config = () => '',
      start: otherwise = {},
      ...drafted
    } = options
    const clock = { ahead: 0 }
    const directory = await mkdtemp(join(tmpdir(), 'drempel-test-'))
    const partners = PARTNERS.slice(0, size)
    const ports = await holdPorts(partners.length)
    const members: Member[] = []
    for (const [i, [id, sector]] of partners.entries()) {
      const home = join(directory, id)
      const { port, release } = ports[i]!
      const listen = { host: '127.0.0.1', port }
      const mailbox = `security@${id}.example`
      const member = { id, name: `Member ${id}`, sector, contact: mailbox, fg: mailbox }
      const publicUrl = `${transport === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}`
      const settings = { member, listen, publicUrl, transport }
      const descriptor = await initHome(home, settings, random, Date.now())
      // What a test asks is no different at night.
      await appendFile(join(home, 'config.yaml'), ALWAYS + config(id))
      const now = () => Date.now() + clock.ahead
      // Batches are tiny here, and so many nodes share the machine that threads would only cost, as
      // would the work of Argon2 that guards tokens.
      const cheap = { output: silent, workers: 0, tokenWork: { passes: 1, bytes: 8192 } }
      const start = () => startNode({ home, clock: now, background, ...cheap, ...otherwise })
      const token = (await readFile(join(home, 'token'), 'utf8')).trim()
      await release()
      members.push(new Member(descriptor, token, start, await start()))
    }
    const convenant = amend(
      draftConvenant({
        id: 'proef',
        members: members.map(({ descriptor }) => descriptor),
        formVersions: formVersions(),
        // To the second: a whole one must not be written with its milliseconds.
        validFrom: new Date(Date.now() - 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
        minList: 1,
        crossSector: true,
        ...drafted,
      }),
    )
    const signatures = members.map(({ live: { node } }) => {
      const signer = node.sessions.ctx.signer
      return signDraft(node.home, signer, { convenant, signatures: [] }).signature
    })
    const signed = { convenant, signatures }
    for (const member of members) await member.install(signed)
    return new Federation(clock, signed, members, directory)
  }

  get convenant(): Convenant {
    return this.signed.convenant
  }

  member(id: string): Member {
    const found = this.members.find((member) => member.id === id)
    if (found === undefined) throw new Error(`no member ${id}`)
    return found
  }

  /** As a peer sees the members. */
  directory = (id: string) => {
    const member = memberOf(this.convenant, id)
    if (member === undefined) return undefined
    const { url, signingKey, tlsPin } = member
    return { id, url, signingKey: fromBase64url(signingKey), tlsPin }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.members.map((member) => member.stop()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}

const silent = { write: () => {} }

/** Held until their nodes listen on them: another test's server would get them meanwhile. */
function holdPorts(count: number) {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      return { port, release: () => once(server.close(), 'close') }
    }),
  )
}
