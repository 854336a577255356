/** Whether a connection's other end holds the TLS key that the convenant pins. */

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { tlsPin } from '../config/index.ts'
import type { Peer } from './types.ts'

/**
 * Whether the other end of this connection holds the peer's TLS key. The handshake has proved
 * possession of the key in the certificate; names and dates in it mean nothing here.
 */
export function isPinned(socket: Socket, peer: Peer): boolean {
  if (!(socket instanceof TLSSocket)) return peer.tlsPin === null || !peer.url.startsWith('https:')
  return peer.tlsPin !== null && pinOfSocket(socket) === peer.tlsPin
}

const pins = new WeakMap<TLSSocket, string | undefined>()

function pinOfSocket(socket: TLSSocket): string | undefined {
  if (!pins.has(socket)) {
    const certificate = socket.getPeerX509Certificate()
    pins.set(socket, certificate === undefined ? undefined : tlsPin(certificate.toString()))
  }
  return pins.get(socket)
}
