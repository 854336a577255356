/** The plan that members make without talking, and the checklist as data, as rows and as a page. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findings } from '@drempel/cli/internal/experiment/rehearse/findings'
import { sheetHtml } from '@drempel/cli/internal/experiment/rehearse/html'
import { meetAll } from '@drempel/cli/internal/experiment/rehearse/meet'
import { expectedOver, planOf, questionsOf } from '@drempel/cli/internal/experiment/rehearse/plan'
import { runRounds } from '@drempel/cli/internal/experiment/rehearse/rounds'
import {
  CHECKS,
  encodeSheet,
  type Item,
  isComplete,
  mergeSheets,
  parseSheet,
  type Sheet,
} from '@drempel/cli/internal/experiment/rehearse/sheet'
import { nextOf, openItems } from '@drempel/cli/internal/experiment/rehearse/show'
import { CHECK_NAMES, NEXT } from '@drempel/cli/internal/experiment/rehearse/texts'
import { NodeProblem } from '@drempel/cli/internal/output/explain'
import type { RehearsalView } from '@drempel/protocol/api'
import {
  type Convenant,
  convenantDigest,
  type DraftOptions,
  draftConvenant,
} from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import {
  canonicalize,
  formVersions,
  IDENTIFIER_KINDS,
  isMadeUp,
} from '@drempel/protocol/identifiers'
import { describe, expect, it } from 'vitest'
import { draft, FOUR, member, signedBy } from '../../protocol/convenant/world.ts'
import { drempel, fakeNode, folder, problem } from '../world.ts'

const SECTORS = ['bank', 'bank', 'telecom', 'platform', 'police'] as const

function convenantOf(count: number, more: Partial<DraftOptions> = {}): Convenant {
  return draftConvenant({
    id: 'proef',
    members: Array.from({ length: count }, (_, i) => member(`m-${i}`, SECTORS[i % 5]!, 7_000 + i)),
    formVersions: formVersions(),
    validFrom: '2027-01-01T00:00:00Z',
    crossSector: true,
    ...more,
  })
}

const all = convenantOf(5, {
  kinds: IDENTIFIER_KINDS,
  rules: IDENTIFIER_KINDS.flatMap((kind) => [
    { kind, t: 2, minSectors: 2 },
    { kind, t: 3, reports: 5 },
  ]),
})

describe('the plan', () => {
  it('follows from the convenant and the word, and changes with either', () => {
    const plan = planOf(all, 'herfst')
    expect(planOf(structuredClone(all), 'herfst')).toEqual(plan)
    expect(planOf(all, 'winter').digest).not.toBe(plan.digest)
    expect(planOf(convenantOf(4), 'herfst').digest).not.toBe(plan.digest)
  })

  it('has valid identifiers, nobody’s, each once, and lists as long as the convenant asks', () => {
    for (const { kind, flagged, unknown, withdrawal } of planOf(all, 'herfst').kinds) {
      const values = [...flagged.map(({ value }) => value), unknown]
      expect(new Set(values).size).toBe(values.length)
      for (const value of values) {
        expect(canonicalize(kind, value)).toBe(value)
        expect(isMadeUp(kind, value)).toBe(true)
      }
      const { minList } = all.kinds.find((entry) => entry.kind === kind)!
      for (const { id } of all.members) {
        const own = flagged.filter(({ reports }) => reports.has(id)).length
        expect(own - (withdrawal?.member === id ? 1 : 0)).toBeGreaterThanOrEqual(minList)
      }
    }
  })

  it('has something over and something below every rule, and a flag whose withdrawal tells', () => {
    for (const convenant of [all, convenantOf(3), convenantOf(11)]) {
      const plan = planOf(convenant, 'proef')
      for (const rule of convenant.rules) {
        const kind = plan.kinds.find((entry) => entry.kind === rule.kind)!
        const over = expectedOver(convenant, kind, rule, false)
        expect(over.size).toBeGreaterThan(0)
        expect(over.size).toBeLessThan(kind.flagged.length)
        for (const { value, reports } of kind.flagged) {
          if (reports.size < rule.t) expect(over.has(value)).toBe(false)
        }
      }
      for (const kind of plan.kinds) {
        const { withdrawal } = kind
        const rule = convenant.rules.find(({ id }) => id === withdrawal!.rule)!
        const [before, after] = [false, true].map((gone) =>
          expectedOver(convenant, kind, rule, gone),
        )
        expect([...before!].filter((value) => !after!.has(value))).toEqual([withdrawal!.value])
      }
    }
  })

  it('opens counts once, and so withdraws nothing there', () => {
    const counts = convenantOf(4, { rules: [{ kind: 'host', t: 2, output: 'aggregates' }] })
    expect(planOf(counts, 'proef').kinds[0]!.withdrawal).toBeNull()
  })

  it('asks for each purpose of an asker one that is over and one that others flag too little', () => {
    const plan = planOf(all, 'proef')
    const asked = questionsOf(all, plan, 'm-0', new Set())
    const purposes = all.purposes.filter(({ askers }) => askers.includes('m-0'))
    expect(asked.map(({ purpose, kind }) => `${purpose.id}/${kind}`)).toEqual(
      purposes.flatMap(({ id }) => IDENTIFIER_KINDS.map((kind) => `${id}/${kind}`)),
    )
    for (const { kind, rule, yes, no } of asked) {
      const planned = plan.kinds.find((entry) => entry.kind === kind)!
      const terms = all.rules.find(({ id }) => id === rule)!
      const over = expectedOver(all, planned, terms, false)
      expect([over.has(yes), over.has(no)]).toEqual([true, false])
      const holders = planned.flagged.find(({ value }) => value === no)!.reports
      expect([holders.size > 0, holders.has('m-0')]).toEqual([true, false])
    }
    const again = questionsOf(all, plan, 'm-0', new Set(IDENTIFIER_KINDS))
    expect(again[0]!.yes).not.toBe(asked[0]!.yes)
  })

  it('says so when there are too few numbers that are nobody’s', () => {
    const long = convenantOf(64, { kinds: ['phone'], minList: 5_000 })
    expect(() => planOf(long, 'proef')).toThrow(
      expect.objectContaining({ code: 'REHEARSAL_TOO_LARGE' }),
    )
  })
})

const sheet = (id: string, items: readonly Item[], more: Partial<Sheet> = {}): Sheet => ({
  ...{ format: 'drempel-rehearsal/1', member: id, word: 'proef', digest: 'd'.repeat(64) },
  convenant: { id: 'proef', version: 1, digest: 'c'.repeat(64) },
  ...{ software: 'drempel/0.1.0', open: false, members: ['a', 'b', 'c'] },
  ...{ began: '2027-01-01T10:00:00Z', ended: '2027-01-01T10:01:00Z' },
  items: [...items],
  ...more,
})
const passed = (check: string, about?: string): Item => ({
  ...{ check, state: 'passed' },
  ...(about === undefined ? {} : { about }),
})

describe('the checklist', () => {
  it('reads what it wrote, and nothing else', () => {
    const one = sheet('a', [passed('log'), { check: 'yes', state: 'failed', code: 'NO_LIST' }])
    expect(parseSheet(encodeSheet(one), 'f')).toEqual(one)
    for (const text of [
      ...['', '{}', 'null', encodeSheet(one).replace('}', ',"more":1}')],
      ...[encodeSheet(one).replace('NO_LIST', 'no list'), encodeSheet(one).replace('"a"', '"A"')],
    ]) {
      expect(() => parseSheet(text, 'f')).toThrow(
        expect.objectContaining({ code: 'REHEARSAL_FILE' }),
      )
    }
  })

  it('is whole when every member’s sheet is there and nothing is open', () => {
    const good = ['a', 'b', 'c'].map((id) => sheet(id, [passed('log')]))
    expect(isComplete(mergeSheets(good), true)).toBe(true)
    expect(isComplete(mergeSheets(good.slice(1)), true)).toBe(false)
    expect(isComplete([good[0]!], false)).toBe(true)
    for (const state of ['failed', 'waiting'] as const) {
      const open = sheet('c', [passed('log'), { check: 'key', state, code: 'NO_KEY' }])
      expect(isComplete([...good.slice(0, 2), open], true)).toBe(false)
    }
    expect(isComplete([sheet('a', [])], false)).toBe(false)
  })

  it('takes the later of two sheets of one member, and none of another rehearsal', () => {
    const later = sheet('a', [], { ended: '2027-01-01T11:00:00Z' })
    expect(mergeSheets([later, sheet('a', []), sheet('b', [])])).toEqual([later, sheet('b', [])])
    const other = sheet('b', [], { digest: 'e'.repeat(64) })
    expect(() => mergeSheets([sheet('a', []), other])).toThrow(
      expect.objectContaining({ code: 'REHEARSAL_OTHER' }),
    )
  })

  it('says in both languages what to do, of codes without words of their own too', () => {
    for (const lang of ['nl', 'en'] as const) {
      for (const check of CHECKS) expect(CHECK_NAMES[check][lang]).not.toBe('')
      for (const code of [...Object.keys(NEXT), 'QUORUM_LOST', 'SECTOR_ALONE']) {
        const told = nextOf({ check: 'round', state: 'failed', code, culprit: 'b' }, lang)
        expect(told).toMatch(new RegExp(`^${code} \\(b\\): .{10}`))
      }
    }
    expect(nextOf(passed('log'), 'en')).toBeUndefined()
    // What a convenant does not have needs nothing done, nor does what passed, whatever it met on its way.
    const code = 'QUORUM_LOST'
    const states = ['passed', 'absent', 'waiting', 'failed'] as const
    const told = states.map((state) => nextOf({ check: 'round', state, code }, 'en'))
    expect(told.map((text) => text?.startsWith(`${code}: `))).toEqual([
      ...[undefined, undefined, true, true],
    ])
  })

  it('says once what waits for one that failed, and all else that waits', () => {
    const code = 'PEER_UNREACHABLE'
    const items: Item[] = [
      { check: 'reachable', about: 'b', state: 'failed', code },
      { check: 'clock', about: 'b', state: 'waiting', code },
      { check: 'clock', about: 'c', state: 'waiting', code },
      { check: 'ready', about: 'b', state: 'waiting', code: 'LATE' },
      passed('log'),
    ]
    const open = openItems(sheet('a', items)).map(({ check, about }) => `${check} ${about}`)
    expect(open).toEqual(['reachable b', 'clock c', 'ready b'])
    expect(isComplete([sheet('a', items)], false)).toBe(false)
  })

  it('reads a check of another release by its own name', async () => {
    const cwd = folder()
    const item: Item = { check: 'of-tomorrow', state: 'failed', code: 'SOME_CODE' }
    for (const id of ['a', 'b', 'c']) {
      writeFileSync(join(cwd, id), encodeSheet(sheet(id, id === 'a' ? [item] : [passed('log')])))
    }
    const merge = ['experiment', 'rehearse', '--merge', '--out', 'all']
    const { exit, out } = await drempel([...merge, 'a', 'b', 'c'], { cwd })
    expect(exit).toBe(1)
    expect(out).toContain('of-tomorrow')
    expect(out).toContain(`To keep or to print: ${join(cwd, 'all/rehearsal.html')}`)
    expect(readFileSync(join(cwd, 'all/rehearsal.html'), 'utf8')).toContain('of-tomorrow')
    // All that is there passed, and not all is there.
    const some = await drempel([...merge, 'b', 'c'], { cwd })
    expect(some.out).toContain('All that stands here passed.')
    expect(some.out).toContain('There is no sheet of these members: a')
    expect(some.exit).toBe(1)
  })

  it('is a page that fetches nothing and shows what others wrote as text', () => {
    const items = [
      passed('reachable', 'b'),
      { check: 'clock', state: 'failed', code: 'CLOCK_SKEW' },
    ]
    const html = sheetHtml([sheet('a', items as Item[]), sheet('b', [])], 'nl')
    expect(html).toContain('Generale repetitie van proef')
    expect(html).toContain('zet de klokken gelijk')
    expect(html).toContain('Van deze deelnemers is er geen blad: c')
    expect(html).not.toMatch(/<script|src=|href=|url\(/)
  })
})

const setting = {
  ...{ clock: () => 1, pollMs: 1 },
  ...{ signal: new AbortController().signal, alone: new AbortController().signal },
}

describe('meeting the others', () => {
  const plan = planOf(convenantOf(3), 'proef')
  const own = hex(convenantDigest(convenantOf(3)))
  const good = {
    ...{ member: 'm-1', code: null, pinned: true, convenant: own, clockSeconds: 1 },
    rehearsal: { digest: plan.digest, step: 'begun' as const },
  }
  const away = { convenant: null, rehearsal: null, clockSeconds: null }

  type Peer = RehearsalView['peers'][number]

  async function meet(peer: Peer, step = 'begun') {
    const found = findings()
    const view = { peers: [peer] }
    const part = {
      ...{ node: { get: async () => view }, convenant: convenantOf(3), plan, step },
      ...{ self: 'm-0', found, deadline: 0, setting, tell: () => {} },
    }
    return { met: await meetAll(part as never), items: found.sorted() }
  }

  it.each([
    ['all is well', {}, []],
    ['it is away', { ...away, code: 'PEER_UNREACHABLE' }, ['reachable PEER_UNREACHABLE']],
    ['another key answers', { ...away, code: 'TLS_PIN_MISMATCH' }, ['pinned TLS_PIN_MISMATCH']],
    ['its clock refuses', { ...away, code: 'CLOCK_SKEW' }, ['clock CLOCK_SKEW']],
    ['its clock is off', { clockSeconds: -31, rehearsal: null }, ['clock CLOCK_SKEW']],
    ['it has no convenant', { ...away, code: 'NO_CONVENANT' }, ['convenant NO_CONVENANT']],
    ['it knows nobody', { ...away, code: 'UNKNOWN_PEER' }, ['convenant UNKNOWN_PEER']],
    [
      'it has another version',
      { convenant: 'f'.repeat(64), rehearsal: null },
      ['convenant CONVENANT_DIFFERS'],
    ],
    ['it does not rehearse', { rehearsal: null }, []],
    ['it has another word', { rehearsal: { digest: own, step: 'begun' as const } }, []],
  ])('names what is wrong and nothing else: %s', async (_name, change, expected) => {
    const peer = Object.keys(change).length === 0 ? good : { ...good, ...change }
    const { met, items } = await meet(peer)
    expect(met).toBe(peer === good ? 'all' : 'late')
    const failed = items.filter(({ state }) => state === 'failed')
    expect(failed.map(({ check, code }) => `${check} ${code}`)).toEqual(expected)
  })

  it('does not wait for who ended it, where all of it was done before', async () => {
    const ended = { ...good, rehearsal: null }
    expect((await meet(ended, 'settled')).met).toBe('late')
    const { met, items } = await meet(ended, 'done')
    expect(met).toBe('over')
    expect(items.at(-1)).toMatchObject({ check: 'ready', state: 'waiting', code: 'ENDED_BEFORE' })
    // One that is away, or has another convenant, may come back to it.
    for (const other of [
      { ...ended, convenant: 'f'.repeat(64) },
      { ...good, ...away, code: 'X' },
    ])
      expect((await meet(other, 'done')).met).toBe('late')
  })
})

describe('the rounds', () => {
  it.each([2, 3, 4, 5])('are started once, published after %i looks', async (last) => {
    const convenant = convenantOf(3)
    const [{ kind }] = convenant.kinds as [Convenant['kinds'][number]]
    let started = 0
    let looks = 0
    const time = new Date(1_000).toISOString()
    const node = {
      get: async (path: string) => {
        if (path === 'keys') return { epochs: [{ kind }] }
        const state = ++looks <= last ? 'running' : 'published'
        const one = { kind, state, createdAt: time, updatedAt: time }
        return { rounds: Array.from({ length: started }, () => one) }
      },
      send: async () => void started++,
    }
    const part = {
      ...{ node, convenant, plan: { kinds: [{ kind, withdrawal: null }] }, since: 0 },
      ...{ self: convenant.computeNodes[0], found: findings(), deadline: 9, tell: () => {} },
      setting,
    }
    expect(await runRounds(part as never, 1)).toBe(true)
    expect(started).toBe(1)
  })

  it('are started once, also when the answer to that was lost', async () => {
    const convenant = convenantOf(3)
    const [{ kind }] = convenant.kinds as [Convenant['kinds'][number]]
    let started = 0
    const time = new Date(1_000).toISOString()
    const one = { kind, state: 'published', createdAt: time, updatedAt: time }
    const node = {
      get: async (path: string) =>
        path === 'keys' ? { epochs: [{ kind }] } : { rounds: Array(started).fill(one) },
      async send() {
        started++
        throw new NodeProblem({ type: 'about:blank', title: '', status: 503, code: 'STORE_BUSY' })
      },
    }
    const part = {
      ...{ node, convenant, plan: { kinds: [{ kind, withdrawal: null }] }, since: 0 },
      ...{ self: convenant.computeNodes[0], found: findings(), deadline: 9, tell: () => {} },
      setting,
    }
    expect(await runRounds(part as never, 1)).toBe(true)
    expect(started).toBe(1)
  })
})

describe('the command', () => {
  it('wants files to merge, and a word that a log may hold', async () => {
    const cwd = folder()
    for (const argv of [
      ['--merge'],
      ['a.json'],
      ['--word', 'Twee woorden', '--yes', '--homes', cwd],
      ['--wait', '-1'],
    ]) {
      const { exit } = await drempel(['experiment', 'rehearse', ...argv], { cwd })
      expect(exit).toBe(2)
    }
  })

  it('waits at no node any more when one of them cannot go on', async () => {
    const convenant = draft()
    const ids = FOUR.map(({ id }) => id)
    const digest = hex(convenantDigest(convenant))
    const signed = signedBy(convenant, ids)
    const rehearsal = {
      ...{ word: 'proef', digest: planOf(convenant, 'proef').digest, step: 'begun' },
      since: '2027-06-15T12:00:00Z',
    }
    const nothing = { roles: [], flags: [], epochs: [], rounds: [], lists: [], log: null }
    // Both look for the others a few times; then one of them fails.
    let looks = 0
    const nodeOf = (id: string, fails: boolean) =>
      fakeNode(({ method, path }) => {
        if (path === 'convenant') return { json: { convenant: signed } }
        if (path === 'status') {
          const about = { name: id, sector: 'bank', software: 'drempel/1', convenant: null }
          return { json: { member: id, ...about, time: rehearsal.since, ...nothing } }
        }
        if (path !== 'rehearsal') return undefined
        if (method === 'POST') return { json: rehearsal }
        if (fails && ++looks > 3) return problem(503, 'STORE_FAILED')
        const away = { convenant: digest, rehearsal: null, clockSeconds: 0 }
        const peers = ids
          .filter((other) => other !== id)
          .map((member) => ({ member, code: null, pinned: false, ...away }))
        const view = { member: id, convenant: digest, rehearsal, inUse: false, flags: 0 }
        return { json: { ...view, peers, witnesses: [] } }
      }, id)
    const [waits, fails] = [await nodeOf('bank-a', false), await nodeOf('bank-b', true)]
    const homes = ['--homes', waits.home, fails.home]
    const told = await drempel(['experiment', 'rehearse', ...homes, '--yes', '--json'])
    expect(told.exit).not.toBe(0)
    expect(told.json().error).toMatchObject({ code: 'STORE_FAILED' })
    const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    // One look may be on its way.
    await later(100)
    const asked = waits.calls.length
    expect(asked).toBeGreaterThan(3)
    // Longer than from one look to the next.
    await later(800)
    expect(waits.calls.length).toBe(asked)
  })
})

it.runIf(existsSync('/proc'))(
  'a rehearsal whose sheet could not be written does not begin',
  async () => {
    const { home, calls } = await fakeNode(() => undefined)
    const out = ['--out', '/proc/drempel/sheet']
    const told = await drempel([
      'experiment',
      'rehearse',
      '--home',
      home,
      '--yes',
      '--json',
      ...out,
    ])
    expect(told.json().error).toMatchObject({ code: 'FILE_UNWRITABLE', at: '/proc' })
    expect(calls).toEqual([])
  },
)
