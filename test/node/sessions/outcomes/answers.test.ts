/** Where a quarter's answers lie: exact whatever the clock did, and each entry read once to know it. */

import { answersOf } from '@drempel/node/internal/sessions/outcomes'
import type { Bytes } from '@drempel/protocol/encoding'
import { encodeEvent, encodeOrigin } from '@drempel/protocol/log'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const QUARTER = '2026Q4'
const ORIGIN = encodeOrigin({ convenant: 'proef', member: 'bank-a', quarter: QUARTER })
const ELSEWHERE = encodeOrigin({ convenant: 'proef', member: 'bank-a', quarter: '2026Q3' })
const DAYS = Array.from({ length: 9 }, (_, i) => `2026-10-0${i + 1}`)

type Kind = 'answer' | 'tag' | 'failed' | 'rehearsed' | 'other'
type Given = readonly [day: string, kind: Kind]

function leafOf([day, kind]: Given): Bytes {
  const all = {
    v: 1,
    ...{ time: `${day}T12:00Z`, software: 'drempel/0.1.0', retentionClass: 'standard' },
    ...{ period: QUARTER, commit: '0'.repeat(64) },
  } as const
  if (kind === 'other') return encodeEvent({ ...all, type: 'node.started' })
  return encodeEvent({
    ...all,
    ...{ type: 'query.result', txid: '0'.repeat(32), role: 'asker', parties: ['bank-b'] },
    ...{ kind: 'host', sizeBucket: 16 },
    // A rehearsal is no version of the convenant.
    convenant: { version: 1, digest: (kind === 'rehearsed' ? '1' : '0').repeat(64) },
    ...{ status: kind === 'failed' ? 'failed' : 'answered' },
    ...(kind === 'failed' ? { reason: 'PEER_TIMEOUT' } : {}),
    ...(kind === 'tag'
      ? { protocol: 'tag' }
      : { protocol: 'check', purpose: 'fraude-onderzoek', rule: 'host-t2' }),
  } as Parameters<typeof encodeEvent>[0])
}

const leaves = new Map<string, Bytes>()
function known(given: Given): Bytes {
  const leaf = leaves.get(given.join()) ?? leafOf(given)
  leaves.set(given.join(), leaf)
  return leaf
}

function node(entries: Given[]) {
  const meta = new Map<string, string>()
  const told = { read: 0 }
  const ctx = {
    audit: {
      origins: async () => [ELSEWHERE, ORIGIN],
      size: async () => entries.length,
    },
    pause: async () => {},
    store: {
      convenants: { history: async () => [{ digest: '0'.repeat(64) }] },
      meta: {
        get: async (key: string) => meta.get(key) ?? null,
        set: async (key: string, value: string) => void meta.set(key, value),
      },
      log: {
        leaves: async (_: string, from: number, to: number) => {
          told.read += to - from
          return entries.slice(from, to).map(known)
        },
      },
    },
  } as unknown as Parameters<typeof answersOf>[0]
  const found = async (...days: string[]) => {
    const places: number[] = []
    for await (const { origin, index, event } of answersOf(ctx, QUARTER, (one) =>
      days.includes(one),
    )) {
      expect([origin, event.time.slice(0, 10)]).toEqual([ORIGIN, entries[index]![0]])
      places.push(index)
    }
    return places
  }
  return { found, told }
}

const expected = (entries: readonly Given[], ...days: string[]) =>
  entries.flatMap(([day, kind], i) => (kind === 'answer' && days.includes(day) ? [i] : []))

describe('the answers of days', () => {
  it('are all that a whole reading finds, whatever the clock did and whenever it is asked', async () => {
    const entry = fc.tuple(
      fc.constantFrom(...DAYS),
      fc.constantFrom<Kind>('answer', 'answer', 'tag', 'failed', 'rehearsed', 'other'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(entry, { maxLength: 90 }), { maxLength: 4 }),
        fc.subarray(DAYS),
        async (parts, days) => {
          const entries: Given[] = []
          const { found } = node(entries)
          for (const part of parts) {
            entries.push(...part)
            expect(await found(...days)).toEqual(expected(entries, ...days))
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('cost what the entries of those days cost, however long the log', async () => {
    const entries = DAYS.flatMap((day) => Array.from({ length: 300 }, (): Given => [day, 'answer']))
    const { found, told } = node(entries)
    expect(await found(DAYS[0]!)).toHaveLength(300)
    told.read = 0
    expect(await found(DAYS[4]!)).toEqual(expected(entries, DAYS[4]!))
    expect(told.read).toBe(300)
    entries.push(...Array.from({ length: 40 }, (): Given => [DAYS[8]!, 'answer']))
    told.read = 0
    expect(await found(DAYS[1]!)).toHaveLength(300)
    expect(told.read).toBe(340)
  })

  it('are read once where a clock that went back mixed them', async () => {
    const days = [DAYS[0]!, DAYS[5]!, DAYS[0]!, DAYS[1]!, DAYS[5]!]
    const entries = days.flatMap((day) => Array.from({ length: 100 }, (): Given => [day, 'answer']))
    const { found, told } = node(entries)
    expect(await found(DAYS[0]!, DAYS[5]!)).toHaveLength(400)
    expect(told.read).toBe(1_000)
  })
})
