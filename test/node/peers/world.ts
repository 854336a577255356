/** Two members, alice who asks and bob who answers, over real sockets. */

import { randomBytes } from 'node:crypto'
import { createTlsKeys, tlsPin } from '@drempel/node/internal/config'
import {
  createProblemMapper,
  httpProblems,
  problemHandler,
  problemNotFound,
  type RunningServer,
  type ServerLimits,
  startServer,
} from '@drempel/node/internal/http'
import {
  createPeerClient,
  createPeerGate,
  type Peer,
  type PeerClient,
  type PeerEnv,
  type PeerGate,
  peerProblems,
  type ReplayStore,
  type Self,
  Traffic,
} from '@drempel/node/internal/peers'
import { type Bytes, type ProtocolError, signerFromSeed } from '@drempel/protocol/encoding'
import { Hono } from 'hono'
import { expect } from 'vitest'

export type Transport = 'tls' | 'plain'

export const random = (length: number): Bytes => new Uint8Array(randomBytes(length))

export type World = {
  readonly alice: Self
  readonly bob: Self
  readonly peers: Map<string, Peer>
  readonly app: Hono<PeerEnv>
  readonly gate: PeerGate
  readonly server: RunningServer
  readonly client: PeerClient
  readonly internal: unknown[]
  /** Milliseconds that bob's clock runs ahead of alice's. */
  skew: number
  close(): Promise<void>
}

export const keysOf = (name: string) => signerFromSeed(new Uint8Array(32).fill(name.charCodeAt(0)))

/** A replay store as the contract demands; the SQLite one is tested with the store. */
export function memoryReplay(): ReplayStore {
  const seen = new Set<string>()
  return {
    claim: async (member, nonce) => {
      const before = seen.size
      const outcome = seen.add(`${member} ${nonce}`).size > before
      return { outcome, durable: Promise.resolve() }
    },
  }
}

export function tlsOf(transport: Transport) {
  return transport === 'tls' ? createTlsKeys('127.0.0.1', Date.now(), random) : undefined
}

/** `routes` may add to bob's app; `/peer/echo` answers with the body. */
export async function openWorld(
  transport: Transport,
  options: {
    routes?: (app: Hono<PeerEnv>, gate: PeerGate) => void
    limits?: Partial<ServerLimits>
  } = {},
): Promise<World> {
  const internal: unknown[] = []
  const peers = new Map<string, Peer>()
  const [aliceTls, bobTls] = [tlsOf(transport), tlsOf(transport)]
  const bob: { -readonly [K in keyof Self]: Self[K] } = {
    id: 'bob',
    url: '',
    signer: keysOf('bob'),
    traffic: new Traffic(),
    ...(bobTls === undefined ? {} : { tls: bobTls }),
  }
  const alice: Self = {
    id: 'alice',
    url: 'https://alice.invalid',
    signer: keysOf('alice'),
    traffic: new Traffic(),
    ...(aliceTls === undefined ? {} : { tls: aliceTls }),
  }
  const directory = (id: string) => peers.get(id)
  const world = { skew: 0 }
  const gate = createPeerGate({
    self: bob,
    directory,
    replay: memoryReplay(),
    clock: () => Date.now() + world.skew,
  })
  const app = new Hono<PeerEnv>()
  const mapper = createProblemMapper({
    table: { ...httpProblems, ...peerProblems },
    random,
    onInternal: (error) => internal.push(error),
  })
  app.onError(problemHandler(mapper))
  app.notFound(problemNotFound())
  app.use('/peer/*', gate.sign)
  app.post('/peer/echo', gate.verify({ maxBody: 1 << 20 }), (c) =>
    c.body(new Uint8Array(c.get('body'))),
  )
  app.post('/peer/bulk', gate.verify({ maxBody: 64 << 20 }), (c) =>
    c.text(String(c.get('body').length)),
  )
  app.post('/peer/small', gate.verify({ maxBody: 1000 }), (c) => c.text(c.get('peer')))
  app.get('/peer/hello', gate.verify({ maxBody: 0 }), (c) => c.text(`hello ${c.get('peer')}`))
  app.post('/peer/crash', gate.verify({ maxBody: 0 }), () => {
    throw new Error('secret detail of the implementation')
  })
  options.routes?.(app, gate)
  const server = await startServer({
    app,
    host: '127.0.0.1',
    port: 0,
    ...(bobTls === undefined ? {} : { tls: bobTls }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  bob.url = `${bobTls === undefined ? 'http' : 'https'}://127.0.0.1:${server.port}`
  peers.set('bob', describePeer(bob))
  peers.set('alice', describePeer(alice))
  const client = createPeerClient({ self: alice, directory, clock: () => Date.now(), random })
  return Object.assign(world, {
    alice,
    bob,
    peers,
    app,
    gate,
    server,
    client,
    internal,
    close: async () => {
      client.close()
      await server.close(0)
    },
  })
}

export function describePeer(self: Self): Peer {
  return {
    id: self.id,
    url: self.url,
    signingKey: self.signer.publicKey,
    tlsPin: self.tls === undefined ? null : tlsPin(self.tls.cert),
  }
}

/** The error that a promise rejects with; fails when it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<ProtocolError> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => error,
  )
  expect(outcome).toBeInstanceOf(Error)
  return outcome as ProtocolError
}
