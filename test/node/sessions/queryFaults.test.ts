/**
 * What a key holder and an asker keep of a query fails to be kept, before it was written and after: nothing
 * is asked or answered that rests on it, the next query is answered, and the logs are sound.
 */

import { dirname } from 'node:path'
import { fsck } from '@drempel/node/internal/app'
import type { LogBatch } from '@drempel/node/internal/store'
import { type Json, ProtocolError } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bend } from '../kit/bend.ts'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { post } from '../kit/peer.ts'
import { publish } from '../kit/publication.ts'
import { elements, encodeQuestion, intend, questionOf } from '../kit/question.ts'

let federation: Federation
let asker: Member
let holder: Member

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }] })
  asker = federation.member('bank-a')
  holder = federation.member('telecom')
  await asker.generateKey()
  await publish(federation, ['over.example'])
})

afterAll(async () => {
  try {
    for (const member of [asker, holder]) {
      await member.stop()
      const checked = await fsck(dirname(member.live.node.home.paths.store))
      expect(checked.flatMap(({ damage }) => damage)).toEqual([])
    }
  } finally {
    await federation.close()
  }
})

async function question(): Promise<Uint8Array> {
  const [asked, blinded] = [questionOf({ protocol: 'check' }), elements(1)]
  return encodeQuestion(asked as unknown as Json, await intend(asker, asked, blinded), blinded)
}
const ask = (body: Uint8Array) => post(asker, holder, 'oprf/evaluate', body)

type Store = Member['ctx']['store']
type Claims = Record<string, (...given: never[]) => Promise<{ durable: Promise<void> }>>
type Writes = Record<string, (...given: never[]) => Promise<unknown>>
const lost = () => Promise.reject(new ProtocolError('STORE_FAILED', { at: 'SQLITE_FULL' }))

/** Decided at once, and kept later: what is told of it fails. */
function losing(member: Member, of: (store: Store) => object, name: string, when: When): Fault {
  let reached = false
  const restore = bend(of(member.ctx.store) as Claims, name, (honest) => async (...given) => {
    reached = true
    const claim = await honest(...given)
    const durable = when === 'before' ? lost() : claim.durable.then(lost)
    // Whoever waits is told.
    durable.catch(() => {})
    return { ...claim, durable }
  })
  return { reached: () => reached, restore }
}

/** Of the first call that is meant. */
function failing(
  member: Member,
  of: (store: Store) => object,
  name: string,
  meant: (...given: never[]) => boolean,
  when: When,
): Fault {
  let reached = false
  const restore = bend(of(member.ctx.store) as Writes, name, (honest) => async (...given) => {
    if (reached || !meant(...given)) return honest(...given)
    reached = true
    if (when === 'after') await honest(...given)
    return lost()
  })
  return { reached: () => reached, restore }
}

type When = 'before' | 'after'
type Fault = { readonly reached: () => boolean; readonly restore: () => void }
type Break = (when: When) => Fault
const ofType =
  (type: string) =>
  (_: string, { entries }: LogBatch) =>
    entries.some((entry) => entry.type === type)

const AT_HOLDER: readonly [string, Break][] = [
  ['the nonce of the request', (when) => losing(holder, ({ replay }) => replay, 'claim', when)],
  ['quota and txid', (when) => losing(holder, ({ usage }) => usage, 'claimServe', when)],
  [
    "the head of the asker's log",
    (when) =>
      failing(
        holder,
        ({ meta }) => meta,
        'set',
        (name: string) => name.startsWith('seen/'),
        when,
      ),
  ],
  [
    'the entry',
    (when) => failing(holder, ({ log }) => log, 'append', ofType('oprf.evaluated'), when),
  ],
]
const BEFORE_ASKING: readonly [string, Break][] = [
  ['the quota', (when) => losing(asker, ({ usage }) => usage, 'claim', when)],
  [
    'the intent',
    (when) => failing(asker, ({ log }) => log, 'append', ofType('query.intent'), when),
  ],
  [
    'how a data subject finds it',
    (when) =>
      failing(
        asker,
        ({ asked }) => asked,
        'remember',
        () => true,
        when,
      ),
  ],
]

describe.each(['before', 'after'] as const)('what fails %s it was written', (when) => {
  test.each(AT_HOLDER)('at the holder, %s: no answer leaves', async (_, broken) => {
    const { reached, restore } = broken(when)
    const { status, problem } = await ask(await question())
    restore()
    expect([reached(), status]).toEqual([true, 503])
    expect(['STORE_FAILED', 'LOG_UNAVAILABLE']).toContain(problem.code)
    expect((await ask(await question())).status).toBe(200)
    await holder.ctx.audit.verifySelf()
  })

  test.each(BEFORE_ASKING)('at the asker, %s: nobody is asked', async (_, broken) => {
    const { reached, restore } = broken(when)
    for (const member of federation.members) await member.settled()
    const before = await evaluations()
    const { status, text } = await check()
    restore()
    expect([reached(), status]).toEqual([true, 503])
    expect(text).not.toContain('over')
    expect(await evaluations()).toBe(before)
    expect(await check()).toMatchObject({ status: 200, json: { answer: 'over' } })
    await asker.ctx.audit.verifySelf()
  })

  test('at the asker, the result: there is no answer', async () => {
    const result = ofType('query.result')
    const { reached, restore } = failing(asker, ({ log }) => log, 'append', result, when)
    const { status, text } = await check()
    restore()
    expect([reached(), status]).toEqual([true, 503])
    expect(text).not.toContain('over')
    expect(await check()).toMatchObject({ status: 200, json: { answer: 'over' } })
  })
})

const check = () =>
  asker.api('POST', '/checks', {
    ...{ kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2', value: 'over.example' },
  })

async function evaluations(): Promise<number> {
  let count = 0
  for (const member of federation.members) {
    count += (await member.entries()).filter(({ type }) => type === 'oprf.evaluated').length
  }
  return count
}
