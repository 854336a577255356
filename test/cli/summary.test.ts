/** What a period comes to, where entries and events are not the same number. */

import { type LeafFields, sizeBucket } from '@drempel/protocol/log'
import { expect, test } from 'vitest'
import { isNotable, type VerifiedLog } from '../../packages/cli/src/audit/entry.ts'
import { htmlReport } from '../../packages/cli/src/audit/html.ts'
import { parsePeriod } from '../../packages/cli/src/audit/period.ts'
import { registerOf } from '../../packages/cli/src/audit/register.ts'
import { summaryOf } from '../../packages/cli/src/audit/summary.ts'
import { eventWords } from '../../packages/cli/src/audit/words.ts'
import { events } from '../../packages/protocol/src/log/schema.ts'
import { draft } from '../protocol/convenant/world.ts'

const digest = 'a'.repeat(64)
const base = {
  ...{ v: 1, time: '2026-11-22T10:00Z', software: 'drempel/0.1.0', retentionClass: 'standard' },
  ...{ period: '2026Q4', commit: digest, convenant: { version: 1, digest }, role: 'partner' },
}

function logOf(made: readonly object[]): VerifiedLog {
  const entries = made.map((event, index) => ({
    ...{ index, hash: new Uint8Array(32) },
    event: { ...base, ...event } as LeafFields,
  }))
  const log = { origin: 'drempel/x/bank-a/2026Q4', member: 'bank-a', checkpoint: '' }
  return { ...log, entries, size: entries.length }
}

const summary = (made: readonly object[]) =>
  summaryOf([logOf(made)], parsePeriod('2026Q4')!, () => false)

test('a round with two rules published two lists, and is one round, in the register too', () => {
  const of = (type: string, round: string, more: object = {}) => ({
    ...{ type, round: round.repeat(32), kind: 'host', digest, ...more },
  })
  const list = { sizeBucket: sizeBucket(5) }
  const made = [
    of('round.announced', 'a'),
    of('round.published', 'a', { ...list, rules: ['two'] }),
    of('round.published', 'a', { ...list, rules: ['three'] }),
    of('round.announced', 'b'),
    of('round.failed', 'b', { reason: 'NODE_RESTARTED' }),
  ]
  expect(summary(made).rounds).toEqual({ announced: 2, published: 1, failed: 1 })
  const { queries, answered, refused } = registerOf(draft(), 'bank-a', [logOf(made)], 'en').at(-1)!
  expect({ queries, answered, refused }).toEqual({ queries: 2, answered: 1, refused: 1 })
})

test('intersections are counted by the other member, whatever came of them', () => {
  const of = (type: string, party: string, more: object = {}) => ({
    ...{ type, parties: [party], purpose: 'lijsten-vergelijken', kind: 'phone', ...more },
  })
  const { intersections, queries } = summary([
    of('psi.intent', 'telecom'),
    of('psi.result', 'telecom', { status: 'answered' }),
    of('psi.intent', 'telecom'),
    of('psi.result', 'telecom', { status: 'suppressed' }),
    of('psi.intent', 'telecom'),
    of('psi.result', 'telecom', { status: 'failed', reason: 'PSI_STALLED' }),
    of('psi.intent', 'bank-b'),
    of('psi.result', 'bank-b', { status: 'refused', reason: 'REFUSED_BY_PERSON' }),
    of('psi.refused', 'bank-b', { reason: 'LIST_TOO_SMALL' }),
  ])
  const what = { purpose: 'lijsten-vergelijken', kind: 'phone' }
  expect(intersections).toEqual([
    { ...what, party: 'bank-b', begun: 1, done: 0, failed: 0, refused: 2 },
    { ...what, party: 'telecom', begun: 3, done: 2, failed: 1, refused: 0 },
  ])
  expect(queries).toEqual([])
})

test('an entry that is dated out of the period is told of its log, in the report too', () => {
  const of = (time: string) => ({ type: 'node.started', time })
  const told = summary([of('2026-12-01T10:00Z'), of('2026-09-30T10:00Z'), of('2026-12-01T10:01Z')])
  expect(told.logs).toMatchObject([{ inPeriod: 2, setBack: { entries: 1, first: 1 } }])
  const facts = { period: parsePeriod('2026Q4')!, checkpoints: [], key: 'home', madeAt: 0 }
  const report = htmlReport({ ...facts, summary: told, cosigned: [null] }, 'en')
  expect(report).toContain('drempel/x/bank-a/2026Q4: 1 entry says an earlier time')
  const sound = summary([of('2026-12-01T10:00Z'), of('2026-12-01T10:01Z')])
  expect(sound.logs).toMatchObject([{ inPeriod: 2, setBack: null }])
  expect(htmlReport({ ...facts, summary: sound, cosigned: [null] }, 'en')).not.toContain('earlier')
})

test('an alert is told one by one', () => {
  const { notable } = summary([{ type: 'alert.raised', reason: 'RANGE_SWEPT' }])
  expect(notable).toMatchObject([{ type: 'alert.raised', reason: 'RANGE_SWEPT' }])
  const facts = { period: parsePeriod('2026Q4')!, checkpoints: [], key: 'home', madeAt: 0 }
  const told = summary([{ type: 'alert.raised', reason: 'RANGE_SWEPT' }, { type: 'bezwaar' }])
  const report = htmlReport({ ...facts, summary: told, cosigned: [null] }, 'nl')
  expect(report).toContain('<td>een reeks opeenvolgende nummers gevraagd (RANGE_SWEPT)</td>')
  expect(report).toContain('<td>bezwaar</td><td>-</td>')
})

test('all that is told has words in both languages', () => {
  const told = events
    .map(({ shape }) => shape.type.value)
    .filter((type) => isNotable({ type } as LeafFields))
  expect(told.length).toBeGreaterThan(15)
  // And whatever can say that something was refused or failed.
  told.push(...events.filter(({ shape }) => 'status' in shape).map(({ shape }) => shape.type.value))
  for (const type of told) expect(eventWords(type).en, type).not.toBe(type)
  expect(eventWords('node.started')).toEqual({ nl: 'node.started', en: 'node.started' })
})
