/** Flags of court decisions, which no list may have once the convenant names no licence for such data. */

import type { Convenant } from '@drempel/protocol/convenant'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { installAll, successorOf } from '../../kit/successor.ts'
import { accept, bring, ended, hosts, items, openThree, propose } from './world.ts'

const JUDGED = 'judged.example.net'
const LICENCE = {
  basis: { nl: 'UAVG artikel 33, vierde lid', en: 'UAVG article 33(4)' },
  reference: 'vergunning AP z2027-00001',
}
const licensed = (criminalData: typeof LICENCE | null) => (old: Convenant) => ({
  purposes: old.purposes.map((purpose) => ({ ...purpose, criminalData })),
  intersections: old.intersections!.map((terms) => ({ ...terms, criminalData })),
})

let federation: Federation
let bank: Member
let telecom: Member

beforeAll(async () => {
  ;({ federation, bank, telecom } = await openThree((terms) => [{ ...terms, maxResult: null }]))
  await installAll(federation, successorOf(federation, licensed(LICENCE)))
  await bank.flag(hosts(0, 20))
  const rows = [{ row: 1, value: JUDGED, evidence: 'rechterlijk' }]
  const body = { kind: 'host', import: 'judged', rows }
  expect((await bank.api('POST', '/flags/import', body)).json).toMatchObject({ added: 1 })
})
afterAll(() => federation?.close())

async function common(): Promise<string[]> {
  const { id } = await propose(bank)
  const theirs = await bring(telecom, [...hosts(0, 12), JUDGED])
  expect((await accept(telecom, id, theirs)).status).toBe(200)
  expect(await ended(bank, id)).toMatchObject({ state: 'done' })
  return (await items(telecom, id)).map(({ value }) => value).sort()
}

test('are in an intersection while it does', async () => {
  expect(await common()).toEqual([...hosts(0, 12), JUDGED].sort())
})

test('are in none under a version that names none', async () => {
  await installAll(federation, successorOf(federation, licensed(null)))
  expect(await common()).toEqual(hosts(0, 12).sort())
})
