/** Leaves of events in a frame that many have in common: each is the whole event's own leaf. */

import { hex, jcs } from '@drempel/protocol/encoding'
import { encodeEvent, encodeFramed, type LeafFields, type LeafFrame } from '@drempel/protocol/log'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const convenant = { version: 1, digest: '5'.repeat(64) }
const frame: LeafFrame = {
  defaults: { retentionClass: 'standard', convenant },
  fixed: { v: 1, time: '2026-11-07T14:05Z', software: 'drempel/0.1.0', period: '2026Q4' },
}
const said = {
  ...{ type: 'query.intent', role: 'asker', parties: ['bank-b', 'bank-c'], txid: 'a'.repeat(32) },
  ...{ kind: 'host', protocol: 'check', sizeBucket: 16, purpose: 'fraude', rule: 'host-t2' },
  batch: 'b'.repeat(64),
}
const commit = new Uint8Array(32).fill(0x3c)

const whole = (event: object, { defaults, fixed }: LeafFrame, commit: Uint8Array) =>
  ({ ...defaults, ...event, ...fixed, commit: hex(commit) }) as LeafFields

function outcome<T>(work: () => T): T | string {
  try {
    return work()
  } catch (error) {
    return `${(error as { code?: string }).code} ${(error as { at?: string }).at ?? ''}`
  }
}

describe('a framed event', () => {
  it('is the whole event, whatever was written before it', () => {
    const digits = (length: number) =>
      fc.string({
        unit: fc.constantFrom(...'0123456789abcdef'),
        minLength: length,
        maxLength: length,
      })
    const change = fc.constantFrom<object>(
      {},
      ...[{ parties: ['bank-b'] }, { parties: ['bank-c', 'bank-b'] }, { kind: 'iban' }, { w: 1 }],
      ...[{ rule: undefined }, { purpose: undefined, rule: undefined, protocol: 'tag' }],
      // What the frame says as well.
      ...[{ retentionClass: 'long' }, { convenant: { version: 2, digest: '6'.repeat(64) } }],
      ...[{ time: '2026-11-07T14:06Z' }, { commit: 'c'.repeat(64) }, { v: 2 }, { period: 'x' }],
      ...[{ txid: 'A'.repeat(32) }, { txid: 'a'.repeat(31) }, { txid: 7 }, { batch: null }],
    )
    const frames: LeafFrame[] = [
      frame,
      { ...frame },
      { ...frame, fixed: { ...frame.fixed, time: '2026-11-07T14:06Z' } },
      { ...frame, defaults: { retentionClass: 'standard' } },
    ]
    const commitment = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 33 }),
    )
    let [accepted, refused] = [0, 0]
    const one = fc.record({ txid: digits(32), batch: digits(64) })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(one, change, fc.constantFrom(...frames), commitment, fc.boolean()), {
          minLength: 2,
          maxLength: 8,
        }),
        (events) => {
          for (const [own, changed, frame, commit, isTurned] of events) {
            const names = Object.entries({ ...said, ...own, ...changed })
            const event = Object.fromEntries(isTurned ? names.reverse() : names)
            const wanted = outcome(() => encodeEvent(whole(event, frame, commit)))
            expect(outcome(() => encodeFramed(event, frame, commit))).toEqual(wanted)
            if (typeof wanted === 'string') refused++
            else accepted++
          }
        },
      ),
      { numRuns: 400 },
    )
    expect(Math.min(accepted, refused)).toBeGreaterThan(200)
  })

  it('does not change with what it was made of', () => {
    const mine = { ...said, parties: ['bank-b', 'bank-d'] }
    const expected = jcs(whole(mine, frame, commit) as never)
    const [first, second] = [0, 1].map(() => encodeFramed(mine, frame, commit))
    expect([first, second]).toEqual([expected, expected])
    first!.fill(0)
    mine.parties[1] = 'bank-e'
    expect(encodeFramed(mine, frame, commit)).toEqual(jcs(whole(mine, frame, commit) as never))
    mine.parties[1] = 'bank-d'
    expect(encodeFramed(mine, frame, commit)).toEqual(expected)
    expect(second).toEqual(expected)
  })
})
