/** One node's log over a real store in a temporary folder, with a clock and faults under control. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Audit,
  type ConvenantRef,
  createAudit,
  type NewEvent,
} from '@drempel/node/internal/audit'
import {
  createVault,
  type KnownLogs,
  openKnownLogs,
  openPeriodKeys,
  openPurposeKeys,
  systemRandom,
} from '@drempel/node/internal/config'
import { type LogStore, openSqliteStore, type Store } from '@drempel/node/internal/store'
import { hex, ProtocolError, signerFromSeed } from '@drempel/protocol/encoding'
import { verifierKey } from '@drempel/protocol/log'

export const random = systemRandom
export const signer = signerFromSeed(new Uint8Array(32).fill(7))
/** What makes the log its node's own. */
export const own = { signer, vault: createVault(new Uint8Array(32).fill(8)) }
export const convenant: ConvenantRef = { id: 'demo', version: 1, digest: '5'.repeat(64) }
export const keyOf = (origin: string) => verifierKey(origin, signer.publicKey)

/** What the store does with the next append: as asked; nothing, with an error; or all of it, with an error. */
export type Fault = 'lost' | 'persisted'

export type World = {
  readonly folder: string
  audit: Audit
  store: Store
  /** As the home keeps them. */
  known: KnownLogs
  now: number
  convenant: ConvenantRef | null
  faults: Fault[]
  /** Sizes of the batches that reached the store. */
  readonly batches: number[]
  /** A new process over the same files. */
  restart(): Promise<void>
  end(): Promise<void>
}

export async function createWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'drempel-audit-'))
  const open = () => openSqliteStore({ path: join(folder, 'node.db'), clock: () => world.now })
  const periods = join(folder, 'periods')
  const makeAudit = async () => {
    world.known = await openKnownLogs(periods, own.vault, random)
    return createAudit({
      store: { log: withFaults(world.store.log, world) },
      ...own,
      periodKeys: openPeriodKeys(periods, random),
      purposeKeys: openPurposeKeys(periods, random),
      knownLogs: world.known,
      member: 'bank-a',
      convenant: () => world.convenant,
      clock: () => world.now,
      random,
      software: 'drempel/0.1.0',
    })
  }
  const world: World = {
    folder,
    audit: undefined as unknown as Audit,
    store: undefined as unknown as Store,
    known: undefined as unknown as KnownLogs,
    now: Date.UTC(2026, 10, 21, 12, 34, 56),
    convenant,
    faults: [],
    batches: [],
    restart: async () => {
      await world.audit.close()
      await world.store.close()
      world.store = await open()
      world.audit = await makeAudit()
    },
    end: async () => {
      await world.audit.close()
      await world.store.close()
      await rm(folder, { recursive: true })
    },
  }
  world.store = await open()
  world.audit = await makeAudit()
  return world
}

export function intent(txid = hex(random(16)), purpose = 'onboarding'): NewEvent {
  return {
    type: 'query.intent',
    txid,
    role: 'asker',
    parties: ['bank-b', 'telco-c'],
    purpose,
    kind: 'host',
    rule: 'two',
    protocol: 'check',
    sizeBucket: 16,
    batch: 'a'.repeat(64),
  }
}

function withFaults(log: LogStore, world: World): LogStore {
  return {
    ...log,
    append: async (...args) => {
      const fault = world.faults.shift()
      if (fault === 'lost') throw new ProtocolError('STORE_FAILED')
      world.batches.push(args[1].entries.length)
      const appended = await log.append(...args)
      if (fault === 'persisted') throw new ProtocolError('STORE_FAILED')
      return appended
    },
  }
}
