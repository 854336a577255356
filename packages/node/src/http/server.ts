/**
 * node:http or node:https under a Hono app, with bounds on time, headers and connections.
 *
 * TLS is 1.3 only and asks every client for a certificate without judging it: nodes present
 * theirs, which the peer middleware compares with the pin of the request's signer; operators'
 * clients present none. Upgrades go through the app like any request, so that a refusal is a
 * whole answer with a body.
 */

import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { isLoopback } from '../config/index.ts'
import { fail } from './errors.ts'
import type { NodeBindings } from './node.ts'

export type ServerLimits = {
  readonly maxConnections: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly maxHeaderBytes: number
}

export type ServerOptions = {
  // biome-ignore lint/suspicious/noExplicitAny: any environment of the app
  readonly app: Hono<any>
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** PEM; absent means plain HTTP, which is refused unless `host` is a loopback address. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly limits?: Partial<ServerLimits>
}

export type RunningServer = {
  readonly host: string
  readonly port: number
  /** Stops accepting, lets requests under way end for at most `graceMs`, then destroys sockets. */
  close(graceMs?: number): Promise<void>
}

const defaults: ServerLimits = {
  maxConnections: 512,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 300_000,
  maxHeaderBytes: 16 * 1024,
}

/** Longer than a client keeps an idle connection, so that the client is the one to close it. */
const keepAliveTimeoutMs = 65_000

/** @throws ProtocolError `INSECURE_LISTEN`; node's own error (EADDRINUSE) when it cannot listen */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  if (options.tls === undefined && !isLoopback(options.host)) fail('INSECURE_LISTEN')
  const server = createServer(options)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const answers = new Set<ServerResponse>()
  server.on('request', (_, answer: ServerResponse) => {
    answers.add(answer)
    answer.once('close', () => answers.delete(answer))
  })
  server.on('upgrade', (incoming, socket, head) => void upgrade(options, incoming, socket, head))

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  return {
    host: options.host,
    port,
    close: (graceMs = 5_000) => {
      closed ??= closeServer(server, { sockets, answers }, graceMs)
      return closed
    },
  }
}

function createServer({ app, tls, limits }: ServerOptions): Server {
  const { maxConnections, headersTimeoutMs, requestTimeoutMs, maxHeaderBytes } = {
    ...defaults,
    ...limits,
  }
  const bounds = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: keepAliveTimeoutMs,
    // How often node looks for connections past their time; its default of 30 s would stretch short ones.
    connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs),
    noDelay: true,
  }
  const listener = getRequestListener(app.fetch)
  const server =
    tls === undefined
      ? createHttpServer(bounds, listener)
      : createHttpsServer(
          {
            ...bounds,
            ...tls,
            minVersion: 'TLSv1.3',
            requestCert: true,
            rejectUnauthorized: false,
          },
          listener,
        )
  server.maxConnections = maxConnections
  return server
}

async function upgrade(
  { app, tls }: ServerOptions,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // Without a listener a reset by the client would end the process.
  socket.on('error', () => socket.destroy())
  const state: NonNullable<NodeBindings['upgrade']> = { handler: undefined }
  try {
    const env: NodeBindings = { incoming, upgrade: state }
    const response = await app.fetch(toRequest(incoming, tls !== undefined), env)
    if (socket.destroyed) return
    const headers = headerLines(response.headers)
    if (state.handler !== undefined && response.status === 200) {
      state.handler(incoming, socket, head, headers)
      return
    }
    const body = Buffer.from(await response.arrayBuffer())
    // A channel was asked for and not given: 200 would claim otherwise.
    const status = response.status < 300 ? 426 : response.status
    refuse(socket, status, headers, body)
  } catch {
    refuse(socket, 400, [], Buffer.alloc(0))
  }
}

function toRequest(incoming: IncomingMessage, secure: boolean): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  const origin = `${secure ? 'https' : 'http'}://${incoming.headers.host ?? 'localhost'}`
  return new Request(new URL(incoming.url ?? '/', origin), { headers })
}

const ofTheConnection = new Set(['connection', 'content-length', 'transfer-encoding', 'upgrade'])

function headerLines(headers: Headers): string[] {
  return [...headers]
    .filter(([name]) => !ofTheConnection.has(name))
    .map(([name, value]) => `${name}: ${value}`)
}

function refuse(socket: Duplex, status: number, headers: readonly string[], body: Buffer): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    `content-length: ${body.length}`,
    ...headers,
  ]
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]))
}

type Open = { readonly sockets: ReadonlySet<Socket>; readonly answers: ReadonlySet<ServerResponse> }

function closeServer(server: Server, { sockets, answers }: Open, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, graceMs)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    server.closeIdleConnections()
    // Else the connection of an answer under way would stay, idle, for as long as its client likes.
    for (const answer of answers) {
      const { socket } = answer
      answer.once('finish', () => socket?.destroySoon())
    }
  })
}
