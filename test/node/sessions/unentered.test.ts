/** What the log has no room for stands in the store, and is entered when there is room: once, and each by itself. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enterRest } from '@drempel/node/internal/sessions'
import { openSqliteStore, type Store } from '@drempel/node/internal/store'
import { jcs, ProtocolError, utf8 } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Rounds } from '../../../packages/node/src/sessions/round/live.ts'

let path: string
let store: Store
const logged: string[] = []
let full: (entry: string) => boolean = () => false

beforeAll(async () => {
  path = mkdtempSync(join(tmpdir(), 'drempel-unentered-'))
  store = await openSqliteStore({ path: join(path, 'store.db'), clock: Date.now })
})
afterAll(async () => {
  await store.close()
  rmSync(path, { recursive: true })
})
beforeEach(() => void logged.splice(0))

const audit = {
  append: async ({ type, reason, round }: Record<string, string>) => {
    const entry = [type, reason ?? round].join(' ')
    if (full(entry)) throw new ProtocolError('LOG_UNAVAILABLE', { at: entry })
    logged.push(entry)
  },
}
const enter = () => enterRest({ store, audit } as never)

test('one path enters all that waits, however many ask for it', async () => {
  const about = { at: 1, member: null, purpose: null, kind: null }
  for (const code of ['ONE', 'OTHER']) await store.alerts.raise(code, { ...about, code })
  await store.alerts.raise('SAID', { ...about, code: 'SAID', entered: true })
  const log = 'drempel/proef/bank-b/2027Q2+0badf00d'
  const notes = { first: 'one', second: 'other' }
  await store.witness.keepConflict({ log, code: 'LOG_FORKED', ...notes, at: 1 })
  const round = { kind: 'host', role: 'partner', coordinator: 'bank-b', data: utf8('{}') }
  const reasons = { reason: null, culprit: null }
  await store.rounds.create({ ...round, ...reasons, id: 'r1', state: 'computing' })
  const failed = { reason: 'TIMEOUT', culprit: 'bank-b', entered: false } as const
  await store.rounds.transition('r1', ['computing'], 'failed', failed)

  full = (entry) => entry !== 'alert.raised OTHER'
  await expect(enter()).rejects.toMatchObject({ at: 'round.failed TIMEOUT' })
  expect(logged).toEqual(['alert.raised OTHER'])
  full = () => false
  await Promise.all([enter(), enter(), enter()])
  const rest = ['alert.raised ONE', 'round.failed TIMEOUT', 'witness.refused LOG_FORKED']
  expect(logged.slice(1).sort()).toEqual(rest)
  await enter()
  expect(logged).toHaveLength(4)
})

test('the end of a round is entered after its announcement', async () => {
  const announcement = { kind: 'host', round: 'r2', epoch: 1, coordinator: 'bank-b' }
  await store.rounds.create({
    ...{ id: 'r2', kind: 'host', role: 'partner', coordinator: 'bank-b', state: 'announced' },
    data: jcs(announcement),
    ...{ reason: null, culprit: null, entered: false },
  })
  full = () => true
  await expect(enter()).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  full = () => false
  await enter()
  expect(logged).toEqual(['round.announced r2'])
})

test('a round that could not be ended for want of room ends for what ended it, and not for its silence', async () => {
  await store.rounds.create({
    ...{ id: 'r3', kind: 'host', role: 'partner', coordinator: 'bank-b', state: 'announced' },
    data: jcs({ kind: 'host', round: 'r3', epoch: 1, coordinator: 'bank-b' }),
    ...{ reason: null, culprit: null, entered: false },
  })
  const rounds = new Rounds({ store, audit, self: 'bank-a', log: () => {} } as never)
  full = () => true
  const first = new ProtocolError('BAD_UPLOAD', { culprit: 'self' })
  await expect(rounds.fail('r3', first)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  full = () => false
  await rounds.fail('r3', new ProtocolError('ROUND_FAILED', { at: 'silence' }))
  expect(await store.rounds.get('r3')).toMatchObject({ reason: 'BAD_UPLOAD', culprit: 'bank-a' })
  expect(logged).toEqual(['round.announced r3', 'round.failed BAD_UPLOAD'])
})
