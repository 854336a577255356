import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { drempel, folder, type Loose } from '../world.ts'
import { smallWorld } from './samples.ts'

const FIXED = ['partners.csv', 'report.html', 'results.csv', 'results.json']
const SMALL = 'parameters: { campaigns: 15 }\nsensitivity: false'

function files(path: string, names = readdirSync(path)): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name), 'utf8')]))
}

function withFile(text: string): string {
  const cwd = folder()
  writeFileSync(join(cwd, 'proef.yaml'), text)
  return cwd
}

const run = (cwd: string, file: string, out: string, ...more: string[]) =>
  drempel(['experiment', 'run', file, '--plain', '--no-sample', '--out', out, ...more], { cwd })

describe('experiment run --plain', () => {
  it('writes a folder whose own file gives the same bytes again', async () => {
    const cwd = withFile(smallWorld('parameters: { campaigns: 8 }'))
    const first = await run(cwd, 'proef.yaml', 'one')
    expect(first).toMatchObject({ exit: 0, err: '' })
    expect(first.out).toContain('all on one heap')
    expect(readdirSync(join(cwd, 'one')).sort()).toEqual(['experiment.yaml', ...FIXED])
    expect((await run(cwd, 'one/experiment.yaml', 'two')).exit).toBe(0)
    expect(files(join(cwd, 'two'), FIXED)).toEqual(files(join(cwd, 'one'), FIXED))
    const { sensitivity } = JSON.parse(files(join(cwd, 'one'))['results.json']!)
    expect(sensitivity.length).toBeGreaterThan(20)
    // Both ends may lie on one side: the longer bar is drawn first.
    const html = files(join(cwd, 'one'))['report.html']!
    const chart = html.split('<svg ').find((svg) => svg.includes('percentage points'))!
    for (const row of chart.match(/<g>.*?<\/g>/g)!) {
      const bars = [...row.matchAll(/<rect [^>]*width="([\d.]+)"/g)]
      expect(Number(bars[0]![1])).toBeGreaterThanOrEqual(Number(bars[1]![1]))
    }
  })

  it('gives another report for another seed, and none that names a machine or a time', async () => {
    const cwd = withFile(smallWorld(SMALL))
    await run(cwd, 'proef.yaml', 'one')
    writeFileSync(join(cwd, 'other.yaml'), smallWorld(SMALL).replace('seed: 7', 'seed: 8'))
    await run(cwd, 'other.yaml', 'two')
    const [one, two] = [files(join(cwd, 'one')), files(join(cwd, 'two'))]
    // Made up from the seed: the file itself names no place of this machine either.
    expect(one['experiment.yaml']).toBe(smallWorld(SMALL))
    for (const name of FIXED) {
      expect(two[name]).not.toBe(one[name])
      expect(one[name]).not.toContain(cwd)
      expect(one[name]).not.toContain(process.version)
    }
  })

  it('writes a report that fetches nothing, in either language, with a table for each chart', async () => {
    const cwd = withFile(smallWorld(SMALL))
    for (const [lang, word] of [
      ['nl', 'Kan het met minder?'],
      ['en', 'Could it be had with less?'],
    ] as const) {
      await run(cwd, 'proef.yaml', lang, '--lang', lang)
      const html = files(join(cwd, lang))['report.html']!
      expect(html).toContain(`<html lang="${lang}">`)
      expect(html).toContain(word)
      expect(html).not.toMatch(/<script|https?:|url\(|undefined|NaN|Infinity/)
      const charts = html.match(/<svg /g)!.length
      expect(charts).toBeGreaterThan(8)
      expect(html.match(/<figure>.*?<table>.*?<\/figure>/gs)).toHaveLength(charts)
    }
  })

  it('escapes what the experiment says', async () => {
    const cwd = withFile(smallWorld(SMALL).replace('nl: Klein', 'nl: "<b>&klein</b>"'))
    await run(cwd, 'proef.yaml', 'out', '--lang', 'nl')
    const html = files(join(cwd, 'out'))['report.html']!
    expect(html).not.toContain('<b>')
    expect(html).toContain('&#60;b&#62;&#38;klein')
  })

  it('says what counts alone would show, and that no sample was taken', async () => {
    const rule = '  - { kinds: [iban, phone], output: aggregates, aggregates: { from: 1 } }'
    const cwd = withFile(
      smallWorld(SMALL).replace(/rules:(.|\n)*(?=parameters)/, `rules:\n${rule}\n`),
    )
    expect(await run(cwd, 'proef.yaml', 'out', '--lang', 'en')).toMatchObject({ exit: 0, err: '' })
    const html = files(join(cwd, 'out'))['report.html']!
    expect(html).toContain('What do counts alone show?')
    expect(html).toContain('All rules tried only count')
    expect(html).toContain('was not checked')
    expect(html).not.toMatch(/undefined|NaN|Infinity/)
    const { kinds } = JSON.parse(files(join(cwd, 'out'))['results.json']!)
    const [{ exact, shown }] = kinds[0].counts
    expect(exact.histogram).toEqual(kinds[0].histogram)
    const lines = files(join(cwd, 'out'))['counts.csv']!.trim().split('\n')
    expect(lines).toHaveLength(1 + 2 * (4 + 6))
    expect(lines[1]).toBe(
      `iban-counts-both-c10-alone,1,,${exact.histogram[0]},${shown.histogram[0] ?? ''}`,
    )
  })

  it('leaves nothing of another run beside it, and nothing that is whole before its end', async () => {
    const cwd = withFile(
      smallWorld(SMALL).replace('rules:', 'rules:\n  - { kinds: iban, output: aggregates }'),
    )
    expect((await run(cwd, 'proef.yaml', 'out')).exit).toBe(0)
    const out = join(cwd, 'out')
    writeFileSync(join(out, 'measured.html'), 'of nodes, once')
    writeFileSync(join(out, 'notes.txt'), 'mine')
    // As if the disk were full at the last file: that of the report cannot be replaced.
    rmSync(join(out, 'report.html'))
    mkdirSync(join(out, 'report.html/in-the-way'), { recursive: true })
    writeFileSync(join(cwd, 'other.yaml'), smallWorld(SMALL).replace('seed: 7', 'seed: 8'))
    expect((await run(cwd, 'other.yaml', 'out', '--force')).err).toContain('FILE_UNWRITABLE')
    rmSync(join(out, 'report.html'), { recursive: true })
    // Killed there, another time: the same command goes on without --force.
    writeFileSync(join(out, '.drempel-0123456789ab.new'), 'half')
    await run(cwd, 'other.yaml', 'out', '--force')
    expect(readdirSync(out).sort()).toEqual(['experiment.yaml', 'notes.txt', ...FIXED])
    rmSync(join(out, 'report.html'))
    expect((await run(cwd, 'other.yaml', 'out')).exit).toBe(0)
    expect(readdirSync(out)).toContain('report.html')
  })

  it('touches no file of somebody else’s folder that it does not write', async () => {
    const cwd = withFile(smallWorld(SMALL))
    mkdirSync(join(cwd, 'out'))
    writeFileSync(join(cwd, 'out/convenant.json'), '{}')
    expect((await run(cwd, 'proef.yaml', 'out', '--force')).exit).toBe(0)
    expect(readFileSync(join(cwd, 'out/convenant.json'), 'utf8')).toBe('{}')
  })

  it('keeps what another experiment found, unless told otherwise', async () => {
    const cwd = withFile(smallWorld(SMALL))
    expect((await run(cwd, 'proef.yaml', 'out')).exit).toBe(0)
    expect((await run(cwd, 'proef.yaml', 'out')).exit).toBe(0)
    const before = files(join(cwd, 'out'))
    writeFileSync(join(cwd, 'other.yaml'), smallWorld(SMALL).replace('seed: 7', 'seed: 8'))
    const refused = await run(cwd, 'other.yaml', 'out')
    expect(refused.exit).toBe(2)
    expect(refused.err).toContain('FOLDER_TAKEN')
    expect((await run(cwd, 'proef.yaml', '.')).err).toContain('FOLDER_TAKEN')
    const world = ['experiment', 'world', 'proef.yaml', '--out', 'out']
    expect((await drempel(world, { cwd })).err).toContain('FOLDER_TAKEN')
    expect(files(join(cwd, 'out'))).toEqual(before)
    expect((await run(cwd, 'other.yaml', 'out', '--force')).exit).toBe(0)
    expect(files(join(cwd, 'out'))['results.json']).not.toBe(before['results.json'])
  })

  it('complains of a place that is no folder before it computes anything', async () => {
    // A world that takes far longer to make than a test may.
    const cwd = withFile(smallWorld('parameters: { campaigns: 90000 }'))
    writeFileSync(join(cwd, 'taken'), 'mine')
    for (const out of ['taken', 'taken/inside']) {
      const told = await run(cwd, 'proef.yaml', out, '--lang', 'nl')
      expect(told.exit).not.toBe(0)
      expect(told.err).toContain('FILE_UNWRITABLE')
      expect(told.err).toContain('daar staat al een bestand')
    }
    expect(readFileSync(join(cwd, 'taken'), 'utf8')).toBe('mine')
  })

  it.runIf(existsSync('/proc'))(
    'complains of a place that takes no files, whoever asks',
    async () => {
      const cwd = withFile(smallWorld('parameters: { campaigns: 90000 }'))
      for (const out of ['/proc', '/proc/drempel/out']) {
        const told = await run(cwd, 'proef.yaml', out)
        expect(told.exit).toBe(1)
        expect(told.err).toContain('FILE_UNWRITABLE')
      }
    },
  )

  it('complains of the file before it asks for a folder', async () => {
    const cwd = withFile(smallWorld(SMALL))
    const about = async (file: string) => {
      const { exit, err } = await drempel(['experiment', 'run', file], { cwd })
      expect(exit).toBe(2)
      return err
    }
    expect(await about('nope.yaml')).toContain('nope.yaml')
    expect(await about('nope.yaml')).not.toContain('--out')
    expect(await about('proef.yaml')).toContain('--out')
  })

  it('complains in the language that was asked for, with file and field', async () => {
    const cwd = withFile(smallWorld('wanted: 3'))
    const told = await run(cwd, 'proef.yaml', 'out', '--lang', 'nl')
    expect(told.exit).toBe(2)
    expect(told.err).toContain('Deze proef klopt niet')
    expect(told.err).toContain('proef.yaml')
    expect(told.err).toContain('wanted')
    expect(existsSync(join(cwd, 'out'))).toBe(false)
  })
})

describe('experiment world', () => {
  it('writes lists and truth on which the same experiment finds the same', async () => {
    const cwd = withFile(smallWorld(SMALL))
    const made = await drempel(['experiment', 'world', 'proef.yaml', '--out', 'wereld'], { cwd })
    expect(made.exit).toBe(0)
    expect(readdirSync(join(cwd, 'wereld')).sort()).toEqual([
      ...['bank-noord.iban.csv', 'bank-noord.phone.csv', 'bank-zuid.iban.csv'],
      ...['bank-zuid.phone.csv', 'experiment.yaml', 'plein.iban.csv', 'plein.phone.csv'],
      ...['politie.iban.csv', 'politie.phone.csv', 'truth.csv'],
    ])
    await run(cwd, 'proef.yaml', 'one')
    expect(await run(cwd, 'wereld/experiment.yaml', 'two')).toMatchObject({ exit: 0, err: '' })
    const findings = (name: string) =>
      JSON.parse(files(join(cwd, name))['results.json']!).kinds.map((kind: Loose) => ({
        ...kind,
        ...{ pooling: kind.pooling.wait, sectors: [] },
        // Who lost what is in no file.
        rules: kind.rules.map(({ saved: _, ...rule }: Loose) => rule),
      }))
    expect(findings('two')).toEqual(findings('one'))
    const { rules } = findings('one')[0]
    expect(rules.map(({ rule }: Loose) => rule.id)).toContain('iban-t2-r3-d60')
    expect(rules[0].campaigns.of).toBeGreaterThan(5)
  })
})

/** What the lists of the shared data set are known to give, where it lies beside this repository. */
const DATA = resolve(import.meta.dirname, '../../../../shared/data')

describe.skipIf(!existsSync(join(DATA, 'TRUTH.json')))('on the known lists, experiment run', () => {
  it('gives the known figures of demo-small', async () => {
    const { organisations, on_exactly_m, on_at_least_n, pairwise_intersection } = JSON.parse(
      readFileSync(join(DATA, 'TRUTH.json'), 'utf8'),
    )['demo-small'].host_exact_string
    const names = Object.keys(organisations)
    const cwd = withFile(`format: drempel-experiment/1
id: bekend
title: { nl: Bekend, en: Known }
question: { nl: Klopt het?, en: Is it right? }
seed: 1
partners:
${names.map((id) => `  - { id: ${id}, name: ${id}, sector: bank }`).join('\n')}
data:
  files:
${names.map((id) => `    - { partner: ${id}, kind: host, file: ${id}.csv }`).join('\n')}
rules: [{ kinds: host, t: [2, 3, 4, 5] }]
`)
    const ran = await run(cwd, 'proef.yaml', 'out', '--data', join(DATA, 'demo-small'), '--json')
    expect(ran.json().kinds[0].rules.map(({ final }: Loose) => final)).toEqual(
      [2, 3, 4, 5].map((n) => on_at_least_n[n]),
    )
    const [kind] = JSON.parse(files(join(cwd, 'out'))['results.json']!).kinds
    expect(kind.listed).toBe(on_at_least_n[1])
    expect(kind.histogram).toEqual([1, 2, 3, 4, 5].map((m) => on_exactly_m[m]))
    expect(kind.sizes).toEqual(names.map((name) => organisations[name]))
    for (const { list, other, both } of kind.overlaps) {
      expect(both).toBe(pairwise_intersection[list][other])
    }
    // No name of a list stands in anything that was written or said, nor a hash but the experiment's.
    const told = Object.values(files(join(cwd, 'out'))).join('\n') + ran.out + ran.err
    const listed = names.flatMap((name) => {
      return readFileSync(join(DATA, 'demo-small', `${name}.csv`), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
    })
    expect(new Set(listed).size).toBe(on_at_least_n[1])
    const known = new Set(listed)
    expect(
      (told.match(/[a-z0-9-]+(\.[a-z0-9-]+)+/g) ?? []).filter((word) => known.has(word)),
    ).toEqual([])
    expect(new Set(told.match(/[0-9a-f]{32,}/g))).toEqual(new Set([ran.json().digest]))
    // And from the copy of the file, which leads to the same data.
    expect((await run(cwd, 'out/experiment.yaml', 'again')).exit).toBe(0)
    expect(files(join(cwd, 'again'), FIXED)).toEqual(files(join(cwd, 'out'), FIXED))
  })
})

describe('lists from files and packages', () => {
  const experiment = (lists: string) => `format: drempel-experiment/1
id: bestanden
title: { nl: Bestanden, en: Files }
question: { nl: Wat?, en: What? }
seed: 1
partners:
  - { id: een, name: Een, sector: bank }
  - { id: twee, name: Twee, sector: bank }
data:
  files:
${lists}
rules: [{ kinds: host, t: 2 }]
`
  const results = (cwd: string) => JSON.parse(files(join(cwd, 'out'))['results.json']!)

  it('come from text, JSON, CSV and modules, made canonical, with what was rejected', async () => {
    const cwd = withFile(
      experiment(`    - { partner: een, kind: host, file: een.txt }
    - { partner: twee, kind: host, npm: made-up-list, export: names }
    - { partner: twee, kind: host, file: twee.json }`),
    )
    writeFileSync(join(cwd, 'een.txt'), 'A.example\nb.example\n\nnot a host\n')
    writeFileSync(join(cwd, 'twee.json'), '["c.example"]')
    const module = join(cwd, 'node_modules/made-up-list')
    mkdirSync(module, { recursive: true })
    writeFileSync(join(module, 'index.js'), 'exports.names = () => new Set(["a.example"])')
    expect(await run(cwd, 'proef.yaml', 'out')).toMatchObject({ exit: 0, err: '' })
    const { kinds, material } = results(cwd)
    expect(kinds[0]).toMatchObject({ listed: 3, sizes: [2, 2], histogram: [2, 1] })
    expect(material.rejected).toEqual([{ partner: 'een', count: 1 }])
    expect(readFileSync(join(cwd, 'out/results.json'), 'utf8')).not.toContain('a.example')
  })

  it('bring days and counts of reports along', async () => {
    const cwd = withFile(
      experiment(`    - { partner: een, kind: host, file: een.csv, dateColumn: day }
    - { partner: twee, kind: host, file: twee.csv, dateColumn: day, reportsColumn: n }`),
    )
    writeFileSync(join(cwd, 'een.csv'), 'identifier,day\na.example,2026-01-01\n')
    writeFileSync(join(cwd, 'twee.csv'), 'identifier,day,n\na.example,2026-01-11,2\n')
    expect((await run(cwd, 'proef.yaml', 'out')).exit).toBe(0)
    expect(results(cwd)).toMatchObject({ material: { dated: true, lastDay: 10 } })
    expect(results(cwd).kinds[0].rules[0].wait).toMatchObject({ median: 10 })
  })

  it('are of a period where one is given, and of its first day where they have no days', async () => {
    const cwd = withFile(
      experiment(`    - { partner: een, kind: host, file: een.csv, dateColumn: day }
    - { partner: twee, kind: host, file: twee.csv, dateColumn: day }
    - { partner: twee, kind: host, file: twee.txt }
  period: { from: 2026-01-01, until: "2026-01-31" }`),
    )
    const een = ['a.example,2025-12-31', 'b.example,2026-01-05', 'c.example,2026-02-01']
    writeFileSync(join(cwd, 'een.csv'), `identifier,day\n${een.join('\n')}\n`)
    writeFileSync(join(cwd, 'twee.csv'), 'identifier,day\nb.example,2026-01-31\n')
    writeFileSync(join(cwd, 'twee.txt'), 'b.example\n')
    expect(await run(cwd, 'proef.yaml', 'out')).toMatchObject({ exit: 0, err: '' })
    const { kinds, material } = results(cwd)
    expect(material).toMatchObject({ lastDay: 30, dated: false })
    expect(kinds[0]).toMatchObject({ listed: 1, histogram: [0, 1] })
  })

  it('have a truth that says of each row what is wrong with it', async () => {
    const cwd = withFile(
      experiment('    - { partner: een, kind: host, file: a.csv }\n  truth: t.csv'),
    )
    writeFileSync(join(cwd, 'a.csv'), 'identifier\na.example\nb.example\n')
    const about = async (row: string) => {
      writeFileSync(join(cwd, 't.csv'), `identifier,kind,class\na.example,host,fraud\n${row}\n`)
      return run(cwd, 'proef.yaml', 'out')
    }
    for (const [row, hint] of [
      ['b.example,hots,fraud', 'iban, phone'],
      ['b.example,host,thief', 'innocent'],
      ['b..example,host,fraud', 'no host'],
    ] as const) {
      const { exit, err } = await about(row)
      expect([exit, err]).toEqual([2, expect.stringContaining('row 3')])
      expect(err).toContain(hint)
      expect(err).not.toContain('b.example')
    }
    // Whose nobody says is neither right nor wrong.
    expect((await about('a.example,host,fraud')).exit).toBe(0)
    const { pooling } = results(cwd).kinds[0]
    expect(pooling.holders).toMatchObject({ fraud: 1, unknown: 1 })
    expect(pooling.wrong).toMatchObject({ count: 0, of: 1 })
    expect(readFileSync(join(cwd, 'out/report.html'), 'utf8')).toContain('unknown')
  })

  it.each([
    ['{ partner: een, kind: host, file: no.csv }', 'FILE_UNREADABLE', 'no.csv'],
    ['{ partner: een, kind: host, file: no.csv }', 'FILE_UNREADABLE', '--data FOLDER'],
    [
      '{ partner: een, kind: host, file: a.csv, reportsColumn: identifier }',
      'EXPERIMENT_DATA',
      'row 2',
    ],
    ['{ partner: een, kind: host, file: d.csv, dateColumn: day }', 'EXPERIMENT_DATA', 'row 2'],
    ['{ partner: een, kind: host, npm: no-such-list }', 'EXPERIMENT_DATA', 'npm install'],
    ['{ partner: een, kind: host, file: bad.json }', 'EXPERIMENT_DATA', 'bad.json'],
    ['{ partner: een, kind: host, file: a.csv, column: iban }', 'CSV_COLUMN', 'iban'],
    [
      '{ partner: een, kind: host, file: a.csv, dateColumn: identifier }',
      'EXPERIMENT_DATA',
      'row 2',
    ],
  ])('that cannot be read are named: %s', async (list, code, where) => {
    const cwd = withFile(experiment(`    - ${list}`))
    writeFileSync(join(cwd, 'bad.json'), '{')
    writeFileSync(join(cwd, 'a.csv'), 'identifier\na.example\n')
    writeFileSync(join(cwd, 'd.csv'), 'identifier,day\na.example,2026-02-30\n')
    const { exit, err } = await run(cwd, 'proef.yaml', 'out')
    expect(exit).toBe(2)
    expect(err).toContain(code)
    expect(err).toContain(where)
    expect(err).not.toContain('a.example')
  })
})
