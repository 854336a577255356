import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTime } from '@drempel/cli/internal/commands/flag-fields'
import { IMPORT_CHUNK, importRequest } from '@drempel/protocol/api'
import { describe, expect, it } from 'vitest'
import { type Call, drempel, fakeNode, folder, type Loose } from './world.ts'

/** Takes every value that has a dot. */
async function importer() {
  const known = new Map<string, Loose>()
  const finished: Loose[] = []
  const node = await fakeNode(({ path, body }: Call) => {
    if (path === 'flags/import') {
      const rows = importRequest.parse(body).rows
      const good = rows.filter(({ value }) => value.includes('.'))
      const added = good.filter(({ value }) => !known.has(value)).length
      for (const row of good) known.set(row.value, row)
      const rejected = rows
        .filter(({ value }) => !value.includes('.'))
        .map(({ row }) => ({ row, code: 'HOST_SINGLE_LABEL' }))
      return { json: { added, updated: 0, unchanged: good.length - added, rejected } }
    }
    if (path === 'flags/import/finish') {
      finished.push(body)
      return { json: { withdrawn: body.replace ? 5 : 0, active: known.size } }
    }
    return undefined
  })
  return { node, known, finished }
}

function file(text: string): string {
  const path = join(folder(), 'list.csv')
  writeFileSync(path, text)
  return path
}

const run = (home: string, path: string, ...more: string[]) =>
  drempel(['flag', 'import', path, '--kind', 'host', '--column', 'host', '--home', home, ...more])

describe('flag import', () => {
  it('sends a file in chunks, once each, and finishes it', async () => {
    const { node, known, finished } = await importer()
    const count = 2 * IMPORT_CHUNK + 7
    const path = file(
      `host\n${Array.from({ length: count }, (_, i) => `h${i}.example\n`).join('')}`,
    )
    const first = await run(node.home, path, '--json')
    expect(first.exit).toBe(0)
    expect(first.json()).toMatchObject({
      rows: count,
      added: count,
      rejected: 0,
      active: count,
      rejectedFile: null,
    })
    expect(known.size).toBe(count)
    expect(existsSync(`${path}.rejected.csv`)).toBe(false)
    const imports = node.calls.filter(({ path: at }) => at === 'flags/import')
    expect(imports.map(({ body }) => body.rows.length)).toEqual([IMPORT_CHUNK, IMPORT_CHUNK, 7])
    expect(new Set(imports.map(({ body }) => body.import)).size).toBe(1)
    expect(finished).toEqual([{ kind: 'host', import: imports[0]!.body.import, replace: false }])
    const again = await run(node.home, path, '--json')
    expect(again.json()).toMatchObject({ added: 0, unchanged: count })
  })

  it('reads optional columns, with fixed values where a cell is empty', async () => {
    const { node, known } = await importer()
    const path = file(
      'host;van;tot;code;n\na.example;2026-01-31;2027-01-31T12:00:00+01:00;phishing;3\nb.example;;;;\n',
    )
    const options =
      '--since-column van --expires-column tot --taxonomy-column code --reports-column n'
    const fixed = '--taxonomy aankoop --evidence aangifte --since 2026-02-01'
    const { exit } = await run(node.home, path, ...`${options} ${fixed}`.split(' '))
    expect(exit).toBe(0)
    expect(known.get('a.example')).toEqual({
      row: 2,
      value: 'a.example',
      since: '2026-01-31T00:00:00.000Z',
      expires: '2027-01-31T11:00:00.000Z',
      taxonomy: 'phishing',
      evidence: 'aangifte',
      reports: 3,
    })
    expect(known.get('b.example')).toEqual({
      row: 3,
      value: 'b.example',
      since: '2026-02-01T00:00:00.000Z',
      taxonomy: 'aankoop',
      evidence: 'aangifte',
    })
  })

  it('does not write its rejected rows over the file it reads', async () => {
    const { node, known } = await importer()
    const path = file('host\na.example\nnodot\n')
    const { exit, err } = await run(node.home, path, '--rejected', path)
    expect(exit).toBe(2)
    expect(err).toContain('SAME_FILE')
    expect(readFileSync(path, 'utf8')).toBe('host\na.example\nnodot\n')
    expect(known.size).toBe(0)
  })

  it('writes rejected rows, of both sides, by number and code and without the value', async () => {
    const { node, known } = await importer()
    const path = file(
      `host,since\nsecretvalue,\nok.example,2026-01-01\nok2.example,31-01-2026\n${'z'.repeat(2001)}.example,\na.example,2026-01-01,shifted\n`,
    )
    const { exit, out, err, ...rest } = await run(node.home, path, '--since-column', 'since')
    expect(exit).toBe(0)
    const written = readFileSync(`${path}.rejected.csv`, 'utf8')
    expect(written).toBe(
      'row,code\n2,HOST_SINGLE_LABEL\n4,BAD_SINCE\n5,VALUE_TOO_LONG\n6,ROW_WIDTH\n',
    )
    expect(`${out}${err}`).not.toContain('secretvalue')
    expect([...known.keys()]).toEqual(['ok.example'])
    expect(rest).toBeDefined()
    const elsewhere = join(folder(), 'r.csv')
    await run(node.home, path, '--since-column', 'since', '--rejected', elsewhere)
    expect(readFileSync(elsewhere, 'utf8')).toBe(written)
  })

  it('replaces only with --replace, and never by nothing', async () => {
    const { node, finished } = await importer()
    const replaced = await run(node.home, file('host\na.example\n'), '--replace', '--json')
    expect(replaced.json()).toMatchObject({ withdrawn: 5 })
    expect(finished).toMatchObject([{ replace: true }])
    for (const text of ['host\nwrong\nalso wrong\n', 'host\n']) {
      const { exit, err } = await run(node.home, file(text), '--replace')
      expect(exit).toBe(1)
      expect(err).toContain('IMPORT_EMPTY')
    }
    expect(finished).toHaveLength(1)
  })

  it('does not finish, and so does not replace, when the file breaks off', async () => {
    const { node, finished } = await importer()
    const rows = Array.from({ length: IMPORT_CHUNK + 1 }, (_, i) => `h${i}.example\n`).join('')
    const { exit, err } = await run(node.home, file(`host\n${rows}"never closed`), '--replace')
    expect(exit).toBe(2)
    expect(err).toContain('CSV_QUOTE')
    expect(finished).toEqual([])
  })

  it('fails when no row at all was accepted', async () => {
    const { node } = await importer()
    expect((await run(node.home, file('host\nwrong\n'))).exit).toBe(1)
  })

  it.each([
    [['--taxonomy', 'verzonnen'], '--taxonomy'],
    [['--evidence', 'gerucht'], '--evidence'],
    [['--since', '31-01-2026'], '--since'],
    [['--since', 'gisteren'], '-> 2026-01-31'],
    [['--reports', '0'], '--reports'],
    [['--since-column', 'nergens'], 'CSV_COLUMN'],
    [['--delimiter', '::'], '--delimiter'],
  ])('refuses %j before it sends anything', async (options, part) => {
    const { node } = await importer()
    const { exit, err } = await run(node.home, file('host\na.example\n'), ...options)
    expect(exit).toBe(2)
    expect(err).toContain(part)
    expect(node.calls).toEqual([])
  })
})

describe('times', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-01-31T10:00Z', '2026-01-31T10:00:00.000Z'],
    ['2026-01-31 10:00:30+02:00', '2026-01-31T08:00:30.000Z'],
    ['2026-02-29', undefined],
    ['2026-02-31T00:00:00Z', undefined],
    ['2026-13-01', undefined],
    ['2026-01-31T10:00', undefined],
    ['01/02/2026', undefined],
    ['20260131', undefined],
    ['gisteren', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(readTime(text)).toBe(expected)
  })
})

describe('flag list and withdraw', () => {
  const flag = (id: number, over?: boolean) => ({
    id,
    value: `h${id}.example`,
    state: 'active',
    taxonomy: 'phishing',
    evidence: 'aangifte',
    reports: 1,
    since: '2026-01-01T00:00:00.000Z',
    expires: null,
    ...(over === undefined ? {} : { over }),
  })

  it('pages through the list, and keeps what is over', async () => {
    const node = await fakeNode(({ query }) => {
      const after = Number(new URLSearchParams(query).get('after'))
      const flags = [1, 2, 3].map((i) => flag(after + i, (after + i) % 2 === 0))
      return { json: { flags, next: after < 6 ? after + 3 : null } }
    })
    const argv = ['flag', 'list', '--kind', 'host', '--home', node.home, '--json']
    const over = (await drempel([...argv, '--over', 'host-t2', '--all'])).json()
    expect(over.flags.map(({ id }: Loose) => id)).toEqual([2, 4, 6, 8])
    // An answer, as that to a question is; a list of own flags is none.
    expect(over.humanDecisionRequired).toBe(true)
    const told = await drempel(
      [...argv, '--over', 'host-t2', '--all'].filter((one) => one !== '--json'),
    )
    expect(told.out).toContain('A person decides; this is advice.')
    expect((await drempel([...argv, '--all'])).json()).not.toHaveProperty('humanDecisionRequired')
    expect(over.more).toBe(false)
    const some = (await drempel([...argv, '--limit', '2'])).json()
    expect(some.flags.map(({ id }: Loose) => id)).toEqual([1, 2])
    expect(some.more).toBe(true)
    const path = join(folder(), 'o.csv')
    await drempel([...argv, '-o', path])
    expect(readFileSync(path, 'utf8').split('\n')[1]).toBe(
      'h1.example,active,phishing,aangifte,1,2026-01-01T00:00:00.000Z,',
    )
  })

  it('withdraws values and files, and points at what was missing by its place', async () => {
    const node = await fakeNode(({ body }) => ({
      json: { withdrawn: body.values.length - 1, missing: [1], rejected: [] },
    }))
    const argv = ['flag', 'withdraw', '--kind', 'host', '--home', node.home, '--json']
    expect((await drempel([...argv, 'a.example', 'b.example'])).json()).toMatchObject({
      withdrawn: 1,
      missing: [1],
    })
    const path = file('a.example\r\n\nb.example\n')
    await drempel([...argv, '--file', path])
    await drempel([...argv, '--file', file('x,host\n1,a.example\n'), '--column', 'host'])
    expect(node.calls.map(({ body }) => body.values)).toEqual([
      ['a.example', 'b.example'],
      ['a.example', 'b.example'],
      ['a.example'],
    ])
    expect((await drempel(argv)).exit).toBe(2)
    expect((await drempel([...argv, 'a.example', '--file', path])).exit).toBe(2)
  })
})
