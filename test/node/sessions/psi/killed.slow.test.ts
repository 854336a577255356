/** A node that is killed between the entry of a masked list's end and its store: the list is over. */

import { dirname } from 'node:path'
import { startNode } from '@drempel/node/testing'
import { afterAll, expect, it } from 'vitest'
import type { Federation } from '../../kit/federation.ts'
import { runUntilKilled } from '../../kit/killed.ts'
import { eventually } from '../../kit/member.ts'
import { kept, openPrepared, prepared } from './masked.ts'
import { accept, propose, psiEntries, refuse } from './world.ts'

let federation: Federation
afterAll(() => federation?.close())

it('answers nothing after it, and is gone when the node has started', async () => {
  const opened = await openPrepared()
  const { bank, telecom } = opened
  federation = opened.federation
  const { id } = await prepared(telecom)
  const home = dirname(telecom.live.node.home.paths.store)
  await telecom.stop()
  const child = new URL('./killed.child.ts', import.meta.url)
  const ahead = String(federation.clock.ahead)
  expect(await runUntilKilled(child, [home, ahead, telecom.token, id])).toEqual([])

  await telecom.restart()
  const states = ['psi.prepared', 'psi.erased']
  expect((await psiEntries(telecom, id)).map(({ type }) => type)).toEqual(states)
  expect(await telecom.ctx.store.psi.prepared.get(id)).toMatchObject({ state: 'ready' })
  const question = await propose(bank, { protocol: 'prepared', to: 'proposer' })
  expect(await accept(telecom, question.id, 'prepared')).toMatchObject({
    json: { code: 'PSI_PREPARED_ENDED' },
  })
  await refuse(bank, question.id)
  await telecom.stop()

  // As it starts outside tests: what it does by itself it does then.
  const live = await startNode({ home, workers: 0, output: { write: () => {} } })
  const { store } = live.node.sessions.ctx
  await eventually(async () =>
    (await store.psi.prepared.get(id))?.state === 'ended' ? true : undefined,
  )
  await live.close()
  await telecom.restart()
  expect(await telecom.ctx.store.psi.prepared.get(id)).toMatchObject({ reason: 'STOPPED' })
  expect(await kept(telecom, id)).toEqual([])
  expect((await psiEntries(telecom, id)).map(({ type }) => type)).toEqual(states)
})
