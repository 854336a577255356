import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { convenantDigest, rehearsalDigest } from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'
import { draft, FOUR, signedBy } from '../../protocol/convenant/world.ts'
import { type Answer, type Call, drempel, fakeNode, folder, problem } from '../world.ts'

const CONVENANT = draft({ rules: [{ kind: 'host', t: 2, output: 'aggregates' }] })
const ROUND = '0123456789abcdef0123456789abcdef'
const DIGEST = 'ab'.repeat(32)
const SIGNED = signedBy(
  CONVENANT,
  FOUR.map(({ id }) => id),
)
const IN_FORCE = convenantDigest(CONVENANT)

const round = (more: object = {}) => ({
  ...{ round: ROUND, kind: 'host', state: 'computing', coordinator: 'bank-a' },
  ...{ createdAt: '2027-06-15T12:00:00.000Z', updatedAt: '2027-06-15T12:00:04.500Z', ...more },
})
const PUBLISHED = round({
  state: 'published',
  contributors: FOUR.map(({ id }) => id),
  lists: [
    {
      ...{ rule: 'host-t2-aggregates', size: 0, digest: DIGEST },
      aggregates: { histogram: [40, null, 10], overlaps: [] },
    },
  ],
})

/** A node that runs one round; `fault` may answer instead of it. */
async function world(
  fault: (call: Call, started: number) => Answer,
  { signed = SIGNED, digest = IN_FORCE } = {},
) {
  let [started, sent] = [0, 1000]
  const node = await fakeNode((call) => {
    if (call.method === 'POST') {
      started++
      sent += 5_000_000
    }
    const wrong = fault(call, started)
    if (wrong !== undefined) return wrong
    if (call.method === 'POST') return { json: round() }
    if (call.path === 'rounds') return { json: { rounds: started > 0 ? [PUBLISHED] : [] } }
    if (call.path === `rounds/${ROUND}`) return { json: PUBLISHED }
    if (call.path === 'convenant') return { json: { convenant: signed } }
    if (call.path !== 'status') return undefined
    const convenant = { id: 'proef', version: 1, digest: hex(digest) }
    return {
      json: {
        ...{ member: 'bank-a', name: 'Bank A', sector: 'bank', software: 'drempel/1' },
        ...{ time: '2027-06-15T12:00:00Z', convenant, roles: [], epochs: [], rounds: [] },
        ...{ flags: [{ kind: 'host', active: 70 }], lists: [], log: null },
        traffic: { sent, received: 0 },
      },
    }
  })
  const cwd = folder()
  const partners = FOUR.map(({ id, name, sector }) => `  - ${JSON.stringify({ id, name, sector })}`)
  const text = `format: drempel-experiment/1
id: echt
title: { nl: Echt, en: Live }
question: { nl: Hoeveel?, en: How many? }
seed: 1
partners:
${partners.join('\n')}
data: { nodes: [{ partner: bank-a, home: ${JSON.stringify(node.home)} }] }
rules: [{ kinds: host, output: aggregates }]
`
  writeFileSync(join(cwd, 'echt.yaml'), text)
  const run = (...more: string[]) =>
    drempel(['experiment', 'run', 'echt.yaml', '--out', 'out', ...more], { cwd })
  const posts = () => node.calls.filter(({ method }) => method === 'POST').length
  const read = (name: string) => readFileSync(join(cwd, 'out', name), 'utf8')
  return { run, posts, read, home: node.home }
}

describe('an experiment on live nodes that was broken off', () => {
  const gone: Answer = { raw: (response) => response.destroy() }

  it.each([
    ['while the round ran', (call: Call) => call.path === `rounds/${ROUND}`],
    ['before the node had answered', (call: Call) => call.method === 'POST'],
  ])('%s goes on with the round that was begun', async (_, broken) => {
    let first = true
    const { run, posts, read, home } = await world((call) => {
      if (!first || !broken(call)) return undefined
      return call.method === 'POST' ? gone : problem(500, 'INTERNAL')
    })
    expect((await run()).exit).not.toBe(0)
    first = false
    expect(await run()).toMatchObject({ exit: 0 })
    expect(posts()).toBe(1)
    const { kinds } = JSON.parse(read('results.json'))
    expect(kinds[0]).toMatchObject({
      ...{ round: ROUND, seconds: 4.5, counts: { histogram: [40, null, 10] } },
      partners: [
        { asked: true, flags: null, bytesSent: 5_000_000 },
        ...[1, 2, 3].map(() => ({ asked: false, flags: null })),
      ],
    })
    expect(read('report.html')).not.toMatch(/undefined|NaN|null/)
    // Seventy flags: beside counts no size of a list is told.
    expect(read('results.csv') + read('report.html')).not.toMatch(/\b70\b/)
    // Where nodes and tokens are is in the experiment's own file, and in no file of what it showed.
    expect(read('results.json')).not.toContain(home)
    expect(read('results.json')).toContain('How many?')
  })

  it('is told from when on counts may be released, and asks anew then', async () => {
    let early = true
    const refused = problem(403, 'REFUSED', { at: 'RELEASE_TOO_SOON' })
    const { run, posts } = await world((call) => {
      if (call.method === 'POST') return early ? refused : undefined
      return call.path === 'rounds' ? { json: { rounds: [PUBLISHED] } } : undefined
    })
    const told = await run('--json')
    expect(told.exit).toBe(3)
    expect(told.json().error).toMatchObject({
      ...{ code: 'RELEASE_WAITS', at: 'host', next: '2027-07-13 12:00 UTC' },
    })
    early = false
    expect((await run()).exit).toBe(0)
    expect(posts()).toBe(2)
  })

  it.each([
    ['REHEARSING', { digest: rehearsalDigest(IN_FORCE, 'herfst') }],
    ['CONVENANT_SIGNATURE_MISSING', { signed: signedBy(CONVENANT, ['bank-a']) }],
  ])('begins nothing where the first node shows another convenant: %s', async (code, shown) => {
    const { run, posts } = await world(() => undefined, shown)
    const told = await run('--json')
    expect(told.exit).not.toBe(0)
    expect(told.json().error).toMatchObject({ code })
    expect(posts()).toBe(0)
  })

  it('has no plain form and no world', async () => {
    const { run, posts } = await world(() => undefined)
    expect(await run('--plain')).toMatchObject({ exit: 2 })
    expect(posts()).toBe(0)
  })
})

describe('the size of a list beside counts', () => {
  /**
   * Every number that partners a and b can have in common, where between a and c, and b and c, as many are
   * open as these tens say and between a and b they are closed.
   */
  function possible(ac: number, bc: number, sizes?: readonly [a: number, b: number, c: number]) {
    const found = new Set<number>()
    const [a, b, c] = sizes ?? [1000, 1000, 1000]
    for (let ofAll = 0; ofAll < 10; ofAll++)
      for (let ab = 0; ab + ofAll < 10; ab++)
        for (let both = ac - 5; both < ac + 5; both++)
          for (let other = bc - 5; other < bc + 5; other++) {
            const [acAlone, bcAlone] = [both - ofAll, other - ofAll]
            const fits =
              ab + acAlone + ofAll <= a &&
              ab + bcAlone + ofAll <= b &&
              acAlone + bcAlone + ofAll <= c
            if (fits) found.add(ab + ofAll)
          }
    return found
  }

  it('would tell a closed count, and so is not told', () => {
    expect(possible(100, 100, [95, 95, 181])).toEqual(new Set([9]))
    expect(possible(100, 100)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
  })
})
