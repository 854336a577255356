/** The quick reader and writer of leaves beside the schema, which they must never overrule. */

import { type Bytes, jcs, parseJcs, utf8 } from '@drempel/protocol/encoding'
import { encodeEvent, type LeafFields, parseEvent, sizeBucket } from '@drempel/protocol/log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { fields } from '../../../packages/protocol/src/log/fields.ts'
import { readPlain, writePlain } from '../../../packages/protocol/src/log/plain.ts'
import { events, validate } from '../../../packages/protocol/src/log/schema.ts'

type Field = keyof typeof fields

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits })
const name = fc.constantFrom('bank-b', 'platform-d', 'a', 'telecom-c', 'x1234', 'b'.repeat(48))
const names = fc
  .uniqueArray(name, { minLength: 1, maxLength: 4 })
  .map((list) => list.toSorted((a, b) => (a < b ? -1 : 1)))
const bucket = fc.constantFrom(16, 64, 4096, sizeBucket(10 ** 9))
const convenant = fc.record({ version: fc.integer({ min: 1, max: 99_999 }), digest: hex(64) })
const origin = fc.constantFrom('drempel/x/bank-b/2026Q4', 'drempel/trial-1/a/2027Q1')
const root = fc.constantFrom(`${'A'.repeat(43)}=`, `${'/+9z'.repeat(10)}Zz8=`)
const size = fc.oneof(fc.nat(), fc.maxSafeNat())
const period = fc.constantFrom('2026Q4', '2026-10')

const valid: Record<Field, fc.Arbitrary<unknown>> = {
  v: fc.constant(1),
  time: fc.constantFrom('2026-10-07T14:05Z', '2024-02-29T00:00Z', '2026-12-31T23:59Z'),
  software: fc.constantFrom('drempel/0.1.0', 'drempel/12.0.3-rc.2'),
  retentionClass: name,
  period,
  txid: hex(32),
  role: fc.constantFrom('asker', 'key-holder', 'compute', 'partner', 'witness', 'peer'),
  parties: names,
  convenant,
  previousConvenant: convenant,
  alerts: names,
  purpose: name,
  kind: fc.constantFrom('iban', 'phone', 'device', 'host', 'domain', 'email'),
  rule: name,
  rules: names,
  round: fc.oneof(hex(32), hex(64)),
  epoch: fc.constantFrom('1', '123456', 'w47', '0-a'),
  protocol: fc.constantFrom('check', 'screen', 'tag', 'psi-ecdh', 'psi-ot'),
  sizeBucket: bucket,
  counts: fc.record({ live: bucket, added: bucket, withdrawn: bucket, expired: bucket }),
  batch: hex(64),
  digest: hex(64),
  status: fc.constantFrom('answered', 'refused', 'suppressed', 'failed'),
  quotaClass: name,
  reason: fc.constantFrom('LOG_FORKED', 'A', 'X1234'),
  approvalCommit: hex(64),
  capacities: fc.constantFrom(['admin', 'fg'], ['auditor', 'operator']),
  entry: fc.record({ origin, index: size, commit: hex(64) }),
  shredded: period,
  through: fc.constantFrom('2026-02-28', '2028-02-29', '2026-12-31'),
  commit: hex(64),
  peerCheckpoints: fc.record({ origin, size, root }).map((head) => [head]),
}

const shapes = events.map(({ shape }) => ({
  type: shape.type.value as string,
  fields: Object.keys(shape).filter((name): name is Field => name !== 'type'),
}))

/** Every field that the type has, those that it may lack included. */
const full = fc
  .constantFrom(...shapes)
  .chain(({ type, fields }) =>
    fc.record({
      type: fc.constant(type),
      ...Object.fromEntries(fields.map((one) => [one, valid[one]])),
    }),
  )
  .map((event) => event as LeafFields)

const written = (event: LeafFields) => new TextDecoder().decode(writePlain(event))

function outcome<T>(work: () => T): T | string {
  try {
    return work()
  } catch (error) {
    return `${(error as { code?: string }).code} ${(error as { at?: string }).at ?? ''}`
  }
}

const slowly = (leaf: Bytes) =>
  outcome(() => {
    let value: unknown
    try {
      value = parseJcs(leaf)
    } catch {
      return 'BAD_EVENT '
    }
    return validate(value)
  })

describe('what is known at sight', () => {
  test('is every type with all its fields, read and written', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(full, (event) => {
        const { size, index } = { size: 0, index: 0, ...event }
        const [head] = 'peerCheckpoints' in event ? (event.peerCheckpoints ?? []) : []
        const numbers = [head?.size ?? size, 'entry' in event ? event.entry.index : index]
        const text = new TextDecoder().decode(jcs(event as never))
        expect(slowly(utf8(text))).toEqual(event)
        // Numbers of sixteen digits are the schema's.
        if (numbers.some((number) => number >= 10 ** 15)) return
        expect(readPlain(text)).toEqual(event)
        // Anew, then by the one before.
        for (const _ of [1, 2]) expect(written(event)).toBe(text)
        seen.add(event.type)
      }),
      { numRuns: 600, seed: 7 },
    )
    expect([...seen].sort()).toEqual(shapes.map(({ type }) => type).sort())
  })

  test('is what the schema takes as well: fields gone, added, exchanged, of other values', () => {
    const anything = fc.oneof(
      ...Object.values(valid),
      fc.constantFrom(
        '',
        '123456',
        'nl91abna0417164300',
        'a-',
        'A12345',
        '2026-02-30T14:05Z',
        '2026-02-30',
        '2026-1-1',
      ),
      fc.constantFrom(0, -1, 1.5, 17, 1e15, 2 ** 53, null, true, [], {}, ['b', 'a'], ['a', 'a']),
      fc.constantFrom('a"b', 'é', '\ud800', 'a\n', '2026-10-07T24:00Z', `${'A'.repeat(42)}B=`),
      fc.constantFrom({ version: 1 }, { version: 100_000, digest: 'a'.repeat(64) }),
    )
    const anyName = fc.constantFrom(...Object.keys(valid), 'w', 'a', '0', 'type')
    let [accepted, refused] = [0, 0]
    fc.assert(
      fc.property(
        full,
        fc.array(fc.tuple(anyName, fc.option(anything, { nil: undefined })), { maxLength: 2 }),
        (event, changes) => {
          const changed = { ...event, ...Object.fromEntries(changes) } as LeafFields
          const leaf = outcome(() => jcs(changed as never))
          if (typeof leaf === 'string') return
          const expected = slowly(leaf)
          expect(outcome(() => parseEvent(leaf))).toEqual(expected)
          if (typeof expected === 'string') refused++
          else accepted++
          // What is written is what the schema would have written.
          const written = outcome(() => encodeEvent(changed))
          const wanted = outcome(() => jcs(validate(changed) as never))
          expect(written).toEqual(wanted)
        },
      ),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(300)
    expect(refused).toBeGreaterThan(300)
  })

  test('is no text that is a byte away from canonical', () => {
    const characters = [...'"{}[],:\\ 019-.azAQZ\u0000é\n']
    const edit = fc.tuple(fc.maxSafeNat(), fc.nat(3), fc.constantFrom(...characters))
    let changed = 0
    fc.assert(
      fc.property(full, fc.array(edit, { minLength: 1, maxLength: 2 }), (event, edits) => {
        let text = new TextDecoder().decode(jcs(event as never))
        for (const [place, take, put] of edits) {
          const at = place % text.length
          text = text.slice(0, at) + put + text.slice(at + take)
        }
        const leaf = utf8(text)
        const expected = slowly(leaf)
        expect(outcome(() => parseEvent(leaf))).toEqual(expected)
        if (typeof expected !== 'string') changed++
      }),
      { numRuns: 4000 },
    )
    // Digits exchanged for others give other leaves; a test in which none passes would show little.
    expect(changed).toBeGreaterThan(20)
  })

  test('is nothing that JSON would drop or write in another way', () => {
    const event = (more: object) =>
      ({ ...fc.sample(full, { numRuns: 1, seed: 3 })[0]!, ...more }) as LeafFields
    for (const odd of [() => 'bank-b', Symbol('a'), new Date(0), 1n, { toJSON: () => 'bank-b' }]) {
      expect(writePlain(event({ retentionClass: odd }))).toBeUndefined()
      expect(writePlain(event({ other: odd }))).toBeUndefined()
    }
    const { convenant } = event({ convenant: { version: 1, digest: 'a'.repeat(64) } }) as never
    expect(writePlain(event({ convenant: Object.assign({ x: undefined }, convenant) }))).toBe(
      undefined,
    )
    expect(writePlain({ type: '__proto__' } as never)).toBeUndefined()
  })

  test('is nothing that only looks like what was written before', () => {
    const same = { v: 1, time: '2026-11-07T14:05Z', software: 'drempel/0.1.0', period: '2026Q4' }
    const convenant = { version: 1, digest: 'a'.repeat(64) }
    const event = (parties: unknown) =>
      ({
        ...{ ...same, type: 'alert.raised', retentionClass: 'standard', role: 'partner' },
        ...{ reason: 'STALE', convenant, commit: 'b'.repeat(64), parties },
      }) as LeafFields
    const parties = ['bank-b', 'bank-c']
    expect(written(event(parties))).toContain('"parties":["bank-b","bank-c"]')
    for (const odd of ['["bank-b","bank-c"]', ['bank-b","bank-c'], [['bank-b', 'bank-c']]]) {
      expect(writePlain(event(odd))).toBeUndefined()
    }
    parties[1] = 'Bank-C'
    expect(writePlain(event(parties))).toBeUndefined()
    parties[1] = 'bank-a'
    expect(writePlain(event(parties))).toBeUndefined()
  })

  test('is what was written before, in other digits and nothing else', () => {
    const digits = ['txid', 'batch', 'commit', 'digest', 'approvalCommit']
    const odd = fc.constantFrom<unknown>(
      '',
      'A'.repeat(64),
      'g'.repeat(32),
      'a'.repeat(63),
      7,
      null,
    )
    const changes = fc.array(
      fc.tuple(fc.constantFrom(...digits, 'parties', 'kind'), fc.oneof(hex(32), hex(64), odd)),
      { minLength: 1, maxLength: 3 },
    )
    let [accepted, refused] = [0, 0]
    fc.assert(
      fc.property(fc.array(full, { minLength: 1, maxLength: 3 }), changes, (events, changed) => {
        for (const event of events) encodeEvent(event)
        for (const event of [...events, ...events]) {
          const own = changed.filter(([name]) => name in event)
          const next = { ...event, ...Object.fromEntries(own) } as LeafFields
          const wanted = outcome(() => jcs(validate(next) as never))
          expect(outcome(() => encodeEvent(next))).toEqual(wanted)
          if (typeof wanted === 'string') refused++
          else accepted++
          expect(encodeEvent(event)).toEqual(jcs(event as never))
        }
      }),
      { numRuns: 300 },
    )
    expect(Math.min(accepted, refused)).toBeGreaterThan(200)
  })

  describe('and was written before', () => {
    const event = {
      ...{ v: 1, time: '2026-11-07T14:05Z', software: 'drempel/0.1.0', period: '2026Q4' },
      ...{ type: 'alert.raised', retentionClass: 'standard', role: 'partner', reason: 'STALE' },
      ...{ convenant: { version: 1, digest: 'a'.repeat(64) }, commit: 'b'.repeat(64) },
    } as LeafFields
    const other = { ...event, commit: 'c'.repeat(64) }

    test('is kept apart from every leaf that was given out', () => {
      const [first, second] = [event, event].map((one) => encodeEvent(one))
      const before = second!.slice()
      const third = encodeEvent(other)
      expect(third).toEqual(jcs(other as never))
      expect(second).toEqual(before)
      for (const leaf of [first!, second!, third]) leaf.fill(0)
      expect(encodeEvent(event)).toEqual(before)
    })

    test('is refused with a member more, and with one that has no value', () => {
      for (let times = 0; times < 2; times++) {
        encodeEvent(event)
        expect(writePlain({ ...event, w: 1 } as never)).toBeUndefined()
        expect(writePlain({ ...event, kind: undefined } as never)).toBeUndefined()
        const { commit: _, ...rest } = event
        expect(writePlain({ ...rest, w: 1 } as never)).toBeUndefined()
      }
    })
  })
})
