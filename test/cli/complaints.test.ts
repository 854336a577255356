import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hintIn } from '@drempel/cli/internal/output/hints'
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
    [['flag', 'lst', '--lang', 'nl'], '-> Bedoelde u list?'],
    [['subject', 'lixt', '--lang', 'nl'], '-> Bedoelde u een van lift, list?'],
    [['check', 'x', ...QUESTION, '--purpos'], '--purpos'],
  ])('%j', async (argv, part) => {
    expect((await drempel(argv)).err).toContain(part)
    const { error } = (await drempel([...argv, '--json'])).json()
    expect(error).toMatchObject({ code: 'USAGE', exit: 2 })
  })
})

describe('what a node answers is told with what to do', () => {
  const close = ['subject', 'close', '2027-0007', '--outcome', 'granted']
  const show = ['question', 'show', 'ab'.repeat(16)]
  const feedback = ['feedback', 'ab'.repeat(16), '--outcome', 'none']
  it.each([
    [422, 'BAD_FLAG', close, 'welke codes er zijn', 'which there are'],
    [404, 'LOG_ENTRY_UNKNOWN', show, 'het nummer van een regel', 'the number of an entry'],
    [404, 'CASE_UNKNOWN', close, 'drempel subject list --all', 'drempel subject list --all'],
    [409, 'CASE_CLOSED', close, 'hoe zij is afgedaan', 'how it was settled'],
    [
      409,
      'CASE_EXTENDED',
      close,
      'tot wanneer: drempel subject list',
      'until when: drempel subject',
    ],
    [404, 'UNKNOWN_PROPOSAL', show, 'drempel question list, of', 'drempel question list, or'],
    [409, 'NOT_APPROVED', show, 'hoe het ervoor staat', 'how it stands'],
    [404, 'UNKNOWN_RECEIPT', feedback, 'txid en plaats', 'txid and place'],
    [404, 'NOT_FOUND', ['recall', 'close', '7'], 'welke er nog openstaan', 'which are still open'],
    [404, 'NOT_FOUND', ['alert', 'seen', '7'], 'welke nog niemand', 'which nobody looked'],
    [422, 'IBAN_CHECKSUM', ['check', 'x', ...QUESTION], 'de controlecijfers', 'the check digits'],
  ] as const)('%i %s', async (status, code, argv, nl, en) => {
    const node = await fakeNode(() => problem(status, code))
    for (const [lang, next] of Object.entries({ nl, en })) {
      const { err } = await drempel([...argv, '--home', node.home, '--lang', lang])
      expect(err).toMatch(new RegExp(`^${code}: `))
      expect(err).toContain(`-> ${next}`)
    }
  })

  it('and not with words for another code', async () => {
    const node = await fakeNode(() => problem(409, 'PERIOD_IN_USE', { at: '2027Q2' }))
    const { err } = await drempel(['alert', 'seen', '7', '--home', node.home])
    expect(err).toContain('PERIOD_IN_USE')
    expect(err).not.toContain('->')
  })

  it('which a Dutch reader reads in Dutch', async () => {
    const hint = 'that case is about another identifier'
    const node = await fakeNode(() => problem(400, 'BAD_REQUEST', { at: 'case', hint }))
    const argv = ['subject', 'erase', 'x', '--kind', 'iban', '--case', '2027-0007']
    const told = async (lang: string) =>
      (await drempel([...argv, '--home', node.home, '--lang', lang])).err
    expect(await told('nl')).toContain('-> die zaak gaat over een andere identificator')
    expect(await told('en')).toContain(`-> ${hint}`)
    expect(hintIn('nl', 'the purpose allows 25 in one query')).toContain('25')
    expect(hintIn('nl', 'something that a newer node says')).toBe(
      'something that a newer node says',
    )
  })

  it('whatever a node says of data subjects, of two people and of questions', () => {
    const sessions = fileURLToPath(new URL('../../packages/node/src/sessions/', import.meta.url))
    const files = ['subject', 'records'].flatMap((part) =>
      readdirSync(`${sessions}${part}`).map((name) => `${part}/${name}`),
    )
    const hints = [...files, 'approvals.ts', 'check.ts'].flatMap((file) =>
      [
        ...readFileSync(sessions + file, 'utf8').matchAll(/hint: '([^']+)'|^ +[?:] '([a-z ]+)'$/gm),
      ].map((found) => found[1] ?? found[2]!),
    )
    expect(hints.length).toBeGreaterThan(8)
    for (const hint of hints) expect(hintIn('nl', hint), hint).not.toBe(hint)
  })
})
