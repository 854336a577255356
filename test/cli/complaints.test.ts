import { describe, expect, it } from 'vitest'
import { drempel, fakeNode, problem } from './world.ts'

const IDENTIFIER = 'nl91abna0417164300'
const QUESTION = ['--kind', 'iban', '--purpose', 'p', '--rule', 'iban-t2']

describe('an identifier in a wrong place is not repeated', () => {
  it.each([
    ['as a command', [IDENTIFIER]],
    ['as a command of a group', ['flag', IDENTIFIER]],
    ['as a kind', ['check', 'x', '--kind', IDENTIFIER, '--purpose', 'p', '--rule', 'r']],
    ['as one argument too many', ['check', 'x', IDENTIFIER, ...QUESTION]],
    ['as an option', ['check', `--${IDENTIFIER}`, ...QUESTION]],
    ['as a long option with a value', ['check', `--value=${IDENTIFIER}`, ...QUESTION]],
    ['as a number', ['flag', 'list', '--kind', 'iban', '--limit', IDENTIFIER]],
    ['as a txid', ['receipt', 'get', IDENTIFIER, '-o', 'f']],
    ['as a round', ['round', 'show', IDENTIFIER]],
    ['as a token id', ['token', 'revoke', IDENTIFIER]],
    ['as a language', ['status', '--lang', IDENTIFIER]],
    ['as a rule to draft', ['convenant', 'draft', '--member', 'm', '--rule', IDENTIFIER]],
  ])('%s', async (_where, argv) => {
    const node = await fakeNode(() => undefined)
    for (const json of [[], ['--json']]) {
      const { exit, out, err } = await drempel([...argv, '--home', node.home, ...json])
      expect(exit).toBe(2)
      expect(`${out}${err}`.toLowerCase()).not.toContain(IDENTIFIER)
      expect(`${out}${err}`).not.toBe('')
    }
    expect(node.calls).toEqual([])
  })

  it('nor by a value that the node could not read, nor in a URL', async () => {
    const node = await fakeNode(() => problem(422, 'IBAN_CHECKSUM', { hint: 'the check digits' }))
    const argv = ['check', IDENTIFIER, ...QUESTION, '--home', node.home]
    const { exit, out, err } = await drempel(argv)
    expect(exit).toBe(2)
    expect(err).toContain('IBAN_CHECKSUM')
    expect(`${out}${err}`).not.toContain(IDENTIFIER)
    expect(node.calls).toHaveLength(1)
    const { body, path, query } = node.calls[0]!
    expect(body.value).toBe(IDENTIFIER)
    expect(`${path}${query}`).not.toContain(IDENTIFIER)
  })

  it('nor by a value that is too long to send', async () => {
    const node = await fakeNode(() => undefined)
    const { exit, err } = await drempel([
      'check',
      IDENTIFIER.repeat(200),
      ...QUESTION,
      '--home',
      node.home,
    ])
    expect(exit).toBe(2)
    expect(err).not.toContain(IDENTIFIER)
    expect(node.calls).toEqual([])
  })
})

describe('a complaint still helps', () => {
  it('says what the system said in words', async () => {
    const argv = ['convenant', 'verify', '/no/such/file']
    expect((await drempel(argv)).err).toContain('there is no such file or folder (ENOENT)')
    const dutch = await drempel([...argv, '--lang', 'nl'])
    expect(dutch.err).toContain('dat bestand of die map is er niet (ENOENT)')
  })

  it.each([
    [['check', 'x'], '--kind <kind>'],
    [['check', 'x', '--kind', 'ibn'], 'iban, phone, device, host, domain, email'],
    [['status', '--lang', 'fr'], '-> nl, en'],
    [
      ['token', 'create', '--name', 'x', '--role', 'boss'],
      '-> analyst, operator, auditor, fg, research, admin',
    ],
    [
      'init --id a --name A --sector bank --listen 0.0.0.0:7101'.split(' '),
      'needed when --listen is all addresses',
    ],
    ['init --id a --name A --sector bank --listen [::]:7101'.split(' '), 'at: --url'],
    [['frobnicate'], 'at: frobnicate'],
    [['flag', 'lst'], 'Did you mean list?'],
    [['check', 'x', ...QUESTION, '--purpos'], '--purpos'],
  ])('%j', async (argv, part) => {
    expect((await drempel(argv)).err).toContain(part)
    const { error } = (await drempel([...argv, '--json'])).json()
    expect(error).toMatchObject({ code: 'USAGE', exit: 2 })
  })
})
