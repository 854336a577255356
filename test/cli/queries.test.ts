import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { base64, utf8 } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'
import { draft, signedBy } from '../protocol/convenant/world.ts'
import { drempel, fakeNode, folder, type Loose, problem } from './world.ts'

const TXID = 'ab'.repeat(16)
const ABOUT = {
  txid: TXID,
  kind: 'host',
  purpose: 'fraude-onderzoek',
  rule: 'host-t2',
  round: 'cd'.repeat(16),
  listTime: '2027-06-15T12:00:00Z',
  listAgeSeconds: 5,
  stale: false,
  humanDecisionRequired: true,
  receipt: { txid: TXID, leaf: base64(utf8('{}')), proof: 'x' },
}
const QUESTION = ['--kind', 'host', '--purpose', 'fraude-onderzoek', '--rule', 'host-t2']

describe('check', () => {
  it('ends with 0 for both answers, with 10 for "over" when asked to', async () => {
    for (const [answer, plain, asked] of [
      ['over', 0, 10],
      ['not-over', 0, 0],
    ] as const) {
      const node = await fakeNode(() => ({ json: { answer, ...ABOUT } }))
      const argv = ['check', 'a.example', ...QUESTION, '--home', node.home]
      expect((await drempel(argv)).exit).toBe(plain)
      expect((await drempel([...argv, '--exit-code'])).exit).toBe(asked)
      expect((await drempel([...argv, '--json'])).json()).toMatchObject({ answer, txid: TXID })
    }
  })

  it('reads the identifier from the input, and sends the case along', async () => {
    const node = await fakeNode(() => ({ json: { answer: 'over', ...ABOUT } }))
    const argv = ['check', '-', ...QUESTION, '--case', 'Z-1', '--home', node.home]
    await drempel(argv, { stdin: ' a.example \nb.example\n' })
    expect(node.calls[0]!.body).toEqual({
      kind: 'host',
      purpose: 'fraude-onderzoek',
      rule: 'host-t2',
      value: 'a.example',
      case: 'Z-1',
    })
  })

  it('says that the list is stale', async () => {
    const node = await fakeNode(() => ({ json: { answer: 'not-over', ...ABOUT, stale: true } }))
    const { out } = await drempel([
      'check',
      'a.example',
      ...QUESTION,
      '--home',
      node.home,
      '--lang',
      'nl',
    ])
    expect(out).toContain('VEROUDERD')
  })

  it('saves no receipt that is none', async () => {
    const node = await fakeNode(() => ({ json: { answer: 'over', ...ABOUT } }))
    const path = join(folder(), 'r.proof')
    const { exit, err } = await drempel([
      'check',
      'a.example',
      ...QUESTION,
      '--receipt',
      path,
      '--home',
      node.home,
    ])
    expect(exit).toBe(1)
    expect(err).toContain('BAD_RECEIPT')
  })
})

describe('a refused question', () => {
  it.each([
    ['UNKNOWN_PURPOSE', 'nergens', 'purposes'],
    ['UNKNOWN_RULE', 'fraude-onderzoek', 'rules'],
    ['ASKER_NOT_ALLOWED', 'fraude-onderzoek', 'askers'],
  ] as const)('%s lists what the convenant has', async (code, purpose, list) => {
    const convenant = signedBy(draft(), [])
    const known = convenant.convenant.purposes
    const expected =
      list === 'purposes'
        ? known.map(({ id }) => id)
        : known.find(({ id }) => id === purpose)![list]
    let there = true
    const node = await fakeNode(({ path }) => {
      if (path !== 'convenant') return problem(403, code)
      return there ? { json: { convenant } } : undefined
    })
    const argv = ['check', 'a.example', '--kind', 'host', '--purpose', purpose, '--rule', 'r']
    const { exit, err } = await drempel([...argv, '--home', node.home])
    expect(exit).toBe(3)
    expect(err).toContain(`-> the convenant has: ${expected.join(', ')}`)
    there = false
    expect((await drempel([...argv, '--home', node.home])).err).toContain(code)
  })
})

describe('a receipt that cannot be saved', () => {
  it('is found out before the question is asked', async () => {
    const node = await fakeNode(() => ({ json: { answer: 'over', ...ABOUT } }))
    const csv = join(folder(), 'q.csv')
    writeFileSync(csv, 'host\na.example\n')
    for (const path of [join(folder(), 'no', 'dir'), folder()]) {
      for (const asked of [
        ['check', 'a.example'],
        ['screen', csv, '--column', 'host', '--batch', '1'],
      ]) {
        const argv = [...asked, ...QUESTION, '--receipt', path, '--home', node.home]
        const { exit, err } = await drempel(argv)
        expect(exit).toBe(1)
        expect(err).toContain('FILE_UNWRITABLE')
      }
    }
    expect(node.calls).toEqual([])
  })

  it('does not take the answer with it', async () => {
    const node = await fakeNode(() => ({ json: { answer: 'over', ...ABOUT } }))
    const receipt = ['--receipt', join(folder(), 'r.proof')]
    const argv = ['check', 'a.example', ...QUESTION, ...receipt, '--home', node.home]
    const { exit, out, err } = await drempel(argv)
    expect({ exit, told: out.includes('OVER THE THRESHOLD') }).toEqual({ exit: 1, told: true })
    expect(err).toContain('BAD_RECEIPT')
    const { json } = await drempel([...argv, '--json'])
    expect(json()).toMatchObject({ answer: 'over', error: { code: 'BAD_RECEIPT' } })
  })
})

describe('screen', () => {
  const convenant = signedBy(draft({ maxBatch: 3 }), [])
  const screener = (limit = Number.POSITIVE_INFINITY) =>
    fakeNode(({ path, body }) => {
      if (path === 'convenant') return { json: { convenant } }
      if (--limit < 0) return problem(403, 'QUOTA_EXCEEDED')
      const results = body.values.map((value: string) =>
        value.includes(' ')
          ? { rejected: 'HOST_CHARACTER' }
          : { answer: value.startsWith('o') ? 'over' : 'not-over' },
      )
      return { json: { results, ...ABOUT } }
    })
  const file = () => {
    const path = join(folder(), 'q.csv')
    writeFileSync(
      path,
      'id;host\n1;o1.example\n2;n1.example\n3;bad host\n4;n2.example;shifted\n5;o2.example\n',
    )
    return path
  }
  // Row 5 is not sent, and the first of the second query is in row 6.
  const BEGIN = `row,answer,txid,place\n2,over,${TXID},1\n3,not-over,${TXID},2\n4,HOST_CHARACTER,${TXID},3\n`
  const ANSWERS = `${BEGIN}5,ROW_WIDTH,,\n6,over,${TXID},1\n`
  const argv = (home: string, ...more: string[]) => screening(file(), home, ...more)
  const screening = (path: string, home: string, ...more: string[]) => [
    'screen',
    path,
    '--column',
    'host',
    ...QUESTION,
    '--home',
    home,
    ...more,
  ]

  it.each(['-o', '--receipt'])('does not write over the file it reads, with %s', async (option) => {
    const node = await screener()
    const path = file()
    const before = readFileSync(path, 'utf8')
    const other = join(folder(), 'link.csv')
    symlinkSync(path, other)
    for (const name of [path, other]) {
      const { exit, err } = await drempel(screening(path, node.home, option, name))
      expect(exit).toBe(2)
      expect(err).toContain('SAME_FILE')
    }
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(node.calls).toEqual([])
  })

  it("asks in batches of the purpose's size, and answers by row", async () => {
    const node = await screener()
    const path = join(folder(), 'a.csv')
    const { exit, json } = await drempel(argv(node.home, '-o', path, '--json'))
    expect(exit).toBe(0)
    expect(json()).toMatchObject({ rows: 5, over: 2, notOver: 1, rejected: 2, file: path })
    expect(json()).toMatchObject({ humanDecisionRequired: true })
    expect(readFileSync(path, 'utf8')).toBe(ANSWERS)
    expect(node.calls.slice(1).map(({ body }) => body.values.length)).toEqual([3, 1])
  })

  it('writes CSV to the output, or the results into the one object', async () => {
    const node = await screener()
    const plain = await drempel(argv(node.home))
    expect(plain.out).toBe(ANSWERS)
    expect(plain.err).toMatch(/over the threshold\s+2/)
    expect(plain.err).toContain('A person decides; this is advice.')
    const dutch = await drempel(argv(node.home, '--lang', 'nl'))
    expect(dutch.err).toContain('Een mens beslist; dit is advies.')
    const { json } = await drempel(argv(node.home, '--json'))
    expect(json().results.map(({ row, place }: Loose) => [row, place])).toEqual([
      ...[
        [2, 1],
        [3, 2],
        [4, 3],
      ],
      [5, null],
      [6, 1],
    ])
  })

  it('keeps the answers that it has when the quota ends', async () => {
    const node = await screener(1)
    const path = join(folder(), 'a.csv')
    const { exit, err } = await drempel(argv(node.home, '-o', path))
    expect(exit).toBe(3)
    expect(err).toContain('QUOTA_EXCEEDED')
    expect(readFileSync(path, 'utf8')).toBe(BEGIN)
  })

  it('leaves what was there as it was where nothing is answered', async () => {
    const node = await screener(0)
    const dir = folder()
    const path = join(dir, 'a.csv')
    expect((await drempel(argv(node.home, '-o', path))).exit).toBe(3)
    expect(readdirSync(dir)).toEqual([])
    writeFileSync(path, 'of before\n')
    expect((await drempel(argv(node.home, '-o', path))).exit).toBe(3)
    expect(readFileSync(path, 'utf8')).toBe('of before\n')
    expect((await drempel(argv(node.home))).out).toBe('')
  })

  it('puts the file in place whole, once nothing more comes', async () => {
    const path = join(folder(), 'a.csv')
    writeFileSync(path, 'of before\n')
    const during: string[] = []
    const node = await fakeNode(({ path: asked, body }) => {
      if (asked === 'convenant') return { json: { convenant } }
      during.push(readFileSync(path, 'utf8'))
      const results = body.values.map(() => ({ answer: 'over' }))
      return { json: { results, ...ABOUT } }
    })
    expect((await drempel(argv(node.home, '-o', path))).exit).toBe(0)
    expect(during).toEqual(['of before\n', 'of before\n'])
    expect(readFileSync(path, 'utf8')).toMatch(/^row,answer,txid,place\n2,over,/)
    expect(readdirSync(dirname(path))).toEqual(['a.csv'])
  })

  it('answers a file without rows with a header', async () => {
    const node = await screener()
    const [path, empty] = [join(folder(), 'a.csv'), join(folder(), 'q.csv')]
    writeFileSync(empty, 'host\n')
    expect((await drempel(screening(empty, node.home, '-o', path))).exit).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe('row,answer,txid,place\n')
  })

  it('refuses an answer with other than one result a value', async () => {
    const node = await fakeNode(({ path }) =>
      path === 'convenant' ? { json: { convenant } } : { json: { results: [], ...ABOUT } },
    )
    expect((await drempel(argv(node.home))).err).toContain('BAD_RESPONSE')
  })
})

describe('round run', () => {
  const round = (state: string, more: object = {}) => ({
    round: 'cd'.repeat(16),
    kind: 'host',
    state,
    coordinator: 'bank-a',
    createdAt: '2027-06-15T12:00:00Z',
    updatedAt: '2027-06-15T12:00:00Z',
    ...more,
  })
  const runs = (...states: object[]) =>
    fakeNode(() => ({ json: states.length > 1 ? states.shift() : states[0] }))

  it('follows the states and ends with the lists', async () => {
    const lists = [{ rule: 'host-t2', size: 1071, digest: 'a'.repeat(64) }]
    const node = await runs(
      round('announced'),
      round('computing', { step: 'merge', done: 33, total: 99 }),
      round('published', { lists, contributors: ['bank-a', 'telecom'] }),
    )
    const { exit, out, err } = await drempel([
      'round',
      'run',
      '--kind',
      'host',
      '--home',
      node.home,
    ])
    expect(exit).toBe(0)
    expect(err).toBe('announced\ncomputing: merge 30%\npublished\n')
    expect(out).toMatch(/host-t2\s+1071/)
  })

  it('ends with 1, the reason and the culprit of a failure', async () => {
    const node = await runs(
      round('announced'),
      round('failed', { reason: 'PEER_GONE', culprit: 'telecom' }),
    )
    const { exit, out } = await drempel(['round', 'run', '--kind', 'host', '--home', node.home])
    expect(exit).toBe(1)
    expect(out).toContain('PEER_GONE (telecom)')
    const { json, exit: again } = await drempel([
      'round',
      'run',
      '--kind',
      'host',
      '--home',
      node.home,
      '--json',
    ])
    expect(again).toBe(1)
    expect(json()).toMatchObject({ state: 'failed', culprit: 'telecom' })
  })

  it('waits through a restart of the node', async () => {
    let at = 0
    const node = await fakeNode(() => {
      at++
      if (at === 1) return { json: round('announced') }
      return at < 8 ? { raw: (response) => void response.destroy() } : { json: round('published') }
    })
    const { exit, err } = await drempel(['round', 'run', '--kind', 'host', '--home', node.home])
    expect(exit).toBe(0)
    expect(err).toBe('announced\nthe node does not answer; waiting for a minute\npublished\n')
  })

  it('names its steps in the language asked for', async () => {
    const node = await runs(
      round('announced'),
      round('collecting', { step: 'tagging', done: 33, total: 99 }),
      round('published', { lists: [] }),
    )
    const argv = ['round', 'run', '--kind', 'host', '--home', node.home, '--lang', 'nl']
    expect((await drempel(argv)).err).toBe(
      'aangekondigd\nverzamelt: meldingen van tags voorzien 30%\ngepubliceerd\n',
    )
  })

  it('does not wait with --no-wait', async () => {
    const node = await runs(round('announced'))
    const { exit, json } = await drempel([
      'round',
      'run',
      '--kind',
      'host',
      '--no-wait',
      '--home',
      node.home,
      '--json',
    ])
    expect({ exit, state: json().state }).toEqual({ exit: 0, state: 'announced' })
    expect(node.calls).toHaveLength(1)
  })
})

describe('a round of counts', () => {
  const round = {
    ...{ round: '00'.repeat(16), kind: 'host', state: 'published', coordinator: 'bank-a' },
    ...{ createdAt: '2027-06-15T12:00:00.000Z', updatedAt: '2027-06-15T12:00:00.000Z' },
    lists: [
      {
        ...{ rule: 'host-t2-aggregates', size: 0, digest: '00'.repeat(32) },
        aggregates: {
          histogram: [120, null],
          overlaps: [{ members: ['bank-a', 'bank-b'], count: 40 }],
        },
      },
    ],
  }

  it('shows them, and which are closed', async () => {
    const node = await fakeNode(() => ({ json: round }))
    const argv = ['round', 'show', round.round, '--home', node.home, '--lang', 'en']
    const { exit, out } = await drempel(argv)
    expect(exit).toBe(0)
    const rows = out.split('\n').map((line) => line.trim().split(/\s{2,}/))
    expect(rows).toContainEqual(['2', '120'])
    expect(rows).toContainEqual(['3 or more', 'closed'])
    expect(rows).toContainEqual(['bank-a + bank-b', '40'])
  })
})

describe('doctor', () => {
  it('names every check, and fails with any of them', async () => {
    const status = {
      ...{ member: 'bank-a', name: 'Bank A', sector: 'bank', software: 'drempel/0.1.0' },
      ...{ time: '2027-06-15T12:00:00Z', convenant: null, roles: [], flags: [], epochs: [] },
      ...{ rounds: [], lists: [], log: null },
    }
    const now = Date.parse(status.time)
    let checks: object[] = [{ name: 'log', ok: true, detail: 'whole' }]
    const node = await fakeNode(({ path }) => ({ json: path === 'doctor' ? { checks } : status }))
    const argv = ['doctor', '--home', node.home, '--json']
    const well = await drempel(argv, { now })
    expect(well.json()).toMatchObject({ ok: true })
    expect(well.exit).toBe(0)
    const skewed = await drempel(argv, { now: now + 45_000 })
    expect(skewed.exit).toBe(1)
    expect(skewed.json().checks.filter(({ ok }: Loose) => !ok)).toMatchObject([
      { name: 'clock difference', detail: '45 s' },
    ])
    checks = [{ name: 'peer telecom', ok: false, detail: 'PEER_UNREACHABLE', next: 'call them' }]
    expect((await drempel(argv.slice(0, 3), { now })).out).toContain(
      '!! peer telecom: PEER_UNREACHABLE\n     -> call them',
    )
    // The node speaks the reader's language, and one to scripts.
    await drempel([...argv.slice(0, 3), '--lang', 'nl'], { now })
    await drempel([...argv, '--lang', 'nl'], { now })
    const asked = node.calls.filter(({ path }) => path === 'doctor')
    expect(asked.map(({ language }) => language)).toEqual(['en', 'en', 'en', 'nl', 'en'])
  })

  it('says the same to scripts in any language, also of what it finds by itself', async () => {
    const home = folder()
    const nowhere = ['doctor', '--home', join(home, 'nowhere')]
    const json = async (...more: string[]) =>
      (await drempel([...nowhere, '--json', ...more])).json().checks
    const told = await json()
    expect(told).toMatchObject([{ name: "node's folder", ok: false }, { name: 'address' }])
    expect(await json('--lang', 'nl')).toEqual(told)
    const { out } = await drempel([...nowhere, '--lang', 'nl'])
    expect(out).toContain('map van de node')
    for (const { name, next } of told) {
      expect(out).not.toContain(name)
      if (next !== undefined) expect(out).not.toContain(next)
    }
  })
})
