/**
 * A key holder that answers falsely: it is named, what it signed is kept as evidence, another holder is
 * asked, and the answer is still right.
 */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { verifyEvidence } from '@drempel/node/internal/peers'
import {
  ByteReader,
  type Bytes,
  ByteWriter,
  fromBase64,
  fromBase64url,
} from '@drempel/protocol/encoding'
import { libsodiumGroup } from '@drempel/protocol/group'
import { evaluateShare } from '@drempel/protocol/oprf'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Federation, random } from '../kit/federation.ts'
import type { Entry, Lie, Member } from '../kit/member.ts'
import { publish } from '../kit/publication.ts'

let federation: Federation
let asker: Member
let liar: Member
let honest: () => void = () => {}

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }] })
  asker = federation.member('bank-a')
  liar = federation.member('telecom')
  await asker.generateKey()
  await publish(federation, ['over.example', 'also.example'])
  alwaysAskFirst(asker, liar.id)
})

afterAll(() => federation.close())
afterEach(() => honest())

/** The asker draws by one random byte at which of the other holders it starts. */
function alwaysAskFirst({ ctx, id }: Member, holder: string): void {
  const others = federation.convenant.keyHolders.members.filter((member) => member !== id)
  const draw = Uint8Array.of(others.indexOf(holder))
  Object.assign(ctx, { random: (length: number) => (length === 1 ? draw : random(length)) })
}

const ask = async (value: string) => (await asker.ask([value], 'klantacceptatie')).results[0]

/** A check, answered right, of which the liar was asked its part. */
async function whileAsked(lie: Lie): Promise<Entry[]> {
  let asked = 0
  honest = liar.lie('oprf/evaluate', (...args) => {
    asked++
    return lie(...args)
  })
  const entries = await asker.adds(async () => {
    expect(await ask('over.example')).toEqual({ over: true })
  })
  expect(asked).toBe(1)
  return entries
}

function read(answer: Bytes): { evaluated: Bytes; proof: Bytes; checkpoint: Bytes } {
  const reader = new ByteReader(answer)
  const block = () => reader.block(1 << 20).slice()
  return { evaluated: block(), proof: block(), checkpoint: block() }
}

type Parts = ReturnType<typeof read>

const bent =
  (bend: (parts: Parts) => Partial<Parts>): Lie =>
  async (_from, _body, real) => {
    const parts = read((await real()) as Bytes)
    const { evaluated, proof, checkpoint } = { ...parts, ...bend(parts) }
    return new ByteWriter().block(evaluated).block(proof).block(checkpoint).finish()
  }

const flipped = (bytes: Bytes) => bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte))

const wrongShare: Lie = async (_from, body, real) => {
  const { checkpoint } = read((await real()) as Bytes)
  const reader = new ByteReader(body)
  reader.block(1 << 20)
  reader.block(1 << 20)
  const other = { index: 1, secret: libsodiumGroup.scalars.reduce(random(64)) }
  const answer = await evaluateShare(libsodiumGroup, other, reader.block(1 << 20), random)
  return new ByteWriter().block(answer.evaluated).block(answer.proof).block(checkpoint).finish()
}

describe('a signed answer that no honest holder gives', () => {
  const lies: readonly (readonly [string, string, Lie])[] = [
    ['a bad proof', 'BAD_PROOF', bent(({ proof }) => ({ proof: flipped(proof) }))],
    ['no proof', 'BAD_PROOF', bent(() => ({ proof: new Uint8Array() }))],
    ['another share, well proved', 'BAD_PROOF', wrongShare],
    ['fewer elements', 'BAD_PROOF', bent(() => ({ evaluated: new Uint8Array() }))],
    [
      'more elements',
      'BAD_PROOF',
      bent(({ evaluated }) => ({ evaluated: new Uint8Array([...evaluated, ...evaluated]) })),
    ],
    ['the identity', 'BAD_PROOF', bent(() => ({ evaluated: new Uint8Array(32) }))],
    ['no element', 'BAD_PROOF', bent(() => ({ evaluated: new Uint8Array(32).fill(255) }))],
    ['half an element', 'BAD_PROOF', bent(({ evaluated }) => ({ evaluated: evaluated.slice(1) }))],
    ['no checkpoint', 'BAD_NOTE', bent(() => ({ checkpoint: new Uint8Array() }))],
    ['JSON', 'BAD_REQUEST', async () => ({ ok: true })],
    ['nothing', 'BAD_REQUEST', async () => new Uint8Array()],
    ['garbage', 'BAD_REQUEST', async () => random(150)],
    ['half of it', 'BAD_REQUEST', async (_f, _b, real) => ((await real()) as Bytes).slice(0, 90)],
  ]

  test.each(lies)('%s', async (_, code, lie) => {
    const entries = await whileAsked(lie)
    const faults = entries.filter(({ type }) => type === 'oprf.fault')
    expect(faults.length).toBeGreaterThan(0)
    const [fault] = faults
    expect(fault).toMatchObject({ role: 'asker', parties: [liar.id], reason: code, kind: 'host' })
    // A third party finds in the evidence what the liar signed, and for which question of the asker.
    const { evidence } = (await asker.record(fault!)) as { evidence: string }
    const shown = verifyEvidence(fromBase64(evidence), (id) =>
      fromBase64url(federation.member(id).descriptor.signingKey),
    )
    expect(shown).toMatchObject({ asker: asker.id, answerer: liar.id, status: 200 })
    expect(shown.requestBody?.length).toBeGreaterThan(32)
    // The query itself ended well, with three other holders.
    const results = entries.filter(({ type }) => type === 'query.result')
    expect(results.map((entry) => 'status' in entry && entry.status)).not.toContain('failed')
  })
})

test("the checkpoint of another member's log", async () => {
  const other = await federation.member('platform').ctx.audit.checkpoint()
  const entries = await whileAsked(
    bent(() => ({ checkpoint: new TextEncoder().encode(other ?? '') })),
  )
  expect(entries.find(({ type }) => type === 'oprf.fault')).toMatchObject({
    parties: [liar.id],
    reason: 'BAD_REQUEST',
  })
})

test('a refusal is no fault, and another is asked', async () => {
  const entries = await whileAsked(async () => {
    throw new TypeError('secret detail')
  })
  expect(entries.some(({ type }) => type === 'oprf.fault')).toBe(false)
  expect(await liar.api('GET', '/status')).toMatchObject({ status: 200 })
})

test('an answer above all bounds is not read to its end', async () => {
  const entries = await whileAsked(async () => new Uint8Array(8 << 20))
  expect(entries.find(({ type }) => type === 'oprf.fault')).toMatchObject({
    parties: [liar.id],
    reason: 'PEER_BAD_RESPONSE',
  })
})

test('two holders that lie leave too few: the query fails and says so, twice', async () => {
  const undo = [liar, federation.member('platform')].map((member) =>
    member.lie('oprf/evaluate', async () => new Uint8Array()),
  )
  const entries = await asker.adds(async () => {
    await expect(ask('over.example')).rejects.toMatchObject({
      code: 'QUORUM_LOST',
      at: expect.stringContaining('telecom: BAD_REQUEST'),
    })
  })
  for (const each of undo) each()
  expect(entries.filter(({ type }) => type === 'oprf.fault')).toHaveLength(2)
  expect(entries.at(-1)).toMatchObject({ type: 'query.result', status: 'failed' })
  expect(await ask('over.example')).toEqual({ over: true })
  expect(await ask('under.example')).toEqual({ over: false })
})

describe('in the place of a holder', () => {
  let server: Server | undefined
  let asked = 0

  afterEach(async () => {
    server?.closeAllConnections()
    await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)))
    await liar.restart()
  })

  type Answer = (respond: (status: number, body: Uint8Array, head?: object) => void) => void

  async function replace(answer: Answer | 'die'): Promise<void> {
    await liar.stop()
    asked = 0
    server = createServer((request, response) => {
      asked++
      if (answer === 'die') return void request.socket.destroy()
      request.resume().on('end', () => {
        answer((status, body, head = {}) => {
          response.writeHead(status, { 'content-length': body.length, ...head })
          response.end(body)
        })
      })
    })
    const port = Number(new URL(liar.descriptor.url).port)
    await new Promise<void>((resolve) => server!.listen(port, '127.0.0.1', resolve))
    expect((server.address() as AddressInfo).port).toBe(port)
  }

  const untilAsked = () =>
    asker.adds(async () => {
      expect(await ask('over.example')).toEqual({ over: true })
      expect(asked).toBeGreaterThan(0)
    })

  test.each<[string, Answer]>([
    ['an unsigned answer', (respond) => respond(200, random(150))],
    [
      'an answer with a forged signature',
      (respond) =>
        respond(200, random(150), {
          'content-digest': `sha-256=:${Buffer.from(random(32)).toString('base64')}:`,
          'signature-input': 'drempel=("@status")',
          signature: `drempel=:${Buffer.from(random(64)).toString('base64')}:`,
        }),
    ],
    ['a redirect', (respond) => respond(307, random(1), { location: asker.descriptor.url })],
    ['a cut answer', (respond) => respond(200, random(150), { 'content-length': 400 })],
  ])('%s', async (_, answer) => {
    await replace(answer)
    if (_ === 'a cut answer') setTimeout(() => server?.closeAllConnections(), 500).unref()
    const entries = await untilAsked()
    expect(entries.find(({ type }) => type === 'oprf.fault')).toMatchObject({
      parties: [liar.id],
      reason: 'PEER_BAD_RESPONSE',
    })
  })

  test('a holder that dies in the middle is no fault', async () => {
    await replace('die')
    const entries = await untilAsked()
    expect(entries.some(({ type }) => type === 'oprf.fault')).toBe(false)
  })
})
