/** The store of a node that does not run, against the logs that its home knows. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fsck, startNode } from '@drempel/node/internal/app'
import { createAudit } from '@drempel/node/internal/audit'
import { createVault, initHome, openHome, systemRandom } from '@drempel/node/internal/config'
import { openSqliteStore } from '@drempel/node/internal/store'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'

const Q4 = 'drempel/demo/bank-a/2026Q4'
const GONE = 'drempel/demo/bank-a/2026Q3'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drempel-fsck-'))
  path = join(folder, 'node')
  await initHome(
    path,
    {
      member: {
        ...{ id: 'bank-a', name: 'Bank A', sector: 'bank' },
        ...{ contact: 'desk@bank-a.example', fg: 'fg@bank-a.example' },
      },
      ...{ listen: { host: '127.0.0.1', port: 8443 }, publicUrl: 'http://127.0.0.1:8443' },
      transport: 'plain-loopback',
    },
    systemRandom,
    Date.UTC(2026, 10, 21),
  )
})
afterEach(() => rm(folder, { recursive: true }))

async function append(): Promise<void> {
  const home = await openHome(path)
  const store = await openSqliteStore({ path: home.paths.store, clock: Date.now })
  const audit = createAudit({
    ...{ store, signer: home.signer, vault: createVault(home.masterKey) },
    ...{ periodKeys: home.periodKeys, purposeKeys: home.purposeKeys, knownLogs: home.knownLogs },
    ...{ member: 'bank-a', convenant: () => ({ id: 'demo', version: 1, digest: '5'.repeat(64) }) },
    ...{ clock: () => Date.UTC(2026, 10, 21), random: systemRandom, software: 'drempel/0.1.0' },
  })
  await audit.append({ type: 'node.started' }, null)
  await audit.close()
  await store.close()
}

it('finds a log that is gone, beside the one that is there, and one that lost its MAC', async () => {
  await append()
  expect(await fsck(path)).toMatchObject([{ origin: Q4, entries: 1, damage: [] }])
  const { knownLogs, paths } = await openHome(path)
  await knownLogs.keep([{ origin: GONE, size: 1 }])
  expect(await fsck(path)).toEqual([
    { origin: Q4, entries: 1, records: 1, erased: 0, damage: [] },
    { origin: GONE, entries: 0, records: 0, erased: 0, damage: [{ what: 'LOST', index: null }] },
  ])
  const db = new Database(paths.store)
  db.exec(`UPDATE logs SET seal = x''`)
  db.close()
  const [cut, gone] = await fsck(path)
  expect(cut!.damage.map(({ what }) => what)).toEqual(['LOST', 'END'])
  expect(gone!.damage.map(({ what }) => what)).toEqual(['LOST'])
})

it('does not start without a log that the home knows, and says what to do', async () => {
  await (await openHome(path)).knownLogs.keep([{ origin: GONE, size: 1 }])
  await expect(startNode({ home: path, background: false })).rejects.toMatchObject({
    ...{ code: 'LOG_DAMAGED', at: GONE },
    hint: expect.stringMatching(/restore no backup.*log fsck/),
  })
})
