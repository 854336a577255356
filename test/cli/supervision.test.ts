/** Commands for four eyes, alerts, feedback and classes: what they ask of the node, and what they say. */

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Answer, type Call, drempel, fakeNode, problem, TOKEN } from './world.ts'

const ID = '0123456789abcdef'.repeat(2)
const TIME = '2027-06-15T12:00:00.000Z'

const question = (state: string) => ({
  ...{ id: ID, state, kind: 'host', purpose: 'opsporing', rule: 'host-t2' },
  ...{ protocol: 'check', count: 1, value: 'a.example' },
  ...{ case: 'Z-1', createdAt: TIME, expiresAt: TIME },
  proposer: { token: 't1', name: 'ann' },
  decider: state === 'waiting' ? null : { token: 't2', name: 'ben' },
})

async function ran(answer: (call: Call) => Answer, ...argv: string[]) {
  const node = await fakeNode(answer)
  const result = await drempel([...argv, '--home', node.home])
  return { ...result, calls: node.calls }
}

describe('a question that takes two people', () => {
  const QUESTION = ['--kind', 'host', '--purpose', 'opsporing', '--rule', 'host-t2']

  it('is put by check --propose, which asks nothing of it', async () => {
    const put = await ran(
      () => ({ json: question('waiting'), status: 201 }),
      ...['check', 'a.example', ...QUESTION, '--case', 'Z-1', '--propose'],
    )
    expect(put.exit).toBe(0)
    expect(put.calls).toMatchObject([
      { method: 'POST', path: 'questions', body: { value: 'a.example', case: 'Z-1' } },
    ])
    expect(put.out).toContain(`drempel question approve ${ID}`)
  })

  it.each([
    [['question', 'approve', ID], { approve: true }, 'approved', `drempel question ask ${ID}`],
    [['question', 'approve', ID, '--deny'], { approve: false }, 'denied', 'denied'],
  ])('is decided by %j', async (argv, body, state, part) => {
    const told = await ran(() => ({ json: question(state) }), ...argv)
    expect(told.calls).toMatchObject([{ method: 'POST', path: `questions/${ID}/decision`, body }])
    expect(told.out).toContain(part)
  })

  it('is listed without what is asked, which approving shows', async () => {
    const json = { questions: [question('waiting')] }
    const listed = await ran(() => ({ json }), 'question', 'list')
    expect(listed.out).toContain('ann')
    expect(listed.out).not.toContain('a.example')
  })

  describe('about a file', () => {
    const many = (state: string) => ({
      ...question(state),
      ...{ protocol: 'screen', count: 3, value: null },
    })
    const values = ['a.example', 'b.example', 'x y']
    const put = async (text: string) => {
      const file = join(mkdtempSync(join(tmpdir(), 'drempel-cli-')), 'f.csv')
      writeFileSync(file, text)
      const argv = ['screen', file, '--column', 'd', ...QUESTION, '--propose']
      return ran(() => ({ json: many('waiting'), status: 201 }), ...argv)
    }

    it('is put whole by screen --propose', async () => {
      const told = await put(`d\n${values.join('\n')}\n`)
      expect(told.exit).toBe(0)
      expect(told.calls).toMatchObject([{ method: 'POST', path: 'questions', body: { values } }])
      expect(told.out).toContain(`drempel question show ${ID}`)
      expect(told.out).not.toContain('a.example')
    })

    it.each([
      ['a row that is too wide', 'd\na.example,b\n'],
      ['no rows', 'd\n'],
      ['too many', `d\n${'a.example\n'.repeat(10_001)}`],
    ])('with %s is not put', async (_, text) => {
      const told = await put(text)
      expect({ exit: told.exit, calls: told.calls }).toEqual({ exit: 2, calls: [] })
    })

    it('is shown whole to who decides', async () => {
      const told = await ran(() => ({ json: { values, case: 'Z-1' } }), 'question', 'show', ID)
      expect(told.calls).toMatchObject([{ method: 'GET', path: `questions/${ID}/values` }])
      expect(told.out.trimEnd().split('\n')).toEqual(values)
      expect(told.err).toContain('Z-1')
    })

    it('is answered as CSV, to a file that could be written before it was asked', async () => {
      const results = [{ answer: 'over' }, { answer: 'not-over' }, { rejected: 'HOST_CHARACTER' }]
      const answer = {
        ...{ results, txid: ID, kind: 'host', purpose: 'opsporing', rule: 'host-t2', round: ID },
        ...{ listTime: TIME, listAgeSeconds: 1, stale: false, humanDecisionRequired: true },
        receipt: { txid: ID, leaf: 'AA==', proof: 'x' },
      }
      const node = ({ path }: Call) => ({
        json: path.endsWith('values') ? { values, case: null } : answer,
      })
      const csv = 'identifier,answer\na.example,over\nb.example,not-over\nx y,HOST_CHARACTER\n'
      const shown = await ran(node, 'question', 'ask', ID)
      expect(shown.out).toBe(csv)
      expect(shown.err).toMatch(new RegExp(`txid +${ID}\nA person decides; this is advice.`))
      const folder = mkdtempSync(join(tmpdir(), 'drempel-cli-'))
      const written = await ran(node, 'question', 'ask', ID, '-o', join(folder, 'a.csv'))
      expect(readFileSync(join(folder, 'a.csv'), 'utf8')).toBe(csv)
      expect(written.out).not.toContain('a.example')
      const nowhere = await ran(node, 'question', 'ask', ID, '-o', join(folder, 'no', 'a.csv'))
      expect(nowhere.exit).not.toBe(0)
      expect(nowhere.calls.filter(({ method }) => method === 'POST')).toEqual([])
    })
  })

  it('is refused in words that say what to do', async () => {
    const refused = problem(403, 'REFUSED', { at: 'APPROVAL_REQUIRED', hint: 'check --propose' })
    const told = await ran(() => refused, 'check', 'a.example', ...QUESTION)
    expect(told.exit).toBe(3)
    expect(told.err).toContain('--propose')
  })

  it.each([['question', 'approve'], ['question', 'ask'], ['feedback']])(
    'takes no other id (%s %s)',
    async (...argv) => {
      const more = argv[0] === 'feedback' ? ['--outcome', 'none'] : []
      const told = await ran(() => undefined, ...argv, 'a.example', ...more)
      expect({ exit: told.exit, calls: told.calls }).toEqual({ exit: 2, calls: [] })
    },
  )
})

describe('a list without anything in it', () => {
  const flags = { flags: [], next: null }
  const [sessions, lists] = [{ sessions: [] }, { lists: [] }]
  it.each([
    { argv: 'log proposals', json: { proposals: [] }, nl: 'Er wacht niets', en: 'Nothing waits' },
    { argv: 'question list', json: { questions: [] }, nl: 'Er zijn geen', en: 'There are no' },
    { argv: 'subject list', json: { cases: [] }, nl: 'Er zijn geen', en: 'No case is open' },
    { argv: 'subject list --all', json: { cases: [] }, nl: 'Er was nog geen', en: 'There was no' },
    { argv: 'recall list', json: { recalls: [] }, nl: 'Er is niets', en: 'Nothing was' },
    { argv: 'alert list', json: { alerts: [] }, nl: 'Geen waarschuwingen', en: 'No alerts' },
    { argv: 'keys list', json: { epochs: [] }, nl: 'Er is nog geen', en: 'There is no key' },
    { argv: 'round status', json: { rounds: [] }, nl: 'Er was nog geen', en: 'There was no' },
    { argv: 'flag list --kind host', json: flags, nl: 'Er zijn nog geen', en: 'There are no' },
    { argv: 'flag list --kind host --state active', json: flags, nl: 'Geen eigen', en: 'No own' },
    { argv: 'flag list --kind host --over r', json: flags, nl: 'Geen eigen', en: 'No own flag is' },
    { argv: 'psi list', json: sessions, nl: 'Er wacht geen', en: 'No proposal waits' },
    { argv: 'psi list --all', json: sessions, nl: 'Er is nog geen', en: 'No intersection was' },
    { argv: 'psi prepared', json: lists, nl: 'Er is nu geen', en: 'There is no list' },
    { argv: 'psi prepared --all', json: lists, nl: 'Er is nog geen', en: 'No list was masked' },
  ])('says so, and what to type then: $argv', async ({ argv, json, nl, en }) => {
    const told = async (lang: string) =>
      (await ran(() => ({ json }), ...argv.split(' '), '--lang', lang)).out
    expect(await told('nl')).toMatch(new RegExp(`^${nl}.*[.]\n-> .*(drempel [a-z]|--[a-z]).*\n$`))
    expect(await told('en')).toMatch(new RegExp(`^${en}.*[.]\n-> .*(drempel [a-z]|--[a-z]).*\n$`))
  })

  const feedbackFrom = '2027-02-01T00:00:00.000Z'
  const classes = { month: '2026-10', least: 20, feedbackFrom, classes: [] }
  it.each([
    { argv: 'log classes --month 2026-10', json: classes, nl: 'In die maand', en: 'Nothing was' },
    { argv: 'recall list --all', json: { recalls: [] }, nl: 'Er is nog niets', en: 'Nothing was' },
    {
      argv: 'alert list --all',
      json: { alerts: [] },
      nl: 'Er viel nog niets',
      en: 'Nothing stood',
    },
  ])('says so where there is nothing to do: $argv', async ({ argv, json, nl, en }) => {
    const told = async (lang: string) =>
      (await ran(() => ({ json }), ...argv.split(' '), '--lang', lang)).out
    expect(await told('nl')).toMatch(new RegExp(`^${nl}.*[.]\n$`))
    expect(await told('en')).toMatch(new RegExp(`^${en}.*[.]\n$`))
  })
})

describe('a node that has no log yet', () => {
  it.each([
    'log quorum',
    'log show',
    'log fetch folder',
    'log breach --period 2026-11',
    'log export --format csv --period 2026Q4 -o log.csv',
  ])('is said to have none, and what begins it: %s', async (argv) => {
    const node = await fakeNode(() => ({ json: { origins: [], verifier: '' } }))
    const told = await drempel([...argv.split(' '), '--node', node.url], {
      env: { DREMPEL_TOKEN: TOKEN },
    })
    expect(told).toMatchObject({ exit: 1, out: '' })
    expect(told.err).toMatch(/^NO_LOG: .*\n.*\n {2}-> .*drempel convenant install/)
  })
})

describe('alerts', () => {
  const alert = {
    ...{ id: 3, time: TIME, code: 'RANGE_SWEPT', member: null, purpose: 'opsporing' },
    ...{ kind: 'phone', seenBy: null, seenAt: null },
  }

  it.each([
    ['nl', 'een reeks opeenvolgende nummers', 'eigen medewerkers'],
    ['en', 'a run of adjacent numbers', 'own people'],
  ])('are told in words (%s)', async (lang, what, who) => {
    const told = await ran(() => ({ json: { alerts: [alert] } }), 'alert', 'list', '--lang', lang)
    expect(told.out).toContain(what)
    expect(told.out).toContain(who)
  })

  it('are listed whole with --all, and marked as seen by their number', async () => {
    const all = await ran(() => ({ json: { alerts: [] } }), 'alert', 'list', '--all')
    expect(all.calls).toMatchObject([{ path: 'alerts', query: '?all=true' }])
    const seen = await ran(() => ({ json: { seen: 3 } }), 'alert', 'seen', '3')
    expect(seen.exit).toBe(0)
    expect(seen.calls).toMatchObject([{ method: 'POST', path: 'alerts/3/seen', body: {} }])
    expect((await ran(() => undefined, 'alert', 'seen', 'x')).exit).toBe(2)
  })
})

describe('what answers led to', () => {
  it('is told by txid and place', async () => {
    const told = await ran(
      () => ({ json: { txid: ID, item: 3, outcome: 'confirmed' } }),
      ...['feedback', ID, '--outcome', 'confirmed', '--place', '4'],
    )
    expect(told.exit).toBe(0)
    expect(told.calls).toMatchObject([
      { method: 'POST', path: 'feedback', body: { txid: ID, item: 3, outcome: 'confirmed' } },
    ])
  })

  it('comes back in classes, or as too few', async () => {
    const none = { over: null, feedback: null, confirmed: null, refuted: null }
    const json = {
      month: '2027-05',
      least: 20,
      feedbackFrom: '2027-09-01T00:00:00.000Z',
      classes: [
        { purpose: 'a', kind: 'host', queries: null, ...none },
        {
          ...{ purpose: 'b', kind: 'iban', queries: 31, ...none },
          ...{ over: { above: 0.1, upTo: 0.25 }, refuted: { above: 0.25, upTo: 0.5 } },
        },
      ],
    }
    const argv = ['log', 'classes', '--month', '2027-05']
    const told = await ran(() => ({ json }), ...argv)
    expect(told.calls).toMatchObject([{ path: 'classes', query: '?month=2027-05' }])
    expect(told.out).toContain('fewer than 20')
    expect(told.out).toContain('10-25%')
    expect(told.out).toMatch(/and refuted\n/)
    expect(told.out).toMatch(/25-50%\n/)
  })

  it('of a month that is none is asked of nobody', async () => {
    const argv = ['log', 'classes', '--month', '2027-13']
    const told = await ran(() => undefined, ...argv, '--lang', 'nl')
    expect({ exit: told.exit, calls: told.calls }).toEqual({ exit: 2, calls: [] })
    expect(told.err).toContain('-> bijvoorbeeld 2026-10')
  })

  it.each([
    ['nl', 'de klassen daarvan komen op 2027-09-01'],
    ['en', 'its classes follow on 2027-09-01'],
  ])('says from when feedback is told, before that (%s)', async (lang, text) => {
    const row = { purpose: 'a', kind: 'host', queries: 31, over: null }
    const feedbackFrom = '2027-09-01T00:00:00.000Z'
    const classes = [{ ...row, feedback: null, confirmed: null, refuted: null }]
    const json = { month: '2027-05', least: 20, feedbackFrom, classes }
    const { home } = await fakeNode(() => ({ json }))
    const argv = ['log', 'classes', '--month', '2027-05', '--home', home, '--lang', lang]
    const at = async (time: string) => (await drempel(argv, { now: Date.parse(time) })).out
    expect(await at('2027-08-31T23:59:59Z')).toContain(text)
    expect(await at('2027-09-01T00:00:00Z')).not.toContain(text)
  })
})

describe('a proposal that was agreed to', () => {
  const proposal = (subject: object, state: string) => ({
    ...{ id: ID, state, reason: 'toezicht', createdAt: TIME, expiresAt: TIME, ...subject },
    proposer: { token: 't1', name: 'jansen', capacity: 'auditor' },
    decider: { token: 't2', name: 'bakker', capacity: 'operator' },
  })
  const open = { act: 'open', origin: 'drempel/proef/bank-a/2027Q2', index: 14 }
  const shred = { act: 'shred', period: '2026Q4', force: false }

  it.each([
    [open, 'jansen carries it out: drempel log open 14 --origin drempel/proef/bank-a/2027Q2'],
    [shred, 'jansen carries it out: drempel log shred --period 2026Q4'],
  ])('says who does what next: %j', async (subject, next) => {
    const agreed = await ran(() => ({ json: proposal(subject, 'approved') }), 'log', 'approve', ID)
    expect(agreed.out).toContain(next)
    const no = () => ({ json: proposal(subject, 'denied') })
    expect((await ran(no, 'log', 'approve', ID, '--deny')).out).not.toContain('carries it out')
  })
})
