/** What commands tell people: rounds, intersections, questions and clocks, word by word where a word decides. */

import { setBackText, watchTimes } from '@drempel/cli/internal/audit/times'
import { findingsText } from '@drempel/cli/internal/commands/log-reconcile'
import { psiFacts, psiReason } from '@drempel/cli/internal/commands/psi-text'
import { questionView } from '@drempel/cli/internal/commands/question-text'
import { stateLine } from '@drempel/cli/internal/commands/round'
import { countsCsv } from '@drempel/cli/internal/experiment/tables'
import { explain, NodeProblem } from '@drempel/cli/internal/output/explain'
import type { Text } from '@drempel/cli/internal/output/language'
import { rejectionText } from '@drempel/cli/internal/output/rejections'
import { paintFor, table } from '@drempel/cli/internal/output/render'
import { describe, expect, it } from 'vitest'
import { drempel, fakeNode } from './world.ts'

const ID = '0123456789abcdef'.repeat(2)
const TIME = '2027-06-15T12:34:56.000Z'
const english = { say: ({ en }: Text) => en } as never

/** Names and values of a text, line by line. */
const facts = (text: string) =>
  Object.fromEntries(text.split('\n').map((line) => line.split(/ {2,}/) as [string, string]))

describe('log reconcile', () => {
  const unanswered = [{ txid: ID, place: { member: 'bank-a', index: 7 }, member: 'telecom' }]
  const none = { matched: 3, undecided: 0, findings: [] }

  it('says of what was not answered what to make of it', () => {
    const lines = findingsText(english, [], { ...none, unanswered } as never).split('\n')
    expect(lines.slice(1, 3)).toEqual(['unanswered: 1', `  ${ID}  bank-a 7 -> telecom`])
    expect(lines[3]).toMatch(/^ {2}these failed, .* no discrepancy/)
    expect(findingsText(english, [], { ...none, unanswered: [] } as never)).toBe('matched: 3')
  })
})

describe('round show', () => {
  const round = {
    ...{ round: ID, kind: 'host', state: 'published', coordinator: 'bank-a' },
    ...{ createdAt: TIME, updatedAt: TIME, contributors: ['bank-a', 'telecom'] },
    leftOut: [{ member: 'bank-b', reason: 'INVALID_LIST' }],
    lists: [{ rule: 'host-t2', size: 41, digest: 'd'.repeat(64) }],
  }
  const show = async (given: object, command = ['show', ID]) => {
    const node = await fakeNode(() => ({ json: { ...round, ...given } }))
    return drempel(['round', ...command, '--home', node.home])
  }

  it('tells who took part, who did not and why, and how many are over', async () => {
    const { exit, out } = await show({})
    expect(exit).toBe(0)
    expect(facts(out)).toMatchObject({
      ...{ state: 'published', coordinator: 'bank-a', contributors: 'bank-a, telecom' },
      'left out': 'bank-b: INVALID_LIST',
    })
    expect(out).toMatch(/^host-t2 +41 +d{16}$/m)
  })

  it('tells counts by how many flagged, from one or from two on, and which stay closed', async () => {
    const of = (from: object) => ({
      histogram: [120, null, 30],
      overlaps: [{ members: ['bank-a', 'telecom'], count: 50 }],
      ...from,
    })
    const counted = async (from: object) => {
      const list = { ...round.lists[0]!, rule: 'counted', aggregates: of(from) }
      const { out } = await show({ lists: [list] })
      expect(out).not.toContain('over the threshold')
      const table = out.slice(out.indexOf('flagged by')).trimEnd().split('\n')
      return table.slice(1).map((line) => line.split(/ {2,}/))
    }
    const pair = ['bank-a + telecom', '50']
    expect(await counted({})).toEqual([['2', '120'], ['3', 'closed'], ['4 or more', '30'], pair])
    expect(await counted({ from: 1 })).toEqual([
      ...[['1', '120'], ['2', 'closed'], ['3 or more', '30'], pair],
    ])
  })

  it('is no failure where the round is one; waiting for it is', async () => {
    const failed = { state: 'failed', lists: [], reason: 'PEER_UNREACHABLE', culprit: 'telecom' }
    const shown = await show(failed)
    expect(shown.exit).toBe(0)
    expect(shown.out).toMatch(/ROUND_FAILED.*\n {2}PEER_UNREACHABLE \(telecom\)\n {2}-> /)
    expect((await show(failed, ['run', '--kind', 'host'])).exit).toBe(1)
  })

  it('that failed names all it failed for, and who refused whom', async () => {
    const failed = { state: 'failed', lists: [], contributors: undefined }
    const few = await show({
      ...{ ...failed, reason: 'TOO_FEW_CONTRIBUTORS', culprit: 'bank-b' },
      culprits: ['bank-b', 'telecom'],
      leftOut: [
        { member: 'bank-b', reason: 'PEER_UNREACHABLE' },
        { member: 'telecom', reason: 'STAYED_OUT' },
      ],
    })
    expect(few.out).toContain('\n  TOO_FEW_CONTRIBUTORS (bank-b, telecom)\n')
    expect(few.out).toMatch(/left out +bank-b: PEER_UNREACHABLE\n/)
    expect(few.out).toMatch(/left out +telecom: STAYED_OUT\n/)
    const skewed = { ...failed, reason: 'CLOCK_SKEW', culprit: 'bank-a', refusedBy: 'telecom' }
    const refused = await show({ ...skewed, culprits: ['bank-a', 'telecom'], leftOut: [] })
    expect(refused.out).toContain('\n  CLOCK_SKEW (telecom refused bank-a)\n')
  })

  it.each([
    ['PEER_UNREACHABLE', 'drempel doctor, then try again'],
    ['TOO_FEW_CONTRIBUTORS', 'drempel log show --refused'],
    ['CLOCK_SKEW', 'NTP'],
    ['UNKNOWN_PEER', 'drempel convenant install'],
  ])('that failed by %s says what to do', async (reason, advice) => {
    const { out } = await show({ state: 'failed', lists: [], reason })
    expect(out.split('-> ')[1]).toContain(advice)
  })

  it('says its progress by tenths that are behind it', () => {
    const line = (more: object) =>
      stateLine({ ...round, state: 'computing', ...more } as never, 'en')
    expect(line({ step: 'merge', done: 199, total: 1000 })).toBe('computing: merge 10%')
    expect(line({ step: 'computing' })).toBe('computing')
    expect(line({ done: 0, total: 0 })).toBe('computing')
  })
})

describe('an intersection', () => {
  const session = {
    ...{ id: ID, side: 'proposer', peer: 'telecom', state: 'done', purpose: 'p', kind: 'host' },
    ...{ output: 'size', to: 'both', protocol: 'ot', why: 'SIZE_ONLY', source: 'flags', own: 5 },
    ...{ sizes: { proposer: 64, partner: null }, case: null, people: [] },
    ...{ createdAt: TIME, updatedAt: TIME },
  }

  it.each([
    ['proposer', 'proposer', 'us'],
    ['proposer', 'partner', 'the other'],
    ['proposer', 'both', 'both'],
    ['partner', 'proposer', 'the other'],
    ['partner', 'partner', 'us'],
    ['partner', 'both', 'both'],
  ])('says to the %s who learns what is for the %s', (side, to, told) => {
    const shown = facts(psiFacts(english, { ...session, side, to } as never))
    expect(shown).toMatchObject({
      ...{ 'who learns it': told, 'proposed by': side === 'proposer' ? 'us' : 'telecom' },
      ...{ protocol: 'ot (the one that tells the size alone)', 'sizes, rounded': '64 x -' },
    })
  })

  it('is proposed again by who proposed it, where it failed and was not refused', () => {
    const said = (more: object) => psiReason(english, { ...session, ...more } as never)
    const failed = { state: 'failed', reason: 'PSI_ENDED', culprit: 'telecom', cause: 'LOST' }
    const why = 'the other side ended it; the connection did not come back there'
    const told = `failed: PSI_ENDED (telecom): ${why}`
    expect(said(failed)).toBe(`${told}\n-> again: drempel psi repeat ${ID}`)
    expect(said({ ...failed, side: 'partner' })).toBe(told)
    const refused = { state: 'refused', reason: 'REFUSED_BY_PERSON' }
    expect(said(refused)).toBe('refused: REFUSED_BY_PERSON: the other side refused')
  })
})

it('an intersection of too many says the most that they can be', () => {
  const result = { learned: 'bucket', atMost: 64 }
  const session = { side: 'proposer', state: 'done', output: 'size', to: 'both', protocol: null }
  const more = { ...session, why: null, sizes: {}, people: [], result }
  const shown = facts(psiFacts(english, more as never))
  expect(shown).toMatchObject({ result: 'too many to show: at most 64', protocol: '-' })
})

describe('numbers of lists', () => {
  const recall = {
    ...{ number: 3, askedAt: TIME, raisedAt: TIME, kind: 'host', purpose: 'p', rule: 'host-t2' },
    ...{ txid: ID, item: 0, operator: 'ann', case: 'Z-1', closedAt: null },
  }

  it('of rows count from one', async () => {
    const node = await fakeNode(() => ({ json: { recalls: [recall] } }))
    const { out } = await drempel(['recall', 'list', '--home', node.home])
    expect(out).toMatch(/^3 +2027-06-15T12:34 +Z-1 +1 +host +p +host-t2 +ann +/m)
  })

  it.each([
    ['recall', 'close', 'x'],
    ['recall', 'close', '1/../2'],
    ['alert', 'seen', '0'],
    ['alert', 'seen', '01'],
  ])('are numbers: %s %s %s', async (...argv) => {
    const node = await fakeNode(() => ({ json: {} }))
    const { exit } = await drempel([...argv, '--home', node.home])
    expect([exit, node.calls]).toEqual([2, []])
  })
})

it('a problem of the node ends with the code of its kind', () => {
  const exitOf = (status: number, code: string, at?: string) =>
    explain(new NodeProblem({ status, code, title: 't', at } as never), 'en').exit
  const exits = [400, 413, 422, 401, 409, 500].map((status) => exitOf(status, 'X'))
  expect(exits).toEqual([2, 2, 2, 5, 1, 1])
  expect(exitOf(403, 'FORBIDDEN')).toBe(5)
  for (const code of ['REFUSED', 'PEER_PROBLEM']) {
    expect(exitOf(502, code, 'MEMBER_SUSPENDED')).toBe(3)
    expect(exitOf(502, code, 'NO_SUCH_THING')).toBe(1)
  }
  expect(exitOf(502, 'OTHER', 'MEMBER_SUSPENDED')).toBe(1)
})

it('of rows that were rejected the five commonest reasons are told, commonest first', () => {
  const codes = ['A', 'B', 'C', 'D', 'E', 'F', 'IBAN_LENGTH']
  const told = rejectionText(
    codes.flatMap((code, i) => Array(i + 1).fill(code) as string[]),
    'en',
  )
  expect(told.split('\n')).toEqual([
    ...["  IBAN_LENGTH 7: not this country's length", '  F 6', '  E 5', '  D 4', '  C 3'],
  ])
})

it('a table has its columns under their names, and nothing behind its last cell', () => {
  expect(
    table(
      ['a', 'long name'],
      [
        ['wider', null],
        [1, 'x\u001b'],
      ],
    ),
  ).toBe('a      long name\nwider  -\n1      x·')
})

it('counts are written as they are and as they are shown', () => {
  const rule = { id: 'r', from: 2 }
  const exact = { histogram: [12, 3], overlaps: [{ partners: [0, 1], count: 9 }] }
  const shown = { histogram: [10, null], overlaps: [{ partners: [0, 1], count: null }] }
  const experiment = { partners: [{ id: 'a' }, { id: 'b' }] }
  const csv = countsCsv({ experiment, kinds: [{ counts: [{ rule, exact, shown }] }] } as never)
  expect(csv.trim().split(/\r?\n/)).toEqual([
    ...['rule,partners,pair,exact,shown', 'r,2,,12,10', 'r,3,,3,', 'r,,a+b,9,'],
  ])
})

it('a question shows what is asked to who decides, and how many where it is a file', () => {
  const question = {
    ...{ id: ID, state: 'waiting', kind: 'host', purpose: 'p', rule: 'host-t2', case: 'Z-1' },
    ...{ protocol: 'check', count: 1, value: 'a.example', createdAt: TIME, expiresAt: TIME },
    ...{ proposer: { token: 't1', name: 'ann' }, decider: null },
  }
  const shown = (more: object) => facts(questionView(english, { ...question, ...more } as never))
  expect(shown({})).toMatchObject({ question: 'host a.example', 'decided by': '-' })
  const file = { protocol: 'screen', count: 3, value: null }
  expect(shown(file)).toMatchObject({ question: 'host (3)' })
})

it('times that go back are told from more than two minutes on, and counted in one and in many', () => {
  const found = (...minutes: string[]) => {
    const watch = watchTimes()
    for (const [i, minute] of minutes.entries()) watch.see(i, `2027-06-15T12:${minute}Z`)
    return watch.found()
  }
  expect(found('40', '38', '41')).toBeNull()
  expect(found('40', '37', '41')).toEqual({ entries: 1, minutes: 3, first: 1 })
  expect(setBackText({ entries: 1, minutes: 3, first: 7 })).toEqual({
    nl: expect.stringMatching(/^1 regel noemt .* 3 minuten, vanaf regel 7\)/),
    en: expect.stringMatching(/^1 entry says .* 3 minutes, from entry 7 on\)/),
  })
  expect(setBackText({ entries: 2, minutes: 3, first: 7 })).toEqual({
    nl: expect.stringMatching(/^2 regels noemen /),
    en: expect.stringMatching(/^2 entries say /),
  })
})

it('colours are for a terminal that has them and wants them', () => {
  const painted = (isTTY: boolean, env: Readonly<Record<string, string>>) =>
    paintFor({ isTTY, write: () => true } as never, env)('red', 'x')
  expect(painted(true, { TERM: 'xterm' })).toBe('\u001b[31mx\u001b[39m')
  expect(painted(true, { NO_COLOR: '' })).toBe('\u001b[31mx\u001b[39m')
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) expect(painted(true, env)).toBe('x')
  expect(painted(false, {})).toBe('x')
})
