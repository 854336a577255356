import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Federation } from '@drempel/cli/internal/federation/federation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drempel, folder, type Loose } from '../world.ts'

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}-${i}.example`)

const PARTNERS = [
  { id: 'bank-noord', name: 'Bank Noord', sector: 'bank' },
  { id: 'telecom-oost', name: 'Telecom Oost', sector: 'telecom' },
  { id: 'plein', name: 'Plein', sector: 'platform' },
] as const

describe('experiment run on live nodes', () => {
  let federation: Federation
  /** Files with a token that can read no flag. */
  const tokens = new Map<string, string>()

  beforeAll(async () => {
    federation = await Federation.create({
      partners: PARTNERS,
      convenant: {
        kinds: ['host', 'domain'],
        rules: [
          { kind: 'host', t: 2, output: 'owners' },
          { kind: 'domain', t: 2, output: 'aggregates' },
        ],
        minList: 0,
      },
    })
    for (const { id, home, api } of federation.nodes) {
      const { token } = await api.createToken('researcher', ['research'])
      tokens.set(id, join(home, 'researcher.token'))
      writeFileSync(tokens.get(id)!, token)
    }
    const { api } = federation.coordinator
    for (const kind of ['host', 'domain'] as const) {
      const lists = [names('all', 24), [...names('all', 24), ...names('two', 12)], names('two', 12)]
      for (const [i, { id }] of PARTNERS.entries())
        await federation.node(id).api.importFlags(kind, lists[i]!)
      await api.generateKey(kind)
    }
  }, 120_000)

  afterAll(() => federation.remove())

  const experiment = (rules: string) => {
    const partners = PARTNERS.map(
      ({ id, name, sector }) => `  - ${JSON.stringify({ id, name, sector })}`,
    )
    // The third node is not asked.
    const nodes = PARTNERS.slice(0, 2).map(({ id }) => {
      return `    - ${JSON.stringify({ partner: id, url: federation.node(id).member.url, token: tokens.get(id) })}`
    })
    return `format: drempel-experiment/1
id: echt
title: { nl: Echt, en: Live }
question: { nl: Hoeveel?, en: How many? }
seed: 1
partners:
${partners.join('\n')}
data:
  nodes:
${nodes.join('\n')}
rules:
${rules}
`
  }
  const RULES =
    '  - { kinds: host, t: 2, output: owners }\n  - { kinds: domain, output: aggregates }'

  it('runs rounds there, tells what they show, and says what nobody can know', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'echt.yaml'), experiment(RULES))
    const argv = ['experiment', 'run', 'echt.yaml', '--out', 'one', '--lang', 'nl']
    const ran = await drempel(argv, { cwd })
    expect(ran).toMatchObject({ exit: 0 })
    expect(ran.err).toContain('domain: gepubliceerd')
    const read = (name: string) => readFileSync(join(cwd, 'one', name), 'utf8')
    const { kinds, convenant } = JSON.parse(read('results.json'))
    expect(convenant.id).toBe(federation.convenant.id)
    const [host, domain] = kinds as Loose[]
    expect(host.partners.map(({ flags, over }: Loose) => [flags, over])).toEqual([
      [24, { 'host-t2-owners': 24 }],
      [36, { 'host-t2-owners': 36 }],
      [null, {}],
    ])
    expect(host.partners[0].bytesSent).toBeGreaterThan(100_000)
    // 36 by two, none by all: both stay closed.
    expect(domain.counts).toEqual({
      histogram: [null, null],
      overlaps: [
        { members: ['bank-noord', 'plein'], count: null },
        { members: ['bank-noord', 'telecom-oost'], count: 20 },
        { members: ['plein', 'telecom-oost'], count: 10 },
      ],
    })
    const html = read('report.html')
    expect(html).toContain('Wat deze cijfers niet zeggen')
    expect(html).toContain('niet gevraagd aan deze node')
    expect(html).not.toMatch(/undefined|NaN|null|all-0|two-0/)
    for (const name of ['results.json', 'results.csv', 'rounds.json', 'convenant.json'])
      expect(read(name)).not.toMatch(/all-0|two-0/)

    // Again: the same rounds, no new ones. In another folder: the period has not passed.
    const before = await federation.coordinator.api.rounds()
    expect((await drempel(argv, { cwd })).exit).toBe(0)
    expect(read('report.html')).toBe(html)
    expect(await federation.coordinator.api.rounds()).toEqual(before)
    writeFileSync(join(cwd, 'echt.yaml'), experiment('  - { kinds: domain, output: aggregates }'))
    const soon = await drempel([...argv.slice(0, 4), 'two', '--json'], { cwd })
    expect(soon.exit).toBe(3)
    const { code, next } = soon.json().error
    expect(code).toBe('RELEASE_WAITS')
    const days = (Date.parse(next.replace(' UTC', 'Z')) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(27.9)
    expect(days).toBeLessThan(28)
  })

  it('has tokens that read no flag and change nothing', async () => {
    const { id, member } = federation.nodes[0]!
    const token = readFileSync(tokens.get(id)!, 'utf8')
    for (const [method, path] of [
      ['GET', 'flags?kind=host'],
      ['POST', 'flags/import'],
      ['POST', 'checks'],
      ['POST', 'keys'],
      ['POST', 'tokens'],
      ['PUT', 'convenant'],
    ]) {
      const answer = await fetch(`${member.url}/api/v1/${path}`, {
        method: method!,
        headers: { authorization: `Bearer ${token}` },
      })
      expect([path, answer.status]).toEqual([path, 403])
    }
  })

  it('refuses rules that the convenant does not have, and says which there are', async () => {
    const cwd = folder()
    const about = async (rules: string, change = (text: string) => text) => {
      writeFileSync(join(cwd, 'echt.yaml'), change(experiment(rules)))
      const { exit, err } = await drempel(['experiment', 'run', 'echt.yaml', '--out', 'x'], { cwd })
      expect(exit).toBe(2)
      return err
    }
    expect(await about('  - { kinds: host, t: 3, output: owners }')).toContain('host-t2-owners')
    expect(
      await about('  - { kinds: domain, output: aggregates, aggregates: { minCell: 50 } }'),
    ).toContain('domain-t2-aggregates')
    expect(await about('  - { kinds: host, t: 2, listAgeDays: 30 }')).toContain('listAgeDays')
    const swapped = (text: string) => text.replace('"partner":"bank-noord"', '"partner":"plein"')
    expect(await about(RULES, swapped)).toContain('bank-noord')
  })
})
