import { once } from 'node:events'
import {
  acceptChannel,
  type Channel,
  type ChannelLimits,
  createChannelConnector,
  signRequest,
} from '@drempel/node/internal/peers'
import { ProtocolError, utf8 } from '@drempel/protocol/encoding'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { keysOf, openWorld, random, rejection, type Transport, type World } from './world.ts'

const worlds: World[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})

/** Alice's end and bob's end of one channel. */
async function open(transport: Transport, limits: Partial<ChannelLimits> = {}) {
  const accepted: Channel[] = []
  const waiting: ((channel: Channel) => void)[] = []
  const world = await openWorld(transport, {
    routes: (app, gate) => {
      app.get(
        '/peer/channel/:round',
        gate.verify({ maxBody: 0 }),
        acceptChannel({
          limits,
          accept: async (c) => {
            if (c.req.param('round') === 'none') throw new ProtocolError('NOT_FOUND')
            return (channel) => {
              const wake = waiting.shift()
              if (wake === undefined) accepted.push(channel)
              else wake(channel)
            }
          },
        }),
      )
    },
  })
  worlds.push(world)
  const connect = createChannelConnector({
    self: world.alice,
    directory: (id) => world.peers.get(id),
    clock: () => Date.now(),
    random,
    limits,
  })
  const bobEnd = () =>
    new Promise<Channel>((resolve) => {
      const channel = accepted.shift()
      if (channel === undefined) waiting.push(resolve)
      else resolve(channel)
    })
  return { world, connect, bobEnd }
}

async function pair(transport: Transport, limits?: Partial<ChannelLimits>) {
  const { world, connect, bobEnd } = await open(transport, limits)
  const alice = await connect('bob', '/peer/channel/7')
  return { world, alice, bob: await bobEnd() }
}

/** A WebSocket that alice signed for but drives by hand. */
async function raw(world: World) {
  const targetUri = `${world.bob.url}/peer/channel/7`
  const { parts } = signRequest({
    method: 'GET',
    targetUri,
    body: new Uint8Array(0),
    signer: keysOf('alice'),
    keyid: 'alice',
    now: Date.now(),
    random,
  })
  const socket = new WebSocket(targetUri.replace('http', 'ws'), { headers: { ...parts.headers } })
  socket.on('error', () => {})
  await once(socket, 'open')
  return socket
}

describe.each<Transport>(['plain', 'tls'])('a channel over %s', (transport) => {
  it('carries frames both ways, in order, each under its step', async () => {
    const { alice, bob } = await pair(transport)
    expect([alice.peer, bob.peer]).toEqual(['bob', 'alice'])
    const payloads = [new Uint8Array(0), utf8('x'), random(100_000), random(3 << 20)]
    const sent = payloads.map((payload, i) => alice.send(`step/${i}`, payload))
    for (const [i, payload] of payloads.entries()) {
      const got = await bob.receive(`step/${i}`)
      expect(Buffer.compare(got, payload)).toBe(0)
      expect(got.byteOffset).toBe(0)
    }
    await Promise.all(sent)
    await bob.send('back', utf8('answer'))
    expect(await alice.receive('back')).toEqual(utf8('answer'))
    expect(bob.bytesReceived).toBe(alice.bytesSent)
    await Promise.all([alice.close(), bob.close()])
  })

  it('serves receives that were asked before the frames came', async () => {
    const { alice, bob } = await pair(transport)
    const asked = [bob.receive('a'), bob.receive('b'), bob.receive('c')]
    for (const step of ['a', 'b', 'c']) await alice.send(step, utf8(step))
    expect(await Promise.all(asked)).toEqual(['a', 'b', 'c'].map(utf8))
  })

  it('takes its own copy of what it sends', async () => {
    const { alice, bob } = await pair(transport)
    for (const size of [10, 5_000, 500_000]) {
      const payload = random(size)
      const copy = payload.slice()
      const sent = alice.send('a', payload)
      payload.fill(0)
      expect(Buffer.compare(await bob.receive('a'), copy)).toBe(0)
      await sent
    }
  })

  it('writes to memory of the receiver’s, whether the message is there or not', async () => {
    const { alice, bob } = await pair(transport)
    const payload = random(200_000)
    const memory = new Uint8Array(3 * payload.length)
    const places = [0, 1, 2].map((i) => memory.subarray(i * payload.length).subarray(0, 200_000))
    const waiting = bob.receiveInto('a', places[2]!)
    for (const step of ['a', 'b', 'c']) await alice.send(step, payload)
    await waiting
    await bob.receiveInto('b', places[0]!)
    expect(Buffer.compare(await bob.receive('c'), payload)).toBe(0)
    expect(Buffer.compare(places[0]!, payload)).toBe(0)
    expect(Buffer.compare(places[2]!, payload)).toBe(0)
    expect(places[1]!.every((byte) => byte === 0)).toBe(true)
  })

  it('leaves no garbage, neither at the sender nor where messages have a place', async () => {
    const { alice, bob } = await pair(transport)
    const payload = random(1 << 17)
    const into = new Uint8Array(payload.length)
    const held = () => process.memoryUsage().arrayBuffers
    const once = async () => {
      const received = bob.receiveInto('a', into)
      await alice.send('a', payload)
      await received
    }
    for (let i = 0; i < 8; i++) await once()
    const before = held()
    for (let i = 0; i < 200; i++) await once()
    expect(held() - before).toBeLessThan(8 << 20)
  })

  it('measures its round trip', async () => {
    const { alice, bob } = await pair(transport)
    for (const end of [alice, bob]) {
      const milliseconds = await end.roundTrip()
      expect(milliseconds).toBeGreaterThan(0)
      expect(milliseconds).toBeLessThan(1_000)
    }
    await alice.close()
    expect(await rejection(alice.roundTrip())).toMatchObject({ code: 'PEER_GONE' })
  })

  it('is refused with the reason of the peer, signed', async () => {
    const { connect, world } = await open(transport)
    expect(await rejection(connect('bob', '/peer/channel/none'))).toMatchObject({
      code: 'PEER_PROBLEM',
      at: 'NOT_FOUND',
      culprit: 'bob',
    })
    world.skew = 100_000
    expect(await rejection(connect('bob', '/peer/channel/7'))).toMatchObject({ at: 'CLOCK_SKEW' })
    world.skew = 0
    expect(await rejection(connect('bob', '/peer/hello'))).toMatchObject({
      code: 'PEER_BAD_RESPONSE',
    })
  })

  it('is refused by alice when the other end does not hold bob’s keys', async () => {
    const { connect, world } = await open(transport)
    const bob = world.peers.get('bob')!
    world.peers.set('bob', { ...bob, signingKey: keysOf('mallory').publicKey })
    expect(await rejection(connect('bob', '/peer/channel/7'))).toMatchObject({
      code: 'PEER_BAD_RESPONSE',
      at: 'SIGNATURE_INVALID',
    })
    if (transport === 'tls') {
      world.peers.set('bob', { ...bob, tlsPin: world.peers.get('alice')!.tlsPin })
      expect(await rejection(connect('bob', '/peer/channel/7'))).toMatchObject({
        code: 'TLS_PIN_MISMATCH',
      })
    }
  })
})

describe('a peer on a channel', () => {
  it('that sends another step is named, and both ends are closed', async () => {
    const { alice, bob } = await pair('plain')
    await alice.send('wrong', utf8('x'))
    const error = await rejection(bob.receive('right'))
    expect(error).toMatchObject({ code: 'UNEXPECTED_STEP', culprit: 'alice', at: 'right' })
    expect(await rejection(bob.receive('wrong'))).toBe(error)
    expect(await rejection(bob.send('more', utf8('y')))).toBe(error)
    expect(await rejection(alice.receive('answer'))).toMatchObject({
      code: 'PEER_GONE',
      culprit: 'bob',
      at: 'UNEXPECTED_STEP',
    })
  })

  it('that sends another length than the one expected is named, early or late', async () => {
    for (const early of [true, false]) {
      const { alice, bob } = await pair('plain')
      if (early) {
        await alice.send('a', new Uint8Array(9))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const error = rejection(bob.receiveInto('a', new Uint8Array(8)))
      if (!early) await alice.send('a', new Uint8Array(9))
      expect(await error).toMatchObject({ code: 'WRONG_LENGTH', culprit: 'alice', at: 'a' })
      expect(await rejection(alice.receive('b'))).toMatchObject({ at: 'WRONG_LENGTH' })
    }
  })

  it('that goes leaves its delivered frames, then PEER_GONE', async () => {
    const { alice, bob } = await pair('plain')
    await alice.send('a', utf8('1'))
    await alice.send('b', utf8('2'))
    await alice.close()
    expect(await bob.receive('a')).toEqual(utf8('1'))
    expect(await bob.receive('b')).toEqual(utf8('2'))
    expect(await rejection(bob.receive('c'))).toMatchObject({ code: 'PEER_GONE' })
    expect(await rejection(alice.receive('c'))).toMatchObject({ code: 'PEER_GONE' })
  })

  it('that dies without a word is PEER_GONE for whoever waits', async () => {
    const { world, bobEnd } = await open('plain')
    const socket = await raw(world)
    const bob = await bobEnd()
    const waiting = rejection(bob.receive('a'))
    socket.terminate()
    expect(await waiting).toMatchObject({ code: 'PEER_GONE', culprit: 'alice' })
  })

  it('that stops reading pings is PEER_TIMEOUT', async () => {
    const { world, bobEnd } = await open('plain', { idleMs: 100 })
    const socket = await raw(world)
    socket.pause()
    const bob = await bobEnd()
    expect(await rejection(bob.roundTrip())).toMatchObject({ code: 'PEER_TIMEOUT', at: 'ping' })
  })

  it('has its time for each message, not for all', async () => {
    const { alice, bob } = await pair('plain', { idleMs: 1_000 })
    for (let i = 0; i < 3; i++) {
      const got = bob.receive('a')
      await new Promise((resolve) => setTimeout(resolve, 400))
      await alice.send('a', utf8('x'))
      await got
    }
    const begin = performance.now()
    expect(await rejection(bob.receive('b'))).toMatchObject({ code: 'PEER_TIMEOUT', at: 'b' })
    expect(performance.now() - begin).toBeGreaterThan(990)
  })

  it('that stays silent is PEER_TIMEOUT', async () => {
    const { bob } = await pair('plain', { idleMs: 100 })
    expect(await rejection(bob.receive('a'))).toMatchObject({
      code: 'PEER_TIMEOUT',
      culprit: 'alice',
      at: 'a',
    })
  })

  it('that sends too large a frame is FRAME_TOO_LARGE, and one’s own is refused before', async () => {
    const { world, connect, bobEnd } = await open('plain', { maxFrame: 1000 })
    const alice = await connect('bob', '/peer/channel/7')
    await bobEnd()
    expect(await rejection(alice.send('a', new Uint8Array(1000)))).toMatchObject({
      code: 'FRAME_TOO_LARGE',
      culprit: 'self',
    })
    const socket = await raw(world)
    const bob = await bobEnd()
    socket.send(new Uint8Array(1001))
    expect(await rejection(bob.receive('a'))).toMatchObject({
      code: 'FRAME_TOO_LARGE',
      culprit: 'alice',
    })
  })

  it('that sends what is no frame is BAD_FRAME', async () => {
    const bad = [
      Uint8Array.of(),
      Uint8Array.of(0),
      Uint8Array.of(0, 0, 1),
      Uint8Array.of(0, 2, 65),
      Uint8Array.of(0, 1, 0xff),
      Uint8Array.of(1, 0, ...new Uint8Array(300).fill(65)),
      'text',
    ]
    const { world, bobEnd } = await open('plain')
    for (const frame of bad) {
      const socket = await raw(world)
      const bob = await bobEnd()
      socket.send(frame)
      const error = await rejection(bob.receive('a'))
      expect({ frame, code: error.code }).toEqual({ frame, code: 'BAD_FRAME' })
      socket.terminate()
    }
  })

  it('that breaks RFC 6455 is BAD_FRAME', async () => {
    const { world, bobEnd } = await open('plain')
    const socket = await raw(world)
    const bob = await bobEnd()
    const inner = (socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket
    inner.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff))
    expect(await rejection(bob.receive('a'))).toMatchObject({ code: 'BAD_FRAME' })
  })
})

describe('back-pressure', () => {
  it('makes a fast sender wait for a slow reader, and loses nothing', async () => {
    const maxQueued = 1 << 20
    const { alice, bob } = await pair('plain', { maxQueued })
    const payload = random(1 << 18)
    let sent = 0
    const sending = (async () => {
      for (let i = 0; i < 200; i++) {
        await alice.send(`${i}`, payload)
        sent++
      }
    })()
    await new Promise((resolve) => setTimeout(resolve, 300))
    const held = sent
    // Two queues of 1 MiB and what the sockets hold, not the 50 MiB.
    expect(held).toBeLessThan(100)
    for (let i = 0; i < 200; i++) expect((await bob.receive(`${i}`)).length).toBe(payload.length)
    await sending
    expect(sent).toBe(200)
  })

  it('counts messages that are empty, which nobody reads, too', async () => {
    const { alice, bob } = await pair('plain', { maxQueued: 1 << 16 })
    for (let i = 0; i < 40_000; i++) void alice.send('x', new Uint8Array(0)).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(bob.bytesReceived).toBeLessThan(alice.bytesSent / 2)
    for (let i = 0; i < 40_000; i++) await bob.receive('x')
    expect(bob.bytesReceived).toBe(alice.bytesSent)
  })

  it('ends in PEER_TIMEOUT when the reader never reads', async () => {
    const { alice } = await pair('plain', { maxQueued: 1 << 16, idleMs: 200 })
    const flood = (async () => {
      for (let i = 0; i < 500; i++) await alice.send('x', new Uint8Array(1 << 18))
    })()
    expect(await rejection(flood)).toMatchObject({ code: 'PEER_TIMEOUT', culprit: 'bob' })
  })
})
