/**
 * What leaves tell of identifiers: nothing. Two federations do the same with other names; their logs
 * are equal up to what is random and what is time.
 */

import type { CheckResponse, SubjectDone } from '@drempel/protocol/api'
import { expect, it } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Entry, Member } from '../kit/member.ts'
import { accept, bring, ended, propose } from './psi/world.ts'

/** Of other lengths, letters and order, and other names are over the threshold. */
const NAMES = {
  one: { shared: ['aa.example', 'ab.example'], own: ['zz.example'], asked: 'nobody.example' },
  other: {
    shared: ['a-much-longer-name-than-that.example', 'xn--mnchen-3ya.example'],
    own: ['0.example'],
    asked: 'q.example',
  },
}
type Names = (typeof NAMES)['one']

const about = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2', case: 'Z-1' }

async function logsOf(names: Names): Promise<Record<string, string[]>> {
  // Three are the quorum: which holders are asked is random otherwise.
  const federation = await Federation.open({ size: 3, intersections: true })
  try {
    const asker = federation.member('bank-a')
    await act(federation, asker, names)
    const logs = federation.members.map(async (member) => {
      await member.settled()
      return [member.id, (await member.entries()).map(shapeOf).sort()] as const
    })
    return Object.fromEntries(await Promise.all(logs))
  } finally {
    await federation.close()
  }
}

async function act(federation: Federation, asker: Member, names: Names): Promise<void> {
  for (const member of federation.members) await member.flag(names.shared)
  await asker.flag(names.own)
  await asker.generateKey()
  expect(await asker.round()).toMatchObject({ state: 'published' })
  const ask = (path: string, body: object) => asker.api('POST', path, { ...about, ...body })
  // Over the threshold, below it, of nobody: a leaf may not tell which.
  const over = (await ask('/checks', { value: names.shared[0] })).json as CheckResponse
  expect(over.answer).toBe('over')
  for (const value of [names.own[0], names.asked]) {
    expect((await ask('/checks', { value })).json).toMatchObject({ answer: 'not-over' })
  }
  const values = [...names.shared, names.asked, 'no host']
  expect((await ask('/screens', { values })).status).toBe(200)
  expect((await ask('/checks', { value: names.asked, purpose: 'opsporing' })).status).toBe(403)
  const feedback = { txid: over.txid, item: 0, outcome: 'confirmed' }
  expect((await asker.api('POST', '/feedback', feedback)).status).toBe(200)
  await intersected(federation, asker, names)
  const subject = { kind: 'host', value: names.shared[1]!, proof: 'P-1' }
  const seen = await asker.api('POST', '/subjects/access', subject)
  expect(seen.status).toBe(200)
  expect((await asker.api('POST', '/subjects/objection', subject)).status).toBe(200)
  const mistaken = { ...subject, value: names.shared[0], replacement: names.asked }
  expect((await asker.api('POST', '/subjects/rectification', mistaken)).status).toBe(200)
  const erased = await asker.api('POST', '/subjects/erasure', { ...subject, value: names.asked })
  expect(erased.json).toMatchObject({ found: true })
  const { case: name } = (erased.json as SubjectDone).case
  const step = (path: string, body: Record<string, string>) =>
    asker.api('POST', `/subjects/${name}/${path}`, body)
  expect((await step('extension', { reason: names.asked })).status).toBe(200)
  expect((await step('closing', { outcome: 'granted', reason: names.asked })).status).toBe(200)
  const withdraw = { kind: 'host', values: names.own }
  expect((await asker.api('POST', '/flags/withdraw', withdraw)).json).toMatchObject({
    withdrawn: 1,
  })
}

/** With flags on the one side and a file on the other; which are in common differs, not how many. */
async function intersected(federation: Federation, asker: Member, names: Names): Promise<void> {
  const telecom = federation.member('telecom')
  const { id } = await propose(asker, { case: names.asked })
  const theirs = await bring(telecom, [...names.shared, names.asked])
  expect((await accept(telecom, id, theirs)).status).toBe(200)
  expect(await ended(asker, id)).toMatchObject({ state: 'done' })
  expect(await ended(telecom, id)).toMatchObject({ state: 'done' })
}

/** Random: digests, commitments, transactions, rounds, roots. Of checkpoints the log stays. */
function shapeOf(entry: Entry): string {
  const { at: _, time: __, ...leaf } = entry
  const text = JSON.stringify(leaf, (key, value: unknown) => {
    if (['txid', 'batch', 'commit', 'digest', 'round', 'root', 'approvalCommit'].includes(key)) {
      return typeof value
    }
    // How far another's log was when it was seen depends on who was quicker.
    return key === 'size' ? 'number' : value
  })
  return text
}

it('two federations that do the same with other names have the same leaves', async () => {
  const [one, other] = [await logsOf(NAMES.one), await logsOf(NAMES.other)]
  for (const [member, leaves] of Object.entries(one)) {
    expect(leaves.length).toBeGreaterThan(8)
    expect({ member, leaves: other[member] }).toEqual({ member, leaves })
  }
})

it('and one more question, or another purpose, shows', () => {
  const leaf = { at: 0, origin: 'o', type: 'query.intent', time: 't', purpose: 'a', txid: 'x' }
  const other = { ...leaf, purpose: 'b' }
  expect(shapeOf(leaf as never)).not.toBe(shapeOf(other as never))
  expect(shapeOf(leaf as never)).toBe(shapeOf({ ...leaf, txid: 'y', time: 'u', at: 3 } as never))
})
