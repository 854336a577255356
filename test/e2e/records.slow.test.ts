/** drempel log open and log shred against a real node, each step by the person whose it is. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drempel, type Loose } from '../cli/world.ts'
import { Federation } from '../node/kit/federation.ts'
import type { Member } from '../node/kit/member.ts'

const SECRET = { operator: 'a1b2c3d4e5f6', case: 'zaak-zeven' }

let federation: Federation
let node: Member
let tokens: Map<string, string>
let index: number
let period: string

beforeAll(async () => {
  federation = await Federation.open({ size: 3 })
  node = federation.member('bank-a')
  tokens = await node.people({ jansen: 'auditor', bakker: 'operator' })
  const entry = await node.ctx.audit.append({ type: 'node.started' }, SECRET)
  index = entry.index
  period = entry.origin.slice(-6)
})
afterAll(() => federation.close())

async function as(who: string, ...argv: string[]) {
  const env = { DREMPEL_TOKEN: tokens.get(who)! }
  const ran = await drempel([...argv, '--node', node.descriptor.url, '--json'], { env })
  return { exit: ran.exit, json: ran.json() as Loose }
}

const LANGUAGES = ['nl', 'en'] as const

describe('log open', () => {
  test('takes two people and three commands', async () => {
    const asked = await as('jansen', 'log', 'open', String(index), '--reason', 'toezicht 14')
    expect(asked).toMatchObject({ exit: 0, json: { act: 'open', state: 'waiting', index } })
    const early = await as('jansen', 'log', 'open', String(index))
    expect(early).toMatchObject({
      exit: 1,
      json: { error: { code: 'NOT_APPROVED', at: 'waiting' } },
    })
    const own = await as('jansen', 'log', 'approve', asked.json.id)
    expect(own).toMatchObject({ json: { error: { code: 'DUAL_CONTROL' } } })
    expect(own.exit).not.toBe(0)
    const agreed = await as('bakker', 'log', 'approve', asked.json.id)
    expect(agreed).toMatchObject({ exit: 0, json: { state: 'approved' } })
    const read = await as('jansen', 'log', 'open', String(index))
    expect(read).toMatchObject({ exit: 0, json: { record: SECRET, index } })
    expect((await as('jansen', 'log', 'open', String(index))).json.error.code).toBe('NOT_APPROVED')
  })

  test('without a proposal says how to make one', async () => {
    const { exit, json } = await as('jansen', 'log', 'open', '0')
    expect({ exit, at: json.error.at }).toEqual({ exit: 2, at: '--reason' })
    expect((await as('jansen', 'log', 'open', 'zero')).exit).toBe(2)
  })

  test("carries out what one proposed oneself, not another's", async () => {
    tokens.set('devries', await node.person('devries', 'fg'))
    const ids: string[] = []
    for (const who of ['jansen', 'devries']) {
      const asked = await as(who, 'log', 'open', String(index), '--reason', 'samen')
      ids.push(asked.json.id)
      await as('bakker', 'log', 'approve', asked.json.id)
    }
    for (const who of ['jansen', 'devries']) {
      expect(await as(who, 'log', 'open', String(index))).toMatchObject({
        ...{ exit: 0, json: { record: SECRET } },
      })
    }
  })

  test('no is an answer', async () => {
    const asked = await as('jansen', 'log', 'open', String(index), '--reason', 'nog eens')
    expect((await as('bakker', 'log', 'approve', asked.json.id, '--deny')).json).toMatchObject({
      state: 'denied',
    })
  })

  test.each(LANGUAGES)('what waits can be read in %s', async (lang) => {
    const env = { DREMPEL_TOKEN: tokens.get('bakker')! }
    const argv = ['log', 'proposals', '--node', node.descriptor.url, '--lang', lang]
    const { out } = await drempel(argv, { env })
    expect(out).toContain('toezicht 14')
    expect(out).toContain(lang === 'nl' ? 'afgewezen' : 'denied')
    expect(out).toContain('jansen (auditor)')
  })
})

describe('log shred', () => {
  test('takes two people, a period that ended, and a yes', async () => {
    const live = await as('bakker', 'log', 'shred', '--period', period, '--reason', 'x')
    expect(live.json.error.code).toBe('PERIOD_IN_USE')
    federation.clock.ahead += 95 * 86_400_000
    await node.ctx.audit.append({ type: 'node.started' }, null)
    const shred = ['log', 'shred', '--period', period]
    const kept = await as('bakker', ...shred, '--reason', 'besluit 31')
    expect(kept.json.error).toMatchObject({ code: 'RETENTION_RUNS' })
    const asked = await as('bakker', ...shred, '--reason', 'besluit 31', '--force')
    expect(asked).toMatchObject({ exit: 0, json: { act: 'shred', force: true } })
    await as('jansen', 'log', 'approve', asked.json.id)
    expect((await as('bakker', ...shred)).json.error.code).toBe('NOT_CONFIRMED')
    expect(await as('bakker', ...shred, '--yes')).toMatchObject({
      exit: 0,
      json: { period, erased: true },
    })
    const origin = `drempel/proef/bank-a/${period}`
    const gone = await as('jansen', 'log', 'open', '0', '--origin', origin, '--reason', 'x')
    expect(gone.json.error.code).toBe('RECORD_ERASED')
  })
})
