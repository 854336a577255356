/**
 * Connections to peers. Over TLS no byte of a request is sent before the other end has proved to
 * hold the pinned key; this node shows its own certificate. Sessions are never resumed, so that
 * every connection proves it anew. Plain HTTP goes to loopback addresses only.
 */

import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import { ProtocolError } from '@drempel/protocol/encoding'
import { isLoopback } from '../config/index.ts'
import { fail } from './errors.ts'
import { isPinned } from './pin.ts'
import type { Peer, Self } from './types.ts'

export type Dialer = {
  /** Not sent yet: the caller writes and ends it. */
  request(peer: Peer, method: string, path: string, headers: Record<string, string>): ClientRequest
  agent(peer: Peer): HttpAgent
  close(): void
}

const pool = {
  keepAlive: true,
  maxSockets: 64,
  // As many as were needed at once: with fewer, a burst of requests would open and close connections.
  maxFreeSockets: 64,
  // Idle connections end here before they end at the server, which waits 65 s.
  timeout: 30_000,
  maxCachedSessions: 0,
  noDelay: true,
}

const handshakeMs = 10_000

export function createDialer(self: Self): Dialer {
  // By URL and pin: when the convenant changes either, old connections are not used again.
  const agents = new Map<string, { readonly key: string; readonly agent: HttpAgent }>()

  function agent(peer: Peer): HttpAgent {
    const key = `${peer.url} ${peer.tlsPin}`
    const known = agents.get(peer.id)
    if (known?.key === key) return known.agent
    known?.agent.destroy()
    const fresh = peer.url.startsWith('https:') ? new PinnedAgent(self, peer) : new HttpAgent(pool)
    agents.set(peer.id, { key, agent: fresh })
    return fresh
  }

  return {
    agent,
    request(peer, method, path, headers) {
      const { protocol, hostname, port } = checkedUrl(peer)
      const options = {
        method,
        path,
        headers,
        host: unbracketed(hostname),
        port: port === '' ? undefined : port,
        agent: agent(peer),
      }
      return protocol === 'https:' ? httpsRequest(options) : httpRequest(options)
    },
    close() {
      for (const known of agents.values()) known.agent.destroy()
      agents.clear()
    },
  }
}

/** @throws ProtocolError `PEER_UNREACHABLE` for plain HTTP to anything but loopback, and for no URL at all */
export function checkedUrl(peer: Peer): URL {
  if (!URL.canParse(peer.url)) return fail('PEER_UNREACHABLE', { culprit: peer.id, at: 'url' })
  const url = new URL(peer.url)
  const secure = url.protocol === 'https:'
  if (!secure && !(url.protocol === 'http:' && isLoopback(unbracketed(url.hostname)))) {
    fail('PEER_UNREACHABLE', {
      culprit: peer.id,
      at: 'url',
      hint: 'Plain HTTP is for loopback addresses only.',
    })
  }
  return url
}

class PinnedAgent extends HttpsAgent {
  readonly #self: Self
  readonly #peer: Peer

  constructor(self: Self, peer: Peer) {
    super(pool)
    this.#self = self
    this.#peer = peer
  }

  /** Hands the socket over, by the callback, once the pin has been compared. */
  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { hostname, port } = new URL(this.#peer.url)
    const host = unbracketed(hostname)
    const socket = tlsConnect({
      host,
      port: port === '' ? 443 : Number(port),
      // RFC 6066, section 3: no literal addresses in server_name.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...this.#self.tls,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      // The pin decides, not the chain.
      rejectUnauthorized: false,
    })
    let settled = false
    const settle = (error: Error | null) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      if (error !== null) socket.destroy()
      callback?.(error, socket)
    }
    const timer = setTimeout(() => {
      settle(new ProtocolError('PEER_TIMEOUT', { culprit: this.#peer.id, at: 'handshake' }))
    }, handshakeMs)
    socket.on('error', settle)
    socket.once('close', () => settle(new Error('closed during the handshake')))
    socket.once('secureConnect', () => {
      const pinned = isPinned(socket, this.#peer)
      settle(pinned ? null : new ProtocolError('TLS_PIN_MISMATCH', { culprit: this.#peer.id }))
    })
    return undefined
  }
}

function unbracketed(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
