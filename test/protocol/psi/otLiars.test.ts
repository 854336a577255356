/** A peer of `ot` that lies at one message: the other side ends with a code and names it. */

import { type Bytes, concat } from '@drempel/protocol/encoding'
import { defaultGroup } from '@drempel/protocol/group'
import { ot, type PsiRole } from '@drempel/protocol/psi'
import { describe, expect, it } from 'vitest'
import { type Frame, type Link, linked, type Tamper } from './link.ts'
import { optionsOf, planted, type Session } from './run.ts'

const session: Session = { ...planted(40, 30, 12, 'liars'), output: 'items', to: 'both' }
const other = (role: PsiRole): PsiRole => (role === 'receiver' ? 'sender' : 'receiver')

/** What the honest side ends with when `liar` sends something else in a step. */
async function endOf(
  liar: PsiRole,
  step: string,
  change: (payload: Bytes, sent: readonly Frame[]) => readonly Bytes[],
  more: Partial<Session> = {},
): Promise<unknown> {
  const tamper: Tamper = (frame, from) =>
    from === liar && frame.step === step
      ? change(frame.payload, link.sent).map((payload) => ({ step, payload }))
      : [frame]
  const link = linked(tamper, 200)
  return honestEnd(liar, link, { ...session, ...more })
}

/** The honest side speaks first; when it has ended, it is gone for the other. */
async function honestEnd(liar: PsiRole, link: Link, terms: Session = session): Promise<unknown> {
  const honest = other(liar)
  const [end] = await Promise.allSettled([
    ot(optionsOf(terms, honest, link)).finally(() => link.close(honest)),
    ot(optionsOf(terms, liar, link)),
  ])
  return end.status === 'rejected' ? end.reason : end.value
}

const flipped = (at: number) => (payload: Bytes) => [
  payload.map((byte, i) => (i === at ? byte ^ 1 : byte)),
]
const replaced = (at: number, part: Bytes) => (payload: Bytes) => {
  const changed = payload.slice()
  changed.set(part, at)
  return [changed]
}
const identity = new Uint8Array(32)
/** Above the field's prime. */
const noPoint = new Uint8Array(32).fill(0xff)

it('is believed when it does not lie', async () => {
  expect(await endOf('receiver', 'ot/open', (payload) => [payload])).toMatchObject({ size: 12 })
  expect(await endOf('sender', 'ot/open', (payload) => [payload])).toMatchObject({ size: 12 })
})

describe.each(['receiver', 'sender'] as const)('a %s that', (liar) => {
  const named = { culprit: liar }

  it('opens another nonce than it committed to', async () => {
    const error = await endOf(liar, 'ot/open', flipped(31))
    expect(error).toMatchObject({ code: 'BAD_MESSAGE', at: 'ot/open', ...named })
  })

  it('commits to another', async () => {
    const error = await endOf(liar, 'ot/commit', flipped(0))
    expect(error).toMatchObject({ code: 'BAD_MESSAGE', at: 'ot/open', ...named })
  })

  it('answers with an echo', async () => {
    const echo = (step: string) => (_: Bytes, sent: readonly Frame[]) => [
      sent.find((frame) => frame.step === step)!.payload,
    ]
    const tamper: Tamper = ({ step, payload }, from) => {
      if (from !== liar || !['ot/commit', 'ot/open'].includes(step)) return [{ step, payload }]
      // The honest side speaks first here, so that there is something to echo.
      return [
        {
          step,
          payload: echo(step)(
            payload,
            link.sent.filter((f) => f.from !== liar),
          )[0]!,
        },
      ]
    }
    const link = linked(tamper, 200)
    expect(await honestEnd(liar, link)).toMatchObject({ code: 'BAD_MESSAGE', ...named })
  })

  it('replays the nonce of a session under other terms', async () => {
    const only = { receiver: { context: identity }, sender: { context: identity } }
    const old = linked()
    await Promise.all([
      ot(optionsOf({ ...session, only }, 'receiver', old)),
      ot(optionsOf({ ...session, only }, 'sender', old)),
    ])
    const tamper: Tamper = ({ step, payload }, from) => {
      const before = old.sent.find((frame) => frame.from === from && frame.step === step)!
      const replay = from === liar && ['ot/commit', 'ot/open'].includes(step)
      return [{ step, payload: replay ? before.payload : payload }]
    }
    const link = linked(tamper, 200)
    expect(await honestEnd(liar, link)).toMatchObject({ code: 'BAD_MESSAGE', ...named })
  })

  it('has other terms', async () => {
    const context = new Uint8Array(32).fill(9)
    const error = await endOf(liar, '', () => [], { only: { [liar]: { context } } })
    expect(error).toMatchObject({ code: 'WRONG_TERMS', ...named })
  })

  it('falls silent', async () => {
    const step = liar === 'receiver' ? 'ot/matrix/0' : 'ot/columns'
    expect(await endOf(liar, step, () => [])).toMatchObject({ code: 'PEER_TIMEOUT', ...named })
  })
})

describe('base transfers', () => {
  const bad = (at: string, culprit: PsiRole) => ({ code: 'BAD_MESSAGE', at, culprit })

  it.each([
    ['the identity', identity],
    ['no point', noPoint],
  ])('%s among the keys or as the answer', async (_, part) => {
    const keys = await endOf('receiver', 'ot/base/keys', replaced(32 * 127, part))
    expect(keys).toMatchObject(bad('ot/base/keys', 'receiver'))
    const answer = await endOf('sender', 'ot/base/answer', () => [part])
    expect(answer).toMatchObject(bad('ot/base/answer', 'sender'))
  })

  it('another element in place of one finds nothing that is not in common', async () => {
    const { generator } = defaultGroup()
    const result = await endOf('sender', 'ot/base/answer', () => [generator])
    expect(result).toMatchObject({ size: 0 })
  })
})

describe.each([
  ['receiver', 'ot/base/keys'],
  ['sender', 'ot/base/answer'],
  ['sender', 'ot/columns'],
  ['receiver', 'ot/matrix/0'],
  ['sender', 'ot/values/0'],
  ['receiver', 'psi/report'],
] as const)('a %s whose %s', (liar, step) => {
  const wrong = { code: 'WRONG_LENGTH', at: step, culprit: liar }

  it('is short, or long', async () => {
    expect(await endOf(liar, step, (payload) => [payload.subarray(1)])).toMatchObject(wrong)
    const longer = (payload: Bytes) => [concat(payload, new Uint8Array(1))]
    expect(await endOf(liar, step, longer)).toMatchObject(wrong)
  })
})

it('frames that come twice are another step', async () => {
  const twice = (payload: Bytes) => [payload, payload]
  for (const [liar, step] of [
    ['sender', 'ot/columns'],
    ['receiver', 'ot/base/keys'],
  ] as const) {
    expect(await endOf(liar, step, twice)).toMatchObject({ code: 'UNEXPECTED_STEP', culprit: liar })
  }
  const lists = planted(6400, 17_000, 3, 'replay')
  for (const [liar, step] of [
    ['receiver', 'ot/matrix/0'],
    ['sender', 'ot/values/0'],
  ] as const) {
    const end = await endOf(liar, step, twice, { ...lists, to: 'receiver' })
    expect(end).toMatchObject({ code: 'UNEXPECTED_STEP', culprit: liar })
  }
})

describe('a report', () => {
  const lie = (change: (payload: Bytes) => void) =>
    endOf('receiver', 'psi/report', (payload) => {
      const changed = payload.slice()
      change(changed)
      return [changed]
    })
  const bad = { code: 'BAD_MESSAGE', at: 'psi/report', culprit: 'receiver' }

  it('of the number alone is believed', async () => {
    const told = await lie((payload) => {
      payload.fill(0)
      payload[4] = 5
    })
    expect(told).toEqual({ size: 5 })
  })

  it('that names what holds no item, or another number than its bits, is refused', async () => {
    // 64 places for 30 items: among all of them are dummies.
    const every = (payload: Bytes) => {
      payload.fill(0xff, 5)
      payload[4] = 64
    }
    expect(await lie(every)).toMatchObject(bad)
    expect(await lie((payload) => payload[4]!++)).toMatchObject(bad)
    const dummies = (payload: Bytes) => {
      for (let i = 5; i < payload.length; i++) payload[i]! ^= 0xff
      payload[4] = 64 - 12
    }
    expect(await lie(dummies)).toMatchObject(bad)
    expect(await lie((payload) => payload.fill(2, 0, 1))).toMatchObject(bad)
  })
})

describe('values', () => {
  const lists = planted(64, 64, 64, 'values')
  const duplicate = { code: 'DUPLICATE_ELEMENT', at: 'ot/values/0', culprit: 'sender' }
  const three = 3 * 8

  it('of one item at two places are refused', async () => {
    const twice = replaced(0, new Uint8Array(0))
    expect(await endOf('sender', 'ot/values/0', twice, lists)).toMatchObject({ size: 64 })
    const copied = (payload: Bytes) => replaced(0, payload.subarray(three, 2 * three))(payload)
    expect(await endOf('sender', 'ot/values/0', copied, lists)).toMatchObject(duplicate)
  })

  it('of several items at one place are refused', async () => {
    // So many that all three bins of items are in use. Each place gets values of three items.
    const many = planted(4000, 4000, 4000, 'many')
    const mixed = (payload: Bytes) => {
      const changed = payload.slice()
      for (let at = 0; at < payload.length; at += 8) {
        const from = (at + three * (at % three)) % payload.length
        changed.set(payload.subarray(from, from + 8), at)
      }
      return [changed]
    }
    expect(await endOf('sender', 'ot/values/0', mixed, many)).toMatchObject(duplicate)
  })
})

it('rows and values that were changed lose items, and never add one', async () => {
  const noise = (payload: Bytes) => [payload.map((byte, i) => byte ^ (i % 251))]
  const receiver = (await endOf('sender', 'ot/values/0', noise)) as { rows: Uint32Array }
  expect([...receiver.rows]).toEqual([])
  const sender = (await endOf('receiver', 'ot/matrix/0', noise)) as { rows: Uint32Array }
  expect([...sender.rows]).toEqual([])
})
