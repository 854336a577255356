import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { COMMANDS, GROUPS } from '@drempel/cli/internal/commands/list'
import { createProgram } from '@drempel/cli/internal/commands/program'
import { EXIT } from '@drempel/cli/internal/output/exit'
import { REFUSALS } from '@drempel/protocol/convenant'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fields } from '../../packages/protocol/src/log/fields.ts'
import { events } from '../../packages/protocol/src/log/schema.ts'

/** What the documents say must be so: commands that run, links and paths that lead somewhere. */

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const DOCS = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'examples/proeftuin'].flatMap((folder) =>
    readdirSync(join(root, folder)).flatMap((name) =>
      name.endsWith('.md') ? [`${folder}/${name}`] : [],
    ),
  ),
]
const text = (doc: string): string => readFileSync(join(root, doc), 'utf8')
const manifest = JSON.parse(text('package.json')) as { scripts: Record<string, string> }

/** Lines of the fenced blocks that a reader would type. */
function typed(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)]
  return blocks.flatMap(([, block]) => block!.split('\n')).filter((line) => line.trim() !== '')
}

/** Inline code outside fenced blocks. */
function spans(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```.*?^```$/gms, '')
  return [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)
}

/** As a shell would split it. */
function words(line: string): string[] {
  return (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''))
}

async function parses(line: string): Promise<boolean> {
  let ran = 0
  const world = {
    env: {},
    cwd: '/',
    stdin: Readable.from([]),
    stdout: { write() {} },
    stderr: { write() {} },
    clock: () => 0,
    random: (length: number) => new Uint8Array(length),
  }
  const program = createProgram('en', world, async () => void ran++)
  try {
    await program.parseAsync(words(line).slice(1), { from: 'user' })
  } catch {
    return false
  }
  return ran === 1
}

function isScript(line: string): boolean {
  const [npm, verb, name] = words(line).filter((word) => word !== '--silent')
  if (npm !== 'npm') return false
  if (verb === 'test') return 'test' in manifest.scripts
  return verb === 'run' && name !== undefined && name in manifest.scripts
}

/** Whether prose names a command that exists, with options that it has. */
function isNamed(span: string): boolean {
  const [, ...rest] = words(span)
  const names = COMMANDS.map(({ usage }) => words(usage).filter((word) => !/^[<[]/.test(word)))
  const found = COMMANDS.filter((_, i) => names[i]!.every((word, at) => rest[at] === word))
  const isGroup = rest[0] !== undefined && rest[0] in GROUPS && rest.length === 1
  if (found.length === 0) return isGroup || rest[0] === '--help'
  const known = found
    .flatMap(({ options = [] }) => options.map(({ flags }) => flags))
    .concat('--json', '--home', '--node', '--pin', '--lang', '-h, --help')
    .flatMap((flags) => flags.match(/--?[a-z][a-z-]*/g) ?? [])
  return rest.filter((word) => /^--?[a-z]/.test(word)).every((flag) => known.includes(flag))
}

/** GitHub's anchor of a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** Links of a document that lead nowhere. */
function broken(doc: string, markdown: string): string[] {
  const targets = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!)
  return targets.filter((target) => {
    if (/^https:/.test(target)) return false
    const [file = '', anchor] = target.split('#')
    const path = file === '' ? doc : relative(root, join(root, dirname(doc), file))
    if (!existsSync(join(root, path))) return true
    if (anchor === undefined) return false
    const headings = [...text(path).matchAll(/^#+ (.+)$/gm)].map((match) => slug(match[1]!))
    return !headings.includes(anchor)
  })
}

const PATH = /^(packages|examples|test|scripts|docs|\.ci)\/[\w./-]+$/
const UNFINISHED = /\b(TODO|FIXME|XXX|TBD|DESIGN\.md|for now|coming soon|not yet|in the future)\b/i

describe.each(DOCS)('%s', (doc) => {
  const markdown = text(doc)

  it('shows only commands that exist and parse', async () => {
    const wrong: string[] = []
    for (const line of typed(markdown)) {
      const good = line.startsWith('drempel ') ? await parses(line) : isScript(line)
      if (!good) wrong.push(line)
    }
    expect(wrong).toEqual([])
  })

  it('names only commands and options that exist', () => {
    const drempel = spans(markdown).filter((span) => /^drempel [a-z-]/.test(span))
    expect(drempel.filter((span) => !isNamed(span))).toEqual([])
    const npm = spans(markdown).filter((span) => /^npm (run|test)\b/.test(span))
    expect(npm.filter((span) => !isScript(span))).toEqual([])
  })

  it('has links and paths that lead somewhere', () => {
    expect(broken(doc, markdown)).toEqual([])
    const paths = spans(markdown).filter((span) => PATH.test(span))
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('leaves nothing for later', () => {
    expect(markdown.split('\n').filter((line) => UNFINISHED.test(line))).toEqual([])
  })
})

describe('README.md', () => {
  it('lists every exit code', () => {
    const rows = [...text('README.md').matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]))
    expect(rows).toEqual(Object.values(EXIT).sort((a, b) => a - b))
  })
})

describe('docs/PROTOCOL.md', () => {
  const markdown = text('docs/PROTOCOL.md')
  /** Cells of the rows below a heading, as far as the next one; code without its marks. */
  const rowsOf = (heading: string, columns: number): string[][] => {
    const [, below = ''] = markdown.split(`\n### ${heading}\n`)
    return [...below.split('\n### ')[0]!.matchAll(/^\| (`.*) \|$/gm)]
      .map(([, row]) => row!.split('|').map((cell) => cell.trim()))
      .filter((cells) => cells.length === columns)
  }
  const codes = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)

  it('lists every refusal of the convenant', () => {
    const [, list = ''] = /^Refusal codes: (.*)$/m.exec(markdown) ?? []
    expect(codes(list).sort()).toEqual(Object.keys(REFUSALS).sort())
  })

  it('has every field of a leaf, and which of them each type has', () => {
    const named = rowsOf('Leaf and sealed record', 2).flatMap(([cell]) => codes(cell!))
    expect(named).toEqual(expect.arrayContaining([...Object.keys(fields), 'type']))
    const told = rowsOf('Leaf and sealed record', 3).map((cells) =>
      cells.map((cell) => codes(cell).join('')),
    )
    expect(told).toEqual(events.map(({ shape }) => typeRow(shape)))
  })

  it('names every domain that something is hashed under', () => {
    const sources = ['protocol', 'node'].flatMap((name) => {
      const folder = join(root, 'packages', name, 'src')
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      return files.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file))
    })
    const domains = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/'(drempel\/v1\/[a-z0-9/-]+)'/g)].map(
        (match) => match[1]!,
      ),
    )
    expect(domains.length).toBeGreaterThan(20)
    const isTold = (domain: string) => new RegExp(`["\`]${domain}["\`]`).test(markdown)
    expect([...new Set(domains)].filter((domain) => !isTold(domain))).toEqual([])
  })

  it('has a row for every peer method, and none for others', () => {
    const folder = join(root, 'packages/node/src/sessions')
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
    const served = sources.flatMap((source) =>
      [...source.matchAll(/name: '([a-z]+\/[a-z]+)',/g)].map((match) => match[1]!),
    )
    const told = spans(text('docs/PROTOCOL.md')).filter((span) =>
      /^(keys|log|oprf|psi|rehearsal|rounds|lists)\/[a-z]+$/.test(span),
    )
    expect(served.length).toBeGreaterThan(10)
    expect([...new Set(told)].sort()).toEqual([...new Set(served)].sort())
  })
})

/** Of an event: its type, the fields that it has beside those of all, those that it may have. */
function typeRow(shape: (typeof events)[number]['shape']): string[] {
  const all = ['v', 'type', 'time', 'software', 'retentionClass', 'period', 'commit']
  const names = Object.keys(shape).filter((name) => !all.includes(name))
  const isOptional = (name: string) =>
    (shape as Readonly<Record<string, unknown>>)[name] instanceof z.ZodExactOptional
  const row = (optional: boolean) => names.filter((name) => isOptional(name) === optional)
  return [shape.type.value, ...[false, true].map((optional) => row(optional).sort().join(' '))]
}

describe('the detectors', () => {
  it('see a command, an option or a script that does not exist', async () => {
    expect(await parses('drempel status --home node')).toBe(true)
    expect(await parses('drempel flag import list.csv --kind host')).toBe(false)
    expect(await parses('drempel status --colour')).toBe(false)
    expect(isNamed('drempel check -')).toBe(true)
    expect(isNamed('drempel check - --colour')).toBe(false)
    expect(isNamed('drempel chekc')).toBe(false)
    expect(isScript('npm run demo -- --full')).toBe(true)
    expect(isScript('npm run dance')).toBe(false)
    expect(isScript('rm -rf node')).toBe(false)
  })

  it('see a link to nothing and a promise', () => {
    expect(broken('README.md', '[a](SECURITY.md) [b](docs/PROTOCOL.md#words)')).toEqual([])
    expect(broken('README.md', '[a](NOTHING.md) [b](docs/PROTOCOL.md#nothing)')).toEqual([
      'NOTHING.md',
      'docs/PROTOCOL.md#nothing',
    ])
    expect(UNFINISHED.test('TODO: write this')).toBe(true)
  })

  it('read only what stands in blocks to type', () => {
    expect(typed('```sh\nnpm test\n```\n```\nno command\n```\n')).toEqual(['npm test'])
    expect(spans('`a b`\n```\n`c`\n```\n')).toEqual(['a b'])
  })
})
