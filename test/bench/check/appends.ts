/** The node's log alone: its store on disk, entries as a check writes them. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAudit, type NewEvent } from '@drempel/node/internal/audit'
import {
  createVault,
  openKnownLogs,
  openPeriodKeys,
  openPurposeKeys,
  systemRandom,
} from '@drempel/node/internal/config'
import { openSqliteStore } from '@drempel/node/internal/store'
import { hex, signerFromSeed } from '@drempel/protocol/encoding'
import { timed } from '../harness/turns.ts'

const CONVENANT = { id: 'bench', version: 1, digest: '5'.repeat(64) }

export type Appender = {
  /** Each waits for the one before. @returns seconds */
  oneByOne(count: number): Promise<number>
  /** All are handed in at once, as often as there are batches, one after the other. @returns seconds */
  batched(count: number, batches: number): Promise<number>
  /** What one entry puts into the store. */
  row(): Promise<readonly [leaf: Uint8Array, sealed: Uint8Array]>
  close(): Promise<void>
}

export async function openAppender(): Promise<Appender> {
  const folder = await mkdtemp(join(tmpdir(), 'drempel-bench-'))
  const store = await openSqliteStore({ path: join(folder, 'node.db'), clock: Date.now })
  const vault = createVault(systemRandom(32))
  const audit = createAudit({
    store,
    vault,
    signer: signerFromSeed(systemRandom(32)),
    periodKeys: openPeriodKeys(join(folder, 'periods'), systemRandom),
    purposeKeys: openPurposeKeys(join(folder, 'periods'), systemRandom),
    knownLogs: await openKnownLogs(join(folder, 'periods'), vault, systemRandom),
    member: 'bank-noord',
    convenant: () => CONVENANT,
    clock: Date.now,
    random: systemRandom,
    software: 'drempel/0.1.0',
  })
  const append = (event: NewEvent) =>
    audit.append(event, { operator: 'a1b2c3d4e5f6', case: null, count: 1 })
  // What makes an entry up is the caller's work, and made before the clock runs.
  const intents = (count: number) => Array.from({ length: count }, intent)
  return {
    oneByOne(count) {
      const events = intents(count)
      return timed(async () => {
        for (const event of events) await append(event)
      })
    },
    batched(count, batches) {
      const all = Array.from({ length: batches }, () => intents(count))
      return timed(async () => {
        for (const events of all) await Promise.all(events.map(append))
      })
    },
    async row() {
      const { origin, index, leaf } = await append(intent())
      return [leaf, (await store.log.sealed(origin, index))!.sealed]
    },
    async close() {
      await audit.close()
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
}

function intent(): NewEvent {
  return {
    type: 'query.intent',
    role: 'asker',
    parties: ['bank-noord', 'bank-zuid', 'platform-west', 'telecom-oost'],
    txid: hex(systemRandom(16)),
    kind: 'host',
    protocol: 'check',
    sizeBucket: 16,
    purpose: 'fraude-onderzoek',
    rule: 'host-t2',
    epoch: '1',
    batch: hex(systemRandom(32)),
  }
}
