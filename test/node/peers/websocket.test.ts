/** Channels at the level of RFC 6455: by hand over a socket, and against ws in both roles. */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  acceptChannel,
  type Channel,
  type ChannelLimits,
  createChannelConnector,
  signRequest,
  signResponse,
} from '@drempel/node/internal/peers'
import { type Bytes, concat, utf8 } from '@drempel/protocol/encoding'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { keysOf, openWorld, random, rejection, type World } from './world.ts'

const PATH = '/peer/channel'
const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** Bob's server; `arrived` hands out bob's end of each channel. */
async function bobsServer(limits: Partial<ChannelLimits> = {}) {
  const channels: Channel[] = []
  const world = await openWorld('plain', {
    routes: (app, gate) => {
      app.get(
        PATH,
        gate.verify({ maxBody: 0 }),
        acceptChannel({ limits, accept: async () => (channel) => channels.push(channel) }),
      )
    },
  })
  open.push(world)
  const arrived = async (): Promise<Channel> => {
    for (;;) {
      const channel = channels.shift()
      if (channel !== undefined) return channel
      await nextTurn()
    }
  }
  return { world, arrived }
}

function signed(world: World): Record<string, string> {
  const { parts } = signRequest({
    method: 'GET',
    targetUri: `${world.bob.url}${PATH}`,
    body: new Uint8Array(0),
    signer: keysOf('alice'),
    keyid: 'alice',
    now: Date.now(),
    random,
  })
  return { ...parts.headers }
}

const OFFER = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'),
}

/** Alice's request for an upgrade: the socket after a 101, else the answer. */
async function ask(world: World, offer: Record<string, string>): Promise<Socket | IncomingMessage> {
  const asking = request(`${world.bob.url}${PATH}`, { headers: { ...signed(world), ...offer } })
  asking.end()
  return await new Promise((resolve, reject) => {
    asking.on('upgrade', (_response, socket) => resolve(socket))
    asking.on('response', (response) => resolve(response.resume()))
    asking.on('error', reject)
  })
}

async function upgradedSocket(world: World): Promise<Socket> {
  const socket = (await ask(world, OFFER)) as Socket
  socket.on('error', () => {})
  return socket
}

/** A frame as any client might send it. */
function frame(first: number, body: Bytes, mask: Bytes): Bytes {
  const { length } = body
  const head =
    length <= 125
      ? [first, 0x80 | length]
      : length <= 0xffff
        ? [first, 0xfe, length >> 8, length & 255]
        : [first, 0xff, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]
  const masked = body.map((byte, i) => byte ^ mask[i % 4]!)
  return concat(Uint8Array.from(head), mask, masked)
}

const BINARY = 0x82
const noMask = new Uint8Array(4)

function message(step: string, payload: Bytes): Bytes {
  const name = utf8(step)
  return concat(Uint8Array.of(name.length >> 8, name.length & 255), name, payload)
}

describe('frames', () => {
  it('are read whatever the masks, the sizes and the pieces they come in', async () => {
    const { world, arrived } = await bobsServer()
    const messages = fc.array(
      fc.record({
        step: fc.stringMatching(/^[!-~]{1,255}$/),
        size: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 65_000, max: 70_000 })),
        mask: fc.uint8Array({ minLength: 4, maxLength: 4 }),
        ping: fc.boolean(),
        early: fc.boolean(),
        into: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    )
    const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(messages, cuts, async (sent, pieces) => {
        const socket = await upgradedSocket(world)
        const bob = await arrived()
        const payloads = sent.map(({ size }) => random(size))
        const receive = async ({ step, into, size }: (typeof sent)[number]): Promise<Bytes> => {
          if (!into) return await bob.receive(step)
          const target = new Uint8Array(size).fill(7)
          await bob.receiveInto(step, target)
          return target
        }
        // The first few are waited for before they come.
        const waited = sent.findIndex(({ early }) => early)
        const ahead = waited < 0 ? sent.length : waited
        const received = sent.slice(0, ahead).map(receive)
        const stream = concat(
          ...sent.flatMap(({ step, mask, ping }, i) => [
            frame(BINARY, message(step, payloads[i]!), mask),
            ...(ping ? [frame(0x89, utf8(step.slice(0, 100)), mask)] : []),
          ]),
        )
        let at = 0
        for (const piece of pieces) {
          socket.write(stream.subarray(at, at + piece))
          at += piece
          await nextTurn()
        }
        socket.write(stream.subarray(at))
        for (const one of sent.slice(ahead)) received.push(receive(one))
        for (const [i, got] of (await Promise.all(received)).entries()) {
          expect(Buffer.compare(got, payloads[i]!)).toBe(0)
        }
        socket.destroy()
      }),
      { numRuns: 40 },
    )
  })

  const ok = message('a', utf8('x'))
  const bad: Record<string, Bytes> = {
    'not masked': concat(Uint8Array.of(BINARY, ok.length), ok),
    'a reserved bit': frame(0xc2, ok, noMask),
    'the first of two fragments': frame(0x02, ok, noMask),
    'a fragment of nothing': frame(0x80, ok, noMask),
    text: frame(0x81, ok, noMask),
    'an unknown opcode': frame(0x83, ok, noMask),
    'an unknown control opcode': frame(0x8b, new Uint8Array(0), noMask),
    'a length in more bytes than needed': concat(
      Uint8Array.of(BINARY, 0xfe, 0, ok.length),
      noMask,
      ok,
    ),
    'a length in many more bytes than needed': Uint8Array.of(
      BINARY,
      0xff,
      0,
      0,
      0,
      0,
      0,
      0,
      0xff,
      0xff,
      0,
      0,
      0,
      0,
    ),
    'a negative length': Uint8Array.of(BINARY, 0xff, 0x80, ...new Uint8Array(11)),
    'a long ping': concat(Uint8Array.of(0x89, 0xfe, 0, 126), noMask, new Uint8Array(126)),
    'a ping in fragments': frame(0x09, new Uint8Array(0), noMask),
    'a close of one byte': frame(0x88, Uint8Array.of(3), noMask),
    'a step with a space': frame(BINARY, message('a b', utf8('x')), noMask),
    'a step that is not ASCII': frame(BINARY, message('é', utf8('x')), noMask),
    'no step': frame(BINARY, Uint8Array.of(0, 0, 1), noMask),
    'a step longer than the message': frame(BINARY, Uint8Array.of(0, 3, 65, 65), noMask),
    nothing: frame(BINARY, new Uint8Array(0), noMask),
  }

  it.each(Object.keys(bad))('%s: BAD_FRAME, and the peer is told', async (name) => {
    const { world, arrived } = await bobsServer()
    const socket = await upgradedSocket(world)
    const bob = await arrived()
    const heard: Bytes[] = []
    socket.on('data', (bytes) => heard.push(bytes))
    socket.write(bad[name]!)
    expect(await rejection(bob.receive('a'))).toMatchObject({ code: 'BAD_FRAME', culprit: 'alice' })
    await once(socket, 'end')
    const goodbye = concat(Uint8Array.of(0x88, 11, 4000 >> 8, 4000 & 255), utf8('BAD_FRAME'))
    expect(concat(...heard)).toEqual(goodbye)
  })

  it('beyond the limit are refused by their head alone', async () => {
    const { world, arrived } = await bobsServer({ maxFrame: 1000 })
    for (const head of [
      Uint8Array.of(BINARY, 0xfe, 1001 >> 8, 1001 & 255, 0, 0, 0, 0),
      Uint8Array.of(BINARY, 0xff, 0, 0x1f, ...new Uint8Array(6).fill(255), 0, 0, 0, 0),
    ]) {
      const socket = await upgradedSocket(world)
      const bob = await arrived()
      socket.write(head)
      expect(await rejection(bob.receive('a'))).toMatchObject({ code: 'FRAME_TOO_LARGE' })
    }
  })

  it('after a close are not read', async () => {
    const { world, arrived } = await bobsServer()
    const socket = await upgradedSocket(world)
    const bob = await arrived()
    const first = frame(BINARY, message('a', utf8('1')), noMask)
    const second = frame(BINARY, message('a', utf8('2')), noMask)
    const close = frame(0x88, Uint8Array.of(1000 >> 8, 1000 & 255), noMask)
    socket.write(concat(first, close, second))
    expect(await bob.receive('a')).toEqual(utf8('1'))
    expect(await rejection(bob.receive('a'))).toMatchObject({
      code: 'PEER_GONE',
      at: 'close 1000',
    })
  })

  it('that are pings are not answered without end to a peer that does not read', async () => {
    const { world, arrived } = await bobsServer({ maxQueued: 1 << 16 })
    const socket = await upgradedSocket(world)
    socket.pause()
    await arrived()
    const pings = concat(...Array.from({ length: 5000 }, () => frame(0x89, random(125), noMask)))
    const before = held()
    for (let i = 0; i < 100; i++) {
      socket.write(pings)
      await nextTurn()
    }
    // 60 MB of pings; what waits for the peer is its 64 KiB, and what the sockets hold.
    expect(held() - before).toBeLessThan(20e6 + socket.writableLength)
  })
})

/** Bytes that something still refers to. */
function held(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('an upgrade', () => {
  it.each([
    ['another version', { 'sec-websocket-version': '12' }],
    ['a short key', { 'sec-websocket-key': 'AAAA' }],
    ['a key that is not base64', { 'sec-websocket-key': `${'%'.repeat(22)}==` }],
    ['another protocol', { upgrade: 'h2c' }],
  ])('is refused for %s', async (_name, change) => {
    const { world } = await bobsServer()
    const answer = (await ask(world, { ...OFFER, ...change })) as IncomingMessage
    expect(answer.statusCode).toBe(426)
  })

  it('is accepted with the key of RFC 6455, section 1.3', async () => {
    const { world } = await bobsServer()
    const key = 'dGhlIHNhbXBsZSBub25jZQ=='
    const asking = request(`${world.bob.url}${PATH}`, {
      headers: { ...signed(world), ...OFFER, 'sec-websocket-key': key },
    })
    asking.end()
    const [response, socket] = (await once(asking, 'upgrade')) as [IncomingMessage, Socket]
    expect(response.headers['sec-websocket-accept']).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    expect(response.headers['sec-websocket-extensions']).toBeUndefined()
    socket.destroy()
  })
})

/** A server under bob's key that answers an upgrade with the 101 that `answer` makes. */
async function signingServer(
  answer: (incoming: IncomingMessage, socket: Duplex, signature: readonly string[]) => void,
) {
  const server = createServer()
  server.on('upgrade', (incoming, socket) => {
    socket.on('error', () => {})
    const signature = signResponse({
      status: 101,
      body: new Uint8Array(0),
      request: {
        method: 'GET',
        targetUri: `${url}${PATH}`,
        headers: {
          'content-digest': String(incoming.headers['content-digest']),
          'signature-input': String(incoming.headers['signature-input']),
          signature: String(incoming.headers.signature),
        },
      },
      signer: keysOf('bob'),
      keyid: 'bob',
      now: Date.now(),
    })
    answer(
      incoming,
      socket,
      Object.entries(signature).map(([name, value]) => `${name}: ${value}`),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return createChannelConnector({
    self: { id: 'alice', url: 'https://alice.invalid', signer: keysOf('alice') },
    directory: (id) =>
      id === 'bob' ? { id, url, signingKey: keysOf('bob').publicKey, tlsPin: null } : undefined,
    clock: () => Date.now(),
    random,
  })
}

function accepted({ headers }: IncomingMessage): string {
  const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  return createHash('sha1').update(key).digest('base64')
}

describe('a 101 that does not accept what was offered', () => {
  const head = (lines: readonly string[]) =>
    `${['HTTP/1.1 101 Switching Protocols', 'connection: Upgrade', ...lines].join('\r\n')}\r\n\r\n`

  it.each([
    ['another key', () => ['upgrade: websocket', 'sec-websocket-accept: AAAA']],
    ['another protocol', (accept: string) => ['upgrade: h2c', `sec-websocket-accept: ${accept}`]],
    [
      'an extension',
      (accept: string) => [
        'upgrade: websocket',
        `sec-websocket-accept: ${accept}`,
        'sec-websocket-extensions: permessage-deflate',
      ],
    ],
    [
      'a subprotocol',
      (accept: string) => [
        'upgrade: websocket',
        `sec-websocket-accept: ${accept}`,
        'sec-websocket-protocol: chat',
      ],
    ],
  ])('%s', async (_name, lines) => {
    const connect = await signingServer((incoming, socket, signature) => {
      socket.write(head([...lines(accepted(incoming)), ...signature]))
    })
    expect(await rejection(connect('bob', PATH))).toMatchObject({
      code: 'PEER_BAD_RESPONSE',
      at: 'upgrade',
      culprit: 'bob',
    })
  })

  it('frames that come with the 101 in one piece are read; masked ones are not', async () => {
    const body = message('a', utf8('x'))
    const connect = await signingServer((incoming, socket, signature) => {
      const lines = ['upgrade: websocket', `sec-websocket-accept: ${accepted(incoming)}`]
      socket.write(
        Buffer.concat([
          utf8(head([...lines, ...signature])),
          Uint8Array.of(BINARY, body.length),
          body,
          frame(BINARY, body, noMask),
        ]),
      )
    })
    const alice = await connect('bob', PATH)
    expect(await alice.receive('a')).toEqual(utf8('x'))
    expect(await rejection(alice.receive('a'))).toMatchObject({ code: 'BAD_FRAME' })
  })
})

describe('ws, another implementation', () => {
  it('understands our server', async () => {
    const { world, arrived } = await bobsServer()
    const ws = new WebSocket(`${world.bob.url.replace('http', 'ws')}${PATH}`, {
      headers: signed(world),
    })
    await once(ws, 'open')
    const bob = await arrived()
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
      const payload = random(size)
      ws.send(message('up', payload))
      expect(Buffer.compare(await bob.receive('up'), payload)).toBe(0)
      void bob.send('down', payload)
      const [data] = (await once(ws, 'message')) as [Buffer]
      expect(Buffer.compare(data, message('down', payload))).toBe(0)
    }
    ws.ping('hello')
    expect(String((await once(ws, 'pong'))[0])).toBe('hello')
    expect(await bob.roundTrip()).toBeGreaterThan(0)
    const gone = once(ws, 'close')
    await bob.close()
    expect((await gone)[0]).toBe(1000)
  })

  it('understands our client', async () => {
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: true })
    const connect = await signingServer((incoming, socket, signature) => {
      server.once('headers', (lines) => lines.push(...signature))
      server.handleUpgrade(incoming, socket, Buffer.alloc(0), (ws) => {
        ws.on('message', (data) => ws.send(data))
      })
    })
    const alice = await connect('bob', PATH)
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
      const payload = random(size)
      void alice.send('echo', payload)
      expect(Buffer.compare(await alice.receive('echo'), payload)).toBe(0)
    }
    expect(await alice.roundTrip()).toBeGreaterThan(0)
    const [ws] = server.clients
    const gone = once(ws!, 'close')
    ws!.close(1001, 'going')
    expect(await rejection(alice.receive('echo'))).toMatchObject({
      code: 'PEER_GONE',
      at: 'close 1001',
    })
    expect((await gone)[0]).toBe(1001)
  })
})
