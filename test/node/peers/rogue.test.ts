/** Alice against answers that are not bob's, or that bob should not give; and against other TLS keys. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  createPeerClient,
  type Peer,
  signRequest,
  signResponse,
} from '@drempel/node/internal/peers'
import { type Bytes, utf8 } from '@drempel/protocol/encoding'
import { afterEach, describe, expect, it } from 'vitest'
import { describePeer, keysOf, openWorld, random, rejection, tlsOf } from './world.ts'

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.close()
})

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push({
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  })
  return (server.address() as AddressInfo).port
}

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse, body: Bytes) => void

/** A server in bob's place, and alice's client towards it. */
async function against(answer: Answer) {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
    answer(incoming, outgoing, Buffer.concat(chunks))
  })
  const url = `http://127.0.0.1:${await listen(server)}`
  return clientTo({ id: 'bob', url, signingKey: keysOf('bob').publicKey, tlsPin: null })
}

function clientTo(bob: Peer) {
  const self = { id: 'alice', url: 'http://127.0.0.1:1', signer: keysOf('alice') }
  const directory = (id: string) => (id === 'bob' ? bob : undefined)
  const client = createPeerClient({ self, directory, clock: () => Date.now(), random })
  running.push(client)
  return client
}

function sign(
  incoming: IncomingMessage,
  body: string,
  change: Partial<Parameters<typeof signResponse>[0]> = {},
) {
  const pick = (name: string) => incoming.headers[name] as string
  return {
    ...signResponse({
      status: 200,
      body: utf8(body),
      request: {
        method: incoming.method!,
        targetUri: `http://127.0.0.1:${incoming.socket.localPort}${incoming.url}`,
        headers: {
          'content-digest': pick('content-digest'),
          'signature-input': pick('signature-input'),
          signature: pick('signature'),
        },
      },
      signer: keysOf('bob'),
      keyid: 'bob',
      now: Date.now(),
      ...change,
    }),
  }
}

describe('an answer', () => {
  it('is accepted from such a server when signed as it should', async () => {
    const client = await against((incoming, outgoing) => {
      outgoing.writeHead(200, sign(incoming, 'yes')).end('yes')
    })
    expect((await client.post('bob', '/x', utf8('ask'))).status).toBe(200)
  })

  const forged: Record<string, [Answer, string]> = {
    unsigned: [(_, outgoing) => outgoing.end('yes'), 'SIGNATURE_MISSING'],
    'signed by another': [
      (incoming, outgoing) =>
        outgoing.writeHead(200, sign(incoming, 'yes', { signer: keysOf('mallory') })).end('yes'),
      'SIGNATURE_INVALID',
    ],
    'in the name of another': [
      (incoming, outgoing) =>
        outgoing.writeHead(200, sign(incoming, 'yes', { keyid: 'carol' })).end('yes'),
      'SIGNATURE_MALFORMED',
    ],
    'with another body': [
      (incoming, outgoing) => outgoing.writeHead(200, sign(incoming, 'yes')).end('no!'),
      'DIGEST_MISMATCH',
    ],
    'with another status': [
      (incoming, outgoing) =>
        outgoing.writeHead(201, sign(incoming, 'yes', { status: 200 })).end('yes'),
      'SIGNATURE_INVALID',
    ],
    'that is a redirect': [
      (incoming, outgoing) => {
        const headers = sign(incoming, '', { status: 307 })
        outgoing.writeHead(307, { ...headers, location: 'http://127.0.0.1:1/' }).end()
      },
      'redirect',
    ],
    'that is no HTTP': [(incoming) => incoming.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'), 'head'],
    'whose end nothing but the connection tells': [
      (incoming) => {
        const lines = Object.entries(sign(incoming, 'yes')).map(
          ([name, value]) => `${name}: ${value}`,
        )
        incoming.socket.end(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\nyes`)
      },
      'head',
    ],
    'that ends early': [
      (incoming, outgoing) => {
        outgoing.writeHead(200, { ...sign(incoming, 'yes'), 'content-length': '3' })
        outgoing.write('y')
        setTimeout(() => outgoing.destroy(), 20)
      },
      'truncated',
    ],
    'that does not end': [
      (incoming, outgoing) => {
        outgoing.writeHead(200, sign(incoming, 'yes'))
        const more = () => {
          while (!outgoing.destroyed && outgoing.write(Buffer.alloc(1 << 16)));
        }
        outgoing.on('drain', more)
        more()
      },
      'size',
    ],
  }
  it.each(Object.entries(forged))('%s is PEER_BAD_RESPONSE', async (_name, [answer, at]) => {
    const client = await against(answer)
    expect(await rejection(client.post('bob', '/x', utf8('ask')))).toMatchObject({
      code: 'PEER_BAD_RESPONSE',
      culprit: 'bob',
      at,
    })
  })

  it('to an earlier, equal question is refused', async () => {
    let first: Record<string, string> | undefined
    const client = await against((incoming, outgoing) => {
      first ??= sign(incoming, 'yes')
      outgoing.writeHead(200, first).end('yes')
    })
    expect((await client.post('bob', '/x', utf8('ask'))).status).toBe(200)
    expect(await rejection(client.post('bob', '/x', utf8('ask')))).toMatchObject({
      code: 'PEER_BAD_RESPONSE',
      at: 'SIGNATURE_INVALID',
    })
  })

  it('that never comes is PEER_TIMEOUT, within its time; an abort is the caller’s own reason', async () => {
    const client = await against(() => {})
    const start = Date.now()
    const late = await rejection(client.post('bob', '/x', utf8('ask'), { timeoutMs: 200 }))
    expect(late).toMatchObject({ code: 'PEER_TIMEOUT', culprit: 'bob' })
    expect(Date.now() - start).toBeLessThan(5_000)

    const controller = new AbortController()
    const asked = client.post('bob', '/x', utf8('ask'), { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 20)
    expect((await rejection(asked)).message).toBe('enough')
  })

  it('is not asked for when the caller gave up before; no connection is left to fail unheard', async () => {
    let asked = 0
    const client = await against(() => asked++)
    const signal = AbortSignal.abort(new Error('enough'))
    const [faults, note] = [[] as unknown[], (error: unknown) => faults.push(error)]
    process.on('uncaughtException', note)
    try {
      expect((await rejection(client.post('bob', '/x', utf8('ask'), { signal }))).message).toBe(
        'enough',
      )
      for (const one of running.splice(0).reverse()) await one.close()
      await new Promise((resolve) => setTimeout(resolve, 50))
    } finally {
      process.off('uncaughtException', note)
    }
    expect({ asked, faults }).toEqual({ asked: 0, faults: [] })
  })

  it('drips slowly: the time-out is for the whole', async () => {
    const client = await against((incoming, outgoing) => {
      outgoing.writeHead(200, sign(incoming, 'yes'))
      const drip = setInterval(() => outgoing.write('y'), 30)
      outgoing.on('close', () => clearInterval(drip))
    })
    const error = await rejection(client.post('bob', '/x', utf8('ask'), { timeoutMs: 300 }))
    expect(error).toMatchObject({ code: 'PEER_TIMEOUT' })
  })

  it.each([
    ['<b>anything at all</b>'],
    // As a reason the log would take neither, and what failed for it could not be entered.
    ['NL91ABNA0417164300'],
    ['A'.repeat(49)],
  ])('has a problem whose code is no code, %s: it is not passed on', async (code) => {
    const text = JSON.stringify({ code })
    const client = await against((incoming, outgoing) => {
      outgoing.writeHead(400, sign(incoming, text, { status: 400 })).end(text)
    })
    expect(await rejection(client.post('bob', '/x', utf8('ask')))).toMatchObject({
      code: 'PEER_PROBLEM',
      at: 'UNKNOWN',
    })
  })

  it('cannot come where nobody listens', async () => {
    const server = createServer()
    const port = await listen(server)
    server.close()
    const url = `http://127.0.0.1:${port}`
    const client = clientTo({ id: 'bob', url, signingKey: keysOf('bob').publicKey, tlsPin: null })
    expect(await rejection(client.get('bob', '/x'))).toMatchObject({
      code: 'PEER_UNREACHABLE',
      at: 'ECONNREFUSED',
    })
  })

  it('is not asked for in plain text beyond loopback', async () => {
    const url = 'http://192.0.2.1:8080'
    const client = clientTo({ id: 'bob', url, signingKey: keysOf('bob').publicKey, tlsPin: null })
    expect(await rejection(client.get('bob', '/x'))).toMatchObject({
      code: 'PEER_UNREACHABLE',
      at: 'url',
    })
  })
})

describe('idle connections', () => {
  it('that the peer closed are replaced, and a delivered request is never run twice', async () => {
    const seen: (string | undefined)[] = []
    let dropNext = false
    const client = await against((incoming, outgoing) => {
      seen.push(incoming.headers['signature-input'] as string)
      if (dropNext) {
        dropNext = false
        incoming.socket.destroy()
        return
      }
      outgoing.writeHead(200, sign(incoming, 'yes')).end('yes')
    })
    await client.post('bob', '/x', utf8('one'))
    dropNext = true
    expect((await client.post('bob', '/x', utf8('two'))).status).toBe(200)
    // The same signed request, nonce included: a peer that had run it would refuse the second.
    expect(seen.length).toBe(3)
    expect(seen[2]).toBe(seen[1])
  })
})

describe('TLS', () => {
  it('sends nothing to a key that is not the pinned one', async () => {
    const other = tlsOf('tls')!
    let requests = 0
    const server = createTlsServer({ ...other }, (_, outgoing) => {
      requests++
      outgoing.end()
    })
    const url = `https://127.0.0.1:${await listen(server)}`
    const bob = describePeer({ id: 'bob', url, signer: keysOf('bob'), tls: tlsOf('tls')! })
    const client = clientTo(bob)
    expect(await rejection(client.post('bob', '/x', utf8('secret')))).toMatchObject({
      code: 'TLS_PIN_MISMATCH',
      culprit: 'bob',
    })
    expect(requests).toBe(0)
  })

  it('refuses a signed request over the wrong client certificate, or over none', async () => {
    const world = await openWorld('tls')
    running.push(world)
    const ask = async (tls: { key: string; cert: string } | undefined) => {
      const path = '/peer/hello'
      const { parts } = signRequest({
        method: 'GET',
        targetUri: `${world.bob.url}${path}`,
        body: new Uint8Array(0),
        signer: keysOf('alice'),
        keyid: 'alice',
        now: Date.now(),
        random,
      })
      const headers = { ...parts.headers }
      const options = { headers, ...tls, rejectUnauthorized: false, agent: false as const }
      const request = httpsRequest(`${world.bob.url}${path}`, options)
      request.end()
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.resume()
      return response.statusCode
    }
    expect(await ask(world.alice.tls)).toBe(200)
    expect(await ask(tlsOf('tls'))).toBe(403)
    expect(await ask(undefined)).toBe(403)
  })

  it('follows the directory when a pin changes', async () => {
    const world = await openWorld('tls')
    running.push(world)
    await world.client.get('bob', '/peer/hello')
    const bob = world.peers.get('bob')!
    world.peers.set('bob', { ...bob, tlsPin: world.peers.get('alice')!.tlsPin })
    expect(await rejection(world.client.get('bob', '/peer/hello'))).toMatchObject({
      code: 'TLS_PIN_MISMATCH',
    })
    world.peers.set('bob', { ...bob, tlsPin: null })
    expect(await rejection(world.client.get('bob', '/peer/hello'))).toMatchObject({
      code: 'TLS_PIN_MISMATCH',
    })
  })
})
