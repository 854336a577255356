import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { createTlsKeys } from '@drempel/node/internal/config'
import { readBody, startServer } from '@drempel/node/internal/http'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'

const tls = createTlsKeys('127.0.0.1', Date.now(), (length) =>
  crypto.getRandomValues(new Uint8Array(length)),
)

/** More than a call can have arguments. */
const CHUNKS = 200_000

function appOf() {
  const app = new Hono()
  app.get('/', (c) => c.text('hello'))
  return app
}

describe('the server', () => {
  it('refuses plain HTTP beyond loopback', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.0.0.1.example.org']) {
      const started = startServer({ app: appOf(), host, port: 0 })
      await expect(started).rejects.toMatchObject({ code: 'INSECURE_LISTEN' })
    }
  })

  it('says so when the port is taken', async () => {
    const first = await startServer({ app: appOf(), host: '127.0.0.1', port: 0 })
    const second = startServer({ app: appOf(), host: '127.0.0.1', port: first.port })
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await first.close()
  })

  it('lets a request under way end before it closes, and takes no new one', async () => {
    const app = appOf()
    const long = 'late '.repeat(1_000_000)
    const [came, due] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    app.get('/slow', async (c) => {
      came.resolve()
      await due.promise
      return c.text(long)
    })
    const server = await startServer({ app, host: '127.0.0.1', port: 0 })
    const url = `http://127.0.0.1:${server.port}`
    const slow = fetch(`${url}/slow`)
    await came.promise
    const began = Date.now()
    const closed = server.close(30_000)
    setTimeout(due.resolve, 100)
    expect(await (await slow).text()).toBe(long)
    await closed
    // Not for the connection, which its client would keep.
    expect(Date.now() - began).toBeLessThan(15_000)
    await expect(fetch(url)).rejects.toThrow()
  })

  it('does not wait for a silent connection longer than the grace', async () => {
    const server = await startServer({ app: appOf(), host: '127.0.0.1', port: 0 })
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\n')
    await once(socket, 'connect')
    const start = Date.now()
    await server.close(100)
    expect(Date.now() - start).toBeLessThan(3_000)
  })

  it('reads a body that comes in a hundred thousand chunks and more', async () => {
    const app = appOf()
    app.post('/length', async (c) => c.text(String((await readBody(c, 1_000_000)).length)))
    const server = await startServer({ app, host: '127.0.0.1', port: 0 })
    const socket = connect(server.port, '127.0.0.1')
    const head = 'POST /length HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
    socket.write(`${head}${'1\r\nx\r\n'.repeat(CHUNKS)}0\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1.1 200 /)
    expect(String(answer)).toContain(String(CHUNKS))
    socket.destroy()
    await server.close(0)
  })

  it('speaks TLS 1.3 only', async () => {
    const server = await startServer({ app: appOf(), host: '127.0.0.1', port: 0, tls })
    const hello = (maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string | null>((resolve, reject) => {
        const options = { port: server.port, rejectUnauthorized: false, maxVersion }
        const socket = tlsConnect(options, () => {
          resolve(socket.getProtocol())
          socket.destroy()
        })
        socket.on('error', reject)
      })
    expect(await hello('TLSv1.3')).toBe('TLSv1.3')
    await expect(hello('TLSv1.2')).rejects.toThrow()
    await server.close(0)
  })

  it('holds no more connections than its limit', async () => {
    const limits = { maxConnections: 3 }
    const server = await startServer({ app: appOf(), host: '127.0.0.1', port: 0, limits })
    const sockets = Array.from({ length: 6 }, () => connect(server.port, '127.0.0.1'))
    let dropped = 0
    for (const socket of sockets) socket.on('error', () => {}).on('close', () => dropped++)
    await expect.poll(() => dropped).toBe(3)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(dropped).toBe(3)
    for (const socket of sockets) socket.destroy()
    await server.close(0)
  })
})
