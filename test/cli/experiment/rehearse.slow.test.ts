/** Real nodes over TLS, each with its own token, key share, log and witnesses, and the command as people give it. */

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Summary } from '@drempel/cli/internal/audit/summary'
import { parseSheet, type Sheet } from '@drempel/cli/internal/experiment/rehearse/sheet'
import { startRound } from '@drempel/node/internal/sessions'
import { base64url } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Federation } from '../../node/kit/federation.ts'
import { eventually, type Member } from '../../node/kit/member.ts'
import { drempel, folder } from '../world.ts'

const homeOf = ({ live }: Member) => dirname(live.node.home.paths.token)

function rehearse(federation: Federation, more: readonly string[], cwd = folder()) {
  const homes = federation.members.map(homeOf)
  return drempel(['experiment', 'rehearse', '--yes', '--homes', ...homes, ...more], { cwd })
}

/** What did not pass, without what only waits for it. */
function failed(sheets: readonly Sheet[]): string[] {
  const found = sheets.flatMap(({ member, items }) =>
    items.flatMap(({ check, about = '', state, code = '' }) =>
      state === 'failed' ? [`${member}: ${check} ${about} ${code}`] : [],
    ),
  )
  return found.sort()
}

const states = ({ items }: Sheet, check: string) =>
  Object.fromEntries(
    items.filter((item) => item.check === check).map(({ about, state }) => [about, state]),
  )

describe('a federation where all is well', () => {
  let federation: Federation
  beforeAll(async () => {
    federation = await Federation.open({
      size: 3,
      transport: 'tls',
      kinds: ['host', 'phone'],
      rules: [
        { kind: 'host', t: 2 },
        { kind: 'host', t: 2, output: 'owners' },
        { kind: 'phone', t: 2, reports: 3 },
      ],
      minList: 12,
      witnesses: ['bank-a', 'bank-b', 'telecom'],
      intersections: true,
      amend: (convenant) => ({
        ...convenant,
        purposes: convenant.purposes.map((purpose) =>
          purpose.id === 'klantacceptatie' ? { ...purpose, fourEyes: true } : purpose,
        ),
      }),
    })
  })
  afterAll(() => federation?.close())

  it('passes everything at every member, and leaves nothing behind but its log', async () => {
    const cwd = folder()
    // What waits in vain says so here, and not in half an hour.
    const ran = await rehearse(federation, ['--out', 'result', '--wait', '3', '--json'], cwd)
    const { passed, sheets } = ran.json() as { passed: boolean; sheets: Sheet[] }
    expect(failed(sheets)).toEqual([])
    expect({ passed, exit: ran.exit }).toEqual({ passed: true, exit: 0 })
    expect(sheets).toHaveLength(3)
    const [bank, , telecom] = sheets as [Sheet, Sheet, Sheet]
    const others = { 'bank-b': 'passed', telecom: 'passed' }
    for (const check of ['reachable', 'pinned', 'clock', 'convenant', 'ready']) {
      expect(states(bank, check)).toEqual(others)
    }
    const rules = { 'host-t2': 'passed', 'host-t2-owners': 'passed', 'phone-t2-r3': 'passed' }
    expect(states(bank, 'round')).toEqual(rules)
    expect(states(bank, 'key')).toEqual({ host: 'passed', phone: 'passed' })
    expect(states(bank, 'four-eyes')).toMatchObject({ 'klantacceptatie/host': 'passed' })
    const asked = { 'klantacceptatie/host': 'passed', 'klantacceptatie/phone': 'passed' }
    for (const check of ['yes', 'no']) expect(states(bank, check)).toMatchObject(asked)
    expect(states(telecom, 'yes')).toMatchObject({ klantacceptatie: 'absent' })
    expect(states(telecom, 'refused')).toMatchObject({ klantacceptatie: 'passed' })
    expect(states(bank, 'recall')).toEqual({ host: 'passed', phone: 'passed' })
    expect(states(bank, 'intersection')).toEqual({
      'lijsten-vergelijken/bank-b': 'passed',
      'lijsten-vergelijken/telecom': 'passed',
    })
    expect(states(bank, 'witness')).toMatchObject(others)
    expect(states(bank, 'compared')).toEqual(others)
    const register = { 'lijsten-vergelijken': 'passed', klantacceptatie: 'passed' }
    expect(states(bank, 'register')).toMatchObject(register)
    expect(states(telecom, 'register')).toMatchObject({ klantacceptatie: 'absent' })
    for (const { ctx } of federation.members) {
      expect(await ctx.store.rehearsals.inUse()).toBe(false)
      expect(await ctx.store.lists.inForce()).toEqual([])
      expect((await ctx.store.recalls.list({ open: false, limit: 9 })).length).toBe(0)
      expect((await ctx.store.keys.list()).every(({ state }) => state === 'dropped')).toBe(true)
      const tokens = await ctx.store.tokens.list()
      expect(tokens.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1)
      expect(await ctx.store.cases.list({ open: false, limit: 9 })).toEqual([])
      expect(await ctx.store.alerts.list({ all: true, limit: 9 })).toEqual([])
    }
    // What it wrote is what one makes of the others' files.
    const files = readdirSync(join(cwd, 'result')).filter((name) => name.endsWith('.json'))
    const paths = files.map((name) => join('result', name))
    const merged = await drempel(['experiment', 'rehearse', '--merge', ...paths, '--out', 'all'], {
      cwd,
    })
    expect(merged.exit).toBe(0)
    expect(merged.out).toContain('All that is in this convenant passed.')
    const html = readFileSync(join(cwd, 'all/rehearsal.html'), 'utf8')
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
    expect(readFileSync(join(cwd, paths[0]!), 'utf8')).not.toMatch(/\.example|55501\d\d|TEST/)
    const some = await drempel(['experiment', 'rehearse', '--merge', paths[0]!], { cwd })
    expect(some.exit).toBe(1)
    expect(some.out).toContain('There is no sheet of these members: bank-b, telecom')
  })

  it('is followed by real rounds under a new key, in which nothing of it is found', async () => {
    for (const member of federation.members) {
      const own = Array.from({ length: 12 }, (_, i) => `own-${i}.${member.id}.nl`)
      await member.flag(['shared.nl', ...own])
    }
    const [leader] = federation.members as [Member]
    await leader.generateKey()
    const round = await startRound(leader.ctx, leader.rounds, 'host')
    const list = await eventually(async () => {
      const current = await leader.ctx.store.lists.current('host', 'host-t2')
      return current?.round === round ? current : undefined
    })
    expect(list.keys.length).toBe(Math.ceil(list.keyBits / 8))
    expect((await leader.ctx.store.keys.current('host'))!.epoch).not.toBe('1')
  })

  it('is in no count of a report or register beside what is real', async () => {
    const cwd = folder()
    for (const member of federation.members) {
      const log = (...argv: string[]) =>
        drempel(['log', ...argv, '--home', homeOf(member)], { cwd })
      const report = await log('report', '--period', '2000..2100', '-o', 'r.html', '--json')
      const { logs, queries, rounds } = report.json() as Summary
      const ofRehearsals = logs.reduce((sum, one) => sum + one.ofRehearsals, 0)
      expect(ofRehearsals).toBeGreaterThan(20)
      expect(logs.map(({ unknown }) => unknown)).toEqual(logs.map(() => 0))
      // Tags of the real flags; nobody has asked anything since.
      expect(queries.map(({ purpose, refused }) => ({ purpose, refused }))).toEqual([
        { purpose: 'tag', refused: 0 },
      ])
      expect(rounds).toEqual({ announced: 1, published: 1, failed: 0 })
      await log('export', '--format', 'register', '-o', 'register.csv')
      const [, ...rows] = readFileSync(join(cwd, 'register.csv'), 'utf8').trimEnd().split('\n')
      for (const row of rows) expect(row).toMatch(row.startsWith('rounds,') ? /,1,1,0$/ : /,0,0,0$/)
    }
  })

  it('does not begin beside real flags, and says what to do', async () => {
    const ran = await rehearse(federation, [])
    expect(ran.exit).toBe(1)
    expect(ran.err).toContain('NODE_IN_USE')
    expect(ran.err).toContain('rehearse before real flags are loaded, or on nodes of their own')
  })
})

describe('a federation with something wrong', () => {
  let federation: Federation
  beforeAll(async () => {
    federation = await Federation.open({
      size: 3,
      kinds: ['host', 'domain'],
      rules: [
        { kind: 'host', t: 2 },
        { kind: 'domain', t: 2, output: 'aggregates' },
      ],
      witnesses: ['bank-a', 'bank-b', 'telecom'],
      // Nobody is there, and nobody has its key.
      outsideWitnesses: [
        {
          ...{ id: 'auditor', name: 'The auditor', url: 'http://127.0.0.1:9' },
          ...{ keyName: 'auditor.example', contact: 'auditor@auditor.example' },
          signingKey: base64url(new Uint8Array(randomBytes(32))),
        },
      ],
    })
  })
  afterAll(() => federation?.close())

  it('names the node that is down, goes on when it is back, and ends with what is wrong then', async () => {
    const [a, b, c] = federation.members as [Member, Member, Member]
    const cwd = folder()
    await c.stop()
    const alone = (member: Member, wait: string) => {
      const argv = ['experiment', 'rehearse', '--yes', '--home', homeOf(member), '--out', member.id]
      return drempel([...argv, '--wait', wait], { cwd })
    }
    for (const member of [a, b]) {
      const { exit, out } = await alone(member, '0')
      expect(exit).toBe(1)
      expect(out).toContain('ask that member whether the node runs')
    }
    const sheetOf = (member: Member) => {
      const path = join(cwd, member.id, 'rehearsal.json')
      return parseSheet(readFileSync(path, 'utf8'), path)
    }
    expect(failed([sheetOf(a), sheetOf(b)])).toEqual([
      'bank-a: reachable telecom PEER_UNREACHABLE',
      'bank-b: reachable telecom PEER_UNREACHABLE',
    ])
    expect(sheetOf(a).open).toBe(true)
    expect(existsSync(join(cwd, 'bank-a/rehearsal.html'))).toBe(true)

    await c.restart()
    const again = await Promise.all([a, b, c].map((member) => alone(member, '2')))
    expect(failed([a, b, c].map(sheetOf))).toEqual([
      'bank-a: witness auditor PEER_UNREACHABLE',
      'bank-b: witness auditor PEER_UNREACHABLE',
      'telecom: witness auditor PEER_UNREACHABLE',
    ])
    expect(again.map(({ exit }) => exit)).toEqual([1, 1, 1])
    expect(sheetOf(a)).toMatchObject({ open: false })
  })

  it('names the node with another convenant, and --end erases what is left', async () => {
    const [a] = federation.members as [Member]
    const other = federation.members[2]!
    // As if it had installed a version that the others do not have.
    const honest = other.lie('rehearsal/meet', async (_from, _body, tell) => ({
      ...((await tell()) as object),
      convenant: 'a'.repeat(64),
    }))
    const ran = await rehearse(federation, ['--wait', '0', '--json'])
    honest()
    expect(failed((ran.json() as { sheets: Sheet[] }).sheets)).toEqual([
      'bank-a: convenant telecom CONVENANT_DIFFERS',
      'bank-b: convenant telecom CONVENANT_DIFFERS',
    ])
    expect((await a.ctx.store.rehearsals.current())?.word).toBe('proef')
    const end = await rehearse(federation, ['--end'])
    expect(end.out).toContain('nothing is left of it')
    expect(await a.ctx.store.rehearsals.current()).toBeNull()
    expect(await a.ctx.store.rehearsals.inUse()).toBe(false)
  })

  it('begins at no node when one of them has real flags', async () => {
    await federation.member('telecom').flag(['real.nl'])
    const ran = await rehearse(federation, [])
    expect(ran.exit).toBe(1)
    expect(ran.err).toContain('NODE_IN_USE')
    const [a] = federation.members as [Member]
    expect(await a.ctx.store.rehearsals.current()).toBeNull()
  })
})
