/** Kept connections: used again where that is safe, never where it is not, and no more than there may be. */

import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { Connections } from '../../../packages/node/src/peers/connections.ts'
import { tlsOf } from './world.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type World = {
  readonly connections: Connections
  /** Sockets that the server has seen. */
  readonly sockets: Socket[]
  ask(body?: string | Uint8Array): Promise<string>
}

async function against(answer: RequestListener, transport: 'plain' | 'tls' = 'plain') {
  const tls = tlsOf(transport)
  const server: Server = tls ? createHttpsServer(tls, answer) : createHttpServer(answer)
  const sockets: Socket[] = []
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connections = new Connections((opened) => {
    const to = { host: '127.0.0.1', port }
    const socket = tls ? tlsConnect({ ...to, rejectUnauthorized: false }) : connect(to)
    socket.once(tls ? 'secureConnect' : 'connect', () => opened(null, socket))
    return socket
  })
  closing.push(
    () => server.close(),
    () => server.closeAllConnections(),
    () => connections.close(),
  )
  const world: World = {
    connections,
    sockets,
    async ask(body = 'a') {
      const { body: answered } = await connections.begin(requestOf(body)).answer
      return Buffer.from(answered).toString()
    },
  }
  return world
}

function requestOf(body: string | Uint8Array) {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const head = `POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes.length}\r\n\r\n`
  return { head, body: bytes, limit: 1 << 20 }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const echo: RequestListener = async (incoming, outgoing) => outgoing.end(await bodyOf(incoming))

describe.each(['plain', 'tls'] as const)('connections over %s', (transport) => {
  it('carry one exchange after another, small and large', async () => {
    const { ask, sockets } = await against(echo, transport)
    for (const length of [0, 1, 10, 16_383, 16_384, 16_385, 100_000, 1 << 20, 5]) {
      const text = 'é'.repeat(length >> 1)
      expect(await ask(text)).toBe(text)
    }
    expect(sockets).toHaveLength(1)
  })
})

describe('connections', () => {
  it('are opened as many as are asked at once, up to a bound; the others wait', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { ask, sockets } = await against(async (incoming, outgoing) => {
      const body = await bodyOf(incoming)
      await held
      outgoing.end(body)
    })
    const asked = Array.from({ length: 150 }, (_, i) => ask(`${i}`))
    while (sockets.length < 64) await new Promise((resolve) => setTimeout(resolve, 5))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(sockets).toHaveLength(64)
    release()
    expect(await Promise.all(asked)).toEqual(asked.map((_, i) => `${i}`))
    expect(sockets).toHaveLength(64)
  })

  it('let those wait no longer who gave up, and go on for the others', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const seen: string[] = []
    const { connections } = await against(async (incoming, outgoing) => {
      const body = await bodyOf(incoming)
      seen.push(body.toString())
      await held
      outgoing.end(body)
    })
    const exchanges = Array.from({ length: 70 }, (_, i) => connections.begin(requestOf(`${i}`)))
    for (const i of [3, 64, 66]) exchanges[i]!.cancel()
    release()
    const settled = await Promise.allSettled(exchanges.map(({ answer }) => answer))
    const failed = settled.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))
    expect(failed).toEqual([3, 64, 66])
    expect(seen).not.toContain('64')
    expect(seen).not.toContain('66')
  })

  it('are given up when their exchange is cancelled', async () => {
    const { connections, sockets, ask } = await against((_incoming, outgoing) => {
      if (sockets.length > 1) outgoing.end('next')
    })
    const exchange = connections.begin(requestOf('a'))
    while (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const gone = once(sockets[0]!, 'close')
    exchange.cancel()
    await expect(exchange.answer).rejects.toThrow('cancelled')
    await gone
    expect(await ask()).toBe('next')
  })

  it('are not used again when the answer came before the request was read', async () => {
    const { ask, sockets } = await against((_incoming, outgoing) => {
      outgoing.writeHead(413, { 'content-length': '3' }).end('no!')
    })
    for (let i = 1; i <= 3; i++) {
      expect(await ask(new Uint8Array(20 << 20))).toBe('no!')
      expect(sockets).toHaveLength(i)
    }
  })

  it.each([
    ['says that it closes', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\na'],
    ['is followed by more', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\naHTTP/1.1 200 OK\r\n'],
  ])('are not used again when the answer %s', async (_, text) => {
    const { ask, sockets } = await against((incoming) => void incoming.socket.write(text))
    for (let i = 1; i <= 3; i++) {
      expect(await ask()).toBe('a')
      expect(sockets).toHaveLength(i)
    }
  })

  it('end when the peer speaks unasked, and its words answer no later question', async () => {
    const { ask, sockets } = await against(echo)
    expect(await ask('one')).toBe('one')
    sockets[0]!.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged')
    await once(sockets[0]!, 'close')
    expect(await ask('two')).toBe('two')
    expect(sockets).toHaveLength(2)
  })

  it('say whether they were used before, which alone may be tried again', async () => {
    let answers = 0
    const { connections, ask } = await against((incoming, outgoing) => {
      if (answers++ === 1) outgoing.end('a')
      else incoming.socket.destroy()
    })
    const first = connections.begin(requestOf('a'))
    await expect(first.answer).rejects.toThrow()
    expect(first.reused).toBe(false)
    expect(await ask()).toBe('a')
    const third = connections.begin(requestOf('a'))
    await expect(third.answer).rejects.toThrow()
    expect(third.reused).toBe(true)
  })

  it('do not keep the process alive while they are idle', async () => {
    const open = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    const before = open()
    let during = 0
    const { ask } = await against((_incoming, outgoing) => {
      during = open()
      outgoing.end('a')
    })
    await ask()
    // The server's end is there in both.
    expect([during - before, open() - before]).toEqual([2, 1])
  })

  it('fail with what is under way when all are closed, and are not opened any more', async () => {
    const { connections, sockets, ask } = await against(() => {})
    const asked = Array.from({ length: 70 }, () => ask())
    while (sockets.length < 64) await new Promise((resolve) => setTimeout(resolve, 5))
    connections.close()
    const settled = await Promise.allSettled([...asked, ask()])
    expect(new Set(settled.map(({ status }) => status))).toEqual(new Set(['rejected']))
    expect(sockets).toHaveLength(64)
  })
})
