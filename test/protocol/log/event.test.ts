import { fromHex, hex, jcs, sha256, utf8 } from '@drempel/protocol/encoding'
import {
  EVENT_TYPES,
  type EventOf,
  encodeEvent,
  KINDS,
  type LeafFields,
  minuteOf,
  parseEvent,
  sealedCommit,
  sealedCommits,
  sizeBucket,
  timeOf,
  verifySealed,
} from '@drempel/protocol/log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf, intent } from './events.ts'

const code = (code: string, at?: string) =>
  expect.objectContaining(at === undefined ? { code } : { code, at })
const parse = (value: object) => parseEvent(jcs(value as Parameters<typeof jcs>[0]))

describe('leaves', () => {
  test('are canonical JSON and parse to the same event', () => {
    const leaf = encodeEvent(intent)
    expect(parseEvent(leaf)).toEqual(intent)
    expect(hex(encodeEvent(parseEvent(leaf)))).toBe(hex(leaf))
    const text = new TextDecoder().decode(leaf)
    expect(text.startsWith('{"approvalCommit":"')).toBe(true)
  })

  test('in another order, with white space or a second key are refused', () => {
    const text = new TextDecoder().decode(encodeEvent(intent))
    for (const loose of [
      ` ${text}`,
      `${text}\n`,
      text.replace('":"', '": "'),
      text.replace('{', '{"v":1,'),
      JSON.stringify(intent),
      `[${text}]`,
      'null',
      '',
    ]) {
      expect(() => parseEvent(utf8(loose))).toThrow(code('BAD_EVENT'))
    }
    expect(() => parseEvent(Uint8Array.of(0xff))).toThrow(code('BAD_EVENT'))
  })

  test('fit, even with the most that the schema allows', () => {
    const parties = Array.from({ length: 64 }, (_, i) => `m${i + 10}`.padEnd(48, 'x'))
    const peerCheckpoints = Array.from({ length: 16 }, (_, i) => ({
      origin: `drempel/${'c'.repeat(64)}/${`m${i + 10}`.padEnd(64, 'x')}/2026Q4`,
      size: Number.MAX_SAFE_INTEGER,
      root: `${'A'.repeat(43)}=`,
    }))
    const { batch, approvalCommit, ...rest } = intent
    const largest = { ...rest, type: 'query.result', status: 'answered', parties, peerCheckpoints }
    expect(encodeEvent(largest as LeafFields).length).toBeGreaterThan(7000)
  })

  test('lack no required field and carry no unknown one', () => {
    for (const field of [
      'v',
      'type',
      'time',
      'software',
      'retentionClass',
      'period',
      'commit',
      'txid',
      'role',
      'parties',
      'convenant',
      'kind',
      'protocol',
      'sizeBucket',
      'batch',
    ] as const) {
      const { [field]: _, ...rest } = intent
      expect(() => parse(rest), field).toThrow(code('BAD_EVENT'))
    }
    expect(() => parse({ ...intent, result: 'over' })).toThrow(code('BAD_EVENT'))
    expect(() => parse({ ...intent, status: 'answered' })).toThrow(code('BAD_EVENT'))
    expect(() => parse({ ...intent, convenant: { ...intent.convenant, name: 'x' } })).toThrow(
      code('BAD_EVENT', 'convenant'),
    )
  })

  test('a check states purpose and rule; tagging need not', () => {
    const { purpose, rule, ...rest } = intent
    expect(() => parse(rest)).toThrow(code('BAD_EVENT'))
    expect(() => parse({ ...rest, purpose })).toThrow(code('BAD_EVENT'))
    expect(parse({ ...rest, protocol: 'tag' }).type).toBe('query.intent')
  })
})

describe('the end of a period', () => {
  const { v, time, software, retentionClass, period, convenant, commit } = intent
  const shred = {
    ...{ v, type: 'shred', time, software, retentionClass, period, convenant, commit },
    ...{ shredded: '2026Q2', reason: 'RETENTION_ENDED' },
  }
  const both = { approvalCommit: digestOf('approval'), capacities: ['auditor', 'operator'] }

  test('is of two people, or of its time', () => {
    expect(parse(shred).type).toBe('shred')
    expect(parse({ ...shred, ...both }).type).toBe('shred')
    expect(parse({ ...shred, ...both, reason: 'FORCED' }).type).toBe('shred')
    for (const bad of [
      { ...shred, reason: 'FORCED' },
      { ...shred, approvalCommit: both.approvalCommit },
      { ...shred, capacities: both.capacities },
      { ...shred, ...both, capacities: ['auditor'] },
    ]) {
      expect(() => parse(bad)).toThrow(code('BAD_EVENT'))
    }
  })
})

describe('fields take nothing but their own form', () => {
  const bad: Partial<Record<keyof EventOf<'query.intent'>, readonly unknown[]>> = {
    v: [2, '1', 0],
    type: ['query.other', 'query', ''],
    time: [
      '2026-10-07T14:05:00Z',
      '2026-10-07T14:05',
      '2026-10-07 14:05Z',
      '2026-13-07T14:05Z',
      '2026-02-30T14:05Z',
      '2026-10-07T24:00Z',
      '2026-10-07T14:60Z',
      '2026-10-07T14:05+00:00',
      1_791_381_900_000,
    ],
    txid: ['', 'AB'.repeat(16), '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32)],
    role: ['admin', ''],
    parties: [[], ['b', 'a'], ['a', 'a'], ['Bank A'], 'a', ['a', 1], ['nl91abna0417164300']],
    convenant: [{ version: 0, digest: digestOf('c') }, { version: 1, digest: 'abc' }, 1],
    purpose: [
      '',
      'free text',
      'Fraude',
      'fraude.nl',
      'jan@voorbeeld.nl',
      'nl91abna0417164300',
      '0612345678',
      '+31612345678',
      '356938035643809',
      'zaak-2026001234',
      'x'.repeat(49),
      '-a',
    ],
    kind: ['bsn', 'IBAN', ''],
    rule: ['t = 2', 'T2'],
    protocol: ['free', ''],
    sizeBucket: [0, 1, 15, 17, 32, 100, 16.5, -16, '16', 4 ** 30],
    batch: ['', 'x'.repeat(64), digestOf('b').toUpperCase(), digestOf('b').slice(1)],
    quotaClass: ['50 per day'],
    approvalCommit: ['yes'],
    commit: ['AAAA'],
    software: [
      'drempel',
      'drempel/0.1',
      'drempel/0.1.0 (jan@host)',
      'drempel/0612345678.1.0',
      'other/1.0.0',
    ],
    retentionClass: ['five years'],
    period: ['2026', '2026Q5', '2026-13', '2026-1', '2026-10-07'],
  }

  for (const [field, values] of Object.entries(bad)) {
    test.each(values!.map((value) => [value]))(`${field}: %j`, (value) => {
      expect(() => parse({ ...intent, [field]: value } as object)).toThrow(code('BAD_EVENT'))
    })
  }

  test('reason and peer checkpoints', () => {
    const { batch, ...rest } = intent
    const result = { ...rest, type: 'query.result', status: 'failed' }
    expect(parse({ ...result, reason: 'QUOTA_SPENT' }).type).toBe('query.result')
    for (const reason of ['quota', 'Quota spent', 'E_0612345678', '', 'X'.repeat(49)]) {
      expect(() => parse({ ...result, reason })).toThrow(code('BAD_EVENT', 'reason'))
    }
    const peer = { origin: 'drempel/proef/bank-b/2026Q4', size: 3, root: `${'A'.repeat(43)}=` }
    expect(parse({ ...result, peerCheckpoints: [peer] }).type).toBe('query.result')
    for (const peerCheckpoints of [
      [],
      [peer, peer],
      [{ ...peer, origin: 'https://bank-b' }],
      [{ ...peer, size: -1 }],
      [{ ...peer, root: `${'A'.repeat(42)}B=` }],
      [{ ...peer, note: 'x' }],
    ]) {
      expect(() => parse({ ...result, peerCheckpoints })).toThrow(code('BAD_EVENT'))
    }
  })

  test('an error does not quote what it refused', () => {
    try {
      parse({ ...intent, purpose: 'jan@voorbeeld.nl' })
      expect.unreachable()
    } catch (error) {
      expect(String(error)).toContain('purpose')
      expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toContain(
        'voorbeeld',
      )
    }
  })

  test('a key that was refused is not quoted either', () => {
    try {
      parse({ ...intent, 'jan@voorbeeld.nl': 1 })
      expect.unreachable()
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain('voorbeeld')
    }
  })
})

test('the types are those of the audit chapter', () => {
  expect(EVENT_TYPES).toHaveLength(new Set(EVENT_TYPES).size)
  for (const type of [
    'query.intent',
    'query.result',
    'query.refused',
    'oprf.evaluated',
    'round.published',
    'flag.summary',
    'convenant.changed',
    'key.epoch',
    'key.erased',
    'correction',
    'bezwaar',
    'subject.closed',
    'record.opened',
    'shred',
    'witness.cosigned',
    'node.started',
    'node.stopped',
  ] as const) {
    expect(EVENT_TYPES).toContain(type)
  }
  const { v, time, software, retentionClass, period, commit } = intent
  const started = {
    v,
    type: 'node.started',
    time,
    software,
    retentionClass,
    period,
    commit,
  } as const
  expect(parse(started)).toEqual(started)
  expect(KINDS).toHaveLength(6)
})

test('size buckets hide small counts and grow by four', () => {
  expect([0, 1, 2, 16].map(sizeBucket)).toEqual([16, 16, 16, 16])
  expect([17, 64, 65, 100_000].map(sizeBucket)).toEqual([64, 64, 256, 262_144])
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), (count) => {
      const bucket = sizeBucket(count)
      expect(bucket).toBeGreaterThanOrEqual(count)
      if (bucket > 16) expect(bucket / 4).toBeLessThan(count)
      expect(sizeBucket(bucket)).toBe(bucket)
    }),
  )
})

test('minutes are UTC and cut off, not rounded', () => {
  const time = Date.UTC(2026, 9, 7, 14, 5, 59, 999)
  expect(minuteOf(time)).toBe('2026-10-07T14:05Z')
  expect(timeOf(minuteOf(time))).toBe(Date.UTC(2026, 9, 7, 14, 5))
})

describe('sealed records', () => {
  const salt = new Uint8Array(32).fill(9)
  const record = utf8('{"caller":"analyst-3"}')

  test('are bound by salt and content', () => {
    const commit = sealedCommit(salt, record)
    expect(fromHex(commit)).toEqual(sha256(new Uint8Array([...salt, ...record])))
    verifySealed(commit, salt, record)
    expect(() => verifySealed(commit, salt.with(0, 8), record)).toThrow(code('BAD_COMMITMENT'))
    expect(() => verifySealed(commit, salt, utf8('{}'))).toThrow(code('BAD_COMMITMENT'))
  })

  test('are bound many at once as one by one', () => {
    for (const count of [0, 1, 3, 4, 9]) {
      const records = Array.from({ length: count }, (_, i) =>
        utf8(`{"case":"${'x'.repeat(40 * i)}"}`),
      )
      const salted = records.map((one) => new Uint8Array([...salt, ...one]))
      expect(sealedCommits(salted).map(hex)).toEqual(records.map((one) => sealedCommit(salt, one)))
    }
    for (const count of [1, 5]) {
      const short = Array.from({ length: count }, () => salt.subarray(1))
      expect(() => sealedCommits(short)).toThrow(code('BAD_COMMITMENT'))
    }
  })

  test('a byte can not move from record to salt', () => {
    const longer = new Uint8Array([...salt, record[0]!])
    expect(() => sealedCommit(longer, record.subarray(1))).toThrow(code('BAD_COMMITMENT'))
    expect(() => sealedCommit(salt.subarray(1), record)).toThrow(code('BAD_COMMITMENT'))
  })
})
