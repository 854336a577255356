/** The commands of intersections, by two members against their real nodes. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Psi } from '@drempel/protocol/api'
import { formatSignedConvenant } from '@drempel/protocol/convenant'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Federation } from '../node/kit/federation.ts'
import type { Member } from '../node/kit/member.ts'
import { hosts } from '../node/sessions/psi/world.ts'
import { drempel, fakeNode, folder, problem } from './world.ts'

let federation: Federation
let bank: Member
let telecom: Member

beforeAll(async () => {
  federation = await Federation.open({
    ...{ size: 3, intersections: true, background: false },
    config: (id) =>
      id === 'bank-b' ? 'intersections: [{ purpose: lijsten-vergelijken, do: refuse }]\n' : '',
  })
  bank = federation.member('bank-a')
  telecom = federation.member('telecom')
  await telecom.flag(hosts(5, 30))
})

afterAll(() => federation?.close())

function by(member: Member, argv: readonly string[], cwd = folder()) {
  const env = { DREMPEL_TOKEN: member.token }
  return drempel([...argv, '--node', member.descriptor.url], { env, cwd })
}

const PROPOSE = ['psi', 'propose', '--purpose', 'lijsten-vergelijken', '--kind', 'host']
const TO_TELECOM = [...PROPOSE, '--with', 'telecom']

/** A CSV of a partner: names in its second column, one that cannot be read. */
function csv(values: readonly string[]): string {
  const lines = values.map((value, i) => `${i};${value}`)
  const path = join(folder(), 'list.csv')
  writeFileSync(path, `nr;Domain\n${lines.join('\n')}\nx;not a host\n`)
  return path
}

describe('psi', () => {
  it('says that a proposal is over once its acceptance could not be told', async () => {
    const list = ['--csv', csv(hosts(0, 10)), '--column', 'domain', '--json']
    const { id } = (await by(bank, [...TO_TELECOM, ...list])).json() as Psi
    await bank.stop()
    const accepted = await by(telecom, ['psi', 'accept', id, '--flags'])
    expect(accepted.err).toContain('PEER_UNREACHABLE')
    expect(accepted).toMatchObject({ exit: 1 })
    expect(accepted.err).toContain(
      `drempel doctor; this proposal is over: bank-a proposes it again with drempel psi repeat ${id}`,
    )
    const again = await by(telecom, ['psi', 'accept', id, '--flags', '--lang', 'nl'])
    expect(again.err).toContain(`dit voorstel is voorbij: bank-a stelt het opnieuw voor`)
    await bank.restart()
    await by(bank, ['psi', 'refuse', id])
  })

  it('goes from a file at one member to the flags of another, and back to a file', async () => {
    const file = csv(hosts(0, 10))
    const given = ['--csv', file, '--column', 'domain', '--to', 'both', '--case', 'Z-9']
    const proposed = await by(bank, [...TO_TELECOM, ...given])
    expect(proposed.exit).toBe(0)
    expect(proposed.out).toContain('now telecom decides; follow it with: drempel psi run')
    expect(readFileSync(`${file}.rejected.csv`, 'utf8')).toBe('row,code\n12,HOST_CHARACTER\n')
    const id = /^id +([0-9a-f]{32})$/m.exec(proposed.out)![1]!

    const list = await by(telecom, ['psi', 'list', '--lang', 'nl'])
    expect(list.out).toMatch(new RegExp(`${id} +voorgesteld +bank-a +de ander`))
    expect(list.out).toContain('-> wat de ander voorstelde: drempel psi accept ID')
    expect((await by(bank, ['psi', 'list'])).out).not.toContain('->')
    const accepted = await by(telecom, ['psi', 'accept', id, '--flags'])
    expect(accepted.exit).toBe(0)
    expect(accepted.out).toBe(`value\n${hosts(5, 10).join('\n')}\n`)
    expect(accepted.err).toContain('ecdh (small lists)')

    const cwd = folder()
    const run = await by(bank, ['psi', 'run', id, '-o', 'common.csv'], cwd)
    expect(run.out).toContain('A person decides; this is advice.')
    expect(run.out).toMatch(/result +5 in common/)
    const rows = hosts(5, 10).map((value, i) => `${7 + i},${value}\n`)
    expect(readFileSync(join(cwd, 'common.csv'), 'utf8')).toBe(`row,value\n${rows.join('')}`)
    const shown = await by(bank, ['psi', 'show', id, '--json'])
    expect(shown.json()).toMatchObject({ state: 'done', case: 'Z-9', result: { size: 5 } })
    expect((await by(bank, ['psi', 'list'])).out).not.toContain(id)
    expect((await by(bank, ['psi', 'list', '--all'])).out).toContain('5 in common')
  })

  it('masks a list ahead of questions, shows it, and erases it', async () => {
    const prepare = ['psi', 'prepare', '--for', 'bank-a', '--purpose', 'lijsten-vergelijken']
    const made = await by(telecom, [...prepare, '--kind', 'host', '--flags', '--days', '2'])
    expect(made).toMatchObject({ exit: 0 })
    expect(made.out).toMatch(/state +ready/)
    const id = /^id +([0-9a-f]{32})$/m.exec(made.out)![1]!
    const asked = [...TO_TELECOM, '--csv', csv(hosts(0, 10)), '--column', 'domain', '--json']
    const { id: question } = (await by(bank, [...asked, '--protocol', 'prepared'])).json() as Psi
    const both = await by(telecom, ['psi', 'accept', question, '--prepared', '--flags'])
    expect(both).toMatchObject({ exit: 2 })
    const accepted = await by(telecom, ['psi', 'accept', question, '--prepared'])
    expect(accepted).toMatchObject({ exit: 0 })
    expect(accepted.out).toMatch(/masked at +20/)
    const run = await by(bank, ['psi', 'run', question])
    expect(run.out).toContain('host-5.example.net')
    expect((await by(bank, ['psi', 'prepared'])).out).toMatch(new RegExp(`${id} +ready +given by`))
    expect((await by(telecom, ['psi', 'prepared', '--lang', 'nl'])).out).toContain('van ons, voor')
    const erased = await by(telecom, ['psi', 'erase', id])
    expect(erased.out).toMatch(/state +erased: by a person/)
    expect((await by(telecom, ['psi', 'prepared'])).out).not.toContain(id)
    expect((await by(telecom, ['psi', 'prepared', '--all'])).out).toContain(id)
    const long = await by(telecom, [...prepare, '--kind', 'host', '--flags', '--days', '9'])
    expect(long).toMatchObject({ exit: 3 })
    expect(long.err).toContain('PREPARED_EXPIRED')
    expect(long.err).toContain('for intersections the convenant has: 7')
    const none = await by(telecom, [...prepare, '--kind', 'host', '--flags', '--days', '1e3'])
    expect(none).toMatchObject({ exit: 2 })
  })

  it('tells the person behind an item, with proofs that bear no change', async () => {
    const { json } = await bank.api('POST', '/tokens', { name: 'fg', roles: ['fg'] })
    const out = folder()
    const about = ['subject', 'access', 'host-5.example.net', '--kind', 'host', '--export', out]
    const env = { DREMPEL_TOKEN: (json as { token: string }).token }
    const as = ['--node', bank.descriptor.url, '--json']
    const told = await drempel([...about, '--proof', 'seen', ...as], { env, cwd: out })
    expect(told).toMatchObject({ exit: 0 })
    const [letter, proofs] = (told.json() as { files: string[] }).files
    expect(readFileSync(letter!, 'utf8')).toContain('Member telecom')
    const convenant = join(out, 'convenant.json')
    writeFileSync(convenant, formatSignedConvenant(federation.signed))
    const verify = (file: string) =>
      drempel(['subject', 'verify', file, '--convenant', convenant, '--json'], { cwd: out })
    expect((await verify(proofs!)).json()).toMatchObject({ verified: true, entries: 4 })
    const access = JSON.parse(readFileSync(proofs!, 'utf8'))
    for (const [field, value] of [
      ['with', 'bank-b'],
      ['purpose', 'another'],
      ['protocol', 'psi-ot'],
      ['time', '2026-01-01T00:00:00.000Z'],
      ['entries', []],
    ] as const) {
      const bent = structuredClone(access)
      bent.intersections[0][field] = value
      const file = join(out, `${field}.json`)
      writeFileSync(file, JSON.stringify(bent))
      expect((await verify(file)).exit).not.toBe(0)
    }
  })

  it('says why the protocol, and takes another', async () => {
    const asked = [...TO_TELECOM, '--csv', csv(hosts(0, 10)), '--column', 'Domain', '--json']
    const other = (await by(bank, [...asked, '--protocol', 'ot'])).json() as Psi
    const accepted = await by(telecom, ['psi', 'accept', other.id, '--flags', '--lang', 'nl'])
    expect(accepted.out).toContain('ot (gevraagd)')
    expect(accepted.out).toContain('alleen voor de andere kant')
    const size = (await by(bank, [...asked, '--size-only'])).json() as Psi
    await by(telecom, ['psi', 'accept', size.id, '--flags'])
    const run = await by(bank, ['psi', 'run', size.id])
    expect(run.out).toContain('ecdh (the one that tells the size alone)')
    expect(run.out).toMatch(/result +5 in common/)
    const none = await by(bank, ['psi', 'run', size.id, '-o', 'common.csv'])
    expect(none).toMatchObject({ exit: 0 })
    expect(none.out).toContain('no file common.csv: this side does not learn which')
    expect((await by(bank, ['psi', 'run', size.id, '--json'])).json()).toMatchObject({
      ...{ why: 'SIZE_ONLY', result: { learned: 'size', size: 5 } },
    })
    const items = (await by(bank, ['psi', 'run', other.id, '--json'])).json()
    expect(items).toMatchObject({ items: hosts(5, 10).map((value, i) => ({ row: 7 + i, value })) })
    expect(items.humanDecisionRequired).toBe(true)
  })

  it('ends with 3 for what is refused, by whomever', async () => {
    const list = ['--csv', csv(hosts(0, 10)), '--column', 'domain']
    const policy = await by(bank, [...PROPOSE, '--with', 'bank-b', ...list, '--wait'])
    expect(policy).toMatchObject({ exit: 3 })
    expect(policy.out).toContain('REFUSED_BY_POLICY (bank-b): ')
    const asked = await by(bank, [...TO_TELECOM, ...list, '--json'])
    const { id } = asked.json() as Psi
    expect(await by(telecom, ['psi', 'refuse', id])).toMatchObject({ exit: 0 })
    const run = await by(bank, ['psi', 'run', id, '--lang', 'nl'])
    expect(run).toMatchObject({ exit: 3 })
    expect(run.out).toContain('geweigerd: REFUSED_BY_PERSON (telecom): de andere kant weigerde')
    const shown = await by(telecom, ['psi', 'show', id])
    expect(shown.out).toContain('refused: REFUSED_BY_PERSON')
    const again = await by(telecom, ['psi', 'accept', id, '--flags'])
    expect(again).toMatchObject({ exit: 1 })
    expect(again.err).toContain('at: refused')
    const gone = await by(bank, ['psi', 'repeat', id])
    expect(gone).toMatchObject({ exit: 1 })
    expect(gone.err).toContain('LIST_UNKNOWN')
    const repeated = await by(bank, ['psi', 'repeat', id, ...list, '--json'])
    const second = (repeated.json() as Psi).id
    const table = (await by(telecom, ['psi', 'list'])).out
    expect(table).toMatch(/own list +their list \(rounded\)/)
    expect((await by(bank, ['psi', 'list'])).out).toMatch(new RegExp(`${second}.* 10 +- `))
    await by(bank, ['psi', 'refuse', second])
    expect(again.err).toContain('drempel psi show ID says what can be done now')
    const convenant = await by(bank, [...TO_TELECOM, ...list, '--to', 'partner', '--json'])
    expect(convenant).toMatchObject({ exit: 3 })
    expect(convenant.json()).toMatchObject({ error: { code: 'OUTPUT_NOT_ALLOWED' } })
  })

  it.each([
    [['--purpose', 'no-such-purpose'], 'UNKNOWN_PURPOSE', 'lijsten-vergelijken'],
    [['--kind', 'iban'], 'UNKNOWN_KIND', 'host'],
    [['--with', 'nobody'], 'NOT_A_MEMBER', 'bank-a, '],
    [['--size-only', '--protocol', 'ot'], 'PSI_PROTOCOL_NOT_ALLOWED', 'ecdh'],
  ])('says what the convenant has where %j is refused', async (other, code, has) => {
    const asked = await by(telecom, [...PROPOSE, '--with', 'bank-a', '--flags', ...other])
    expect(asked).toMatchObject({ exit: 3 })
    expect(asked.err).toContain(code)
    expect(asked.err).toContain(`for intersections the convenant has: ${has}`)
  })

  it('ends with 3 for what the other side’s convenant refuses, and says whose', async () => {
    const more = { at: 'PAIR_QUOTA_EXCEEDED', culprit: 'telecom' }
    const node = await fakeNode(() => problem(502, 'PEER_PROBLEM', more))
    const { exit, err } = await drempel([...TO_TELECOM, '--flags', '--home', node.home])
    expect(exit).toBe(3)
    expect(err).toContain('PAIR_QUOTA_EXCEEDED: These two members have made')
    expect(err).toContain('culprit: telecom')
  })

  it.each([
    [[...TO_TELECOM], '--flags, --csv'],
    [[...TO_TELECOM, '--flags', '--csv', 'x.csv'], '--flags, --csv'],
    [[...TO_TELECOM, '--csv', 'x.csv'], '--column'],
    [['psi', 'show', 'ab'], 'id'],
  ])('ends with 2 for %o', async (argv, at) => {
    const { exit, err } = await by(bank, argv)
    expect(exit).toBe(2)
    expect(err).toContain(`at: ${at}`)
  })

  it('proposes nothing when the result could not be written, or nothing could be read', async () => {
    const list = ['--csv', csv([]), '--column', 'domain']
    expect(await by(bank, [...TO_TELECOM, ...list])).toMatchObject({ exit: 2 })
    const nowhere = [...TO_TELECOM, '--flags', '-o', 'no/such/folder.csv']
    expect(await by(bank, nowhere)).toMatchObject({ exit: 1 })
    const own = csv(['a.example'])
    for (const option of ['-o', '--rejected']) {
      const over = [...TO_TELECOM, '--csv', own, '--column', 'domain', option, own]
      expect(await by(bank, over)).toMatchObject({
        exit: 2,
        err: expect.stringContaining('SAME_FILE'),
      })
    }
    expect((await by(bank, ['psi', 'list', '--json'])).json()).toEqual({ sessions: [] })
  })
})
