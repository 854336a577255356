/** Bodies as they arrive: with the headers, after them, in pieces; on one connection one after another. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import {
  createProblemMapper,
  httpProblems,
  problemHandler,
  type RunningServer,
  readBody,
  startServer,
} from '@drempel/node/internal/http'
import { utf8 } from '@drempel/protocol/encoding'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const MAX = 200_000

let server: RunningServer
beforeAll(async () => {
  const random = (length: number) => new Uint8Array(length)
  const app = new Hono()
  app.onError(problemHandler(createProblemMapper({ table: httpProblems, random })))
  app.all('/now', async (c) => c.text(summary(await readBody(c, MAX))))
  app.all('/later', async (c) => {
    await pause(20)
    return c.text(summary(await readBody(c, MAX)))
  })
  server = await startServer({ app, host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close(0))

function summary(body: Uint8Array): string {
  expect(body.constructor).toBe(Uint8Array)
  const text = Buffer.from(body).toString('latin1')
  return text.length > 40 ? `${text.length} bytes, ${new Set(text).size} kinds` : `<${text}>`
}

async function talk(write: (socket: Socket) => unknown, answers: number): Promise<string[]> {
  const socket = connect(server.port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data
  })
  await once(socket, 'connect')
  await write(socket)
  const bodies = () => text.split('HTTP/1.1 ').slice(1)
  const whole = () =>
    bodies().filter((answer) => /\r\n\r\n(<.*>|\d+ bytes, \d+ kinds|\{.*\})$/s.test(answer))
  while (whole().length < answers && !socket.destroyed) await pause(5)
  socket.destroy()
  return bodies().map((answer) => `${answer.slice(0, 3)} ${answer.split('\r\n\r\n')[1]}`)
}

const post = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`
const chunked = (path: string) =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n`

describe.each(['/now', '/later'])('a body, read %s', (path) => {
  it('comes in one piece with the headers', async () => {
    expect(await talk((socket) => socket.write(`${post(path, 5)}hello`), 1)).toEqual([
      '200 <hello>',
    ])
  })

  it('comes after the headers, cut anywhere', async () => {
    const text = `${post(path, 5)}hello`
    for (const at of [10, text.length - 7, text.length - 6, text.length - 5, text.length - 1]) {
      const write = async (socket: Socket) => {
        socket.write(text.slice(0, at))
        await pause(10)
        socket.write(text.slice(at))
      }
      expect(await talk(write, 1)).toEqual(['200 <hello>'])
    }
  })

  it('is that of its own request when several come at once', async () => {
    const get = `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
    const text = `${post(path, 3)}one${get}${post(path, 0)}${post(path, 3)}two${chunked(path)}1\r\n3\r\n0\r\n\r\n`
    expect(await talk((socket) => socket.write(text), 5)).toEqual([
      '200 <one>',
      '200 <>',
      '200 <>',
      '200 <two>',
      '200 <3>',
    ])
  })

  it('is read to its end when it is larger than what is read at once', async () => {
    const large = (length: number) => post(path, length) + 'ab'.repeat(length / 2)
    expect(await talk((socket) => socket.write(large(190_000) + large(100)), 2)).toEqual([
      '200 190000 bytes, 2 kinds',
      '200 100 bytes, 2 kinds',
    ])
  })

  it('is refused when it is too large, announced or not', async () => {
    const [announced] = await talk((socket) => socket.write(post(path, MAX + 1)), 1)
    expect(announced).toMatch(/^413 .*BODY_TOO_LARGE/)
    const chunk = `${chunked(path)}${(MAX + 1).toString(16)}\r\n${'a'.repeat(MAX + 1)}\r\n0\r\n\r\n`
    const [unannounced] = await talk((socket) => socket.write(chunk), 1)
    expect(unannounced).toMatch(/^413 .*BODY_TOO_LARGE/)
  })
})

it('a body without a socket is read too', async () => {
  const app = new Hono()
  app.post('/', async (c) => c.text(summary(await readBody(c, 5))))
  const answer = await app.request('/', { method: 'POST', body: utf8('hello') as BodyInit })
  expect(await answer.text()).toBe('<hello>')
})
