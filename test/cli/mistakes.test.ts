/** What people are likely to type or hand over wrongly, and what they are told of it. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatSignedConvenant } from '@drempel/protocol/convenant'
import { describe, expect, it } from 'vitest'
import { draft, FOUR, signedBy } from '../protocol/convenant/world.ts'
import { drempel, fakeNode, folder, problem } from './world.ts'

const ASKED = ['--purpose', 'fraude-onderzoek', '--rule', 'host-t2']

function file(name: string, text: string): string {
  const path = join(folder(), name)
  writeFileSync(path, text)
  return path
}

describe('a draft', () => {
  const argv = (members: readonly object[], ...more: string[]) => [
    ...['convenant', 'draft', '--lang', 'nl', '--member'],
    ...members.map((member, i) => file(`${i}.json`, JSON.stringify(member))),
    ...more,
  ]

  it('is told what is wrong once, in words, in the language asked for', async () => {
    const [first, ...rest] = FOUR as [(typeof FOUR)[number], ...typeof FOUR]
    const other = { ...first, url: 'https://a.example:7101', tlsPin: 'A'.repeat(43) }
    const { exit, err } = await drempel(argv([other, ...rest]))
    expect(exit).toBe(2)
    expect(err).toContain('Dit is geen geldig convenant')
    expect(err).toContain(
      '  - members: allemaal op https, of allemaal op http van deze machine zelf (TRANSPORT_MIXED)\n',
    )
    expect(err).toMatch(/ {2}- .*geen grondslag waarop meldingen van \w+ een vraag van \w+ mogen/)
    expect(err).toContain('-> er zijn meer sectoren: --cross-sector')
    expect(err).not.toMatch(/no basis|all on https/)
    const lines = err.split('\n').map((line) => line.replace(/^.*: /, ''))
    expect(new Set(lines).size).toBe(lines.length)
  })

  it('of two members takes one more', async () => {
    const { exit, err } = await drempel(argv(FOUR.slice(0, 2)))
    expect({ exit, told: err.includes('minstens drie') }).toEqual({ exit: 2, told: true })
  })

  it('is told which kinds there are', async () => {
    const { exit, err } = await drempel(argv(FOUR, '--rule', 'url:2'))
    expect(exit).toBe(2)
    expect(err).toMatch(/SOORT is .*\biban\b.*\bhost\b/)
  })
})

describe('init', () => {
  it.each(['--contact', '--fg'])(
    'takes an e-mail address for %s, and nothing else',
    async (option) => {
      const who = ['--id', 'a', '--name', 'A', '--sector', 'bank', '--listen', '127.0.0.1:7101']
      const home = ['--home', join(folder(), 'a'), '--lang', 'nl']
      const { exit, err } = await drempel(['init', ...who, ...home, option, 'geenmail'])
      expect(exit).toBe(2)
      expect(err).toContain(`at: ${option}\n  -> een e-mailadres`)
    },
  )
})

describe('--pin and --node', () => {
  it('say what they take', async () => {
    const node = ['round', 'status', '--lang', 'nl', '--node']
    const pin = await drempel([...node, 'https://127.0.0.1:1', '--pin', 'abc'])
    expect(pin.exit).toBe(2)
    expect(pin.err).toContain('at: --pin\n  -> tlsPin uit member.json')
    expect((await drempel([...node, 'bank-a'])).err).toContain('-> een adres: https://NAAM:POORT')
  })
})

describe('a file or an input', () => {
  it('that is empty is named', async () => {
    const path = file('empty.csv', '')
    const argv = ['screen', path, '--kind', 'host', '--column', 'a', ...ASKED]
    const { exit, err } = await drempel([...argv, '--home', folder()])
    expect(exit).toBe(2)
    expect(err).toContain(`at: ${path}`)
  })

  it('has its row named in the language asked for', async () => {
    const path = file('quote.csv', 'host\n"a"b\n')
    const argv = ['screen', path, '--kind', 'host', '--column', 'host', ...ASKED]
    const { err } = await drempel([...argv, '--home', folder(), '--lang', 'nl'])
    expect(err).toMatch(/^CSV_QUOTE: .*\n {2}at: rij 2\n/)
  })

  it.each([
    ['check', '-', '--kind', 'host', ...ASKED],
    ['subject', 'access', '-', '--kind', 'host', '--proof', 'x'],
    ['subject', 'object', '-', '--kind', 'host', '--proof', 'x'],
  ])('that is not there is told before anything is asked: %s %s', async (...argv) => {
    const node = await fakeNode(() => undefined)
    for (const stdin of ['', ' \n']) {
      const { exit, err } = await drempel([...argv, '--home', node.home, '--lang', 'nl'], { stdin })
      expect(exit).toBe(2)
      expect(err).toContain('de invoer was leeg')
    }
    expect(node.calls).toEqual([])
  })
})

describe('keys generate', () => {
  const EPOCH = {
    ...{ kind: 'host', epoch: 'host-1', createdAt: '2027-06-15T12:00:00Z' },
    ...{ expiresAt: '2027-09-15T12:00:00Z', quorum: 2, holders: ['bank-a', 'bank-b', 'telecom'] },
    transcript: 'ab'.repeat(32),
  }
  const run = async (now: string, ...more: string[]) => {
    const node = await fakeNode(({ method }) => ({
      json: method === 'GET' ? { epochs: [EPOCH] } : EPOCH,
    }))
    const argv = ['keys', 'generate', '--home', node.home, ...more]
    const ran = await drempel(argv, { now: Date.parse(now) })
    return { ...ran, made: node.calls.some(({ method }) => method === 'POST') }
  }

  it('asks while a key still holds, and makes none without a yes', async () => {
    const ran = await run('2027-07-01T00:00:00Z', '--kind', 'host')
    expect(ran).toMatchObject({ exit: 1, made: false })
    expect(ran.err).toContain('NOT_CONFIRMED')
    expect(await run('2027-07-01T00:00:00Z', '--kind', 'host', '--yes')).toMatchObject({
      ...{ exit: 0, made: true },
    })
  })

  it.each([
    ['2027-10-01T00:00:00Z', 'host'],
    ['2027-07-01T00:00:00Z', 'iban'],
  ])('does not ask where none holds: at %s of %s', async (now, kind) => {
    expect(await run(now, '--kind', kind)).toMatchObject({ exit: 0, made: true })
  })
})

describe('log reconcile', () => {
  const convenant = () =>
    file(
      'c.json',
      formatSignedConvenant(
        signedBy(
          draft(),
          FOUR.map(({ id }) => id),
        ),
      ),
    )

  it('says which node refused the token', async () => {
    const [one, other] = [
      await fakeNode(() => ({ json: { origins: [] } })),
      await fakeNode(() => problem(401, 'UNAUTHENTICATED')),
    ]
    const tokens = [file('a', 'a'), file('b', 'b')]
    const { exit, err } = await drempel([
      ...['log', 'reconcile', other.url, one.url, '--period', '2027Q2'],
      ...['--convenant', convenant(), '--token-file', ...tokens],
    ])
    expect(exit).toBe(5)
    expect(err).toContain(`at: ${other.url}\n  -> give the tokens in the order of the addresses`)
  })

  it('says of an address that is in no convenant which there are', async () => {
    const { exit, err } = await drempel([
      ...['log', 'reconcile', 'https://x.example:1', 'https://y.example:1', '--period', '2027Q2'],
      ...['--convenant', convenant()],
    ])
    expect(exit).toBe(2)
    expect(err).toContain(FOUR[0]!.url)
    expect(err).not.toContain('log verify')
  })
})

it('a period turned round is told to be', async () => {
  const argv = ['log', 'breach', '--period', '2026-11-22..2026-11-20', '-o', join(folder(), 'a')]
  const { exit, err } = await drempel([...argv, '--home', folder(), '--lang', 'nl'])
  expect(exit).toBe(2)
  expect(err).toContain('het begin komt na het einde')
})

it('--version says which it is', async () => {
  const { exit, out } = await drempel(['--version'])
  expect({ exit, is: /^[0-9]+\.[0-9]+\.[0-9]+\n$/.test(out) }).toEqual({ exit: 0, is: true })
})
