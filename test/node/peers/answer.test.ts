/** The reader of answers against Node's own server and parser, and against what is no answer. */

import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Answer, AnswerReader, BadAnswer } from '../../../packages/node/src/peers/answer.ts'

const LIMIT = 10_000

function readWhole(bytes: Buffer, splits: readonly number[] = [], limit = LIMIT) {
  const reader = new AnswerReader(limit)
  const cuts = [0, ...splits.map((at) => at % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  )
  let answer: Answer | undefined
  for (let i = 1; i < cuts.length && answer === undefined; i++) {
    answer = reader.read(bytes.subarray(cuts[i - 1], cuts[i]))
  }
  return { reader, answer }
}

const read = (text: string, limit = LIMIT) => readWhole(Buffer.from(text, 'latin1'), [], limit)

function refusal(text: string, limit = LIMIT): string {
  try {
    return read(text, limit).answer === undefined ? 'unfinished' : 'read'
  } catch (error) {
    expect(error).toBeInstanceOf(BadAnswer)
    return (error as BadAnswer).at
  }
}

/** What Node's server writes on the wire for this answer. */
async function written(answer: {
  status: number
  headers: Record<string, string>
  parts: readonly Uint8Array[]
  chunked: boolean
}): Promise<Buffer> {
  const server = createServer((_, outgoing) => {
    const length = answer.parts.reduce((sum, part) => sum + part.length, 0)
    const size = answer.chunked ? {} : { 'content-length': String(length) }
    outgoing.writeHead(answer.status, { ...answer.headers, ...size })
    for (const part of answer.parts) outgoing.write(part)
    outgoing.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.end('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  server.close()
  return Buffer.concat(chunks)
}

describe('an answer', () => {
  it('is read as it was written, wherever its bytes are cut', async () => {
    const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 })
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)
    const answers = fc.record({
      status: fc.constantFrom(200, 201, 400, 404, 500, 503),
      headers: fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), value, { maxKeys: 4 }),
      parts,
      chunked: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(answers, fc.array(fc.nat(), { maxLength: 8 }), async (given, splits) => {
        const { answer } = readWhole(await written(given), splits)
        expect(answer?.status).toBe(given.status)
        expect(answer?.headers).toMatchObject(given.headers)
        expect(Buffer.compare(answer!.body, Buffer.concat(given.parts))).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it('may come byte by byte, and is not there before its last one', () => {
    const texts = [
      'HTTP/1.1 200 OK\r\ncontent-length: 3\r\nx: y\r\n\r\nabc',
      'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\nab\r\n1 \r\nc\r\n0\r\nx: y\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
    ]
    for (const text of texts) {
      const bytes = Buffer.from(text)
      const reader = new AnswerReader(LIMIT)
      for (let i = 0; i < bytes.length - 1; i++) {
        expect(reader.read(bytes.subarray(i, i + 1))).toBeUndefined()
      }
      const answer = reader.read(bytes.subarray(-1))
      expect(answer).toMatchObject({ status: 200, body: new Uint8Array(Buffer.from('abc')) })
      expect(reader.persists).toBe(true)
    }
  })

  it('keeps names in lower case, values trimmed, repeated ones apart', () => {
    const { answer } = read('HTTP/1.1 204 \r\nA-b:\t x  y \t\r\nset: 1\r\nSET: 2\r\nset:3\r\n\r\n')
    expect({ ...answer?.headers }).toEqual({ 'a-b': 'x  y', set: ['1', '2', '3'] })
    const odd = read('HTTP/1.1 204\r\n__proto__: a\r\nconstructor: b\r\n\r\n').answer
    expect(Object.entries(odd!.headers)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
  })

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['another version', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n'],
    ['a status out of range', 'HTTP/1.1 600 OK\r\ncontent-length: 0\r\n\r\n'],
    ['a space before the status', ' HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['a body without an end', 'HTTP/1.1 200 OK\r\nx: y\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n'],
    ['a length with a sign', 'HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n'],
    ['a length in hexadecimal', 'HTTP/1.1 200 OK\r\ncontent-length: 0x1\r\n\r\n'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\n'],
    ['an empty length', 'HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n'],
    [
      'a length beside chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    ],
    ['another coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n'],
    ['two codings', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
    [
      'chunked twice',
      'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n',
    ],
    ['a folded field', 'HTTP/1.1 200 OK\r\nx: y\r\n z\r\ncontent-length: 0\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n'],
    ['a field without a name', 'HTTP/1.1 200 OK\r\n: y\r\ncontent-length: 0\r\n\r\n'],
    ['a line without a colon', 'HTTP/1.1 200 OK\r\nx\r\ncontent-length: 0\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\nx: y\r\ncontent-length: 0\r\n\r\n'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\nx: y\rz\r\ncontent-length: 0\r\n\r\n'],
    ['a zero byte', 'HTTP/1.1 200 OK\r\nx: \0\r\ncontent-length: 0\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n'],
    ['a chunk with a sign', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n'],
    ['a chunk of nine digits', 'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n000000001\r\n'],
    [
      'a chunk longer than it said',
      'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n',
    ],
    ['a trailer that is none', 'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n0\r\nab\r\n\r\n'],
  ])('is none with %s', (_, text) => {
    expect(refusal(text)).toBe('head')
  })

  it('has a head of bounded size, in one piece or in many', () => {
    const long = 'y'.repeat(16 * 1024)
    expect(refusal(`HTTP/1.1 200 OK\r\nx: ${long}`)).toBe('head')
    expect(refusal(`HTTP/1.1 200 OK\r\nx: ${long}\r\ncontent-length: 0\r\n\r\n`)).toBe('head')
    expect(refusal('HTTP/1.1 100 Continue\r\nx: y\r\n\r\n'.repeat(1000))).toBe('head')
    const chunked = 'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(refusal(`${chunked}1;${'a'.repeat(300)}`)).toBe('head')
    expect(refusal(`${chunked}0\r\n${`x: ${'y'.repeat(200)}\r\n`.repeat(100)}`)).toBe('head')
    expect(
      refusal(`HTTP/1.1 200 OK\r\nx: ${' '.repeat(16_000)}\r\ncontent-length: 0\r\n\r\n`),
    ).toBe('read')
  })

  it('has a body of bounded size, announced or not', () => {
    const sized = (bytes: number) => `HTTP/1.1 200\r\ncontent-length: ${bytes}\r\n\r\n`
    expect(refusal(sized(101), 100)).toBe('size')
    expect(refusal(sized(100) + 'a'.repeat(100), 100)).toBe('read')
    expect(refusal('HTTP/1.1 200\r\ncontent-length: 999999999999999\r\n\r\n')).toBe('size')
    const chunked = 'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(refusal(`${chunked}64\r\n${'a'.repeat(100)}\r\n0\r\n\r\n`, 100)).toBe('read')
    expect(refusal(`${chunked}64\r\n${'a'.repeat(100)}\r\n1\r\n`, 100)).toBe('size')
    expect(refusal(`${chunked}ffffffff\r\n`)).toBe('size')
  })

  it.each([
    ['closes', 'HTTP/1.1 200\r\ncontent-length: 0\r\nconnection: close\r\n\r\n', false],
    ['upgrades', 'HTTP/1.1 426\r\ncontent-length: 0\r\nconnection: upgrade\r\n\r\n', false],
    ['stays', 'HTTP/1.1 200\r\ncontent-length: 0\r\nConnection: Keep-Alive\r\n\r\n', true],
    ['says nothing', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', true],
    ['goes on behind its end', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200\r\n', false],
  ])('that %s', (_, text, persists) => {
    expect(read(text).reader.persists).toBe(persists)
  })

  it('is read as Node reads it, or refused, whatever byte is changed', async () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nsignature: a=:bc:\r\n\r\nabc'
    const position = fc.nat({ max: text.length - 1 })
    const byte = fc.constantFrom(...'\r\n\t :,;019Aaz\0\x7f\xff')
    let refused = 0
    await fc.assert(
      fc.asyncProperty(position, byte, async (at, other) => {
        const bytes = Buffer.from(text.slice(0, at) + other + text.slice(at + 1), 'latin1')
        let ours: Answer | undefined
        try {
          ours = readWhole(bytes).answer
        } catch {
          refused++
        }
        if (ours === undefined) return
        const node = await byNode(bytes)
        expect(node?.status).toBe(ours.status)
        expect(node?.signature).toBe(ours.headers.signature)
        expect(node?.body).toBe(Buffer.from(ours.body).toString('latin1'))
      }),
      { numRuns: 150 },
    )
    expect(refused).toBeGreaterThan(10)
  })
})

/** The same bytes from a server, as Node's client takes them. */
async function byNode(bytes: Buffer) {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(bytes))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const asked = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
    asked.on('error', () => {})
    asked.end()
    const [response] = await once(asked, 'response')
    let body = ''
    response.setEncoding('latin1')
    for await (const chunk of response) body += chunk
    return { status: response.statusCode, signature: response.headers.signature, body }
  } catch {
    return undefined
  } finally {
    server.close()
  }
}
