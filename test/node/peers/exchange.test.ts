import { verifyEvidence } from '@drempel/node/internal/peers'
import { type Json, jcs, utf8 } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, random, rejection, type Transport, type World } from './world.ts'

describe.each<Transport>(['plain', 'tls'])('a signed exchange over %s', (transport) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(transport)
  })
  afterAll(() => world.close())

  it('carries bytes, JSON and GET, and names the peer', async () => {
    const bytes = random(5000)
    expect((await world.client.post('bob', '/peer/echo', bytes)).body).toEqual(bytes)
    const answer = await world.client.post('bob', '/peer/echo', { b: 1, a: 'é' })
    expect(answer.body).toEqual(utf8('{"a":"é","b":1}'))
    expect(answer.json()).toEqual({ a: 'é', b: 1 })
    const hello = await world.client.get('bob', '/peer/hello')
    expect(new TextDecoder().decode(hello.body)).toBe('hello alice')
  })

  it('counts what sockets carry, once at either end', async () => {
    const { alice, bob, client } = world
    const before = alice.traffic!.totals()
    await client.post('bob', '/peer/echo', random(100_000))
    const after = alice.traffic!.totals()
    for (const way of ['sent', 'received'] as const) {
      expect(after[way] - before[way]).toBeGreaterThan(100_000)
      expect(after[way] - before[way]).toBeLessThan(104_000)
    }
    expect(bob.traffic!.totals()).toEqual({ sent: after.received, received: after.sent })
    // Who asks without a signature is no peer.
    await fetch(`${bob.url}/peer/echo`, { method: 'POST', body: 'x'.repeat(5_000) }).catch(() => {})
    expect(bob.traffic!.totals()).toEqual({ sent: after.received, received: after.sent })
  })

  it('carries 40 MB on a route that allows it', async () => {
    const answer = await world.client.post('bob', '/peer/bulk', new Uint8Array(40 << 20).fill(7))
    expect(new TextDecoder().decode(answer.body)).toBe(String(40 << 20))
    const large = random(1 << 20)
    const echo = await world.client.post('bob', '/peer/echo', large, { maxResponse: 1 << 20 })
    expect(Buffer.compare(echo.body, large)).toBe(0)
  })

  it('gives evidence that a third party verifies with two public keys', async () => {
    const answer = await world.client.post('bob', '/peer/echo', utf8('question'))
    const keyOf = (id: string) => world.peers.get(id)?.signingKey
    const bytes = answer.evidence({ withRequestBody: true })
    expect(verifyEvidence(bytes, keyOf)).toEqual({
      asker: 'alice',
      answerer: 'bob',
      method: 'POST',
      targetUri: `${world.bob.url}/peer/echo`,
      requestBody: utf8('question'),
      status: 200,
      responseBody: utf8('question'),
    })
    expect(verifyEvidence(answer.evidence(), keyOf).requestBody).toBeUndefined()
  })

  it('refuses evidence that was changed or put together from two exchanges', async () => {
    const keyOf = (id: string) => world.peers.get(id)?.signingKey
    const read = async (text: string) => {
      const answer = await world.client.post('bob', '/peer/echo', utf8(text))
      return JSON.parse(new TextDecoder().decode(answer.evidence()))
    }
    const [one, two] = [await read('same'), await read('same')]
    const code = (value: Json) => {
      try {
        verifyEvidence(jcs(value), keyOf)
        return 'accepted'
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(code(one)).toBe('accepted')
    expect(code({ ...one, response: two.response })).toBe('BAD_EVIDENCE')
    expect(code({ ...one, responseBody: btoa('other') })).toBe('DIGEST_MISMATCH')
    const forged = { ...one.response, base: one.response.base.replace('200', '201') }
    expect(code({ ...one, response: forged })).toBe('SIGNATURE_INVALID')
    expect(code({ ...one, request: { ...one.request, signer: 'mallory' } })).toBe('UNKNOWN_PEER')
    expect(code({ ...one, extra: 1 })).toBe('BAD_EVIDENCE')
  })

  it('reports a signed refusal as PEER_PROBLEM with its code, its evidence and no stack', async () => {
    const error = await rejection(world.client.post('bob', '/peer/none', utf8('')))
    expect(error).toMatchObject({ code: 'PEER_PROBLEM', at: 'NOT_FOUND', culprit: 'bob' })
    const shown = verifyEvidence(error.evidence!, (id) => world.peers.get(id)?.signingKey)
    expect(shown.status).toBe(404)

    const crash = await world.client.post('bob', '/peer/crash', utf8(''), { allowProblem: true })
    expect(crash.status).toBe(500)
    expect(crash.json()).toMatchObject({ code: 'INTERNAL', type: 'urn:drempel:error:INTERNAL' })
    expect(new TextDecoder().decode(crash.body)).not.toMatch(/secret|stack|\.ts/)
    expect(world.internal.some((raw) => String(raw).includes('secret detail'))).toBe(true)
  })

  it('refuses too large a body with BODY_TOO_LARGE and keeps working', async () => {
    const error = await rejection(world.client.post('bob', '/peer/small', new Uint8Array(1001)))
    expect(error).toMatchObject({ code: 'PEER_PROBLEM', at: 'BODY_TOO_LARGE' })
    expect((await world.client.post('bob', '/peer/small', new Uint8Array(1000))).status).toBe(200)
  })

  it('refuses a skewed clock on either side, and says so', async () => {
    for (const skew of [62_000, -62_000]) {
      world.skew = skew
      const error = await rejection(world.client.get('bob', '/peer/hello'))
      expect(error).toMatchObject({ code: 'PEER_PROBLEM', at: 'CLOCK_SKEW' })
    }
    world.skew = 55_000
    expect((await world.client.get('bob', '/peer/hello')).status).toBe(200)
    world.skew = 0
  })

  it('refuses who is not in the directory, here and there', async () => {
    expect(await rejection(world.client.get('nobody', '/peer/hello'))).toMatchObject({
      code: 'UNKNOWN_PEER',
      culprit: 'nobody',
    })
    const alice = world.peers.get('alice')!
    world.peers.delete('alice')
    const error = await rejection(world.client.get('bob', '/peer/hello'))
    expect(error).toMatchObject({ code: 'PEER_PROBLEM', at: 'UNKNOWN_PEER' })
    world.peers.set('alice', { ...alice, signingKey: random(32) })
    expect(await rejection(world.client.get('bob', '/peer/hello'))).toMatchObject({
      at: 'SIGNATURE_INVALID',
    })
    world.peers.set('alice', alice)
  })

  it('runs many exchanges at once over kept connections', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => world.client.post('bob', '/peer/echo', utf8(`${i}`))),
    )
    expect(answers.map((answer) => new TextDecoder().decode(answer.body))).toEqual(
      answers.map((_, i) => `${i}`),
    )
  })

  it('takes a path only as the wire will carry it', async () => {
    for (const path of ['peer', '/a/../b', '/a b', '/é', '/a#b']) {
      expect(await rejection(world.client.get('bob', path))).toMatchObject({
        code: 'PEER_UNREACHABLE',
      })
    }
  })
})
