/** A peer, or somebody on the line, that deviates at a named message of `ecdh`. */

import { type Bytes, concat, fromHex, utf8 } from '@drempel/protocol/encoding'
import { defaultGroup } from '@drempel/protocol/group'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import type { Tamper } from './link.ts'
import { CONTEXT, ended, planted, type Session } from './run.ts'

// Two batches of points each way, so that a lie may stand in the second.
const lists = planted(600, 550, 30, 'liars')
const small = planted(20, 30, 9, 'small')
const both: Session = { ...small, output: 'items', to: 'both' }

const IDENTITY = new Uint8Array(32)
const NEGATIVE = fromHex('01'.padEnd(64, '0'))
const ABOVE_P = fromHex(`f3${'ff'.repeat(30)}7f`)
const NO_POINT = fromHex('26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371')

/** The n-th frame of a step with other bytes. */
function changed(step: string, n: number, change: (payload: Bytes) => Bytes): Tamper {
  return (frame, _from, at) =>
    frame.step === step && at === n ? [{ step, payload: change(frame.payload.slice()) }] : [frame]
}

function withBytes(at: number, bytes: Bytes) {
  return (payload: Bytes) => {
    payload.set(bytes, at)
    return payload
  }
}

function split(points: Bytes): Bytes[] {
  return Array.from({ length: points.length / 32 }, (_, i) => points.slice(32 * i, 32 * i + 32))
}

/** The side that the lie reaches ends with the code and the other as culprit; the other ends too. */
async function expectCaught(session: Session, victim: 'receiver' | 'sender', code: string) {
  const { ends } = await ended(session)
  const liar = victim === 'receiver' ? 'sender' : 'receiver'
  const [own, other] = victim === 'receiver' ? ends : ends.toReversed()
  expect(own).toMatchObject({ status: 'rejected', reason: { code, culprit: liar } })
  return other!
}

describe('points that are none', () => {
  it.each([
    ['the identity', IDENTITY, 'IDENTITY_ELEMENT'],
    ['a negative encoding', NEGATIVE, 'BAD_ELEMENT'],
    ['an encoding above p', ABOVE_P, 'BAD_ELEMENT'],
    ['an encoding of no point', NO_POINT, 'BAD_ELEMENT'],
  ])('%s', async (_name, bytes, code) => {
    const lie = (step: string) => ({ ...both, tamper: changed(step, 0, withBytes(32 * 5, bytes)) })
    await expectCaught(lie('psi/masked'), 'sender', code)
    await expectCaught(lie('psi/products'), 'receiver', code)
  })

  it('as the key of the sender', async () => {
    for (const [bytes, code] of [
      [IDENTITY, 'IDENTITY_ELEMENT'],
      [NO_POINT, 'BAD_ELEMENT'],
    ] as const) {
      await expectCaught({ ...both, tamper: changed('psi/key', 0, () => bytes) }, 'receiver', code)
    }
  })

  it('in a later batch, which is named', async () => {
    const session: Session = { ...lists, output: 'items', to: 'receiver' }
    const tamper = changed('psi/masked', 1, withBytes(64, NO_POINT))
    const { ends } = await ended({ ...session, tamper })
    expect(ends[1]).toMatchObject({ reason: { code: 'BAD_ELEMENT', at: 'batch 1' } })
    expect(ends[0]).toMatchObject({ status: 'rejected' })
  })
})

describe('points and records that come twice', () => {
  const twice = (payload: Bytes) => withBytes(32, payload.slice(0, 32))(payload)

  it.each(['items', 'size'] as const)('masked, for %s', async (output) => {
    const tamper = changed('psi/masked', 0, twice)
    await expectCaught({ ...both, output, tamper }, 'sender', 'DUPLICATE_ELEMENT')
  })

  it('across batches', async () => {
    let first: Bytes | undefined
    const tamper: Tamper = (frame, _from, n) => {
      if (frame.step !== 'psi/masked') return [frame]
      first ??= frame.payload.slice(0, 32)
      return n === 0 ? [frame] : [{ ...frame, payload: withBytes(32, first)(frame.payload) }]
    }
    await expectCaught(
      { ...lists, output: 'items', to: 'receiver', tamper },
      'sender',
      'DUPLICATE_ELEMENT',
    )
  })

  it('products of two items made one, by a sender that guesses both', async () => {
    const common = planted(64, 64, 64, 'all')
    const session: Session = { ...common, output: 'items', to: 'receiver', seed: 'guess' }
    const group = defaultGroup()
    const scalar = group.scalars.reduce(seededRandom('guess sender')(64))
    const tag = concat(utf8('drempel/v1/psi/ecdh'), CONTEXT)
    const guesses = common.receiver.slice(0, 2).map(utf8)
    const [first, second] = split(group.hashTimesSecret(guesses, tag, scalar))
    const asFirst = (payload: Bytes) => {
      const shifted = group.add(payload.slice(32, 64), group.subtract(first!, second!))
      return withBytes(32, shifted)(payload)
    }
    const tamper = changed('psi/products', 0, asFirst)
    await expectCaught({ ...session, tamper }, 'receiver', 'DUPLICATE_ELEMENT')
  })

  it('products of a size, whose order would tell', async () => {
    const session: Session = { ...both, output: 'size' }
    const swapped = (payload: Bytes) => {
      const [a, b] = [payload.slice(0, 32), payload.slice(32, 64)]
      return withBytes(0, b)(withBytes(32, a)(payload))
    }
    for (const lie of [twice, swapped]) {
      const tamper = changed('psi/products', 0, lie)
      await expectCaught({ ...session, tamper }, 'receiver', 'BAD_ORDER')
    }
    const late: Session = { ...lists, output: 'size', to: 'receiver' }
    const tamper = changed('psi/products', 1, withBytes(0, IDENTITY))
    await expectCaught({ ...late, tamper }, 'receiver', 'BAD_ORDER')
  })

  it('records of the list', async () => {
    const equal = (payload: Bytes) => {
      const width = payload.length / 64
      return withBytes(width, payload.slice(0, width))(payload)
    }
    const falling = (payload: Bytes) => payload.reverse()
    for (const lie of [equal, falling]) {
      await expectCaught({ ...both, tamper: changed('psi/list', 0, lie) }, 'receiver', 'BAD_ORDER')
    }
    const session: Session = { ...lists, output: 'items', to: 'receiver' }
    const lower = changed('psi/list', 1, (payload) => payload.fill(0, 0, 4))
    await expectCaught({ ...session, tamper: lower }, 'receiver', 'BAD_ORDER')
  })
})

describe('counts', () => {
  const short = (payload: Bytes) => payload.slice(0, -32)
  const long = (payload: Bytes) => {
    const longer = new Uint8Array(payload.length + 32)
    longer.set(payload)
    return longer
  }
  const victims = [
    ['psi/key', 'receiver'],
    ['psi/masked', 'sender'],
    ['psi/products', 'receiver'],
    ['psi/list', 'receiver'],
    ['psi/report', 'sender'],
  ] as const

  it.each(victims)('%s too short or too long', async (step, victim) => {
    for (const change of [short, long, () => new Uint8Array(0)]) {
      const tamper = changed(step, 0, change)
      await expectCaught({ ...both, tamper }, victim, 'WRONG_LENGTH')
    }
  })

  it.each(victims)('%s twice', async (step, victim) => {
    const tamper: Tamper = (frame) => (frame.step === step ? [frame, frame] : [frame])
    const { ends } = await ended({ ...both, tamper, idleMs: 200 })
    // What comes behind the last message of a side is the channel's business.
    if (step === 'psi/list' || step === 'psi/report') {
      return expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    }
    const end = ends[victim === 'receiver' ? 0 : 1]
    expect(end).toMatchObject({ status: 'rejected' })
  })

  it.each(victims)('%s never', async (step, victim) => {
    const tamper: Tamper = (frame) => (frame.step === step ? [] : [frame])
    const { ends } = await ended({ ...both, tamper, idleMs: 200 })
    expect(ends[victim === 'receiver' ? 0 : 1]).toMatchObject({
      status: 'rejected',
      reason: { culprit: victim === 'receiver' ? 'sender' : 'receiver' },
    })
  })
})

describe('reports', () => {
  const lie = (change: (payload: Bytes) => Bytes, output: Session['output'] = 'items') => ({
    ...both,
    output,
    tamper: changed('psi/report', 0, change),
  })
  const setBits = (payload: Bytes) => payload.fill(255, 5)

  it.each([
    ['an unknown kind', withBytes(0, Uint8Array.of(2))],
    ['another number than there are positions', withBytes(1, Uint8Array.of(0, 0, 0, 8))],
    ['more than either list', withBytes(1, Uint8Array.of(0, 0, 1, 0))],
    ['positions of dummies', (payload: Bytes) => setBits(withBytes(4, Uint8Array.of(64))(payload))],
    ['positions behind the number alone', withBytes(0, Uint8Array.of(0))],
  ])('of %s', async (_name, change) => {
    const other = await expectCaught(lie(change), 'sender', 'BAD_MESSAGE')
    expect(other.status).toBe('fulfilled')
  })

  it('of positions where only the size was agreed', async () => {
    const positions = withBytes(0, Uint8Array.of(1))
    await expectCaught(lie(positions, 'size'), 'sender', 'BAD_MESSAGE')
  })
})

describe('terms', () => {
  it.each([
    ['output', { output: 'size' }],
    ['direction', { to: 'receiver' }],
    ['sizes', { sizes: { receiver: 64, sender: 80 } }],
    ['context', { context: new Uint8Array(32) }],
    ['role', { role: 'sender' }],
  ] as const)('of another %s end both sides before a point is sent', async (_name, change) => {
    const { ends, link } = await ended({ ...both, only: { receiver: change } })
    for (const end of ends) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'WRONG_TERMS' } })
    }
    expect(new Set(link.sent.map(({ step }) => step))).toEqual(new Set(['psi/terms']))
  })

  it('are not believed of an echo', async () => {
    const { link } = await ended(both)
    const own = link.sent.find(({ from }) => from === 'receiver')!.payload
    const echo: Tamper = (frame, from) =>
      frame.step === 'psi/terms' && from === 'sender' ? [{ ...frame, payload: own }] : [frame]
    await expectCaught({ ...both, tamper: echo }, 'receiver', 'WRONG_TERMS')
  })

  it('of an own list above its size end it', async () => {
    const sizes = { receiver: 10, sender: 64 }
    const { ends } = await ended({ ...both, only: { receiver: { sizes }, sender: { sizes } } })
    expect(ends[0]).toMatchObject({ reason: { code: 'LIST_TOO_LARGE', culprit: 'self' } })
  })
})

describe('replays', () => {
  it('of another session find nothing in common', async () => {
    const session: Session = { ...both, to: 'receiver' }
    const { link } = await ended(session)
    const old = link.sent.filter(({ from }) => from === 'receiver')
    const tamper: Tamper = (frame, from) =>
      frame.step === 'psi/masked' && from === 'receiver'
        ? old.filter(({ step }) => step === 'psi/masked')
        : [frame]
    const { ends } = await ended({ ...session, seed: 'later', tamper })
    // The receiver takes a mask away that is not on these points.
    expect(ends[0]).toMatchObject({ status: 'fulfilled', value: { size: 0 } })
  })
})

describe('an end in the middle', () => {
  it.each(['psi/terms', 'psi/masked', 'psi/products', 'psi/list'])(
    'by the signal, at %s',
    async (step) => {
      const controller = new AbortController()
      const reason = new Error('called off')
      const tamper: Tamper = (frame) => {
        if (frame.step === step) controller.abort(reason)
        return [frame]
      }
      const { signal } = controller
      const { ends } = await ended({ ...both, tamper, only: { receiver: { signal } } })
      expect(ends[0]).toEqual({ status: 'rejected', reason })
      // Behind its last message the sender has nothing to wait for but the report.
      expect(ends[1]).toMatchObject({ reason: { code: 'PEER_GONE', culprit: 'receiver' } })
    },
  )

  it('before the start', async () => {
    const signal = AbortSignal.abort(new Error('never'))
    const { ends, link } = await ended({ ...both, only: { sender: { signal } } })
    expect(ends[1]).toMatchObject({ reason: { message: 'never' } })
    expect(link.sent.filter(({ from }) => from === 'sender')).toEqual([])
  })
})

it('points for the tests above are what they are said to be', () => {
  const group = defaultGroup()
  const good = group.fromUniform(seededRandom('point')(64))
  expect(() => group.assertElements(good)).not.toThrow()
  for (const bad of [NEGATIVE, ABOVE_P, NO_POINT]) {
    expect(() => group.assertElements(bad)).toThrow('BAD_ELEMENT')
  }
})
