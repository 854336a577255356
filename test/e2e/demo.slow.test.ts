/** The demo itself: as `npm run demo` runs it, with the figures that are known of its lists. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ctrlC, processesIn, ROOT, reportOf, startDemo } from './demo.ts'
import { plannedLists } from './lists.ts'

/** Larger lists of five organisations, where they lie beside the repository. */
const SHARED = join(ROOT, '../shared/data/demo')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drempel-e2e-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('npm run demo', () => {
  it('finds what is on two and three of the four lists, exactly, and proves it', async () => {
    const end = await startDemo(['--json'], folder).ended
    expect(end.code, end.stderr).toBe(0)
    const report = reportOf(end)
    expect(report.sizes.map(({ source, flags }) => [source, flags])).toEqual([
      ['mailchecker', 3482],
      ['burner-email-providers', 3397],
      ['fakefilter', 285],
      ['disposable-email-domains-js', 518],
    ])
    expect(report.rules).toMatchObject([
      { t: 2, expected: 1071, found: 1071, missing: 0, extra: 0, published: 1071 },
      { t: 3, expected: 147, found: 147, missing: 0, extra: 0, published: 147 },
    ])
    expect(report.checks.map(({ answer, proven }) => [answer, proven])).toEqual([
      ['over', true],
      ['not-over', true],
      ['ASKER_NOT_ALLOWED', true],
    ])
    expect(report.logs).toHaveLength(4)
    for (const { verified, size } of report.logs)
      expect({ verified, some: size > 10 }).toEqual({ verified: true, some: true })
    console.log(JSON.stringify({ seconds: report.seconds, peakMiB: report.peakMiB }))
    expect(processesIn(folder)).toEqual([])
    expect(readdirSync(folder).filter((name) => name.startsWith('drempel-'))).toEqual([])
  }, 600_000)

  it.each([
    ['while nodes start', 'partners start'],
    ['during a round', 'a round:'],
  ])(
    'leaves nothing behind on Ctrl-C %s',
    async (_, moment) => {
      const home = mkdtempSync(join(folder, 'ctrl-c-'))
      const demo = startDemo([], home)
      try {
        await until(() => demo.said.stdout.includes(moment), 120_000)
        await until(() => processesIn(home).length > 0, 120_000)
        ctrlC(demo.child)
        expect((await demo.ended).code).not.toBe(0)
        await until(() => processesIn(home).length === 0, 20_000)
        expect(readdirSync(home).filter((name) => name.startsWith('drempel-'))).toEqual([])
      } finally {
        ctrlC(demo.child)
        await demo.ended
      }
    },
    300_000,
  )

  it('takes lists from a folder, keeps running with --keep, and says how to talk to it', async () => {
    const csv = join(folder, 'csv')
    writeLists(csv, plannedLists(['c', 'a', 'b'], 10))
    const demo = startDemo(['--lists', csv, '--keep'], folder)
    await until(() => demo.said.stdout.includes('Ctrl-C ends it'), 120_000)
    const { stdout } = demo.said
    const url = /(http:\/\/127\.0\.0\.1:\d+)\/api\/v1\/status/.exec(stdout)![1]
    const home = /\$\(cat (\S+)\/token\)/.exec(stdout)![1]!
    const token = readFileSync(join(home, 'token'), 'utf8').trim()
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${url}/api/v1/status`, { headers })
    // Three partners: the rule for two of them only.
    expect(await answer.json()).toMatchObject({
      member: 'a',
      lists: [{ rule: 'host-t2', size: 40 }],
    })
    expect(stdout).toContain('psi propose --with c --purpose lijsten-vergelijken')
    // As a service manager does: to npm, and not to what it started.
    demo.child.kill('SIGTERM')
    await demo.ended
    await until(() => processesIn(folder).length === 0, 20_000)
    expect(existsSync(home)).toBe(false)
  }, 300_000)

  it('fails on a folder that has no lists', async () => {
    const { code, stdout } = await startDemo(['--lists', join(folder, 'nothing')], folder).ended
    expect(code).toBe(1)
    expect(stdout).toContain('The demo failed')
  }, 60_000)
})

describe.runIf(existsSync(SHARED))('the lists of five organisations', () => {
  it('give 19,847 on two and 3,037 on three', async () => {
    const end = await startDemo(['--lists', SHARED, '--json'], folder).ended
    expect(end.code, end.stderr).toBe(0)
    const report = reportOf(end)
    console.log(JSON.stringify({ seconds: report.seconds, peakMiB: report.peakMiB }))
    expect(report).toMatchObject({
      distinct: 109_049,
      rules: [
        { t: 2, expected: 19_847, found: 19_847, missing: 0, extra: 0, published: 19_847 },
        { t: 3, expected: 3037, found: 3037, missing: 0, extra: 0, published: 3037 },
      ],
    })
  }, 3_600_000)
})

/** Waits for a thing that another process brings about. @param ms most that it may take */
async function until(holds: () => boolean, ms: number): Promise<void> {
  for (const end = Date.now() + ms; !holds(); await sleep(50)) {
    expect(Date.now(), 'the time for it is over').toBeLessThan(end)
  }
}

function writeLists(to: string, lists: ReadonlyMap<string, readonly string[]>): void {
  mkdirSync(to)
  for (const [name, list] of lists) {
    writeFileSync(join(to, `${name}.csv`), ['identifier', ...list, ''].join('\n'))
  }
}
