/**
 * Requests to one node. Over TLS nothing is written before the other end has proved to hold the
 * pinned key (RFC 5280 names, dates and issuers mean nothing here); redirects are not followed.
 */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import {
  type Bytes,
  base64url,
  concat,
  isProtocolError,
  ProtocolError,
  sha256,
} from '@drempel/protocol/encoding'
import { fail } from '../output/errors.ts'

export type SendOptions = {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** For the whole exchange. */
  readonly timeoutMs: number
}

export type Reply = { readonly status: number; readonly type: string; readonly body: Bytes }

export type Transport = {
  /** @throws ProtocolError `NODE_UNREACHABLE`, `NODE_TIMEOUT`, `PIN_MISMATCH`, `BAD_RESPONSE` */
  send(method: string, path: string, options: SendOptions): Promise<Reply>
  close(): void
}

const MAX_RESPONSE = 64 * 1024 * 1024
const POOL = { keepAlive: true, maxSockets: 4, maxCachedSessions: 0, noDelay: true }

export function createTransport(target: { url: string; pin: string | null }): Transport {
  const { protocol, hostname, port } = new URL(target.url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const secure = protocol === 'https:'
  const address = { host, port: Number(port || (secure ? 443 : 80)) }
  const agent = secure ? new PinnedAgent(address, target.pin) : new HttpAgent(POOL)
  const request = secure ? httpsRequest : httpRequest
  return {
    send: (method, path, { headers, body, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
        const call = request({
          ...address,
          agent,
          method,
          path,
          headers: { ...headers, ...length },
        })
        const timer = setTimeout(() => {
          call.destroy(new ProtocolError('NODE_TIMEOUT', { at: target.url }))
        }, timeoutMs)
        const settle = (error: unknown) => {
          clearTimeout(timer)
          reject(named(error, target.url))
        }
        call.on('error', settle)
        call.on('response', (response) => {
          collect(response).then((read) => {
            clearTimeout(timer)
            const type = response.headers['content-type'] ?? ''
            resolve({ status: response.statusCode ?? 0, type, body: read })
          }, settle)
        })
        call.end(body)
      }),
    close: () => agent.destroy(),
  }
}

async function collect(response: IncomingMessage): Promise<Bytes> {
  const parts: Bytes[] = []
  let length = 0
  for await (const part of response as AsyncIterable<Uint8Array>) {
    length += part.length
    if (length > MAX_RESPONSE) {
      response.destroy()
      fail('BAD_RESPONSE', { at: 'length' })
    }
    parts.push(part)
  }
  return concat(...parts)
}

function named(error: unknown, at: string): unknown {
  if (isProtocolError(error)) return error
  const code = (error as { code?: unknown }).code
  const hint = typeof code === 'string' && code !== 'ECONNREFUSED' ? { hint: code } : {}
  return new ProtocolError('NODE_UNREACHABLE', { at, ...hint })
}

class PinnedAgent extends HttpsAgent {
  readonly #address: { readonly host: string; readonly port: number }
  readonly #pin: string | null

  constructor(address: { host: string; port: number }, pin: string | null) {
    super(POOL)
    this.#address = address
    this.#pin = pin
  }

  /** Hands the socket over once the key has been compared; sessions are never resumed. */
  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { host } = this.#address
    const socket = connect({
      ...this.#address,
      // RFC 6066, section 3: no literal addresses in server_name.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: false,
    })
    let settled = false
    const settle = (error: Error | null) => {
      if (settled) return
      settled = true
      if (error !== null) socket.destroy()
      callback?.(error, socket)
    }
    socket.on('error', settle)
    socket.once('close', () => settle(new Error('closed during the handshake')))
    socket.once('secureConnect', () => {
      const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
      const pinned = key !== undefined && base64url(sha256(key)) === this.#pin
      settle(pinned ? null : new ProtocolError('PIN_MISMATCH'))
    })
    return undefined
  }
}
