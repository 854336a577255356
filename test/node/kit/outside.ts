/** A witness that is no member, as c2sp.org/tlog-witness has it: any server, no signature on requests. */

import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OutsideWitness } from '@drempel/protocol/convenant'
import {
  type Bytes,
  base64url,
  equalBytes,
  type Signer,
  signerFromSeed,
} from '@drempel/protocol/encoding'
import {
  cosigner,
  encodeCosignatures,
  openCheckpoint,
  parseAddCheckpoint,
  parseNote,
  unverifiedCheckpoint,
  verifierKey,
  verifyConsistency,
} from '@drempel/protocol/log'

type Answer = { readonly status: number; readonly type?: string; readonly body: string }

export class Auditor {
  readonly signer: Signer = signerFromSeed(new Uint8Array(randomBytes(32)))
  readonly keyName = 'auditor.example/witness'
  /** Instead of an honest answer. */
  lie: ((honest: () => Answer) => Answer) | undefined
  readonly asked: string[] = []
  readonly held = new Map<string, { readonly size: number; readonly root: Bytes }>()
  readonly #server: Server
  readonly #keyOf: (member: string) => Bytes | undefined
  readonly #clock: () => number

  private constructor(keyOf: (member: string) => Bytes | undefined, clock: () => number) {
    this.#keyOf = keyOf
    this.#clock = clock
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        this.asked.push(`${request.method} ${request.url}`)
        const honest = () => this.#add(Buffer.concat(parts).toString('utf8'))
        const { status, type = 'text/plain', body } = this.lie?.(honest) ?? honest()
        response.writeHead(status, { 'content-type': type }).end(body)
      })
    })
  }

  /** @param keyOf a member's signing key */
  static async open(keyOf: (member: string) => Bytes | undefined, clock: () => number) {
    const auditor = new Auditor(keyOf, clock)
    await new Promise<void>((done) => auditor.#server.listen(0, '127.0.0.1', done))
    return auditor
  }

  get entry(): OutsideWitness {
    const { port } = this.#server.address() as AddressInfo
    return {
      ...{ id: 'auditor', name: 'An auditor', url: `http://127.0.0.1:${port}/witness` },
      ...{ keyName: this.keyName, signingKey: base64url(this.signer.publicKey) },
      contact: 'witness@auditor.example',
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }

  #add(text: string): Answer {
    const { oldSize, proof, checkpoint: note } = parseAddCheckpoint(text)
    const { origin } = unverifiedCheckpoint(note)
    const key = this.#keyOf(origin.split('/')[2]!)
    if (key === undefined) return { status: 404, body: '' }
    const { size, root } = openCheckpoint(note, verifierKey(origin, key))
    const held = this.held.get(origin)
    if (oldSize !== (held?.size ?? 0)) {
      return { status: 409, type: 'text/x.tlog.size', body: `${held?.size ?? 0}\n` }
    }
    if (held?.size === size && !equalBytes(held.root, root)) {
      return { status: 409, type: 'text/x.tlog.size', body: `${size}\n` }
    }
    if (held !== undefined) {
      try {
        verifyConsistency(held.size, held.root, size, root, proof)
      } catch {
        return { status: 422, body: '' }
      }
    }
    this.held.set(origin, { size, root })
    const { key: own, sign } = cosigner(this.keyName, this.signer, Math.floor(this.#clock() / 1000))
    const line = { name: own.name, id: own.id, bytes: sign(parseNote(note).text) }
    return { status: 200, body: encodeCosignatures([line]) }
  }
}
