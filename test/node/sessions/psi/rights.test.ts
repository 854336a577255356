/** Objection, erasure and rectification while intersections have copies of the flags. */

import { tidyIntersections } from '@drempel/node/internal/sessions'
import type { Psi, PsiPrepared } from '@drempel/protocol/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failing, hold, moment } from '../../kit/bend.ts'
import type { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { end, kept, prepared, question, settled, tryPrepare } from './masked.ts'
import {
  accept,
  bring,
  ended,
  hosts,
  openThree,
  propose,
  psiEntries,
  refuse,
  runsOf,
  shown,
} from './world.ts'

let federation: Federation
let bank: Member
let telecom: Member

beforeAll(async () => {
  const opened = await openThree(
    (terms) => {
      const open = { ...terms, maxResult: null }
      return [open, { ...open, id: 'vier-ogen', fourEyes: true }]
    },
    ['host', 'email'],
  )
  ;({ federation, bank, telecom } = opened)
  await bank.flag(hosts(0, 30))
  for (const member of [bank, telecom]) await member.flag(['a@b.example'], 'email')
  await telecom.flag(hosts(5, 50))
})
afterAll(() => federation?.close())

type Act = 'objection' | 'erasure' | 'rectification'

function exercise(member: Member, act: Act, value: string) {
  const about = { kind: 'host', value, proof: 'seen at the desk' }
  const fields = act === 'rectification' ? { reports: 3 } : {}
  return member.api('POST', `/subjects/${act}`, { ...about, ...fields })
}

const types = async (id: string) => (await psiEntries(telecom, id)).map(({ type }) => type)

describe('a list that is masked ahead', () => {
  it('does not outlive an erasure that came while the flags were read for it', async () => {
    const reading = hold(telecom.ctx.store.psi, 'addPart', (name: string) =>
      name.startsWith('list/'),
    )
    const asked = tryPrepare(telecom)
    await reading.reached
    const erased = exercise(telecom, 'erasure', hosts(20, 21)[0]!)
    await Promise.race([erased, moment()])
    reading.release()
    const { id } = (await asked).json as PsiPrepared
    expect(await erased).toMatchObject({ status: 200, json: { found: true } })
    expect(await settled(telecom, id)).toMatchObject({ state: 'ended', reason: 'SUBJECT' })
    expect(await types(id)).toEqual(['psi.erased'])
    expect(await kept(telecom, id)).toEqual([])
  })

  it('is not read between the end of others and the erasure', async () => {
    const erasing = hold(telecom.ctx.store.flags, 'erase')
    const erased = exercise(telecom, 'erasure', hosts(21, 22)[0]!)
    await erasing.reached
    const asked = tryPrepare(telecom)
    await Promise.race([asked, moment()])
    erasing.release()
    await erased
    const { id } = (await asked).json as PsiPrepared
    expect(await settled(telecom, id)).toMatchObject({ state: 'ready', own: 43 })
  })

  it('ends at once, and is not entered as made after that', async () => {
    const keeping = hold(telecom.ctx.store.psi, 'addPart', (name: string) =>
      name.endsWith('/records'),
    )
    const { id } = (await tryPrepare(telecom)).json as PsiPrepared
    await keeping.reached
    const work = runsOf(telecom).masking.get(id)!
    await exercise(telecom, 'objection', 'never-flagged.example.net')
    expect(work.abort.signal.aborted).toBe(true)
    keeping.release()
    await work.work
    expect(await settled(telecom, id)).toMatchObject({ state: 'ended', reason: 'SUBJECT' })
    expect(await types(id)).toEqual(['psi.erased'])
    expect(await kept(telecom, id)).toEqual([])
  })

  it('of another kind stays, and so does what another member gave', async () => {
    const emails = (await tryPrepare(telecom, { kind: 'email' })).json as PsiPrepared
    expect(await settled(telecom, emails.id)).toMatchObject({ state: 'ready' })
    const given = await prepared(telecom)
    await question(bank, telecom)
    for (const member of [bank, telecom]) await exercise(member, 'objection', 'no.example.net')
    expect(await settled(telecom, emails.id)).toMatchObject({ state: 'ready' })
    expect(await settled(telecom, given.id)).toMatchObject({ state: 'ended', reason: 'SUBJECT' })
    expect(await settled(bank, given.id)).toMatchObject({ side: 'asker', state: 'ready' })
  })

  it('is not made after all where a disk failed behind the entry of its end', async () => {
    const keeping = hold(telecom.ctx.store.psi, 'addPart', (name: string) =>
      name.endsWith('/records'),
    )
    const { id } = (await tryPrepare(telecom)).json as PsiPrepared
    await keeping.reached
    const { work } = runsOf(telecom).masking.get(id)!
    failing(telecom.ctx.store.psi.prepared, 'transition')
    const { status } = await end(telecom, id)
    expect(status).toBeGreaterThanOrEqual(500)
    keeping.release()
    await work.catch(() => {})
    await tidyIntersections(telecom.ctx, runsOf(telecom))
    expect(await settled(telecom, id)).toMatchObject({ state: 'ended' })
    expect(await types(id)).toEqual(['psi.erased'])
    expect(await kept(telecom, id)).toEqual([])
  })
})

describe('a proposal with the flags', () => {
  const OUTDATED = { state: 'failed', reason: 'PSI_LIST_OUTDATED' }

  it.each<[Act, string]>([
    ['erasure', 'host-7.example.net'],
    ['objection', 'host-8.example.net'],
    ['rectification', 'host-9.example.net'],
    ['erasure', 'never-flagged.example.net'],
  ])('ends with an %s of its kind (%s)', async (act, value) => {
    const { id } = await propose(bank)
    const fromFile = await propose(bank, { input: await bring(bank, hosts(0, 9)) })
    expect(await exercise(bank, act, value)).toMatchObject({ status: 200 })
    expect(await shown(bank, id)).toMatchObject(OUTDATED)
    expect(await bank.ctx.store.psi.parts(`list/${id}`, { after: 0, limit: 1 })).toEqual([])
    // The other side is not told why.
    expect(await ended(telecom, id)).toMatchObject({ reason: 'PSI_ENDED', cause: 'OTHER' })
    expect(await accept(telecom, id)).toMatchObject({ json: { code: 'PSI_WRONG_STATE' } })
    // What a person brought is not of the flags.
    expect(await shown(bank, fromFile.id)).toMatchObject({ state: 'proposed' })
    await refuse(bank, fromFile.id)
  })

  it('is proposed again with the flags as they are now', async () => {
    const { id, own } = await propose(bank)
    await exercise(bank, 'erasure', 'host-10.example.net')
    const again = (await bank.api('POST', `/psi/${id}/repetition`, {})).json as Psi
    expect(again).toMatchObject({ state: 'proposed', own: own! - 1 })
    await accept(telecom, again.id)
    expect(await ended(bank, again.id)).toMatchObject({ state: 'done' })
    await ended(telecom, again.id)
  })

  it('ends when the flags were being read', async () => {
    const reading = hold(bank.ctx.store.psi, 'addPart')
    const asked = propose(bank)
    await reading.reached
    // One that had not begun to read lets the erasure go first.
    const behindIt = propose(bank)
    await moment()
    const erased = exercise(bank, 'erasure', 'host-11.example.net')
    await Promise.race([erased, moment()])
    reading.release()
    const outcome = await asked.catch((error: Error) => error.message)
    await erased
    expect(await shown(bank, (await behindIt).id)).toMatchObject({ state: 'proposed', own: 26 })
    await refuse(bank, (await behindIt).id)
    if (typeof outcome === 'string') expect(outcome).toContain('PSI_WRONG_STATE')
    else expect(await ended(bank, outcome.id)).toMatchObject(OUTDATED)
    for (const { content } of await runsOf(bank).open()) expect(content.own?.source).toBe('list')
  })

  it('ends when the partner was reading its flags', async () => {
    const { id } = await propose(bank)
    const reading = hold(telecom.ctx.store.psi, 'addPart')
    const accepted = accept(telecom, id)
    await reading.reached
    const erased = exercise(telecom, 'erasure', 'host-30.example.net')
    await Promise.race([erased, moment()])
    reading.release()
    await erased
    expect((await accepted).status).toBeGreaterThanOrEqual(400)
    expect(await ended(telecom, id)).toMatchObject(OUTDATED)
    expect(await ended(bank, id)).toMatchObject({ state: 'failed' })
  })

  it('stays where the right is of another kind', async () => {
    const { id } = await propose(bank, { kind: 'email' })
    await exercise(bank, 'objection', 'never-flagged.example.net')
    expect(await shown(bank, id)).toMatchObject({ state: 'proposed' })
    await refuse(bank, id)
  })

  it('ends while it waits for a second person, at either side', async () => {
    const drafted = await propose(bank, { purpose: 'vier-ogen' })
    await exercise(bank, 'objection', 'never-flagged.example.net')
    expect(await shown(bank, drafted.id)).toMatchObject(OUTDATED)
    const second = await bank.person('second', 'analyst')
    const { id } = await propose(bank, { purpose: 'vier-ogen' })
    await accept(bank, id, null, second)
    const untouched = await propose(bank)
    await accept(telecom, id)
    await exercise(telecom, 'objection', 'never-flagged.example.net')
    expect(await shown(telecom, id)).toMatchObject(OUTDATED)
    // One that it has brought nothing to waits on.
    expect(await shown(telecom, untouched.id)).toMatchObject({ state: 'proposed' })
    await refuse(telecom, untouched.id)
  })

  it('ends between agreement and run, and both logs say so', async () => {
    const calling = hold(
      telecom.ctx,
      'call',
      (_: string, method: string) => method === 'psi/accept',
    )
    const { id } = await propose(bank)
    const accepted = accept(telecom, id)
    await calling.reached
    await exercise(telecom, 'erasure', 'never-flagged.example.net')
    calling.release()
    expect((await accepted).status).toBeGreaterThanOrEqual(400)
    expect(await ended(telecom, id)).toMatchObject(OUTDATED)
    expect(await psiEntries(telecom, id)).toMatchObject([
      { type: 'psi.intent' },
      { type: 'psi.result', status: 'failed', reason: 'PSI_LIST_OUTDATED' },
    ])
    expect(await ended(bank, id)).toMatchObject({ state: 'failed' })
  })

  it('goes on where it runs', async () => {
    const connecting = hold(telecom.ctx, 'connectChannel')
    const { id } = await propose(bank)
    await accept(telecom, id)
    await exercise(bank, 'erasure', 'never-flagged.example.net')
    expect(await shown(bank, id)).toMatchObject({ state: 'running' })
    connecting.release()
    expect(await ended(bank, id)).toMatchObject({ state: 'done' })
  })
})
