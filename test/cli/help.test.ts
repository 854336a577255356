import { COMMANDS, GROUPS } from '@drempel/cli/internal/commands/list'
import { createProgram } from '@drempel/cli/internal/commands/program'
import { EXIT, EXIT_MEANINGS } from '@drempel/cli/internal/output/exit'
import { describe, expect, it } from 'vitest'
import { drempel } from './world.ts'

const words = (usage: string) => usage.split(' ').filter((word) => !/^[<[]/.test(word))

describe.each(COMMANDS.map((spec) => [spec.usage, spec] as const))('%s', (usage, spec) => {
  it('has an example, --json and an explanation of every option, in both languages', async () => {
    for (const lang of ['nl', 'en'] as const) {
      const { exit, out, err } = await drempel([...words(usage), '--help', '--lang', lang])
      expect({ exit, err }).toEqual({ exit: EXIT.ok, err: '' })
      expect(out).toContain('--json')
      expect(out).toContain(lang === 'nl' ? ' [opties]' : ' [options]')
      expect(out).toContain(lang === 'nl' ? 'Voorbeeld:\n  $ drempel ' : 'Example:\n  $ drempel ')
      expect(out).toContain(spec.about[lang])
      for (const option of spec.options ?? []) {
        expect(option.about[lang], option.flags).not.toBe('')
        expect(out).toContain(option.flags.split(' ').find((word) => word.startsWith('--')))
        const line = out.slice(out.indexOf(option.flags)).split(/\n {2}-/)[0]!
        const required = new RegExp(lang === 'nl' ? '\\(verplicht[,)]' : '\\(required[,)]')
        if (option.required === true) expect(line, option.flags).toMatch(required)
      }
    }
  })

  it('names every argument that it takes', () => {
    const taken = usage.split(' ').filter((word) => /^[<[]/.test(word))
    expect(Object.keys(spec.args ?? {})).toEqual(
      taken.map((word) => word.replaceAll(/[<>[\].]/g, '')),
    )
  })

  const examples = spec.examples.flatMap((one) =>
    typeof one === 'string' ? [one] : [one.nl, one.en],
  )
  it.each(examples)('parses its example: %s', async (example) => {
    const ran: string[] = []
    const program = createProgram('en', WORLD, async ({ usage: found }) => void ran.push(found))
    await program.parseAsync(shellWords(example), { from: 'user' })
    expect(ran).toEqual([usage])
  })
})

describe('drempel --help', () => {
  it('lists every command, every group and every exit code', async () => {
    const { out } = await drempel(['--help'])
    for (const { usage } of COMMANDS) expect(out).toContain(`  ${words(usage)[0]}`)
    for (const name of Object.keys(GROUPS)) expect(out).toContain(`  ${name}`)
    const dutch = (await drempel(['--help', '--lang', 'nl'])).out
    for (const [word, en, nl] of [
      ['txid', 'the number of one question', 'het nummer van één vraag'],
      ['FG', 'data-protection officer', 'functionaris gegevensbescherming'],
    ]) {
      expect(out).toMatch(new RegExp(`^ +${word} +.*${en}`, 'm'))
      expect(dutch).toMatch(new RegExp(`^ +${word} +.*${nl}`, 'm'))
    }
    for (const [name, code] of Object.entries(EXIT)) {
      expect(out).toContain(`${code}  ${EXIT_MEANINGS[name as keyof typeof EXIT].en}`)
    }
  })

  it.each(Object.keys(GROUPS))(
    'shows help for the group %s, and asks for a command',
    async (name) => {
      expect((await drempel([name, '--help'])).out).toContain('Example:')
      const bare = await drempel([name])
      expect(bare.exit).toBe(EXIT.usage)
      expect(bare.err).toContain('Commands:')
    },
  )

  it('follows the locale, and --lang before it', async () => {
    const first = async (env: Record<string, string>, ...args: string[]) =>
      (await drempel(['--help', ...args], { env })).out.split(':')[0]
    expect(await first({ LANG: 'nl_NL.UTF-8' })).toBe('Gebruik')
    expect(await first({ LANG: 'nl_NL.UTF-8', LC_ALL: 'C' })).toBe('Usage')
    expect(await first({ LANG: 'nld' })).toBe('Usage')
    expect(await first({ LANG: 'nl_NL.UTF-8' }, '--lang=en')).toBe('Usage')
    expect(await first({}, '--lang', 'nl')).toBe('Gebruik')
  })
})

const WORLD = {
  env: {},
  cwd: '/',
  stdin: process.stdin,
  stdout: { write() {} },
  stderr: { write() {} },
  clock: () => 0,
  random: (length: number) => new Uint8Array(length),
}

/** As a shell would split it; redirections are the shell's own. */
function shellWords(text: string): string[] {
  const parts = text.replace(/ < .*$/, '').match(/"[^"]*"|\S+/g) ?? []
  return parts.map((part) => part.replaceAll('"', ''))
}
