/**
 * Connections to peers. Over TLS no byte of a request is sent before the other end has proved to
 * hold the pinned key; this node shows its own certificate. Sessions are never resumed, so that
 * every connection proves it anew. Plain HTTP goes to loopback addresses only.
 */

import { type ClientRequest, request as httpRequest } from 'node:http'
import { isIP, type Socket, connect as tcpConnect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { ProtocolError } from '@drempel/protocol/encoding'
import { isLoopback } from '../config/index.ts'
import { Connections } from './connections.ts'
import { fail } from './errors.ts'
import { isPinned } from './pin.ts'
import type { Peer, Self } from './types.ts'

export type Dialer = {
  /** For small messages and bulk alike. */
  connections(peer: Peer): Connections
  /** For an upgrade, on a connection of its own; not sent yet: the caller ends it. */
  request(peer: Peer, path: string, headers: Record<string, string>): ClientRequest
  close(): void
}

const handshakeMs = 10_000

export function createDialer(self: Self): Dialer {
  // By URL and pin: when the convenant changes either, old connections are not used again.
  const known = new Map<string, { readonly key: string; readonly connections: Connections }>()

  return {
    connections(peer) {
      const key = `${peer.url} ${peer.tlsPin}`
      const before = known.get(peer.id)
      if (before?.key === key) return before.connections
      before?.connections.close()
      checkedUrl(peer)
      const connections = new Connections((opened) => open(self, peer, opened))
      known.set(peer.id, { key, connections })
      return connections
    },
    request(peer, path, headers) {
      const { hostname, port } = checkedUrl(peer)
      return httpRequest({
        path,
        headers,
        host: unbracketed(hostname),
        port: port === '' ? undefined : port,
        createConnection: (_options, created) => {
          open(self, peer, created)
          return undefined
        },
      })
    },
    close() {
      for (const { connections } of known.values()) connections.close()
      known.clear()
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

type Opened = (error: Error | null, socket: Socket) => void

/** The callback is called once: with an error, or for use when the pin has been compared. */
function open(self: Self, peer: Peer, opened: Opened): Socket {
  const url = new URL(peer.url)
  const secure = url.protocol === 'https:'
  const host = unbracketed(url.hostname)
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  const socket = secure ? openTls(self, host, port) : tcpConnect({ host, port })
  socket.setNoDelay(true)
  self.traffic?.watch(socket)
  let settled = false
  const settle = (error: Error | null) => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    if (error !== null) socket.destroy()
    opened(error, socket)
  }
  const timer = setTimeout(() => {
    settle(new ProtocolError('PEER_TIMEOUT', { culprit: peer.id, at: 'handshake' }))
  }, handshakeMs)
  socket.on('error', settle)
  socket.once('close', () => settle(new Error('closed during the handshake')))
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    const pinned = isPinned(socket, peer)
    settle(pinned ? null : new ProtocolError('TLS_PIN_MISMATCH', { culprit: peer.id }))
  })
  return socket
}

function openTls(self: Self, host: string, port: number): Socket {
  return tlsConnect({
    host,
    port,
    // RFC 6066, section 3: no literal addresses in server_name.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...self.tls,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['http/1.1'],
    // The pin decides, not the chain.
    rejectUnauthorized: false,
  })
}

function unbracketed(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
