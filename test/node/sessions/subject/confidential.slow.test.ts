/**
 * A police partner neither confirms nor denies: of what it has flagged and asked, and of what it has
 * never heard, the answers are equal in status, size, headers and what the log and the store gain.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Entry, Member } from '../../kit/member.ts'
import { publish } from '../../kit/publication.ts'
import { Fg, PROOF } from './world.ts'

// Of equal length.
const HIT = 'known-one.example'
const MISS = 'never-was.example'
const FIELDS = { proof: PROOF, reports: 2 }

let federation: Federation
let node: Member
let fg: Fg

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }], minList: 1 })
  node = federation.member('bank-a')
  const config = join(node.live.node.home.paths.config)
  await writeFile(config, `${await readFile(config, 'utf8')}confidential: true\n`)
  await node.restart()
  fg = await Fg.at(node)
  await node.generateKey()
  await node.flag([HIT])
  await publish(federation, [HIT])
  const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2', value: HIT }
  expect((await node.api('POST', '/checks', question)).json).toMatchObject({ answer: 'over' })
})

afterAll(() => federation.close())

/** Digits and random bytes give way to one sign, so that equal sizes and words are left. */
function shape(text: string): string {
  return text
    .replaceAll(HIT, MISS)
    .replaceAll(/[0-9a-f]{32,64}/g, '*')
    .replaceAll(/[0-9]/g, '0')
}

async function both(path: string, more: object) {
  const seen: { status: number; text: string; entries: Entry[]; records: unknown[] }[] = []
  for (const value of [HIT, MISS]) {
    let answer = { status: 0, text: '' }
    const entries = await node.adds(async () => {
      answer = await fg.send('POST', path, { kind: 'host', value, ...more })
    })
    const records = await Promise.all(entries.map((entry) => node.record(entry)))
    seen.push({ status: answer.status, text: answer.text, entries, records })
  }
  return seen as [(typeof seen)[number], (typeof seen)[number]]
}

describe.each([
  ['/subjects/access', { proof: PROOF }],
  ['/subjects/objection', { proof: PROOF }],
  ['/subjects/rectification', FIELDS],
  ['/subjects/erasure', { proof: PROOF }],
])('%s', (path, more) => {
  test('answers a hit as it answers a miss', async () => {
    const [hit, miss] = await both(path, more)
    expect(hit.status).toBe(200)
    expect(hit.status).toBe(miss.status)
    expect(hit.text.length).toBe(miss.text.length)
    expect(shape(hit.text)).toBe(shape(miss.text))
    expect(JSON.parse(hit.text)).not.toHaveProperty('found')
    const leaves = (entries: readonly Entry[]) => entries.map((leaf) => shape(JSON.stringify(leaf)))
    expect(leaves(hit.entries)).toEqual(leaves(miss.entries))
    expect(hit.entries.length).toBeGreaterThan(0)
    expect(shape(JSON.stringify(hit.records))).toBe(shape(JSON.stringify(miss.records)))
  })
})

test('of a case it shows what was done, whatever there was', async () => {
  const files = []
  for (const value of [HIT, MISS]) {
    const { json } = await fg.send('POST', '/subjects/objection', {
      ...{ kind: 'host', value, proof: PROOF },
    })
    const { case: name } = (json as { case: { case: string } }).case
    const file = (await fg.send('GET', `/subjects/${name}`)).json as { entries: { type: string }[] }
    files.push({ ...file, entries: file.entries.map(({ type }) => type) })
  }
  const [hit, miss] = files.map((file) => shape(JSON.stringify(file)))
  expect(hit).toBe(miss)
  expect(hit).toContain('bezwaar')
})

test('an access looks nothing up, so that no measure of time can tell', async () => {
  await node.flag(['again.example'])
  const { asked, flags, log } = node.ctx.store
  const looked: string[] = []
  const watch = <Part extends object>(part: Part, names: readonly (keyof Part & string)[]) => {
    for (const name of names) {
      const real = part[name] as (...given: unknown[]) => unknown
      Object.assign(part, {
        [name]: (...given: unknown[]) => {
          looked.push(name)
          return real(...given)
        },
      })
    }
  }
  watch(asked, ['find'])
  watch(flags, ['get'])
  watch(log, ['findTxid', 'sealed'])
  expect(await fg.access('again.example')).toMatchObject({
    confidential: true,
    ...{ flag: null, lists: [], queries: [], periods: [] },
  })
  expect(looked).toEqual([])
})

test('an act has its effect all the same', async () => {
  await node.flag(['act.example'])
  await fg.act('objection', 'act.example')
  const { json } = await node.api('GET', '/flags?kind=host&state=bezwaar')
  expect((json as { flags: { value: string }[] }).flags.map(({ value }) => value)).toContain(
    'act.example',
  )
})

test('the police are so unless their settings say otherwise, and others only if they say so', async () => {
  const { home } = federation.member('telecom').live.node
  const other = await Fg.at(federation.member('telecom'))
  const asked = async () => (await other.access('anyone.example')).confidential
  expect(await asked()).toBe(false)
  Object.assign(home.member, { sector: 'police' })
  expect(await asked()).toBe(true)
  Object.assign(home.config, { confidential: false })
  expect(await asked()).toBe(false)
})
