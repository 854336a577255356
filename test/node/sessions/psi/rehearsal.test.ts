/** What still runs of a rehearsal's intersections when it ends: nothing afterwards, on either side. */

import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { takeOver } from './channels.ts'
import { accept, ended, openThree, propose, psiEntries, runsOf, shown } from './world.ts'

let federation: Federation
let bank: Member
let telecom: Member

beforeAll(async () => {
  const opened = await openThree()
  ;({ federation, bank, telecom } = opened)
  for (const member of [bank, telecom]) {
    expect((await member.api('POST', '/rehearsal', { word: 'herfst' })).status).toBe(200)
    const rows = [{ row: 0, value: 'www.a.example' }]
    const flags = { kind: 'host', import: 'rehearsal-1', rows }
    expect((await member.api('POST', '/flags/import', flags)).json).toMatchObject({ added: 1 })
  }
})
afterAll(() => federation?.close())

it('ends with it, entered under its digest, and the other member is told', async () => {
  // It is connected, and nothing comes.
  takeOver(telecom)
  const { id } = await propose(bank, { case: 'rehearsal' })
  expect((await accept(telecom, id)).status).toBe(200)
  expect(await shown(bank, id)).toMatchObject({ state: 'running' })
  const { convenant } = (await psiEntries(bank, id))[0]!

  const added = await bank.adds(() => bank.api('POST', '/rehearsal/end', {}))
  expect(added).toMatchObject([
    { type: 'psi.result', txid: id, status: 'failed', reason: 'PSI_STOPPED', convenant },
    { type: 'convenant.changed', previousConvenant: convenant },
  ])
  expect(runsOf(bank).find(id)).toBeUndefined()
  expect(await ended(telecom, id)).toMatchObject({
    ...{ state: 'failed', reason: 'PSI_ENDED', culprit: 'bank-a', cause: 'STOPPED' },
  })
})
