/** Feedback on a screen: by the places of what was sent, as its answers and recalls are told. */

import type { ScreenResponse } from '@drempel/protocol/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { readProblem } from '../../kit/peer.ts'
import { publish } from '../../kit/publication.ts'

const QUESTION = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' } as const

let federation: Federation
let asker: Member

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }], minList: 1 })
  asker = federation.member('bank-a')
  await asker.generateKey()
  await publish(federation, ['over.example'])
})

afterAll(() => federation.close())

async function screen(...values: string[]): Promise<ScreenResponse> {
  return (await asker.api('POST', '/screens', { ...QUESTION, values })).json as ScreenResponse
}

/** Whether it was taken, place by place. */
async function taken(txid: string, places: number): Promise<boolean[]> {
  const all = Array.from({ length: places }, async (_, item) => {
    const body = { txid, item, outcome: 'none' }
    const { status, text } = await asker.api('POST', '/feedback', body)
    if (status === 200) return true
    expect(readProblem(text, status)).toMatchObject({ code: 'UNKNOWN_RECEIPT', at: 'item' })
    return false
  })
  return Promise.all(all)
}

test('what was not asked has its place, and takes none', async () => {
  const { txid, results } = await screen('no host!', 'over.example', 'nor this!', 'not.example')
  expect(results.map((result) => 'answer' in result)).toEqual([false, true, false, true])
  expect(results[1]).toEqual({ answer: 'over' })
  expect(await taken(txid, 5)).toEqual([false, true, false, true, false])
})

test('where all was asked all take it', async () => {
  const { txid } = await screen('over.example', 'not.example')
  expect(await taken(txid, 3)).toEqual([true, true, false])
})

test('a data subject is told the answer about it, wherever it stood', async () => {
  const body = { kind: 'host', proof: 'shown' }
  const told = async (value: string) => {
    const { json } = await asker.api('POST', '/subjects/access', { ...body, value })
    return (json as { queries: { answer: string }[] }).queries.map(({ answer }) => answer)
  }
  expect(await told('over.example')).toEqual(['over', 'over'])
  expect(await told('not.example')).toEqual(['not-over', 'not-over'])
})
