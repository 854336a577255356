import { ProtocolError, utf8 } from '@drempel/protocol/encoding'
import {
  andWindows,
  openSession,
  type PartyContext,
  reveal,
  shuffle,
  Verified,
  verify,
  xorConstant,
  zeroShare,
} from '@drempel/protocol/mpc'
import { describe, expect, test } from 'vitest'
import {
  type Adversary,
  type Message,
  members,
  type Recorded,
  threeParties,
  threeResults,
} from '../worlds/three.ts'

// A session that takes what it may reserves memory that the collector then runs after.
const MEMORY = 1 << 16

/** Every kind of message: hello, AND, shuffle, transcript, reveal. */
async function program(ctx: PartyContext): Promise<number[]> {
  const session = await openSession(ctx, utf8('tamper'), MEMORY)
  const ones = zeroShare(8)
  xorConstant(ctx.party, ones, -1)
  const windows = await andWindows(session.narrow('and'), ones, 1, 3)
  const rows = await shuffle(session.narrow('shuffle'), windows, 2)
  const here = session.narrow('open')
  return [...(await reveal(here, await verify(here, rows)))]
}

const transcript: Recorded[] = []
const honest = await threeResults({ seed: 'tamper', transcript }, program)

const deeds: Record<string, (message: Message) => Message | 'die'> = {
  'a bit flipped': (m) => ({
    ...m,
    payload: m.payload.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
  }),
  truncated: (m) => ({ ...m, payload: m.payload.subarray(1) }),
  emptied: (m) => ({ ...m, payload: new Uint8Array(0) }),
  oversized: (m) => ({ ...m, payload: new Uint8Array(m.payload.length + 1_000_000) }),
  renamed: (m) => ({ ...m, step: `${m.step}/x` }),
  'the sender dies': () => 'die',
}

function at(target: Recorded, deed: (message: Message) => Message | 'die'): Adversary {
  return (m) =>
    m.from === target.from && m.to === target.to && m.step === target.step ? deed(m) : m
}

describe.each(Object.entries(deeds))('%s, at every message', (name, deed) => {
  test.each(transcript.map((m) => [`${m.from} to ${m.to}: ${m.step}`, m] as const))(
    '%s',
    async (_, target) => {
      const adversary = at(target, deed)
      const results = await threeParties({ seed: 'tamper', adversary }, program)
      const errors = results.flatMap((result, party) =>
        result.status === 'rejected' ? [{ party, error: result.reason }] : [],
      )
      const named = errors.filter(({ error }) => error instanceof ProtocolError)
      // The receiver stops, unless it was finished with the message's sender.
      expect(named.map(({ party }) => party)).toContain(target.to)
      const receiver = named.find(({ party }) => party === target.to)!.error as ProtocolError
      if (receiver.code !== 'REVEAL_MISMATCH') expect(receiver.culprit).toBe(members[target.from])
      const others = errors.filter(({ error }) => !(error instanceof ProtocolError))
      if (name !== 'the sender dies') expect(others).toEqual([])
      for (const result of results)
        if (result.status === 'fulfilled') expect(result.value).toEqual(honest[0])
    },
  )
})

test('sessions with different ids refuse each other', async () => {
  const results = await threeParties({ seed: 'id' }, (ctx) =>
    openSession(ctx, utf8(ctx.party === 2 ? 'other' : 'same')),
  )
  const reasons = results.map((result) =>
    result.status === 'rejected' ? result.reason : undefined,
  )
  expect(reasons[0]).toMatchObject({ code: 'SESSION_MISMATCH', culprit: members[2] })
  expect(reasons[1]).toMatchObject({ code: 'SESSION_MISMATCH', culprit: members[2] })
  expect(reasons[2]).toMatchObject({ code: 'SESSION_MISMATCH' })
})

test('an abort ends a party that waits', async () => {
  const stop = new AbortController()
  const results = await threeParties({ seed: 'abort' }, async (ctx) => {
    if (ctx.party === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      stop.abort()
      return
    }
    await openSession({ ...ctx, signal: stop.signal }, utf8('abort'))
  })
  expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } })
  expect(results[2]).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } })
})

test('a pair stream is given out once per step', async () => {
  const attempt = threeResults({ seed: 'reuse' }, async (ctx) => {
    const session = await openSession(ctx, utf8('reuse'))
    session.pairStream('next', 'a')
    session.narrow('a').pairStream('next', 'b')
    session.pairStream('next', 'a/b')
  })
  await expect(attempt).rejects.toMatchObject({ code: 'STEP_REUSED' })
})

test('nobody else makes verified values', () => {
  expect(() => new Verified(Symbol('verified'), zeroShare(1))).toThrow(TypeError)
})

test('fresh nonces of either side give fresh masks', async () => {
  const sent = async (seed: string) => {
    const payloads: string[] = []
    const adversary: Adversary = (m) => {
      if (m.step.startsWith('and')) payloads.push(String(m.payload))
      return m
    }
    await threeResults({ seed, adversary }, program)
    return payloads
  }
  const [one, other] = [await sent('mask/1'), await sent('mask/2')]
  expect(new Set([...one, ...other]).size).toBe(one.length + other.length)
})
