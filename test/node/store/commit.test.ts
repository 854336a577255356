import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Claim,
  openSqliteStore,
  type Store,
  type UsageCounter,
} from '@drempel/node/internal/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../../packages/node/src/store/sqlite/connection.ts'
import { batch, entry, index } from '../../contracts/store/world.ts'

let folder: string
let path: string
let store: Store
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drempel-store-'))
  path = join(folder, 'node.db')
  store = await openSqliteStore({ path, clock: () => 1_000 })
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

/** Frames of the write-ahead log that end a transaction (sqlite.org/fileformat2.html, section 4.1). */
async function commits(): Promise<number> {
  const wal = await readFile(`${path}-wal`)
  const frame = 24 + wal.readUInt32BE(8)
  let count = 0
  for (let at = 32; at + frame <= wal.length; at += frame) {
    if (wal.readUInt32BE(at + 4) !== 0) count++
  }
  return count
}

async function durable(claim: Promise<Claim<unknown>>): Promise<void> {
  await (await claim).durable
}

const names = Array.from({ length: 100 }, (_, i) => `name-${i}`)

describe('group commit', () => {
  it('makes one transaction of what is written in one turn, by whoever', async () => {
    await store.meta.set('first', '')
    const before = await commits()
    await Promise.all([
      ...names.map((name) => store.meta.set(name, name)),
      durable(store.replay.claim('bank-a', 'nonce', 1)),
      durable(store.usage.claim({ key: 'day', amount: 1, limit: 1 })),
      durable(store.usage.claimServe({ asker: 'bank-a', txid: 't', counters: [] })),
      store.log.append('o/1', batch(entry(0, 'tx')), [], { size: 1, seal: index(1), note: '' }, 0),
    ])
    expect((await commits()) - before).toBe(1)
    for (const name of names) await store.meta.set(name, 'again')
    expect((await commits()) - before).toBe(101)
  })

  it('takes in what is written as it begins, whoever else writes', async () => {
    await store.meta.set('first', '')
    const before = await commits()
    const late = new Promise((resolve, reject) => {
      store.log.gather(() => store.meta.set('late', 'kept').then(resolve, reject))
    })
    await Promise.all([store.meta.set('early', 'kept'), late])
    expect((await commits()) - before).toBe(1)
    const alone = new Promise((resolve, reject) => {
      store.log.gather(() => store.meta.set('late', 'again').then(resolve, reject))
    })
    await alone
    expect((await commits()) - before).toBe(2)
    expect(await store.meta.get('late')).toBe('again')
  })

  it('is on the disk when it is told of, also where the power goes', async () => {
    const { db, close } = connect({ path: join(folder, 'other.db'), clock: () => 1_000 })
    const setting = (name: string) => db.pragma(name, { simple: true })
    // FULL: an fsync of the write-ahead log with each transaction. No kill of a process shows it.
    expect([setting('journal_mode'), setting('synchronous')]).toEqual(['wal', 2])
    expect(setting('fullfsync')).toBe(1)
    close()
  })

  it('appends to a log by one transaction, and by none to a log of another size', async () => {
    const append = (size: number) => {
      const end = { size, seal: index(1), note: '' }
      return store.log.append('o/1', batch(entry(0, 'tx')), [], end, size - 1)
    }
    for (const size of [1, 2]) await append(size)
    const before = await commits()
    for (const size of [3, 4, 5]) expect(await append(size)).toBe(true)
    expect((await commits()) - before).toBe(3)
    for (const size of [2, 3, 9]) expect(await append(size)).toBe(false)
    expect((await commits()) - before).toBe(3)
    expect(await store.log.end('o/1')).toMatchObject({ size: 5 })
  })

  it('shows no read what is not durable yet', async () => {
    const end = { size: 1, seal: index(1), note: '' }
    const appended = store.log.append('o/1', batch(entry(0, 'tx')), [], end, 0)
    expect(await store.log.end('o/1')).toBeNull()
    await appended
    expect(await store.log.end('o/1')).toEqual(end)
  })

  it('undoes a write that fails alone, and keeps those around it', async () => {
    const hash = { level: 8, index: 0, hash: index(1) }
    const append = (origin: string, hashes: (typeof hash)[]) =>
      store.log.append(
        origin,
        batch(entry(0, 'tx')),
        hashes,
        { size: 1, seal: index(1), note: '' },
        0,
      )
    const roomy = { key: 'roomy', amount: 1, limit: 9 }
    const serve = async (txid: string, counters: readonly UsageCounter[]) => {
      const { outcome, durable } = await store.usage.claimServe({ asker: 'a', txid, counters })
      await durable
      return outcome
    }
    const outcomes = await Promise.allSettled([
      store.meta.set('before', 'kept'),
      append('o/1', [hash, hash]),
      serve('t1', [roomy, { key: 'full', amount: 1, limit: 0 }]),
      serve('t2', [roomy]),
      append('o/2', [hash]),
      store.meta.set('after', 'kept'),
    ])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'STORE_CONFLICT' } })
    expect(outcomes[2]).toMatchObject({ value: { exceeded: 'full' } })
    expect(outcomes[3]).toMatchObject({ value: 'ok' })
    expect(outcomes[4]).toMatchObject({ value: true })
    await store.close()
    store = await openSqliteStore({ path, clock: () => 1_000 })
    expect(await store.meta.get('before')).toBe('kept')
    expect(await store.meta.get('after')).toBe('kept')
    expect(await store.usage.used('', 'roomy')).toBe(1)
    expect([await serve('t1', []), await serve('t2', [])]).toEqual(['ok', 'replayed'])
    expect(await store.log.origins()).toEqual(['o/2'])
    expect(await store.log.leaves('o/1', 0, 9)).toEqual([])
  })

  it('keeps the order of the calls', async () => {
    const values = names.map((name) => store.meta.set('name', name))
    const claims = await Promise.all(names.map(() => store.replay.claim('bank-a', 'one', 1)))
    await Promise.all([...values, ...claims.map((claim) => claim.durable)])
    expect(await store.meta.get('name')).toBe(names.at(-1))
    expect(claims.map(({ outcome }) => outcome)).toEqual(names.map((_, i) => i === 0))
  })

  it('does what was called before the end, and refuses what comes later', async () => {
    const written = store.meta.set('last', 'kept')
    await store.close()
    await written
    await expect(store.meta.set('later', 'lost')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    store = await openSqliteStore({ path, clock: () => 1_000 })
    expect(await store.meta.get('last')).toBe('kept')
    expect(await store.meta.get('later')).toBeNull()
  })

  it('takes what does not fit into one turn in the next ones', async () => {
    let turns = 0
    const turn = () => {
      turns++
      timer = setImmediate(turn)
    }
    let timer = setImmediate(turn)
    const nonces = Array.from({ length: 20_000 }, (_, i) => `nonce-${i}`)
    await Promise.all(nonces.map((nonce) => durable(store.replay.claim('bank-a', nonce, 1))))
    clearImmediate(timer)
    expect(turns).toBeGreaterThan(3)
    expect(await store.replay.forgetBefore(2)).toBe(20_000)
  })
})
