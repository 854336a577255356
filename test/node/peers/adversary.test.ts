/** Whoever can connect to bob: each request below must be refused by name, without a stack trace. */

import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { signRequest } from '@drempel/node/internal/peers'
import { type Bytes, utf8 } from '@drempel/protocol/encoding'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keysOf, openWorld, random, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld('plain')
})
afterAll(() => world.close())

type Headers = Record<string, string>

function signed(
  path: string,
  body: Bytes,
  change: Partial<Parameters<typeof signRequest>[0]> = {},
) {
  const { parts } = signRequest({
    method: 'POST',
    targetUri: `${world.bob.url}${path}`,
    body,
    signer: keysOf('alice'),
    keyid: 'alice',
    now: Date.now(),
    random,
    ...change,
  })
  return { ...parts.headers } as Headers
}

async function send(path: string, body: Bytes, headers: Headers, method = 'POST') {
  const request = httpRequest({ port: world.server.port, path, method, headers, agent: false })
  request.on('error', () => {})
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  expect(text).not.toMatch(/\n\s+at |node_modules|\.ts:/)
  const problem = response.headers['content-type'] === 'application/problem+json'
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    code: problem ? (JSON.parse(text).code as string) : text,
    at: problem ? (JSON.parse(text).at as string | undefined) : undefined,
  }
}

const body = utf8('question')

describe('a request to a peer path', () => {
  it('is accepted when all is right, so that what follows fails for its own reason', async () => {
    expect(await send('/peer/small', body, signed('/peer/small', body))).toMatchObject({
      status: 200,
      code: 'alice',
    })
  })

  it('unsigned', async () => {
    const answer = await send('/peer/small', body, {})
    expect(answer).toMatchObject({ status: 401, code: 'SIGNATURE_MISSING' })
    expect(answer.headers.signature).toBeUndefined()
    for (const missing of ['signature', 'signature-input', 'content-digest']) {
      const headers = signed('/peer/small', body)
      delete headers[missing]
      expect(await send('/peer/small', body, headers)).toMatchObject({
        code: 'SIGNATURE_MISSING',
        at: missing,
      })
    }
  })

  it('signed with the key of another, or in the name of another', async () => {
    const wrongKey = signed('/peer/small', body, { signer: keysOf('mallory') })
    expect(await send('/peer/small', body, wrongKey)).toMatchObject({
      status: 401,
      code: 'SIGNATURE_INVALID',
    })
    const stranger = signed('/peer/small', body, { signer: keysOf('mallory'), keyid: 'mallory' })
    expect(await send('/peer/small', body, stranger)).toMatchObject({
      status: 401,
      code: 'UNKNOWN_PEER',
    })
  })

  it('for another path, method or node', async () => {
    const headers = signed('/peer/small', body)
    expect(await send('/peer/echo', body, headers)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    expect(await send('/peer/small?a', body, headers)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    const put = signed('/peer/small', body, { method: 'PUT' })
    expect(await send('/peer/small', body, put)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    const elsewhere = signed('', body, { targetUri: 'http://carol.invalid/peer/small' })
    const host = { ...elsewhere, host: 'carol.invalid' }
    expect(await send('/peer/small', body, host)).toMatchObject({ code: 'SIGNATURE_INVALID' })
  })

  it('with another body than was signed, longer or shorter', async () => {
    for (const text of ['Question', 'questio', 'question ', '']) {
      expect(await send('/peer/small', utf8(text), signed('/peer/small', body))).toMatchObject({
        status: 400,
        code: 'DIGEST_MISMATCH',
      })
    }
  })

  it('replayed, also when both arrive at once', async () => {
    const headers = signed('/peer/small', body)
    const answers = await Promise.all([0, 1, 2].map(() => send('/peer/small', body, headers)))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409])
    const again = await send('/peer/small', body, headers)
    expect(again).toMatchObject({ status: 409, code: 'REPLAYED' })
  })

  it('does not spend the nonce of a request whose body was tampered with', async () => {
    const headers = signed('/peer/small', body)
    expect((await send('/peer/small', utf8('tampered'), headers)).code).toBe('DIGEST_MISMATCH')
    expect((await send('/peer/small', body, headers)).status).toBe(200)
  })

  it('signed too early or too late', async () => {
    for (const off of [-70_000, 70_000]) {
      const headers = signed('/peer/small', body, { now: Date.now() + off })
      const answer = await send('/peer/small', body, headers)
      expect(answer).toMatchObject({ status: 401, code: 'CLOCK_SKEW' })
      // The refusal of a well-formed request is itself signed.
      expect(answer.headers.signature).toMatch(/^drempel=:/)
    }
  })

  it('with headers outside the profile', async () => {
    const headers = signed('/peer/small', body)
    const input = headers['signature-input']!
    const cases: [Headers, string][] = [
      [{ 'signature-input': input.replace(' "content-digest"', '') }, 'components'],
      [{ 'signature-input': input.replace('"@method" ', '') }, 'components'],
      [{ 'signature-input': input.replace('"@method"', '"@method";req') }, 'components'],
      [{ 'signature-input': input.replace('("@method"', '("date" "@method"') }, 'components'],
      [{ 'signature-input': input.replace(/;nonce="[^"]*"/, '') }, 'params'],
      [{ 'signature-input': `${input};alg="ed25519"` }, 'params'],
      [{ 'signature-input': `${input};expires=1` }, 'params'],
      [{ 'signature-input': input.replace('-v1', '-v2') }, 'params'],
      [{ 'signature-input': input.replace('created=', 'created=0') }, 'params'],
      [{ 'signature-input': input.replace(/created=\d+/, 'created=1.5') }, 'params'],
      [{ 'signature-input': input.replace(/created=\d+/, 'created="1"') }, 'params'],
      [{ 'signature-input': input.replace(/nonce="./, 'nonce="') }, 'params'],
      [{ 'signature-input': input.replace('keyid="alice"', 'keyid=alice') }, 'params'],
      [{ 'signature-input': input.replace('drempel=', 'other=') }, 'components'],
      [{ 'signature-input': `${input}, b=()` }, 'params'],
      [{ 'signature-input': input.replace(';created', '; created') }, 'params'],
      [{ 'signature-input': 'drempel=(((' }, 'components'],
      [{ signature: headers.signature!.slice(0, -2) }, 'signature'],
      [{ signature: `${headers.signature}, b=:AAAA:` }, 'signature'],
      [{ signature: headers.signature!.replace('drempel', 'other') }, 'signature'],
      [{ 'content-digest': headers['content-digest']!.replace('256', '512') }, 'content-digest'],
      [{ 'content-digest': `${headers['content-digest']}, md5=:AA==:` }, 'content-digest'],
    ]
    for (const [change, at] of cases) {
      const answer = await send('/peer/small', body, { ...headers, ...change })
      expect({ change, ...answer }).toMatchObject({ status: 400, code: 'SIGNATURE_MALFORMED', at })
    }
  })

  it('with any one character of its signature headers changed', async () => {
    const headers = signed('/peer/small', body)
    const names = ['signature', 'signature-input', 'content-digest']
    const change = fc.record({
      name: fc.constantFrom(...names),
      at: fc.nat(300),
      to: fc.constantFrom(...'aZ0"=;:,() /+'.split('')),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ name, at, to }) => {
        const before = headers[name]!
        const place = at % before.length
        const after = `${before.slice(0, place)}${to}${before.slice(place + 1)}`
        fc.pre(after.trim() !== before)
        const answer = await send('/peer/small', body, { ...headers, [name]: after })
        expect([400, 401]).toContain(answer.status)
        expect(answer.code).toMatch(/^(SIGNATURE_(MALFORMED|INVALID|MISSING)|UNKNOWN_PEER)$/)
      }),
      { numRuns: 150 },
    )
    expect((await send('/peer/small', body, headers)).status).toBe(200)
  })

  it('with a gigabyte announced, or sent in chunks without saying so', async () => {
    const announced = { ...signed('/peer/small', body), 'content-length': String(1 << 30) }
    expect(await send('/peer/small', body, announced)).toMatchObject({
      status: 413,
      code: 'BODY_TOO_LARGE',
    })
    const headers = { ...signed('/peer/small', body), 'transfer-encoding': 'chunked' }
    const port = world.server.port
    const request = httpRequest({ port, path: '/peer/small', method: 'POST', headers })
    request.on('error', () => {})
    let answered = 0
    request.on('response', (response) => {
      answered = response.statusCode ?? 0
    })
    const chunk = Buffer.alloc(1 << 20)
    let sent = 0
    while (answered === 0 && !request.destroyed && sent < 1 << 30) {
      sent += chunk.length
      if (!request.write(chunk))
        await Promise.race([once(request, 'drain'), once(request, 'close')])
      await new Promise((resolve) => setImmediate(resolve))
    }
    request.destroy()
    expect(answered).toBe(413)
    expect(sent).toBeLessThan(64 << 20)
  })

  it('never reads the body of somebody it does not know', async () => {
    const socket = connect(world.server.port, '127.0.0.1')
    socket.write(
      `POST /peer/echo HTTP/1.1\r\nhost: b\r\ncontent-length: ${50 << 20}\r\n\r\nfirst bytes`,
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /)
    socket.destroy()
  })

  it('stalled in its headers or its body: the connection ends in time', async () => {
    const limits = { headersTimeoutMs: 300, requestTimeoutMs: 1_500 }
    const impatient = await openWorld('plain', { limits })
    const targetUri = `${impatient.bob.url}/peer/small`
    const headers = signed('/peer/small', body, { targetUri })
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const start = 'POST /peer/small HTTP/1.1\r\nhost: b\r\n'
    for (const text of [start, `${start}${lines.join('')}content-length: 8\r\n\r\nques`]) {
      const socket = connect(impatient.server.port, '127.0.0.1')
      const chunks: Buffer[] = []
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.on('error', () => {})
      socket.write(text)
      await once(socket, 'close')
      expect(Buffer.concat(chunks).toString()).toMatch(/^(HTTP\/1.1 408 |$)/)
    }
    expect((await fetch(`${impatient.bob.url}/nothing`)).status).toBe(404)
    await impatient.close()
  })

  it('that is not HTTP, or has headers without end', async () => {
    for (const text of [
      '\u0016\u0003\u0001\r\n\r\n',
      `GET / HTTP/1.1\r\na: ${'x'.repeat(40_000)}`,
    ]) {
      const socket = connect(world.server.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(text)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      expect(answer.toString()).toMatch(/^HTTP\/1.1 4\d\d /)
      socket.destroy()
    }
  })

  it('that asks to upgrade where no channel is', async () => {
    const upgrade = { connection: 'upgrade', upgrade: 'websocket' }
    const answer = await send('/nothing', new Uint8Array(0), upgrade, 'GET')
    expect(answer).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    const get = signed('/peer/hello', new Uint8Array(0), { method: 'GET' })
    const hello = await send('/peer/hello', new Uint8Array(0), { ...get, ...upgrade }, 'GET')
    expect(hello.status).toBe(426)
  })
})
