/** The program itself: sets a real node up, runs it, talks to it over pinned TLS, ends it. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '@drempel/cli/internal/federation/ports'
import { openHome } from '@drempel/node/internal/config'
import { base64, utf8 } from '@drempel/protocol/encoding'
import { expect, it, onTestFinished } from 'vitest'
import { processesIn } from '../e2e/demo.ts'
import { draft, signedBy } from '../protocol/convenant/world.ts'
import { environment } from '../script.ts'
import { fakeNode, folder } from './world.ts'

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

function start(args: readonly string[]) {
  const argv = ['--conditions=drempel-src', '--disable-warning=ExperimentalWarning', MAIN, ...args]
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const printed = { out: '', err: '' }
  child.stdout.on('data', (part: Buffer) => {
    printed.out += part
  })
  child.stderr.on('data', (part: Buffer) => {
    printed.err += part
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, printed, ended }
}

async function run(...args: string[]) {
  const { printed, ended } = start(args)
  return { exit: await ended, ...printed }
}

it('init, up, status, doctor, token, fsck, SIGTERM', async () => {
  const home = join(folder(), 'bank-a')
  const [port] = await freePorts(1)
  const listen = `127.0.0.1:${port}`
  const who = ['--id', 'bank-a', '--name', 'Bank A', '--sector', 'bank', '--listen', listen]
  const made = await run('init', '--home', home, ...who, '--json')
  expect(made).toMatchObject({ exit: 0, err: '' })
  expect(JSON.parse(made.out)).toMatchObject({ id: 'bank-a', url: `https://${listen}` })
  const again = await run('init', '--home', home, ...who, '--json')
  expect(JSON.parse(again.out).error).toMatchObject({ code: 'HOME_NOT_EMPTY', exit: 2 })

  const elsewhere = ['init', '--home', join(folder(), 'b'), ...who, '--url', 'ftp://a', '--json']
  const wrong = await run(...elsewhere)
  expect(wrong.exit).toBe(2)
  expect(JSON.parse(wrong.out).error).toMatchObject({ code: 'BAD_CONFIG', at: '--url' })

  for (const [option, value, hint] of [
    ['--id', 'Bank A', 'kleine letters, cijfers en koppeltekens'],
    ['--name', '', 'mag niet leeg zijn'],
  ] as const) {
    const given = who.with(who.indexOf(option) + 1, value)
    const told = await run('init', '--home', join(folder(), 'c'), ...given, '--lang', 'nl')
    expect(told).toMatchObject({ exit: 2, err: expect.stringContaining(`-> ${hint}`) })
  }
  const shown = await run('init', '--home', join(folder(), 'd'), ...who, '--contact', 'a@b.example')
  expect(shown.out).toMatch(/^contact +a@b\.example\nFG +a@b\.example$/m)

  expect((await run('status', '--home', home)).exit).toBe(4)
  const up = start(['up', '--home', home])
  await expect.poll(() => up.printed.out, { timeout: 60_000 }).toContain('"listening"')
  const status = await run('status', '--home', home, '--json')
  expect(JSON.parse(status.out)).toMatchObject({ member: 'bank-a', convenant: null })
  const checks = JSON.parse((await run('doctor', '--home', home, '--json')).out).checks
  expect(checks.filter(({ ok }: { ok: boolean }) => !ok)).toMatchObject([{ name: 'convenant' }])
  const file = join(folder(), 'token')
  const token = ['token', 'create', '--name', 'jansen', '--role', 'analyst', '-o', file]
  expect((await run(...token, '--home', home)).exit).toBe(0)
  expect(readFileSync(file, 'utf8')).toMatch(/^drm_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n$/)

  const busy = await run('log', 'fsck', '--home', home, '--json')
  expect(busy.exit).toBe(1)
  const { error } = JSON.parse(busy.out)
  expect(error).toMatchObject({ code: 'STORE_BUSY', exit: 1 })
  expect(error.next).toContain('stop it first')

  const twice = await run('up', '--home', home, '--lang', 'nl')
  expect(twice).toMatchObject({ exit: 1, out: '' })
  expect(twice.err).toMatch(/^STORE_BUSY: De opslag is in gebruik\n {2}-> de node draait nog/)

  // As a service manager does: to each process, of which one passes it on to the other.
  const nodes = processesIn(home)
    .map(Number)
    .filter((pid) => pid !== up.child.pid)
  if (existsSync('/proc')) expect(nodes).toHaveLength(1)
  for (const pid of nodes) process.kill(pid, 'SIGTERM')
  up.child.kill('SIGTERM')
  expect(await up.ended).toBe(0)
  const sound = await run('log', 'fsck', '--home', home, '--json')
  expect({ ...sound, out: JSON.parse(sound.out) }).toMatchObject({
    ...{ exit: 0, out: { sound: true, logs: [] } },
  })
  expect((await run('status', '--home', home)).exit).toBe(4)

  // A log that the store has no more.
  const origin = 'drempel/demo/bank-a/2026Q3'
  await (await openHome(home)).knownLogs.keep([{ origin, size: 1 }])
  const lost = await run('log', 'fsck', '--home', home, '--json')
  expect({ ...lost, out: JSON.parse(lost.out) }).toMatchObject({
    exit: 1,
    out: { sound: false, logs: [{ origin, damage: [{ what: 'LOST' }] }] },
  })
})

it('up says in words why the node does not start', async () => {
  const home = join(folder(), 'bank-a')
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const listen = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const who = ['--id', 'bank-a', '--name', 'Bank A', '--sector', 'bank', '--listen', listen]
  expect((await run('init', '--home', home, ...who)).exit).toBe(0)
  const up = (...more: string[]) => run('up', '--home', home, ...more)

  const taken = await up('--lang', 'nl')
  expect(taken.exit).toBe(1)
  expect(taken.err).toContain(
    `PORT_TAKEN: Op dit adres luistert al een ander programma\n  at: ${listen}`,
  )
  const json = await up('--json')
  expect(JSON.parse(json.out).error).toMatchObject({ code: 'PORT_TAKEN', at: listen, exit: 1 })

  const key = join(home, 'master.key')
  chmodSync(key, 0o644)
  const unsafe = await up('--lang', 'nl')
  expect(unsafe.exit).toBe(2)
  expect(unsafe.err).toMatch(
    /^HOME_UNSAFE: Anderen .*\n {2}at: master\.key\n {2}-> neem .*chmod go=\n$/,
  )
  renameSync(key, `${key}.away`)
  expect((await up()).err).toMatch(/^MASTER_KEY_UNAVAILABLE: .*\n {2}at: master\.key\n/)
  chmodSync(`${key}.away`, 0o600)
  renameSync(`${key}.away`, key)

  const config = join(home, 'config.yaml')
  const before = readFileSync(config, 'utf8')
  writeFileSync(config, before.replace(/publicUrl: .*/, 'publicUrl: ftp://a'))
  const wrong = await up('--lang', 'nl')
  expect(wrong.exit).toBe(2)
  expect(wrong.err).toMatch(
    /^BAD_CONFIG: .*\n {2}at: publicUrl\n {2}-> https:\/\/NAAM.*config\.yaml/,
  )
  writeFileSync(config, before.replace('host: 127.0.0.1', 'host: 203.0.113.1'))
  const elsewhere = await up('--lang', 'nl')
  expect(elsewhere.exit).toBe(1)
  expect(elsewhere.err).toContain('-> dat adres is niet van deze machine')
  writeFileSync(config, before)

  writeFileSync(join(home, 'node.db'), 'no database, but long enough to be looked at'.repeat(100))
  const corrupt = await up()
  expect(corrupt.exit).toBe(1)
  expect(corrupt.err).toMatch(/^STORE_CORRUPT: .*\n {2}-> keep the file/m)
})

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'screen keeps the answers that it has when %s ends it',
  async (signal) => {
    const ALL = ['bank-a', 'bank-b', 'telecom', 'platform']
    const convenant = signedBy(draft({ maxBatch: 1 }), ALL)
    const txid = 'ab'.repeat(16)
    let asked = 0
    const node = await fakeNode(({ path }) => {
      if (path === 'convenant') return { json: { convenant } }
      // The second question is never answered.
      if (++asked > 1) return { raw: () => {} }
      const about = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2', stale: false }
      const list = { round: 'cd'.repeat(16), listTime: '2027-06-15T12:00:00Z', listAgeSeconds: 5 }
      const receipt = { txid, leaf: base64(utf8('{}')), proof: 'x' }
      const results = [{ answer: 'over' }]
      return { json: { results, txid, ...about, ...list, receipt, humanDecisionRequired: true } }
    })
    const dir = folder()
    const [csv, out] = [join(folder(), 'q.csv'), join(dir, 'a.csv')]
    writeFileSync(csv, 'host\no1.example\no2.example\n')
    const { child, ended } = start([
      ...['screen', csv, '--kind', 'host', '--column', 'host', '--purpose', 'fraude-onderzoek'],
      ...['--rule', 'host-t2', '-o', out, '--home', node.home],
    ])
    await expect.poll(() => asked, { timeout: 30_000 }).toBe(2)
    child.kill(signal)
    await ended
    const [name, ...more] = readdirSync(dir)
    expect(more).toEqual([])
    expect(name).toMatch(signal === 'SIGKILL' ? /^a\.csv\.[0-9a-f]{8}\.part$/ : /^a\.csv$/)
    expect(readFileSync(join(dir, name!), 'utf8')).toBe(`row,answer,txid,place\n2,over,${txid},1\n`)
  },
)
