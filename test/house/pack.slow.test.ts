import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What the npm registry would carry: built, packed, and installed by a stranger with plain npm. */

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const work = mkdtempSync(join(tmpdir(), 'drempel-pack-'))
const user = join(work, 'user')
const pnpm = join(root, 'tools/pnpm/node_modules/pnpm/bin/pnpm.cjs')

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

// Packed packages must run from dist, without the condition that this test itself runs under.
const plain = (args: readonly string[]): string =>
  execFileSync(process.execPath, args, {
    cwd: user,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })

beforeAll(() => {
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], root)
  for (const name of ['protocol', 'node', 'cli']) {
    const folder = join(root, 'packages', name)
    run(process.execPath, [pnpm, 'pack', '--pack-destination', work], folder)
  }
  mkdirSync(user)
  const tarballs = readdirSync(work).filter((name) => name.endsWith('.tgz'))
  expect(tarballs).toHaveLength(3)
  const dependencies = Object.fromEntries(
    tarballs.map((name) => [
      `@drempel/${/^drempel-(\w+)-/.exec(name)![1]}`,
      `file:${join(work, name)}`,
    ]),
  )
  // The packages name each other by version, which no registry has yet: all three are overridden.
  const manifest = {
    name: 'user',
    private: true,
    type: 'module',
    dependencies,
    overrides: dependencies,
  }
  writeFileSync(join(user, 'package.json'), JSON.stringify(manifest))
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], user)
}, 300_000)

afterAll(() => rmSync(work, { recursive: true, force: true }))

describe('the packed packages', () => {
  it('carry their licence and no sources of tests', () => {
    for (const name of ['protocol', 'node', 'cli']) {
      const files = readdirSync(join(user, 'node_modules/@drempel', name))
      expect(files).toContain('LICENSE')
      expect(files).toContain('dist')
      expect(files).not.toContain('src')
    }
  })

  it('evaluate an OPRF from dist', () => {
    const script = `
      import { libsodiumGroup as group, randomScalar } from '@drempel/protocol/group'
      import { blindInputs } from '@drempel/protocol/oprf'
      const random = (n) => crypto.getRandomValues(new Uint8Array(n))
      const { blinded } = await blindInputs(group, [new Uint8Array([1])], random)
      console.log(blinded.length)`
    expect(plain(['--input-type=module', '-e', script]).trim()).toBe('32')
  })

  it('run the commands', () => {
    expect(plain(['node_modules/@drempel/cli/bin/drempel.mjs', '--help'])).toContain('drempel')
    const home = join(work, 'home')
    const init = ['init', '--home', home, '--id', 'bank-a', '--name', 'Bank A', '--sector', 'bank']
    const made = plain([
      'node_modules/@drempel/node/bin/drempel-node.mjs',
      ...init,
      '--listen',
      '127.0.0.1:7999',
    ])
    expect(JSON.parse(made)).toMatchObject({ id: 'bank-a', url: 'https://127.0.0.1:7999' })
  })
})
