/** The channel of an intersection over connections that break, and against who abuses it. */

import { PsiLink } from '@drempel/node/internal/sessions'
import { type Bytes, ProtocolError, utf8 } from '@drempel/protocol/encoding'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type End, pair } from './wire.ts'

const LIMITS = { window: 1_000, stallMs: 2_000, aliveMs: 1_000 }
const ANY = { min: 0, max: 1 << 20 }

function links(limits = LIMITS) {
  const a = new PsiLink('b', new Uint8Array(16).fill(1), limits)
  const b = new PsiLink('a', new Uint8Array(16).fill(2), limits)
  return { a, b, connect: () => join(a, b) }
}

/** A connection between both, in use. */
function join(a: PsiLink, b: PsiLink): { cut: () => void; ended: Promise<unknown> } {
  const [left, right] = pair()
  const ended = Promise.all([a.attach(left), b.attach(right)])
  return { cut: () => left.cut(), ended }
}

async function send(link: PsiLink, sizes: readonly number[]): Promise<void> {
  for (const [i, size] of sizes.entries()) {
    await link.send(`step/${i}`, new Uint8Array(size).fill(i))
  }
}

async function receive(link: PsiLink, count: number): Promise<Bytes[]> {
  const frames: Bytes[] = []
  for (let i = 0; i < count; i++) frames.push(await link.receive(`step/${i}`, ANY))
  return frames
}

describe('a link', () => {
  it('carries frames both ways at once, more than the window in all', async () => {
    const { a, b, connect } = links()
    connect()
    const sizes = Array.from({ length: 40 }, (_, i) => 10 * i)
    const [, , right, left] = await Promise.all([
      ...[send(a, sizes), send(b, sizes)],
      ...[receive(b, 40), receive(a, 40)],
    ])
    for (const frames of [left, right]) {
      expect(frames!.map(({ length }) => length)).toEqual(sizes)
      expect(frames!.every((frame, i) => frame.every((byte) => byte === i))).toBe(true)
    }
  })

  it('goes on where it was, whenever and however often the connection breaks', async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(cuts, fc.array(fc.nat(600), { maxLength: 12 }), async (when, sizes) => {
        const { a, b } = links()
        const both = Promise.all([
          ...[send(a, sizes), send(b, sizes)],
          ...[receive(b, sizes.length), receive(a, sizes.length)],
        ])
        let done = false
        const connections = (async () => {
          for (let i = 0; !done; i++) {
            const [left, right] = pair(when[i])
            await Promise.all([a.attach(left), b.attach(right)])
          }
        })()
        const [, , right, left] = await both
        done = true
        a.fail(new ProtocolError('PEER_GONE'))
        b.fail(new ProtocolError('PEER_GONE'))
        await connections
        for (const frames of [left, right]) {
          expect(frames!.map(({ length }) => length)).toEqual(sizes)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('makes who sends wait for who uses it', async () => {
    const { a, b, connect } = links()
    connect()
    let sent = 0
    const sending = (async () => {
      for (; sent < 10; sent++) await a.send('step', new Uint8Array(400))
    })()
    await turns()
    expect(sent).toBe(2)
    for (let i = 0; i < 10; i++) await b.receive('step', ANY)
    await sending
  })

  it('takes a new connection while the old one still seems there', async () => {
    const { a, b, connect } = links()
    const first = connect()
    await a.send('step/0', utf8('x'))
    await turns()
    connect()
    await first.ended
    await a.send('step/1', utf8('y'))
    expect(await receive(b, 2)).toHaveLength(2)
  })

  it('takes nothing from the old one once it said what had arrived', async () => {
    const { a } = links()
    const [hello, late] = [greeting(), Promise.withResolvers<Bytes>()]
    const frames = [Promise.resolve(hello), late.promise]
    const old = { ...idle(), receive: () => frames.shift() ?? new Promise<Bytes>(() => {}) }
    void a.attach(old)
    await turns()
    const [left, right] = pair()
    late.resolve(data(3))
    void a.attach(left)
    await greet(right)
    for (const size of [3, 4]) void right.send('psi', data(size))
    const lengths = [await a.receive('A', ANY), await a.receive('A', ANY)].map((one) => one.length)
    expect(lengths).toEqual([3, 4])
  })

  it('gives up a connection that says nothing, not the session', async () => {
    const { a } = links({ ...LIMITS, aliveMs: 20 })
    const [left, right] = pair()
    const gone = a.attach(left)
    await greet(right)
    await gone
    expect(a.ended).toBe(false)
  })
})

describe('a peer that', () => {
  it.each([
    ['sends another step', ['other', 3, ANY], 'UNEXPECTED_STEP'],
    ['sends too much', ['step', 3, { min: 0, max: 2 }], 'WRONG_LENGTH'],
    ['sends too little', ['step', 3, { min: 4, max: 4 }], 'WRONG_LENGTH'],
  ] as const)('%s ends the session by name', async (_, [step, size, length], code) => {
    const { a, b, connect } = links()
    connect()
    await a.send(step, new Uint8Array(size))
    const error = { code, culprit: 'a', at: 'step' }
    await expect(b.receive('step', length)).rejects.toMatchObject(error)
    await expect(b.send('more', new Uint8Array(1))).rejects.toMatchObject(error)
  })

  it.each([
    ['sends past the window', [data(900), data(900), data(900)], 'PSI_FLOOD'],
    ['sends nothing, again and again', Array<Bytes>(40).fill(data(0)), 'PSI_FLOOD'],
    ['says it used what was never sent', [frame(1, [0, 0, 0, 9])], 'PSI_DIFFERS'],
    ['sends what means nothing', [Uint8Array.of(7)], 'PSI_DIFFERS'],
    ['names a step longer than the frame', [Uint8Array.of(0, 200, 65)], 'PSI_DIFFERS'],
    ['sends an empty frame', [new Uint8Array(0)], 'PSI_DIFFERS'],
    ['says hello twice', [frame(3, Array(24).fill(0))], 'PSI_DIFFERS'],
  ] as const)('%s ends the session by name', async (_, frames, code) => {
    const { a } = links()
    const [left, right] = pair()
    const gone = a.attach(left)
    await greet(right)
    for (const one of frames) void right.send('psi', one)
    await gone
    await expect(a.receive('step', ANY)).rejects.toMatchObject({ code, culprit: 'b' })
  })

  it('is another process than before is not spoken to', async () => {
    const { a, b, connect } = links()
    const first = connect()
    await turns()
    first.cut()
    await first.ended
    const other = new PsiLink('a', new Uint8Array(16).fill(9), LIMITS)
    await join(a, other).ended
    const error = { code: 'NODE_RESTARTED', culprit: 'b' }
    await expect(a.receive('step', ANY)).rejects.toMatchObject(error)
    expect(b.ended).toBe(false)
  })

  it.each([
    ['says that more arrived than was sent', [0, 0, 0, 0, 0, 0, 0, 5]],
    ['says that it used more than that', [0, 0, 0, 5, 0, 0, 0, 5]],
    ['says that less arrived than it used', [0, 0, 0, 1, 0, 0, 0, 0]],
  ] as const)('%s ends the session by name', async (_, counts) => {
    const { a } = links()
    await a.send('step', new Uint8Array(1))
    const [left, right] = pair()
    const gone = a.attach(left)
    await right.receive('psi')
    void right.send('psi', frame(3, [...Array(16).fill(7), ...counts]))
    await gone
    await expect(a.receive('step', ANY)).rejects.toMatchObject({ code: 'PSI_DIFFERS' })
  })

  it('sends nothing any more is named, and so is one that uses nothing', async () => {
    const quick = { ...LIMITS, stallMs: 30 }
    const { a, b, connect } = links(quick)
    connect()
    const error = { code: 'PSI_STALLED', culprit: 'b', at: 'step' }
    await expect(a.receive('step', ANY)).rejects.toMatchObject(error)
    const other = links(quick)
    other.connect()
    const sending = other.a.send('step', new Uint8Array(1_001))
    await expect(sending).rejects.toMatchObject(error)
    expect(b.ended).toBe(false)
  })
})

async function greet(end: End): Promise<void> {
  await end.receive('psi')
  await end.send('psi', greeting())
}

function greeting(): Bytes {
  return frame(3, Array(24).fill(0))
}

/** A connection that takes what it is given and is never lost. */
function idle(): End {
  const [end] = pair()
  return {
    ...{ peer: 'peer', bytesSent: 0, bytesReceived: 0 },
    send: async () => {},
    receive: () => end.receive('psi'),
    receiveInto: (step, into) => end.receiveInto(step, into),
    roundTrip: () => end.roundTrip(),
    close: async () => {},
    cut: () => {},
  }
}

function frame(type: number, rest: readonly number[]): Bytes {
  return Uint8Array.of(type, ...rest)
}

function data(size: number): Bytes {
  return frame(0, [1, 65, ...Array(size).fill(0)])
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}
